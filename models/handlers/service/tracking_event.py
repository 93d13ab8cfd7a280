"""tracking.event: what the carrier saw becomes milestones of the shipment."""

from datetime import timedelta

from odoo import api, fields, models

from ....core.faults import Fault
from ....core.work import Done, Effect, Wait
from ..reading import moment

SHIPMENT_MAY_BE_LATE = timedelta(days=3)
# What the carrier says -> what we follow.
STATUSES = {
    "announced": "announced",
    "accepted": "accepted",
    "in_transit": "in_transit",
    "out_for_delivery": "in_transit",
    "ready_for_pickup": "in_transit",
    "attempted": "in_transit",
    "delivered": "delivered",
    "exception": "exception",
    "returning": "exception",
    "returned": "returned",
    "cancelled": "exception",
}


class TrackingEvent(models.AbstractModel):
    """Events come late, twice and out of order; the moment they occurred at decides.

    Any scan proves that the carrier has the parcel, so it reaches ``carrier.accepted`` with the earliest time known;
    nothing else is inferred. A shipment of several parcels is delivered with its last one.
    """

    _name = "sync.handler.tracking.event"
    _description = "Tracking events"
    _inherit = "sync.handler"
    _handler = "tracking.event"
    _document_types = ("tracking.event",)
    _repeatable = True  # the moment of the event decides, so a scan that is told again changes nothing

    @api.private
    def _set_aside(self, effects):
        """The carrier has not reported on the parcels, so that what came later does not outweigh the event."""
        parcels = self.env["sync.parcel"].browse([res_id for model, res_id in effects if model == "sync.parcel"])
        parcels.exists().write({"status": "announced", "status_at": False, "accepted_at": False, "delivered_at": False})
        return True

    @api.private
    def _apply_one(self, work):
        document = work.canonical
        number = document["tracking_number"]
        # sudo: parcels and milestones are written by the process, no agent has rights on them.
        parcels = (
            self.env["sync.parcel"]
            .sudo()
            .search([("tracking_number", "=", number), ("company_id", "=", self.env.company.id)])
        )
        if not parcels:
            return self._wait_for_shipment(number)
        status, occurred_at = STATUSES[document["status"]], moment(document["occurred_at"])
        parcels._report(status, occurred_at)
        for picking in parcels.picking_id:
            self._reach(work, picking, status, occurred_at)
        return Done(
            effects=[Effect("updated", "sync.parcel", parcel.id, parcel.tracking_number) for parcel in parcels],
            reference=number,
            process_id=parcels.process_id[:1].id,
            note=f"{number}: {document['status']} at {document['occurred_at']}.",
        )

    @api.private
    def _wait_for_shipment(self, number):
        return Wait(
            "shipment",
            number,
            Fault(
                "apply.shipment_unknown",
                f"The carrier reports on {number}, and no shipment has that tracking number.",
                pointer="/tracking_number",
                found=number,
                reference=number,
                subject=f"tracking number {number}",
            ),
            fields.Datetime.now() + SHIPMENT_MAY_BE_LATE,
        )

    @api.private
    def _reach(self, work, picking, status, occurred_at):
        parcels = self.env["sync.parcel"].sudo().search([("picking_id", "=", picking.id)])  # sudo: as above
        process = parcels.process_id[:1]
        scans = parcels.filtered("accepted_at").mapped("accepted_at")
        if scans:
            process._reach("carrier.accepted", min(scans), picking, work.message_id)
        if status == "in_transit":
            process._reach("carrier.in_transit", occurred_at, picking, work.message_id)
        if status in ("exception", "returned"):
            process._reach("carrier.exception", occurred_at, picking, work.message_id)
        if all(parcels.mapped("delivered_at")):
            process._reach("carrier.delivered", max(parcels.mapped("delivered_at")), picking, work.message_id)
