"""Subscriptions over the API: a partner asks, reads what became of it, and cancels."""

import json

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError

from ...core.api.resources import PREFIX
from ...core.faults import Fault
from .reading import moment


class SyncApi(models.AbstractModel):
    _inherit = "sync.api"

    def _subscriptions_of(self, client):
        """The model, as the system (the caller has no user), and what is his own of it."""
        model = self.env(user=SUPERUSER_ID)["sync.subscription"]
        return model, [
            ("trading_partner_id", "=", client.profile["trading_partner_id"]),
            ("company_id", "=", client.profile["company_id"]),
        ]

    @api.model
    @api.private
    def _subscribe(self, client, wish):
        """Keep what the caller asks for: (the subscription as a document, whether it is new).

        :param wish: a ``core.api.feeds.Wish`` of types that he may ask for
        :raises Fault: ``request.parameter_invalid``: too many wait already
        """
        model, _mine = self._subscriptions_of(client)
        partner = model.env["sync.trading.partner"].browse(client.profile["trading_partner_id"])
        try:
            with self.env.cr.savepoint():  # of a wish that is refused nothing stays
                asked, new = model._ask(
                    partner, client.verdict.credential_id, wish.name, wish.types, wish.wanted, wish.content
                )
        except UserError as error:
            raise Fault("request.parameter_invalid", str(error), subject="subscription") from error
        return self._told(asked), new

    @api.model
    @api.private
    def _subscriptions(self, client):
        """The caller's subscriptions that his credential covers, the newest first."""
        model, mine = self._subscriptions_of(client)
        found = model.search(mine, limit=200)
        return [self._told(one) for one in found if self._covers(client, one)]

    @api.model
    @api.private
    def _subscription(self, client, uid, cancel=False):
        """One of the caller's subscriptions; ``cancel``: it ends now, if it has not ended yet.

        :raises Fault: ``request.record_unknown``
        """
        model, mine = self._subscriptions_of(client)
        found = model.search([*mine, ("uid", "=", uid)])
        if not found or not self._covers(client, found):
            raise Fault("request.record_unknown", "There is no such record for this partner.", subject="subscription")
        if cancel and found.state in ("requested", "active"):
            found.action_cancel()
        return self._told(found)

    def _covers(self, client, subscription):
        """Whether the credential covers all that is asked for: it could read every event of it."""
        return all(client.verdict.allows("read", code) for code in subscription.document_type_ids.mapped("code"))

    def _told(self, subscription):
        told = {
            "id": subscription.uid,
            "name": subscription.name,
            "types": sorted(subscription.document_type_ids.mapped("code")),
            "filter": json.loads(subscription.event_filter) if subscription.event_filter else None,
            "content": subscription.event_content,
            "status": subscription.state,
            "reason": subscription.decision_note or None,
            "requested_at": moment(subscription.create_date.replace(microsecond=0)),
            "decided_at": moment(subscription.decided_at) if subscription.decided_at else None,
            "links": {"self": f"{PREFIX}/subscriptions/{subscription.uid}"},
        }
        return {name: value for name, value in told.items() if value is not None}
