"""What the supplier said stands on the purchase order and on its lines."""

from odoo import fields, models

ANSWERS = [
    ("accepted", "As ordered"),
    ("accepted_with_changes", "Changed"),
    ("backordered", "Later"),
    ("rejected", "Rejected"),
]


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    supplier_answer = fields.Selection(
        [answer for answer in ANSWERS if answer[0] != "backordered"],
        string="Supplier's answer",
        copy=False,
        readonly=True,
        tracking=False,
        help="What the supplier's system answered last: to all lines as ordered, changed, or rejected.",
    )
    supplier_answered_at = fields.Datetime(
        string="Answered", copy=False, readonly=True, help="When the supplier decided, as its answer says."
    )


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    supplier_answer = fields.Selection(ANSWERS, string="Supplier's answer", copy=False, readonly=True)
    supplier_answer_text = fields.Char(
        string="Supplier says",
        copy=False,
        readonly=True,
        help="Quantities, days and prices as the supplier named them.",
    )
