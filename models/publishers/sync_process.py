"""What the documents of an order-to-cash process say about its milestones."""

from odoo import fields, models


class SyncProcess(models.Model):
    _inherit = "sync.process"

    def _orders(self):
        return self._linked("sale.order").sudo()  # sudo: milestones follow the order, not who may see it

    def _outgoing(self):
        return self._linked("stock.picking").sudo()  # sudo: as in _orders

    def _invoices(self):
        """Posted invoices and credit notes."""
        return self._linked("account.move").sudo().filtered(lambda m: m.state == "posted")  # sudo: as in _orders

    def _reach_stock_reserved(self):
        """Everything ordered is reserved, or left already."""
        for process in self:
            moves = process._outgoing().move_ids.filtered(lambda m: m.state != "cancel")
            if moves and all(move.state in ("assigned", "done") for move in moves):
                process._reach("stock.reserved")

    def _reach_goods_shipped(self, pickings):
        """Everything ordered left; what the warehouse will not ship any more holds the process for a person."""
        for process in self:
            if any(picking.state not in ("done", "cancel") for picking in process._outgoing()):
                continue
            short = process._short_lines()
            if short:
                process._hold(
                    "delivery.short",
                    self.env._(
                        "Not everything was shipped: %s. Cancel the rest on the order or ship it.",
                        ", ".join(
                            f"{line.product_uom_qty - line.qty_delivered:g} × {line.product_id.display_name}"
                            for line in short
                        ),
                    ),
                )
            else:
                process._reach("goods.shipped", pickings[-1:]._shipped_at())

    def _short_lines(self):
        """Order lines of goods of which less was delivered than ordered."""
        return self._orders().order_line.filtered(
            lambda line: (
                line.product_id.type == "consu"
                and line.product_uom_id.compare(line.qty_delivered, line.product_uom_qty) < 0
            )
        )

    def _reach_order_invoiced(self):
        for process in self:
            lines = process._orders().order_line.filtered(lambda line: not line.display_type)
            if lines and all(
                line.product_uom_id.compare(line.qty_invoiced, line.product_uom_qty) >= 0 for line in lines
            ):
                if all(
                    move.state == "posted"
                    for move in lines.invoice_lines.move_id.filtered(lambda m: m.state != "cancel")
                ):
                    process._reach("order.invoiced")

    def _reach_payment_reconciled(self):
        """Everything is invoiced and paid."""
        for process in self:
            invoices = process._invoices()
            invoiced = process.milestone_ids.filtered(
                lambda m: m.code == "order.invoiced" and m.state in ("reached", "waived")
            )
            if invoiced and invoices and all(m.payment_state in ("paid", "in_payment", "reversed") for m in invoices):
                process._reach("payment.reconciled")

    def _open_documents(self):
        still_open = super()._open_documents()
        self.ensure_one()
        open_pickings = self._outgoing().filtered(lambda p: p.state not in ("done", "cancel"))
        unpaid = self._invoices().filtered(lambda m: m.payment_state not in ("paid", "in_payment", "reversed"))
        short = self._short_lines()
        return still_open + [record.display_name for records in (open_pickings, unpaid, short) for record in records]

    def _payment_date(self, payments):
        return fields.Datetime.to_datetime(max(payments.mapped("date"), default=fields.Date.today()))
