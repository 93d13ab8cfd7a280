"""shipment.confirmed: what the 3PL shipped becomes a validated transfer, and the rest a backorder."""

from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Command

from ....core.faults import Fault
from ....core.work import Done, Effect, Wait
from ..reading import decimal, identifiers, moment, plain, unit_record

REQUEST_MAY_BE_LATE = timedelta(minutes=15)


class ShipmentConfirmed(models.AbstractModel):
    """Applies a confirmation to the open transfer of the fulfilment request, which is the request's own transfer or the
    last of its backorders: the 3PL keeps quoting the number that it was given.
    """

    _name = "sync.handler.shipment.confirmed"
    _description = "Shipments confirmed"
    _inherit = "sync.handler"
    _handler = "shipment.confirmed"
    _document_types = ("shipment.confirmed",)

    @api.private
    def _apply_one(self, work):
        document = work.canonical
        request = self.env["stock.picking"].search(
            [("name", "=", document["request_number"]), ("company_id", "=", self.env.company.id)], limit=1
        )
        if not request:
            return self._wait_for_request(document)
        pickings = request._fulfilment_chain()
        process = self.env["sync.process"]._of(pickings)[:1]
        shipped = self.env["sync.process"]._known_as("stock.picking", work.trading_partner_id, document["number"])
        if shipped:
            return self._already_there(shipped, document, process)
        picking = pickings.filtered(lambda p: p.state not in ("done", "cancel"))[-1:]
        quantities = self._quantities(document, pickings, picking)
        self._set_quantities(document, picking, quantities)
        self._validate(work, document, picking)
        if process:
            process._identify(picking, work.trading_partner_id, document["number"])
        return Done(
            effects=[Effect("updated", "stock.picking", picking.id, picking.name)]
            + [Effect("created", "stock.picking", p.id, p.name) for p in picking.backorder_ids],
            reference=document["number"],
            process_id=process.id or None,
            note=f"Shipment {document['number']} is {picking.name}.",
        )

    @api.private
    def _wait_for_request(self, document):
        number = document["request_number"]
        return Wait(
            "shipment",
            number,
            Fault(
                "apply.shipment_unknown",
                f"Shipment {document['number']} confirms the request {number}, which Odoo does not know.",
                pointer="/request_number",
                found=number,
                reference=document["number"],
                subject=f"request {number}",
            ),
            fields.Datetime.now() + REQUEST_MAY_BE_LATE,
        )

    # -- once ------------------------------------------------------------------------------------------------------

    @api.private
    def _already_there(self, picking, document, process):
        """The same shipment again is done again; the same number with other quantities is a fault."""
        said = sum((decimal(line["quantity"]["value"]) for line in document["lines"]), Decimal(0))
        did = sum((decimal(move.quantity) for move in picking.move_ids if move.state == "done"), Decimal(0))
        if said != did:
            raise Fault(
                "apply.already_applied",
                f"Shipment {document['number']} was booked as {picking.name} with {plain(did)} in all;"
                f" this confirmation says {plain(said)}.",
                expected=plain(did),
                found=plain(said),
                reference=document["number"],
                subject=f"shipment {document['number']}",
            )
        return Done(
            effects=[Effect("linked", "stock.picking", picking.id, picking.name)],
            reference=document["number"],
            process_id=process.id or None,
            note=f"Shipment {document['number']} was booked already as {picking.name}.",
        )

    # -- quantities ------------------------------------------------------------------------------------------------

    @api.private
    def _quantities(self, document, pickings, picking):
        """``{open move: [line, ...]}``; more than is open, or something else than was asked for, is a fault."""
        matched, wrong = {}, []
        for index, line in enumerate(document["lines"]):
            move = self._move(line, pickings, picking)
            matched.setdefault(move, []).append((index, line))
        for move, lines in matched.items():
            confirmed = sum((self._in_move_unit(document, line, move) for _index, line in lines), Decimal(0))
            still_open = sum((decimal(part.product_uom_qty) for part in self._parts(move)), Decimal(0))
            if confirmed > still_open:
                wrong.append(self._exceeds(document, move, lines, confirmed, still_open))
        if wrong:
            raise Fault(
                "apply.quantity_exceeds_order",
                f"Shipment {document['number']} of {document['request_number']}: "
                + " ".join(fault.detail for fault in wrong),
                pointer=wrong[0].pointer,
                expected=wrong[0].expected,
                found=wrong[0].found,
                reference=document["number"],
                subject=f"request {document['request_number']}",
                causes=wrong,
            )
        return self._spread(document, matched)

    @api.private
    def _parts(self, move):
        """The open moves of one order line: raising an order after it was requested adds a move beside the first."""
        return move and move.picking_id.move_ids.filtered(
            lambda m: (
                m.state not in ("done", "cancel")
                and (m.product_id, m.sale_line_id, m.product_uom)
                == (move.product_id, move.sale_line_id, move.product_uom)
            )
        ).sorted(lambda m: (m != move, m.id))

    @api.private
    def _spread(self, document, matched):
        """What was confirmed of an order line, spread over its moves, the first filled first."""
        spread = {}
        for move, lines in matched.items():
            parts = self._parts(move)
            if len(parts) == 1:
                spread.setdefault(move, []).extend(lines)
                continue
            room = {part: decimal(part.product_uom_qty) for part in parts}
            for index, line in lines:
                pieces = line.get("lots") or [{"quantity": line["quantity"]}]
                for piece in pieces:
                    self._fill(document, spread, room, index, line, piece)
        return spread

    @api.private
    def _fill(self, document, spread, room, index, line, piece):
        """Put one quantity (of one lot) where there is room."""
        whole = left = self._in_move_unit(document, piece, next(iter(room)))
        for part in room:
            taken = min(left, room[part])
            if taken <= 0:
                continue
            # Back in the unit of the document, in which whoever reads the line expects it.
            value = taken * decimal(piece["quantity"]["value"]) / whole
            quantity = {"value": plain(value), "unit": piece["quantity"]["unit"]}
            share = {**line, "quantity": quantity}
            if "lot" in piece:
                share["lots"] = [{**piece, "quantity": quantity}]
            spread.setdefault(part, []).append((index, share))
            room[part] -= taken
            left -= taken

    @api.private
    def _move(self, line, pickings, picking):
        """The open move that a line is about: by our line's id, else by the item."""
        asked = pickings.move_ids.filtered(lambda m: str(m.id) == line.get("request_line_id"))
        moves = picking.move_ids.filtered(lambda m: m.state not in ("done", "cancel"))
        if asked:
            return (moves & asked) or moves.filtered(
                lambda m: m.product_id == asked.product_id and m.sale_line_id == asked.sale_line_id
            )[:1]
        codes = set(identifiers(line["item"], "sku", "own"))
        gtins = set(identifiers(line["item"], "gtin"))
        return moves.filtered(lambda m: m.product_id.default_code in codes or m.product_id.barcode in gtins)[:1]

    @api.private
    def _in_move_unit(self, document, line, move):
        quantity = decimal(line["quantity"]["value"])
        if not move:
            return quantity
        unit = unit_record(self.env, line["quantity"]["unit"], move.product_id)
        if not unit:
            raise Fault(
                "apply.not_supported",
                f"Shipment {document['number']}: {move.product_id.display_name} is kept in"
                f" {move.product_uom.name} and was confirmed in {line['quantity']['unit']}.",
                reference=document["number"],
                subject=f"unit {line['quantity']['unit']} of {move.product_id.default_code or move.product_id.id}",
            )
        if unit == move.product_uom:
            return quantity
        return decimal(unit._compute_quantity(float(quantity), move.product_uom, rounding_method="HALF-UP"))

    @api.private
    def _exceeds(self, document, move, lines, confirmed, still_open):
        index, line = lines[0]
        codes = identifiers(line["item"], "sku", "gtin", "own", "partner")
        name = move.product_id.default_code or (codes[0] if codes else line.get("request_line_id") or "an item")
        return Fault(
            "apply.quantity_exceeds_order",
            f"{plain(confirmed)} of {name} were confirmed and {plain(still_open)} are open.",
            pointer=f"/lines/{index}/quantity",
            expected=plain(still_open),
            found=plain(confirmed),
            reference=document["number"],
            subject=f"request {document['request_number']} {name}",
        )

    @api.private
    def _set_quantities(self, document, picking, quantities):
        """Make the transfer say exactly what was confirmed, lot by lot where lots are kept."""
        for move in picking.move_ids.filtered(lambda m: m.state not in ("done", "cancel")):
            lines = [line for _index, line in quantities.get(move, ())]
            confirmed = sum((self._in_move_unit(document, line, move) for line in lines), Decimal(0))
            if confirmed and move.product_id.tracking != "none":
                self._set_lots(document, move, lines, confirmed)
            else:
                move.quantity = float(confirmed)
            move.picked = bool(confirmed)

    @api.private
    def _set_lots(self, document, move, lines, confirmed):
        product = move.product_id
        entries = [entry for line in lines for entry in line.get("lots", ())]
        said = sum((self._in_move_unit(document, entry, move) for entry in entries), Decimal(0))
        names = sorted({entry["lot"] for entry in entries})
        lots = {
            lot.name: lot
            for lot in self.env["stock.lot"].search(
                [
                    ("product_id", "=", product.id),
                    ("name", "in", names),
                    ("company_id", "in", (self.env.company.id, False)),
                ]
            )
        }
        unknown = [name for name in names if name not in lots]
        if said != confirmed or unknown:
            detail = (
                f"the lots {', '.join(unknown)} are not known"
                if unknown
                else f"{plain(confirmed)} were shipped and lots are given for {plain(said)}"
            )
            raise Fault(
                "apply.lot_required",
                f"Shipment {document['number']}: {product.display_name} is kept by lot or serial number; {detail}.",
                expected=plain(confirmed),
                found=plain(said),
                reference=document["number"],
                subject=f"lots of {product.default_code or product.id}",
            )
        move.move_line_ids.unlink()
        move.move_line_ids = [
            Command.create(
                move._prepare_move_line_vals()
                | {
                    "lot_id": lots[entry["lot"]].id,
                    "location_id": self._lot_location(move, lots[entry["lot"]]).id,
                    "quantity": float(self._in_move_unit(document, entry, move)),
                }
            )
            for entry in entries
        ]

    @api.private
    def _lot_location(self, move, lot):
        quant = self.env["stock.quant"].search(
            [("lot_id", "=", lot.id), ("location_id", "child_of", move.location_id.id), ("quantity", ">", 0)], limit=1
        )
        return quant.location_id or move.location_id

    # -- validate --------------------------------------------------------------------------------------------------

    @api.private
    def _validate(self, work, document, picking):
        carrier = document["carrier"]
        picking.write(
            {
                "carrier_tracking_ref": ",".join(parcel["tracking_number"] for parcel in document["parcels"]) or False,
                "governed_carrier_code": carrier["code"],
            }
        )
        context = {
            "skip_backorder": True,
            "skip_sms": True,
            "sync_message_id": work.message_id,
            "sync_occurred_at": moment(document["shipped_at"]),
        }
        if document["final"]:
            context["picking_ids_not_to_backorder"] = picking.ids
        picking.with_context(**context).button_validate()
        if picking.state != "done":
            raise Fault(
                "apply.refused",
                f"Shipment {document['number']}: Odoo did not accept the transfer {picking.name}; open it and validate"
                " it by hand to see why.",
                reference=document["number"],
                subject=f"transfer {picking.name}",
            )
        self._describe_parcels(document, picking)

    @api.private
    def _describe_parcels(self, document, picking):
        # sudo: parcels are written by the process; the agent moved their transfer, which it was allowed to.
        parcels = self.env["sync.parcel"].sudo().search([("picking_id", "=", picking.id)])
        described = {parcel["tracking_number"]: parcel for parcel in document["parcels"]}
        for parcel in parcels:
            parcel.write(
                {
                    "carrier_code": document["carrier"]["code"],
                    "sscc": described.get(parcel.tracking_number, {}).get("sscc"),
                }
            )
