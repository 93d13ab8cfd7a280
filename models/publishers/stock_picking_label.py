"""Transfers whose labels a label service makes: asked for when the goods leave or before, taken back when they stay."""

from odoo import fields, models
from odoo.exceptions import UserError

LABEL_STATES = [
    ("requested", "Asked for"),
    ("booked", "Booked"),
    ("void_requested", "Being taken back"),
    ("voided", "Taken back"),
]


class StockPicking(models.Model):
    """``requested -> booked -> void_requested -> voided``, and from there it may be asked for anew.

    A transfer that is cancelled while its label is on order goes on to ``void_requested`` once the label is there.
    """

    _inherit = "stock.picking"

    label_state = fields.Selection(LABEL_STATES, string="Label", copy=False, readonly=True)
    label_number = fields.Char(copy=False, readonly=True, help="What the label service calls the label.")
    label_requested_at = fields.Datetime(string="Label asked for", copy=False, readonly=True)
    label_manifest_id = fields.Many2one(
        "sync.manifest",
        string="Manifest",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="What the carrier gets when it collects; a label is on one only.",
    )
    label_possible = fields.Boolean(compute="_compute_label_possible")

    _label_open = models.Index("(carrier_id) WHERE label_state = 'booked' AND label_manifest_id IS NULL")

    def _compute_label_possible(self):
        for picking in self:
            # sudo: whether a service makes the labels, not which
            service = picking.carrier_id.sudo().label_partner_id
            asked = service and picking.picking_type_code == "outgoing"
            picking.label_possible = bool(
                asked and self.env["sync.event"]._carried("label.request", picking.company_id.id)
            )

    def action_request_label(self):
        """Ask the label service of the carrier for labels."""
        self.check_access("write")
        for picking in self:
            if not picking.label_possible:
                raise UserError(
                    self.env._("%s: no label service that is live makes the labels of its carrier.", picking.name)
                )
            if picking.state not in ("assigned", "done"):
                raise UserError(self.env._("%s: its goods are not there yet.", picking.name))
            if picking.label_state in ("requested", "booked", "void_requested"):
                raise UserError(self.env._("%s has a label already, or will have one.", picking.name))
        self._request_label()

    def action_void_label(self):
        """Give the label back to the service that made it."""
        self.check_access("write")
        if any(picking.label_state != "booked" for picking in self):
            raise UserError(self.env._("Only a label that is booked is taken back."))
        self._void_label()

    def action_close_manifest(self):
        """Ask the label services for the manifests of what has left, one per delivery method and warehouse."""
        self.check_access("write")
        # sudo: manifests are the system's to write
        manifests = self.env["sync.manifest"].sudo()._close(self.sudo())
        if not manifests:
            raise UserError(
                self.env._(
                    "None of these transfers has left with a label that is booked and on no manifest yet, by a label"
                    " service that makes manifests."
                )
            )
        action = self.env["ir.actions.actions"]._for_xml_id("sync_governance.action_sync_manifest")
        return {**action, "domain": [("id", "in", manifests.ids)]}

    def _request_label(self):
        # sudo: the label's state is the system's to write
        self.sudo().write(
            {"label_state": "requested", "label_requested_at": fields.Datetime.now(), "label_manifest_id": False}
        )
        self.env["sync.event"]._mark("label.request", self)

    def _void_label(self):
        self.sudo().label_state = "void_requested"  # sudo: as above
        self.env["sync.event"]._mark("label.void", self)

    def _action_done(self):
        result = super()._action_done()
        leaving = self.filtered(lambda one: one.state == "done" and one.label_possible and not one.label_state)
        leaving._request_label()
        return result

    def action_cancel(self):
        result = super().action_cancel()
        self.filtered(lambda one: one.state == "cancel" and one.label_state == "booked")._void_label()
        return result

    def _label_local(self, moment):
        """A moment (naive, UTC) as aware time of the warehouse: the day is the carrier's."""
        self.ensure_one()
        where = self.picking_type_id.warehouse_id.partner_id or self.company_id.partner_id
        zone = where.tz or self.company_id.partner_id.tz or "UTC"
        return fields.Datetime.context_timestamp(self.with_context(tz=zone), moment)

    def _label_parcels(self):
        """[(id, weight in the unit of Odoo's weights, package or None)]: the packages, or the whole as one parcel."""
        self.ensure_one()
        packages = self.move_line_ids.result_package_id.sorted("id").with_context(picking_id=self.id)
        if packages:
            return [(package.name, package.shipping_weight or package.weight, package) for package in packages]
        return [("1", self.shipping_weight or self.weight, None)]
