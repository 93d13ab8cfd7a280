"""acknowledgement: what people change of an order that its sender was told is accepted, is told to the sender."""

import json
from datetime import date, datetime, timezone

from odoo import api, fields, models
from odoo.tools import SQL

from ..exchange.publisher import EventDraft
from ..exchange.stages.acknowledge import parties, verdict_of
from ..handlers.reading import decimal, unit_record
from .rendering import item, number, quantity

KIND, ANSWER = "order.create", "acknowledgement"
TOLD_OF_LINES = ("product_uom_qty", "price_unit")
TOLD_OF_ORDERS = ("commitment_date", "state")
BEFORE = "sync_governance.acknowledged_before"

# The document by which each order came, the first that placed it; only where its sender is told what became of it.
_CAME_BY = """
    SELECT DISTINCT ON (e.res_id) e.res_id, m.id
      FROM sync_effect e
      JOIN sync_message m ON m.id = e.message_id AND m.direction = 'inbound' AND m.state = 'done'
      JOIN sync_document_type t ON t.id = m.document_type_id AND t.code = %s
      JOIN sync_interface i ON i.id = m.interface_id AND i.state IN ('live', 'suspended')
      JOIN sync_policy p ON p.id = i.policy_id AND p.acknowledgement = 'business'
     WHERE e.res_model = 'sale.order' AND e.kind = 'created' AND e.res_id = ANY(%s)
     ORDER BY e.res_id, m.id
"""
_LAST_KEY = """
    SELECT ordering_key FROM sync_event
     WHERE process_id = %s AND document_type = %s AND subject = %s ORDER BY id DESC LIMIT 1
"""


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def write(self, vals):
        if vals.keys() & set(TOLD_OF_ORDERS):
            self._before_they_change()
        return super().write(vals)

    def _before_they_change(self):
        """Remember what orders that were accepted say now; if that is another thing at the end of the transaction,
        whoever sent them is told. Documents have answers of their own: what they change is not told here.
        """
        if self.env.context.get("sync_message_id"):
            return
        events = self.env["sync.event"]
        accepted = self.filtered(
            lambda order: order.id and order.state == "sale" and events._carried(ANSWER, order.company_id.id)
        )
        if accepted:
            events._mark(ANSWER, accepted)
            before = self.env.cr.precommit.data.setdefault(BEFORE, {})
            for order in accepted:
                if order.id not in before:
                    before[order.id] = order._as_told()

    def _as_told(self):
        """What the sender of an order is told of it, as values that can be compared."""
        self.ensure_one()
        lines = self.order_line.filtered("partner_line_ref")
        return (
            self.state,
            self.commitment_date,
            tuple((line.id, *(line[name] for name in TOLD_OF_LINES)) for line in lines.sorted("id")),
        )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def write(self, vals):
        if vals.keys() & set(TOLD_OF_LINES):
            self.order_id._before_they_change()
        return super().write(vals)


class AcknowledgedOrders(models.AbstractModel):
    """The answer to the document that placed an order, with the lines as they are now, each compared with what was
    ordered: once for each transaction in which they change.
    """

    _name = "sync.publisher.acknowledgement"
    _description = "Acknowledgements of changed orders"
    _inherit = "sync.publisher"
    _document_type = ANSWER

    @api.private
    def _render(self, records):
        before = self.env.cr.precommit.data.get(BEFORE, {})
        changed = records.filtered(lambda order: before.get(order.id) != order._as_told())
        if not changed:
            return {}
        came_by = dict(self.env.execute_query(SQL(_CAME_BY, KIND, changed.ids)))
        drafts = {}
        for order in changed:
            message = self.env["sync.message"].browse(came_by.get(order.id))
            if message and (ordered := self._ordered(message)) and (draft := self._draft(order, message, ordered)):
                drafts[order.id] = draft
        return drafts

    @api.private
    def _ordered(self, message):
        """The canonical document by which an order was placed; None once it is not kept any more."""
        payload = message.payload_ids.filtered(lambda each: each.kind == "canonical")
        content = payload._contents().get(payload.id) if payload else None
        return json.loads(bytes(content)) if content else None

    @api.private
    def _draft(self, order, message, ordered):
        now = datetime.now(timezone.utc)
        subject = f"message/{message.uid}"
        lines = [answer for said in ordered["lines"] if (answer := self._line(order, ordered, said))]
        if not lines:
            return None
        keys = self.env.execute_query(SQL(_LAST_KEY, message.process_id.id or None, ANSWER, subject))
        document = {
            "type": ANSWER,
            "subject": {"type": KIND, "number": ordered["number"], "message_id": message.uid},
            "level": "business",
            "status": verdict_of(lines),
            "answered_at": now.isoformat(timespec="seconds"),
            "reference": order.name,
            "faults": [],
            "lines": lines,
            **parties(self.env, ordered, order.company_id.id),
        }
        return EventDraft(
            document=document,
            # Behind what was told before.
            ordering_key=keys[0][0] if keys else ordered["number"],
            company_id=order.company_id.id,
            occurred_at=now,
            process_id=message.process_id.id or None,
            trading_partner_id=message.trading_partner_id.id,
            subject=subject,
        )

    @api.private
    def _line(self, order, ordered, said):
        """What becomes of one line that was ordered; None where it is not known which line of the order it is."""
        # The discount of a line, which has the same number, comes after it.
        line = order.order_line.filtered(lambda each: each.partner_line_ref == said["id"]).sorted("id")[:1]
        if not line:
            return None
        answer = {"id": said["id"], "status": "accepted", "item": said["item"]}
        if order.state == "cancel" or line.product_uom_id.is_zero(line.product_uom_qty):
            reason = {"code": "cancelled", "text": "It will not be delivered."}
            return answer | {"status": "rejected", "reason": reason}
        answer["quantity"] = self._quantity(line, said)
        if decimal(answer["quantity"]["value"]) != decimal(said["quantity"]["value"]):
            answer["status"] = "accepted_with_changes"
        if number(line.price_unit) != number(float(said["unit_price"])):
            answer |= {"status": "accepted_with_changes", "unit_price": number(line.price_unit)}
        if not said["item"]["identifiers"]:
            answer["item"] = item(line.product_id)
        asked = said.get("requested_delivery_on") or ordered.get("requested_delivery_on")
        return answer | self._day(order, asked, answer["status"])

    @api.private
    def _quantity(self, line, said):
        """How much will be delivered, in the unit in which it was ordered."""
        unit = unit_record(self.env, said["quantity"]["unit"], line.product_id)
        if unit and unit == line.product_uom_id:
            return {"value": number(line.product_uom_qty), "unit": said["quantity"]["unit"]}
        return quantity(self.env, line.product_uom_qty, line.product_uom_id)

    @api.private
    def _day(self, order, asked, status):
        """The day that was promised, where it is not the day that was asked for."""
        promised = order.commitment_date
        if not promised:
            return {}
        zone = self.with_context(tz=order.company_id.partner_id.tz or "UTC")
        days = {promised.date(), fields.Datetime.context_timestamp(zone, promised).date()}
        if asked and date.fromisoformat(asked) in days:
            return {}
        day = fields.Datetime.context_timestamp(zone, promised).date().isoformat()
        return {"delivery_on": day, "status": "accepted_with_changes" if asked else status}
