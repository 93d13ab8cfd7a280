"""shipment.dispatched: goods of an order have left."""

from odoo import api, fields, models

from ..exchange.publisher import EventDraft
from .rendering import item, lots, party, quantity, timestamp, without_empty


class ShipmentDispatched(models.AbstractModel):
    """One transfer that is done, with its parcels and whether more is to come."""

    _name = "sync.publisher.shipment.dispatched"
    _description = "Shipments dispatched"
    _inherit = "sync.publisher"
    _document_type = "shipment.dispatched"

    @api.private
    def _render(self, records):
        processes = self.env["sync.process"]._by_record(records)
        shipped_at = {
            milestone.subject_id: milestone.occurred_at
            for milestone in self.env["sync.milestone"].search(
                [
                    ("code", "=", "shipment.confirmed"),
                    ("subject_model", "=", "stock.picking"),
                    ("subject_id", "in", records.ids),
                    ("process_id", "in", [process.id for process in processes.values()]),
                ]
            )
        }
        drafts = {}
        for picking in records:
            moves = picking.move_ids.filtered(lambda m: m.state == "done" and m.quantity)
            if not moves:
                continue
            at = shipped_at.get(picking.id) or picking.date_done or fields.Datetime.now()
            order = picking.sale_id
            document = without_empty(
                {
                    "type": self._document_type,
                    "number": picking.name,
                    "order_number": order.name or picking.origin or picking.name,
                    "partner_order_number": order.client_order_ref,
                    "shipped_at": timestamp(at),
                    "seller": party(picking.company_id.partner_id),
                    "ship_to": party(picking.partner_id),
                    "carrier": self._carrier(picking),
                    "parcels": [{"tracking_number": number} for number in picking._tracking_numbers()],
                    "lines": [
                        without_empty(
                            {
                                "id": str(move.id),
                                "order_line_id": move.sale_line_id.partner_line_ref,
                                "item": item(move.product_id),
                                "quantity": quantity(self.env, move.quantity, move.product_uom),
                                "lots": lots(self.env, move),
                            }
                        )
                        for move in moves
                    ],
                }
            )
            document["remaining"] = any(p.state not in ("done", "cancel") for p in order.picking_ids - picking)
            process = processes.get(picking.id)
            drafts[picking.id] = EventDraft(
                document=document,
                ordering_key=picking.name,
                subject=f"shipment/{picking.name}",
                company_id=picking.company_id.id,
                occurred_at=at,
                process_id=process.id if process else None,
            )
        return drafts

    @api.private
    def _carrier(self, picking):
        code = picking.governed_carrier_code or (picking.carrier_id and picking.carrier_id._code_for_partners())
        return without_empty({"code": code, "name": picking.carrier_id.name}) if code else None
