"""Partner packs: a partner is set up from a folder of data."""

from odoo import api, models
from odoo.exceptions import UserError

from ...core.faults import Fault
from . import reading


class SyncPack(models.AbstractModel):
    """Loads packs. What it creates are drafts: people review, approve and bring them live."""

    _name = "sync.pack"
    _description = "Partner pack"

    @api.model
    @api.private
    def _available(self):
        """[(name, title)] of the packs on this server, by title."""
        titles = [(name, self._read(name)["title"]) for name in reading.names()]
        return sorted(titles, key=lambda each: each[1].casefold())

    @api.model
    @api.private
    def _read(self, name):
        """The pack as data.

        :raises UserError: with every problem
        """
        try:
            return reading.read(name)
        except Fault as fault:
            raise UserError(fault.detail) from fault

    @api.model
    @api.private
    def _load(self, name, company, values=None):
        """Set up, or bring up to date, a trading partner from the pack ``name``; returns the partner.

        Loading again changes drafts only: an approved version stays as it is and gets a new draft version beside it, an
        interface that is live keeps what it runs on.

        :param values: what the pack cannot know, all optional: ``code``, ``name``, ``environment``, ``partner_id``,
            ``business_owner_id`` (owner of the interfaces too), ``technical_owner_id``, and by the pack's code of an
            endpoint ``urls``, ``private_hosts`` and ``secrets``; ``owners``
            by the group that a pack names; ``endpoints``: codes of optional endpoints that are wanted, besides those
            with an address or a secret; ``answers``: {code of a question of the pack: text}
        """
        self.env["sync.trading.partner"].check_access("create")
        pack = self._read(name)
        values = values or {}
        loader = self.with_company(company).with_context(active_test=False)
        partner = loader._load_partner(pack, company, values)
        endpoints = loader._load_endpoints(pack, partner, values)
        shared = loader._load_shared(reading.needed(pack, endpoints), company)
        loader._load_interfaces(pack, partner, endpoints, shared, values)
        loader._load_ownership(pack, partner)
        loader._load_xrefs(pack, partner)
        loader._load_secrets(endpoints, {**values, "users": loader._users_answered(pack, values.get("answers", {}))})
        partner.with_context(active_test=False)._answer(values.get("answers", {}))
        return partner
