"""A shipment that was booked, put back so that its confirmation can be tried anew."""

from odoo import api, models
from odoo.fields import Command


class ShipmentConfirmed(models.AbstractModel):
    _inherit = "sync.handler.shipment.confirmed"

    @api.private
    def _set_aside(self, effects):
        """What was shipped lies in stock again, and one open transfer under the name of the first asks for it and for
        what followed.

        The transfers that were there keep their place in the request, cancelled: the lines that the 3PL quotes are
        theirs.
        """
        ids = [res_id for model, res_id in effects if model == "stock.picking"]
        shipped = self.env["stock.picking"].browse(ids).exists().filtered(lambda picking: picking.state == "done")[:1]
        if not shipped:
            return True
        chain = list(shipped._fulfilment_chain())
        followed = shipped.union(*chain[chain.index(shipped) :])
        wanted = self._wanted(followed)
        self._put_back(followed)
        name = shipped.name
        shipped.name = f"{name} (as booked)"
        again = shipped.copy(
            {
                "name": name,
                "backorder_id": shipped.id,
                "fulfilment_requested_at": shipped.fulfilment_requested_at,
                "move_ids": [Command.create(values) for values in wanted],
            }
        )
        again.action_confirm()
        again.action_assign()
        return True

    @api.private
    def _wanted(self, pickings):
        """The values of moves that ask for everything the transfers asked for, one for each line of the order."""
        asked = {}
        for move in pickings.move_ids:
            key = (move.product_id, move.sale_line_id, move.product_uom)
            first, quantity = asked.get(key, (move, 0.0))
            asked[key] = first, quantity + move.product_uom_qty
        return [
            {**move.copy_data({"product_uom_qty": quantity})[0], "picking_id": False}
            for move, quantity in asked.values()
        ]

    @api.private
    def _put_back(self, pickings):
        """Undo the stock of what left, and let go of what is reserved; nothing of the transfers counts any more."""
        quants = self.env["stock.quant"]
        for line in pickings.move_line_ids.filtered(lambda line: line.state == "done" and line.product_id.is_storable):
            quantity, parts = line.quantity_product_uom, {"lot_id": line.lot_id, "owner_id": line.owner_id}
            quants._update_available_quantity(
                line.product_id, line.location_id, quantity, package_id=line.package_id, **parts
            )
            quants._update_available_quantity(
                line.product_id, line.location_dest_id, -quantity, package_id=line.result_package_id, **parts
            )
        pickings.filtered(lambda picking: picking.state not in ("done", "cancel")).do_unreserve()
        pickings.move_ids.state = "cancel"
        links = self.env["sync.process.link"]
        known = links.search([("res_model", "=", "stock.picking"), ("res_id", "in", pickings.ids)])
        known.write({"trading_partner_id": False, "partner_number": False})
