"""Documents attached to mails, through Odoo's own outgoing mail servers."""

import threading
import time
from contextlib import suppress
from smtplib import SMTPException

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from ....core.delivery import dropoff, letters
from ....core.delivery.http import DeliveryResult
from ....core.faults import Fault
from ..cursor import looking
from ..transport import Parcel
from .folder import values_of

_ROOM = threading.BoundedSemaphore(8)
"""So many mails leave a process at a time: each holds a connection to the database, though no transaction."""


class SyncTransportMail(models.AbstractModel):
    """One mail for each document. Delivered is what a mail server has taken; bounces are Odoo's."""

    _name = "sync.transport.mail"
    _description = "Transport: e-mail"
    _inherit = ["sync.transport"]
    _transport = "mail"
    _proofs = ("none",)

    @api.private
    def _door(self, endpoint):
        sender = endpoint._mail_sender()
        if not sender or not endpoint.mail_to:
            raise Fault(
                "engine.configuration",
                f"{endpoint.name} lacks who sends or whom to.",
                subject=f"endpoint {endpoint.code}",
            )
        return {
            "endpoint_id": endpoint.id,
            "company_id": endpoint.company_id.id,
            "sender": sender,
            "to": endpoint.mail_to,
            "subject": endpoint.mail_subject or "",
            "text": endpoint.mail_body or "",
            "template": endpoint.file_name,
        }

    @api.private
    def _prepare(self, work, door):
        """The mail is made of what does not change from try to try, its Message-ID too."""
        values = values_of(work)
        headers = {
            "message-id": letters.message_id(work.uid, email_normalize(door["sender"]) or ""),
            "subject": letters.subject(door["subject"], values),
            "file-name": dropoff.file_name(door["template"], values),
        }
        letter = self.env["ir.mail_server"]._build_email__(
            email_from=door["sender"],
            email_to=[door["to"]],
            subject=headers["subject"],
            body=letters.filled(door["text"], values),
            attachments=[(headers["file-name"], work.encoded, work.content_type.partition(";")[0].strip())],
            message_id=headers["message-id"],
            headers={"Auto-Submitted": "auto-generated"},
        )
        return Parcel(
            message_id=work.message_id,
            endpoint_id=door["endpoint_id"],
            url="",
            body=work.encoded,
            headers=headers,
            settings={"registry": self.env.registry, "company_id": door["company_id"], "letter": letter},
        )

    @staticmethod
    def _send(parcel):
        started = time.monotonic()
        fault = None
        with _ROOM:
            try:
                _post(**parcel.settings)
            except Exception as error:
                fault = _fault_of(error)
                if fault is None:
                    raise
        return DeliveryResult(None, {}, b"", time.monotonic() - started, fault)


def _post(registry, company_id, letter):
    """Hand the mail to the server that Odoo chooses by its sender.

    Each statement of this cursor is a transaction by itself, so none is open while the server is spoken to.
    """
    with looking(registry) as cr:
        # Without a language Odoo fails to say that there is no server.
        env = api.Environment(cr, SUPERUSER_ID, {"lang": "en_US"})  # reads settings of mail servers; acts on nothing
        servers = env["ir.mail_server"].with_company(company_id)
        session = servers._connect__(smtp_from=letter["From"])
        try:
            servers.send_email(letter, smtp_session=session)
        finally:
            if session is not None:  # None: Odoo sends nothing just now, as in its tests
                with suppress(SMTPException, OSError):  # it has taken the mail, or the error above says why not
                    session.quit()


def _fault_of(error):
    """The fault of an error, or of what Odoo's own error was made of; None for a mistake of ours."""
    if isinstance(error, Fault):
        return error
    fault = letters.fault_of(error) or letters.fault_of(error.__context__)
    if fault is None and isinstance(error, UserError):
        return Fault("engine.configuration", f"Odoo has no mail server for this: {error.args[0]}"[:500])
    return fault
