"""Mails of Odoo's mail gateway for endpoints: their attachments are documents, and no mail is lost."""

import base64

from odoo import api, models

from ...core.delivery import mailbox
from ...core.faults import Fault
from .collecting import Received
from .cursor import read_committed

MOST_KEPT = 20
"""Refused mails that are kept with one exception; the count goes on."""


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        doors, others = [], []
        for route in routes or ():
            model, record_id, _values, _user_id, alias = route
            door = self.env["sync.endpoint"].browse(record_id) if model == "sync.endpoint" and alias else None
            # sudo: the gateway has no user; the alias says which endpoint it is
            if door and door.sudo().mail_alias_id == alias:
                doors.append(door)
            else:
                others.append(route)
        for door in doors:
            door._mail_arrived(message)
        if doors and not others:
            return doors[0].id
        return super()._message_route_process(message, message_dict, others)


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    @api.private
    def _mail_arrived(self, message):
        """Take over the documents attached to a mail; one that is refused is kept with an exception.

        Committed before the gateway's own transaction: should that fail, the mail comes again and is recognised.
        """
        # sudo: the gateway has no user; what may come in here is decided below
        endpoint = self.sudo()
        try:
            sender = mailbox.demand_sender(message, endpoint.mail_senders or "", endpoint.mail_vouching or "")
            attached = mailbox.documents_in(message, endpoint.mail_pattern or "")
            mail_id = str(message.get("Message-Id") or "").strip()
            items = [_received(one, mail_id, sender, message) for one in attached]
            intake = self.env["sync.intake"]
            taken = MailTaken(endpoint)
            intake._take_over(intake._fetching(endpoint.code), items, None, taken)
            refused = next((item.fault for item in items if item.fault is not None), None)
        except Fault as fault:
            refused = fault
        if refused is not None:
            with read_committed(self.env.registry) as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})  # the system opens exceptions
                env["sync.endpoint"].browse(endpoint.id)._keep_mail(refused, bytes(message))

    def _keep_mail(self, fault, raw):
        """Open the exception of a refused mail, with the mail itself."""
        exception = self.env["sync.exception"]._open(
            fault.code,
            detail=fault.detail,
            subject=f"mail to {self.code}",
            company=self.company_id,
            document=self.name,
            trading_partner=self.trading_partner_id,
            endpoint=self,
        )
        attachments = self.env["ir.attachment"]
        place = [("res_model", "=", exception._name), ("res_id", "=", exception.id)]
        if attachments.search_count(place) < MOST_KEPT:
            attachments.create(
                {
                    "name": "refused.eml",
                    "mimetype": "message/rfc822",
                    "datas": base64.b64encode(raw),
                    "res_model": exception._name,
                    "res_id": exception.id,
                }
            )
        self.env.flush_all()


class MailTaken:
    """What the intake asks of whoever fetched: a mail is nobody else's, and is kept whole if anything is refused."""

    def __init__(self, endpoint):
        self.endpoint_id = endpoint.id

    def hold(self, cr):
        """It is ours."""
        return True

    def keep(self, cr, items):
        """In the transaction of what was taken over."""
        env = api.Environment(cr, api.SUPERUSER_ID, {})  # what was expected is the engine's own
        env["sync.endpoint"].browse(self.endpoint_id)._note_received(items)
        env.flush_all()


def _received(one, mail_id, sender, message):
    return Received(
        one.body,
        id=f"{mail_id} {one.place}"[:250] if mail_id else "",
        name=one.name,
        headers={
            "file-name": one.name,
            "mail-from": sender,
            "mail-subject": str(message.get("Subject") or "")[:500],
            "message-id": mail_id[:500],
        },
        token=one,
    )
