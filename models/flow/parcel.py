"""The parcels of a shipment, as their carrier sees them."""

from odoo import api, fields, models

STATUSES = [
    ("announced", "Announced"),
    ("accepted", "Accepted"),
    ("in_transit", "In transit"),
    ("delivered", "Delivered"),
    ("exception", "Problem"),
    ("returned", "Returned"),
]


class SyncParcel(models.Model):
    """One parcel of a governed shipment, found by its tracking number when the carrier reports on it.

    Times are the carrier's own, so reports may come late, twice and in any order.
    """

    _name = "sync.parcel"
    _description = "Parcel"
    _log_access = False
    _order = "id"
    _rec_name = "tracking_number"

    tracking_number = fields.Char(string="Tracking number", required=True, readonly=True)
    picking_id = fields.Many2one("stock.picking", string="Shipment", required=True, readonly=True, ondelete="cascade")
    process_id = fields.Many2one("sync.process", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    carrier_code = fields.Char(string="Carrier", readonly=True)
    sscc = fields.Char(string="SSCC", readonly=True)
    status = fields.Selection(STATUSES, required=True, readonly=True, default="announced")
    status_at = fields.Datetime(string="Since", readonly=True)
    accepted_at = fields.Datetime(string="Accepted", readonly=True, help="The earliest scan that is known.")
    delivered_at = fields.Datetime(string="Delivered", readonly=True)

    _once = models.UniqueIndex("(tracking_number, picking_id)")
    _of_picking = models.Index("(picking_id)")

    @api.model
    def _record(self, picking, process, tracking_numbers):
        """Make sure that the shipment has these parcels; returns those that are new."""
        known = set(self.search([("picking_id", "=", picking.id)]).mapped("tracking_number"))
        return self.create(
            [
                {
                    "tracking_number": number,
                    "picking_id": picking.id,
                    "process_id": process.id,
                    "company_id": picking.company_id.id,
                }
                for number in dict.fromkeys(tracking_numbers)
                if number not in known
            ]
        )

    def _report(self, status, occurred_at):
        """Take in what the carrier reports; the latest report is the status, whatever the order of arrival."""
        for parcel in self:
            values = {}
            if not parcel.status_at or occurred_at >= parcel.status_at:
                values = {"status": status, "status_at": occurred_at}
            if status != "announced" and (not parcel.accepted_at or occurred_at < parcel.accepted_at):
                values["accepted_at"] = occurred_at
            if status == "delivered" and (not parcel.delivered_at or occurred_at < parcel.delivered_at):
                values["delivered_at"] = occurred_at
            parcel.write(values)
