"""The documents of a process."""

from odoo import api, fields, models


class SyncProcessLink(models.Model):
    """One document that belongs to a process: an order, a transfer, an invoice, a payment.

    A document belongs to at most one process, which makes the way back from the document one indexed read.
    """

    _name = "sync.process.link"
    _description = "Document of a process"
    _log_access = False
    _order = "id"
    _rec_name = "res_name"

    process_id = fields.Many2one("sync.process", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(string="Record", model_field="res_model", required=True, readonly=True)
    trading_partner_id = fields.Many2one(
        "sync.trading.partner", string="Trading partner", readonly=True, ondelete="restrict"
    )
    partner_number = fields.Char(
        string="Partner's number", readonly=True, help="The document's number at that trading partner."
    )
    res_name = fields.Char(string="Document", compute="_compute_res_name")
    kind = fields.Char(compute="_compute_res_name")

    _record_uniq = models.UniqueIndex("(res_model, res_id)", "The document belongs to another process already.")

    _partner_number_uniq = models.UniqueIndex(
        "(company_id, trading_partner_id, res_model, partner_number) WHERE partner_number IS NOT NULL",
        "This document of the trading partner is in Odoo already.",
    )

    @api.depends("res_model", "res_id")
    def _compute_res_name(self):
        for model, links in self.grouped("res_model").items():
            known = model in self.env
            # sudo: the name of a document of the process is shown to whoever may see the process.
            records = self.env[model].sudo().browse(links.mapped("res_id")).exists() if known else ()
            names = {record.id: record.display_name for record in records}
            kinds = self._kinds(records) if known else {}
            for link in links:
                link.kind = kinds.get(link.res_id, model)
                link.res_name = names.get(link.res_id) or self.env._("(deleted)")

    @api.model
    def _kinds(self, records):
        """``{id: what people call such a document}``: an entry of the journal is an invoice or a credit note."""
        if records._name == "account.move":
            labels = dict(records._fields["move_type"]._description_selection(self.env))
            return {move.id: labels[move.move_type] for move in records}
        payment = records._name == "account.payment"
        kind = self.env._("Payment") if payment else self.env["ir.model"]._get(records._name).name
        return dict.fromkeys(records.ids, kind)

    def action_open(self):
        """Open the document, with the rights of the user."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
