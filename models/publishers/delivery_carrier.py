"""A carrier whose labels a label service makes: by data on the carrier, as its price and its conditions are."""

from odoo import fields, models


class DeliveryCarrier(models.Model):
    _inherit = "delivery.carrier"

    label_partner_id = fields.Many2one(
        "sync.trading.partner",
        string="Labels are made by",
        copy=False,
        ondelete="restrict",
        groups="sync_governance.group_viewer",
        help="The label service that books its shipments and makes their labels. Empty: nobody, or Odoo's own"
        " connection to the carrier.",
    )
    label_carrier_code = fields.Char(
        string="Carrier at the label service", help="What the service calls it: se-123890."
    )
    label_service_code = fields.Char(string="Service at the label service", help="Which of its services: ups_ground.")
    label_manifest_daily = fields.Boolean(
        string="Close a manifest each day",
        copy=False,
        help="What has left each warehouse by this hour, and is on no manifest yet, is put on one: of the last seven"
        " days, once a day and warehouse. What leaves later is taken on the next day, or by hand from the transfers.",
    )
    label_manifest_time = fields.Float(
        string="Manifest at", default=17.0, help="In the time zone of the warehouse's address."
    )

    _label_manifest_time = models.Constraint(
        "CHECK (label_manifest_time >= 0 AND label_manifest_time < 24)", "The hour is between 0:00 and 23:59."
    )
