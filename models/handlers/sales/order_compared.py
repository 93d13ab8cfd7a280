"""order.change: what the sender's order says now is compared with the order in Odoo; a person makes the change."""

from datetime import timedelta

from odoo import api, fields, models

from ....core.faults import Fault
from ....core.work import Done, Effect, Wait
from ..reading import decimal, plain

ORDER_MAY_BE_LATE = timedelta(hours=1)
PROCESS = "order_to_cash"


class OrderCompared(models.AbstractModel):
    """Shops tell of every little change of an order, mostly of none that matters: only a difference is for a person.

    Quantities are compared, line by line. Nothing in Odoo is changed.
    """

    _name = "sync.handler.order.compared"
    _description = "Order changes, compared"
    _inherit = "sync.handler"
    _handler = "order.compared"
    _repeatable = True
    _writes = False

    @api.private
    def _apply_one(self, work):
        document = work.canonical
        number = document["number"]
        process = self.env["sync.process"]._find(PROCESS, number, self.env.company)
        process = process.filtered(lambda each: each.trading_partner_id.id == work.trading_partner_id)
        order = process.with_env(self.env)._linked("sale.order").filtered(lambda each: each.state == "sale")[:1]
        if not order:
            return self._wait_for_order(number)
        differences = self._differences(order, document)
        if differences:
            raise Fault(
                "apply.not_supported",
                f"Order {number} was changed: {' '.join(differences)} Change {order.name} accordingly.",
                reference=number,
                subject=f"change of order {number} {work.uid}",
            )
        return Done(
            effects=[Effect("linked", "sale.order", order.id, order.name)],
            reference=number,
            process_id=process[:1].id,
            note=f"{order.name} has the quantities that the document says. Nothing was changed.",
        )

    @api.private
    def _differences(self, order, document):
        """Sentences on the lines whose quantity is another one in Odoo."""
        lines = {line.partner_line_ref: line for line in order.order_line if line.partner_line_ref}
        said = []
        for entry in document["lines"]:
            wanted, line = entry["line"], lines.get(entry["line"]["id"])
            asked = decimal(wanted["quantity"]["value"]) if entry["action"] != "remove" else decimal(0)
            now = decimal(line.product_uom_qty) if line else decimal(0)
            if asked != now:
                what = wanted.get("description") or wanted["item"].get("description") or f"line {wanted['id']}"
                said.append(f"{what}: {plain(asked)} instead of {plain(now)}.")
        return said

    @api.private
    def _wait_for_order(self, number):
        return Wait(
            "order",
            number,
            Fault(
                "apply.order_unknown",
                f"Order {number} was changed, and it is not in Odoo.",
                pointer="/number",
                found=number,
                reference=number,
                subject=f"order {number}",
            ),
            fields.Datetime.now() + ORDER_MAY_BE_LATE,
        )
