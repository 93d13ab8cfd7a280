"""Who took lists away."""

from odoo import models

from ...core.audit.values import shown


class SyncExported(models.AbstractModel):
    """Records whose export from the screen, or by RPC, is an entry."""

    _name = "sync.exported"
    _description = "Record whose export is written down"

    def export_data(self, fields_to_export):
        result = super().export_data(fields_to_export)
        self.env["sync.audit.entry"]._note(
            "export",
            "export list",
            model=self._name,
            count=len(self),
            fields=shown("fields", list(fields_to_export)),
        )
        return result


class SyncEngineRecord(models.AbstractModel):
    _name = "sync.engine.record"
    _inherit = ["sync.engine.record", "sync.exported"]


class SyncAudited(models.AbstractModel):
    _name = "sync.audited"
    _inherit = ["sync.audited", "sync.exported"]


class SyncProcess(models.Model):
    _name = "sync.process"
    _inherit = ["sync.process", "sync.exported"]


class SyncMilestone(models.Model):
    _name = "sync.milestone"
    _inherit = ["sync.milestone", "sync.exported"]
