"""Manifests: what a carrier collects at a warehouse, put together from labels that are booked."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

STATES = [("requested", "Asked for"), ("closed", "Closed"), ("given_up", "Given up")]
LOOKS_BACK = timedelta(days=7)
"""A scheduled manifest leaves alone what left before: labels of the time before it was switched on."""


class SyncManifest(models.Model):
    """``requested -> closed`` by the service's answer, or ``given_up`` by a person.

    A label is on one manifest only: the transfer's ``label_manifest_id`` is written in the transaction of the event
    that asks for the manifest, and of two transactions that write it one is undone and looks again.
    """

    _name = "sync.manifest"
    _description = "Manifest"
    _order = "id desc"

    name = fields.Char(string="Number", readonly=True, copy=False, help="Our number.")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    carrier_id = fields.Many2one(
        "delivery.carrier", string="Delivery method", required=True, readonly=True, ondelete="restrict"
    )
    warehouse_id = fields.Many2one("stock.warehouse", required=True, readonly=True, ondelete="restrict")
    ship_date = fields.Date(string="Collected on", required=True, readonly=True)
    requested_at = fields.Datetime(string="Asked for at", required=True, readonly=True)
    scheduled = fields.Boolean(readonly=True, help="Asked for at the hour of the delivery method.")
    state = fields.Selection(STATES, required=True, readonly=True, default="requested")
    number = fields.Char(string="At the label service", readonly=True, copy=False)
    form_number = fields.Char(string="Carrier's form", readonly=True, copy=False)
    document = fields.Binary(readonly=True, attachment=True, copy=False)
    document_name = fields.Char(compute="_compute_document_name")
    document_url = fields.Char(string="Document at the service", readonly=True, copy=False)
    picking_ids = fields.One2many("stock.picking", "label_manifest_id", string="Transfers", readonly=True)
    label_count = fields.Integer(string="Labels", compute="_compute_label_count")

    _name_uniq = models.UniqueIndex("(company_id, name) WHERE name IS NOT NULL", "Another manifest has this number.")
    _once_a_day = models.UniqueIndex(
        "(carrier_id, warehouse_id, ship_date) WHERE scheduled", "The manifest of this day was asked for already."
    )

    @api.depends("picking_ids")
    def _compute_label_count(self):
        counted = self.env["stock.picking"]._read_group(
            [("label_manifest_id", "in", self.ids)], ["label_manifest_id"], ["__count"]
        )
        counts = {manifest.id: count for manifest, count in counted}
        for manifest in self:
            manifest.label_count = counts.get(manifest.id, 0)

    @api.depends("name")
    def _compute_document_name(self):
        for manifest in self:
            manifest.document_name = f"{(manifest.name or 'manifest').replace('/', '-')}.pdf"

    @api.model
    @api.private
    def _close(self, pickings, scheduled=False):
        """Ask for the manifests of those of ``pickings`` that have left with an open label; returns the manifests."""
        now = fields.Datetime.now()
        manifests = self.browse()
        for (carrier, warehouse), group in pickings.filtered(is_open).grouped(place).items():
            manifest = self.create(
                {
                    "company_id": group.company_id.id,
                    "carrier_id": carrier.id,
                    "warehouse_id": warehouse.id,
                    "ship_date": group[0]._label_local(now).date(),
                    "requested_at": now,
                    "scheduled": scheduled,
                }
            )
            manifest.name = f"{warehouse.code}/MAN/{manifest.id:05d}"
            group.label_manifest_id = manifest
            manifests |= manifest
        self.env["sync.event"]._mark("manifest.request", manifests)
        return manifests

    @api.model
    def _close_due(self):
        """The scheduled action: the manifests whose hour has come, once a day per delivery method and warehouse."""
        now = fields.Datetime.now()
        carriers = self.env["delivery.carrier"].search(
            [("label_manifest_daily", "=", True), ("label_partner_id", "!=", False)]
        )
        found = self.env["stock.picking"].search(
            [
                ("carrier_id", "in", carriers.ids),
                ("label_state", "=", "booked"),
                ("label_manifest_id", "=", False),
                ("state", "=", "done"),
                ("date_done", ">=", now - LOOKS_BACK),
            ],
            order="id",
        )
        for (carrier, warehouse), group in found.filtered(is_open).grouped(place).items():
            local = group[0]._label_local(now)
            done = [
                ("carrier_id", "=", carrier.id),
                ("warehouse_id", "=", warehouse.id),
                ("ship_date", "=", local.date()),
                ("scheduled", "=", True),
            ]
            if local.hour + local.minute / 60 >= carrier.label_manifest_time and not self.search_count(done, limit=1):
                self._close(group, scheduled=True)

    def action_give_up(self):
        """The service will not answer any more: the labels are open for another manifest."""
        if not self.env.user.has_group("stock.group_stock_manager"):
            raise UserError(self.env._("A manager of the warehouse gives a manifest up."))
        self.check_access("read")
        if any(manifest.state != "requested" for manifest in self):
            raise UserError(self.env._("Only a manifest that is asked for and not closed is given up."))
        manifests = self.sudo()  # sudo: manifests are the system's to write
        manifests.picking_ids.label_manifest_id = False
        manifests.state = "given_up"

    @api.private
    def _file_away(self, document, file):
        """Take in the service's answer; returns the transfers whose labels it left out, which are open again."""
        self.ensure_one()
        taken = set(document["labels"])
        left_out = self.picking_ids.filtered(lambda picking: picking.label_number not in taken)
        left_out.label_manifest_id = False
        self.write(
            {
                "state": "closed",
                "number": document["number"],
                "form_number": document.get("form_number"),
                "document_url": document.get("document_url"),
                "document": file,
            }
        )
        return left_out


def is_open(picking):
    """Whether a transfer has left with a label that is on no manifest, and its service makes manifests."""
    return bool(
        picking.state == "done"
        and picking.label_state == "booked"
        and not picking.label_manifest_id
        and picking.picking_type_id.warehouse_id
        and picking.carrier_id.label_partner_id
        in picking.env["sync.event"]._carrying("manifest.request", picking.company_id.id).trading_partner_id
    )


def place(picking):
    """What a manifest is of: the delivery method and the warehouse."""
    return picking.carrier_id, picking.picking_type_id.warehouse_id
