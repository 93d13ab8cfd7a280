"""Invoices of a part of an order line keep the shop's amounts to the cent."""

from decimal import Decimal

from odoo import fields, models

from ..reading import decimal, money


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    partner_line_ref = fields.Char(string="Partner's line", copy=False, readonly=True)

    def _prepare_invoice_line(self, **optional_values):
        """A line with amounts as charged is invoiced in exact shares: its invoices together come to the line."""
        values = super()._prepare_invoice_line(**optional_values)
        charged = self.extra_tax_data or {}
        quantity = decimal(values.get("quantity"))
        if self.partner_line_ref and charged.get("manual_tax_amounts") and quantity != decimal(charged["quantity"]):
            values["extra_tax_data"] = self._share_of_charged(charged, quantity)
        return values

    def _share_of_charged(self, charged, quantity):
        """The part of the charged amounts that belongs to ``quantity`` more, after what was invoiced before."""
        invoiced = self.invoice_lines.filtered(
            lambda line: line.move_id.move_type == "out_invoice" and line.parent_state != "cancel"
        )
        before = [line.extra_tax_data or {} for line in invoiced]
        ordered = decimal(charged["quantity"])
        through = sum((decimal(line.quantity) for line in invoiced), Decimal(0)) + quantity
        if not ordered or through > ordered or not all(entry.get("manual_tax_amounts") for entry in before):
            return {}

        def share(read):
            whole = money(decimal(read(charged)) * through / ordered, self.currency_id)
            return float(whole - sum((decimal(read(entry)) for entry in before), Decimal(0)))

        return charged | {
            "quantity": float(quantity),
            "manual_total_excluded_currency": share(lambda entry: entry["manual_total_excluded_currency"]),
            "manual_tax_amounts": {
                tax: {
                    field: share(lambda entry, t=tax, f=field: entry["manual_tax_amounts"].get(t, {}).get(f, 0))
                    for field in ("tax_amount_currency", "base_amount_currency")
                }
                for tax in charged["manual_tax_amounts"]
            },
        }
