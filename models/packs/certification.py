"""Certification: samples and test messages go through the versions that an interface runs on, without effect."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..exchange.dry_run import preview
from ..exchange.replay import STARTS
from . import reading, sample

MESSAGES = 20


class SyncCertification(models.Model):
    """What came out for one interface, under one contract and one mapping. Written by the run alone, never changed."""

    _name = "sync.certification"
    _description = "Certification"
    _order = "id desc"
    _rec_name = "interface_id"

    interface_id = fields.Many2one("sync.interface", required=True, readonly=True, index=True, ondelete="cascade")
    trading_partner_id = fields.Many2one(related="interface_id.trading_partner_id", store=True, index=True)
    company_id = fields.Many2one(related="interface_id.company_id", store=True, index=True)
    contract_id = fields.Many2one("sync.contract", readonly=True, ondelete="restrict")
    mapping_id = fields.Many2one("sync.mapping", readonly=True, ondelete="restrict")
    samples = fields.Integer(readonly=True, help="Samples of the pack that were replayed.")
    messages = fields.Integer(
        string="Test messages", readonly=True, help="Documents that the partner has sent, tried once more."
    )
    failed = fields.Integer(readonly=True)
    passed = fields.Boolean(readonly=True)
    report = fields.Text(readonly=True)
    create_date = fields.Datetime(string="Tried on", readonly=True)
    create_uid = fields.Many2one("res.users", string="By", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("A certification is the result of a run: use “Certify on samples”."))
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("A certification is the result of a run and does not change."))

    @api.model
    @api.private
    def _run(self, partner):
        """Try every interface of ``partner`` that is not retired; returns the results."""
        done = self.browse()
        for interface in partner.interface_ids.filtered(lambda i: i.state != "retired" and i.direction != "internal"):
            samples = self._samples(interface)
            messages = self._messages(interface)
            lines = [*samples, *messages]
            failed = [line for line in lines if line.problem]
            done |= self.sudo().create(  # sudo: written by the run, never by hand
                {
                    "interface_id": interface.id,
                    "contract_id": interface.contract_id.id,
                    "mapping_id": interface.mapping_id.id,
                    "samples": len(samples),
                    "messages": len(messages),
                    "failed": len(failed),
                    "passed": bool(lines) and not failed,
                    "report": "\n".join(
                        f"{'✗' if line.problem else '✓'} {line.title}" + (f": {line.problem}" if line.problem else "")
                        for line in lines
                    )
                    or self.env._("The pack has no sample for it, and the partner has sent nothing yet."),
                }
            )
        return done

    def _samples(self, interface):
        name, found = interface.trading_partner_id.pack, []
        if name and name in reading.names():
            found = sample.replay(self.env["sync.pack"]._read(name), interface)
        return found or sample.replay_examples(interface)

    def _messages(self, interface):
        """The newest documents of the interface that went through, tried once more under the versions of now."""
        newest = self.env["sync.message"].search(
            [("interface_id", "=", interface.id), ("state", "=", "done")], limit=MESSAGES, order="id desc"
        )
        if not newest:
            return []
        starts = {direction: names[0] for direction, names in STARTS.items()}
        found = preview(self.env.registry, newest.ids, starts=starts, versions="now")
        titles = {message.id: message.display_name for message in newest}
        return [
            sample.Trial(titles[each.message_id], each.detail if each.outcome == "failed" else None)
            for each in found
            if each.outcome != "gone"
        ]
