"""What was measured, where people look for it."""

from datetime import timedelta

from odoo import fields, models

DAYS = 7


class SyncInterface(models.Model):
    _inherit = "sync.interface"

    service_day_ids = fields.One2many("sync.service.day", "interface_id", string="Measured days")
    service_documents = fields.Integer(
        string="Documents", compute="_compute_service", help="Finished within the last seven days."
    )
    service_percent = fields.Float(
        string="In time (%)",
        compute="_compute_service",
        digits=(5, 2),
        help="Of the documents of the last seven days, those within the times of the service level.",
    )
    service_ok = fields.Boolean(compute="_compute_service", help="The target of the service level is met.")

    def _compute_service(self):
        since = fields.Date.today() - timedelta(days=DAYS - 1)
        found = self.env["sync.service.day"]._read_group(
            [("interface_id", "in", self.ids), ("day", ">=", since), ("aim", "!=", "acknowledged")],
            ["interface_id"],
            ["documents:sum", "within:sum"],
        )
        counted = {interface.id: (documents, within) for interface, documents, within in found}
        for interface in self:
            documents, within = counted.get(interface.id, (0, 0))
            interface.service_documents = documents
            interface.service_percent = 100.0 * within / documents if documents else 0.0
            target = interface.policy_id.service_level_id.target_percent
            interface.service_ok = not documents or interface.service_percent >= target


class SyncServiceLevel(models.Model):
    _inherit = "sync.service.level"

    day_ids = fields.One2many("sync.service.day", "service_level_id", string="Measured days")
