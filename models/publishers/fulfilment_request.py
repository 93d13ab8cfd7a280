"""fulfilment.request: the warehouse or 3PL is asked to ship a transfer."""

from odoo import api, fields, models

from ..exchange.publisher import EventDraft
from .rendering import address, day, item, lots, party, quantity, timestamp, without_empty


class FulfilmentRequest(models.AbstractModel):
    """The whole demand of the transfer; the id of each move is the line that the confirmation refers to."""

    _name = "sync.publisher.fulfilment.request"
    _description = "Fulfilment requests"
    _inherit = "sync.publisher"
    _document_type = "fulfilment.request"

    @api.private
    def _gap(self, trading_partner):
        if trading_partner.warehouse_ids:
            return None
        return self.env._("The warehouses that the trading partner runs: it is asked to ship from these, and no other")

    @api.private
    def _render(self, records):
        warehouses = records.picking_type_id.warehouse_id
        concerned = self.env["sync.trading.partner"]._concerned_by_warehouse(warehouses)
        processes = self.env["sync.process"]._by_record(records)
        drafts = {}
        for picking in records:
            moves = picking.move_ids.filtered(lambda m: m.state not in ("done", "cancel") and m.product_uom_qty)
            if not moves:
                continue
            requested_at = picking.fulfilment_requested_at or fields.Datetime.now()
            document = without_empty(
                {
                    "type": self._document_type,
                    "number": picking.name,
                    "order_number": picking.sale_id.name or picking.origin or picking.name,
                    "partner_order_number": picking.sale_id.client_order_ref,
                    "requested_at": timestamp(requested_at),
                    "ship_by": day(picking.date_deadline) if picking.date_deadline else None,
                    "ship_from": self._ship_from(picking),
                    "ship_to": party(picking.partner_id),
                    "carrier": self._carrier(picking),
                    "lines": [
                        without_empty(
                            {
                                "id": str(move.id),
                                "item": item(move.product_id),
                                "quantity": quantity(self.env, move.product_uom_qty, move.product_uom),
                                "lots": lots(self.env, move),
                            }
                        )
                        for move in moves
                    ],
                }
            )
            process = processes.get(picking.id)
            drafts[picking.id] = EventDraft(
                document=document,
                ordering_key=picking.name,
                subject=f"shipment/{picking.name}",
                company_id=picking.company_id.id,
                occurred_at=requested_at,
                process_id=process.id if process else None,
                concerns=concerned.get(picking.picking_type_id.warehouse_id.id, ()),
            )
        return drafts

    @api.private
    def _ship_from(self, picking):
        warehouse = picking.picking_type_id.warehouse_id
        return without_empty(
            {
                "identifiers": [{"scheme": "own", "value": warehouse.code or str(picking.location_id.id)}],
                "name": warehouse.name,
                "address": address(warehouse.partner_id),
            }
        )

    @api.private
    def _carrier(self, picking):
        carrier = picking.carrier_id
        return {"code": carrier._code_for_partners(), "name": carrier.name} if carrier else None
