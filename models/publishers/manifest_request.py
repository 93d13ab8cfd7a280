"""manifest.request: a label service is asked for the manifest of what a carrier collects."""

from odoo import api, models

from ..exchange.publisher import EventDraft
from .rendering import day, timestamp, without_empty


class ManifestRequest(models.AbstractModel):
    """For the label service of the manifest's delivery method alone."""

    _name = "sync.publisher.manifest.request"
    _description = "Manifests requested"
    _inherit = "sync.publisher"
    _document_type = "manifest.request"

    @api.private
    def _render(self, records):
        return {
            manifest.id: EventDraft(
                document=self._document(manifest),
                ordering_key=f"manifest/{manifest.name}",
                subject=f"manifest/{manifest.name}",
                company_id=manifest.company_id.id,
                occurred_at=manifest.requested_at,
                trading_partner_id=manifest.carrier_id.label_partner_id.id,
            )
            for manifest in records
            if manifest.picking_ids and manifest.carrier_id.label_partner_id
        }

    @api.private
    def _document(self, manifest):
        carrier = manifest.carrier_id
        return {
            "type": self._document_type,
            "number": manifest.name,
            "requested_at": timestamp(manifest.requested_at),
            "ship_on": day(manifest.ship_date),
            "warehouse": manifest.warehouse_id.code,
            "carrier": without_empty(
                {
                    "code": carrier.label_carrier_code or carrier.name[:64],
                    "name": carrier.name,
                    "service": carrier.label_service_code,
                }
            ),
            "labels": [
                {"number": picking.label_number, "shipment_number": picking.name}
                for picking in manifest.picking_ids.sorted("id")
            ],
        }
