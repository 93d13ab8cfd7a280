"""Say what a partner's unknown codes mean, and go on."""

import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core.faults import Fault
from ..core.triage import identifier_of, leaves
from ..models.master.xref import DOMAINS
from ..models.master.xref import MODELS as RECORDS

# The field of a line that picks the record, by domain; a domain without one takes a canonical code.
PICKERS = {
    "product": "product_id",
    "customer": "customer_id",
    "location": "location_id",
    "warehouse": "warehouse_id",
    "carrier": "carrier_id",
    "unit": "unit_id",
    "tax": "tax_id",
    "payment_term": "payment_term_id",
    "payment_method": "payment_method_id",
    "currency": "currency_id",
    "country": "country_id",
}


class SyncExceptionMap(models.TransientModel):
    """Writes one cross-reference per code that a person has picked a record for, then retries the documents."""

    _name = "sync.exception.map"
    _description = "Map unknown codes"

    exception_id = fields.Many2one("sync.exception", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="exception_id.company_id")
    trading_partner_id = fields.Many2one(string="Trading partner", related="exception_id.trading_partner_id")
    domain = fields.Selection(DOMAINS)
    line_ids = fields.One2many("sync.exception.map.line", "wizard_id", string="Codes")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        exception = self.env["sync.exception"].browse(
            values.get("exception_id") or self.env.context.get("default_exception_id")
        )
        if exception:
            unknown = self._unknown(exception)
            values["domain"] = unknown[0][0]
            values["line_ids"] = [
                fields.Command.create({"external_id": code, "detail": detail})
                for domain, code, detail in unknown
                if domain == unknown[0][0]
            ]
        return values

    @api.model
    def _unknown(self, exception):
        """[(domain, the partner's code, what is wrong with it)], each once."""
        found = {}
        for fault in leaves(json.loads(exception.faults or "[]")):
            named = identifier_of(fault)
            if named and named[0] in dict(DOMAINS):
                found.setdefault(named, fault.get("detail"))
        if not found:
            raise UserError(
                self.env._("The fault names no code that could be mapped: add the cross-reference by hand.")
            )
        return [(domain, code, detail) for (domain, code), detail in found.items()]

    def action_map(self):
        """Write the cross-references and process the documents again."""
        self.ensure_one()
        self.exception_id.check_access("write")
        picked = self.line_ids.filtered(lambda line: line._picked())
        if not picked:
            raise UserError(self.env._("Pick what at least one of the codes stands for."))
        # sudo: whoever may work the exception may say what its partner's code means; nothing else is written.
        xrefs = self.env["sync.xref"].sudo().with_company(self.company_id)
        for line in picked:
            line._remember(xrefs, self.domain, self.trading_partner_id.id)
        self.exception_id._message_log_batch(
            {
                self.exception_id.id: self.env._(
                    "Mapped: %s",
                    ", ".join(f"{line.external_id} → {line._picked_name()}" for line in picked),
                )
            }
        )
        return self.exception_id.action_retry()


class SyncExceptionMapLine(models.TransientModel):
    _name = "sync.exception.map.line"
    _description = "Code to map"

    wizard_id = fields.Many2one("sync.exception.map", required=True, ondelete="cascade")
    external_id = fields.Char(string="The partner writes", required=True)
    detail = fields.Char(string="Where")
    product_id = fields.Many2one("product.product")
    customer_id = fields.Many2one("res.partner")
    location_id = fields.Many2one("stock.location")
    warehouse_id = fields.Many2one("stock.warehouse")
    carrier_id = fields.Many2one("delivery.carrier")
    unit_id = fields.Many2one("uom.uom", string="Unit of measure")
    tax_id = fields.Many2one("account.tax")
    payment_term_id = fields.Many2one("account.payment.term", string="Payment term")
    payment_method_id = fields.Many2one("account.payment.method.line", string="Payment method")
    currency_id = fields.Many2one("res.currency")
    country_id = fields.Many2one("res.country")
    canonical_code = fields.Char(string="Our code")

    def _picked(self):
        """The record, or the canonical code, that the person picked; empty if none."""
        self.ensure_one()
        return self[PICKERS.get(self.wizard_id.domain, "canonical_code")]

    def _picked_name(self):
        picked = self._picked()
        return picked if isinstance(picked, str) else picked.display_name

    def _remember(self, xrefs, domain, trading_partner_id):
        """Write the cross-reference of this line."""
        if domain in RECORDS:
            try:
                xrefs._remember(domain, trading_partner_id, self.external_id, self._picked())
            except Fault as fault:
                raise UserError(str(fault)) from fault
        else:
            xrefs.create(
                {
                    "domain": domain,
                    "trading_partner_id": trading_partner_id,
                    "external_id": self.external_id,
                    "canonical_code": self.canonical_code,
                }
            )
