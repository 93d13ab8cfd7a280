"""label.request and label.void: what a label service is asked."""

from odoo import api, fields, models

from ..exchange.publisher import EventDraft
from .rendering import day, number, party, timestamp, without_empty


class LabelRequest(models.AbstractModel):
    """For the label service of the transfer's carrier alone. Without one nothing is asked."""

    _name = "sync.publisher.label.request"
    _description = "Labels requested"
    _inherit = "sync.publisher"
    _document_type = "label.request"

    @api.private
    def _render(self, records):
        return {
            picking.id: draft_of(picking, self._document(picking), picking.label_requested_at)
            for picking in records
            if picking.carrier_id.label_partner_id
        }

    @api.private
    def _document(self, picking):
        carrier, warehouse = picking.carrier_id, picking.picking_type_id.warehouse_id
        return without_empty(
            {
                "type": self._document_type,
                "number": picking.name,
                "order_number": picking.sale_id.name,
                "requested_at": timestamp(picking.label_requested_at),
                "ship_on": day(picking._label_local(picking.label_requested_at)),
                "ship_from": party(warehouse.partner_id or picking.company_id.partner_id),
                "ship_to": party(picking.partner_id),
                "carrier": without_empty(
                    {
                        "code": carrier.label_carrier_code or carrier.name[:64],
                        "name": carrier.name,
                        "service": carrier.label_service_code,
                    }
                ),
                "parcels": [self._parcel(*parcel) for parcel in picking._label_parcels()],
            }
        )

    @api.private
    def _parcel(self, name, weight, package):
        templates = self.env["product.template"]
        kilos = templates._get_weight_uom_id_from_ir_config_parameter() == self.env.ref("uom.product_uom_kgm")
        document = {"id": name[:64], "weight": {"value": number(weight), "unit": "KGM" if kilos else "LBR"}}
        size = package.package_type_id if package else None
        if size and size.packaging_length and size.width and size.height:
            unit = "MMT" if size.length_uom_name == "mm" else "INH"
            measures = (("length", size.packaging_length), ("width", size.width), ("height", size.height))
            document["size"] = {name: {"value": number(value), "unit": unit} for name, value in measures}
        return document


class LabelVoid(models.AbstractModel):
    """For the same service."""

    _name = "sync.publisher.label.void"
    _description = "Labels to be voided"
    _inherit = "sync.publisher"
    _document_type = "label.void"

    @api.private
    def _render(self, records):
        now = fields.Datetime.now()
        return {
            picking.id: draft_of(
                picking,
                {
                    "type": self._document_type,
                    "number": picking.label_number,
                    "request_number": picking.name,
                    "requested_at": timestamp(now),
                },
                now,
            )
            for picking in records
            if picking.label_number and picking.carrier_id.label_partner_id
        }


def draft_of(picking, document, occurred_at):
    """The event for the label service of a transfer: what concerns one transfer stays in order."""
    process = picking.env["sync.process"]._by_record(picking).get(picking.id)
    return EventDraft(
        document=document,
        ordering_key=f"label/{picking.name}",
        subject=f"label/{picking.name}",
        company_id=picking.company_id.id,
        occurred_at=occurred_at,
        process_id=process.id if process else None,
        trading_partner_id=picking.carrier_id.label_partner_id.id,
    )
