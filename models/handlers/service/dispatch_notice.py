"""dispatch.notice: the customer is told that goods are on their way."""

from odoo import api, models

from ....core.faults import Fault
from ....core.work import Done, Effect

TEMPLATE = "sync_governance.mail_template_dispatch_notice"


class DispatchNotice(models.AbstractModel):
    """Sends one e-mail per shipment, from the canonical shipment.dispatched document; a gate decides when."""

    _name = "sync.handler.dispatch.notice"
    _description = "Dispatch notices"
    _inherit = "sync.handler"
    _handler = "dispatch.notice"

    @api.private
    def _set_aside(self, effects):
        """The shipment has no notice, so that its customer is told."""
        notices = self.env["mail.message"].browse([res_id for model, res_id in effects if model == "mail.message"])
        told = notices.exists().filtered(lambda notice: notice.model == "stock.picking").mapped("res_id")
        self.env["stock.picking"].browse(told).exists().dispatch_notice_id = False
        return True

    @api.private
    def _apply_one(self, work):
        picking = self.env["stock.picking"]._governed_shipment(work.canonical["number"])
        process = self.env["sync.process"]._of(picking)[:1]
        if picking.dispatch_notice_id:
            return Done(
                effects=[Effect("linked", "mail.message", picking.dispatch_notice_id.id)],
                reference=picking.name,
                process_id=process.id or None,
                note=f"The customer was told about {picking.name} before.",
            )
        recipient = picking._dispatch_recipient()
        if not recipient.email:
            raise Fault(
                "apply.refused",
                f"{recipient.display_name} has no e-mail address, so nobody is told that {picking.name} is on its way.",
                reference=picking.name,
                subject=f"e-mail of {recipient.display_name}",
            )
        notice = self._send(picking, recipient)
        process._reach("customer.notified", subject=picking, message_id=work.message_id)
        return Done(
            effects=[Effect("created", "mail.message", notice.id, recipient.email)],
            reference=picking.name,
            process_id=process.id or None,
            note=f"{recipient.email} was told about {picking.name}.",
        )

    @api.private
    def _send(self, picking, recipient):
        # sudo: the template is rendered and queued by the system; the agent needs no rights on e-mail.
        system = picking.sudo()
        notice = system.with_context(mail_notify_force_send=False).message_post_with_source(
            self.env.ref(TEMPLATE).sudo(),
            email_layout_xmlid="mail.mail_notification_light",
            subtype_xmlid="mail.mt_comment",
            message_type="auto_comment",
            partner_ids=recipient.ids,
        )
        system.dispatch_notice_id = notice[:1]
        return notice
