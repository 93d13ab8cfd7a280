"""Who took lists away; and what is in them runs nothing in a spreadsheet."""

from odoo import models

from ...core.audit.values import shown
from ...core.security.spreadsheet import harmless


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
        result["datas"] = [[harmless(value) for value in row] for row in result["datas"]]
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


class SyncProcessLink(models.Model):
    _name = "sync.process.link"
    _inherit = ["sync.process.link", "sync.exported"]


class SyncParcel(models.Model):
    _name = "sync.parcel"
    _inherit = ["sync.parcel", "sync.exported"]


class SyncProcessType(models.Model):
    _name = "sync.process.type"
    _inherit = ["sync.process.type", "sync.exported"]


class SyncMilestoneType(models.Model):
    _name = "sync.milestone.type"
    _inherit = ["sync.milestone.type", "sync.exported"]


class SyncCertification(models.Model):
    _name = "sync.certification"
    _inherit = ["sync.certification", "sync.exported"]


class SyncOnboardingStep(models.Model):
    _name = "sync.onboarding.step"
    _inherit = ["sync.onboarding.step", "sync.exported"]


class SyncChangeReplay(models.Model):
    _name = "sync.change.replay"
    _inherit = ["sync.change.replay", "sync.exported"]


class SyncOwnershipVersion(models.Model):
    _name = "sync.ownership.version"
    _inherit = ["sync.ownership.version", "sync.exported"]


class SyncPackSample(models.Model):
    _name = "sync.pack.sample"
    _inherit = ["sync.pack.sample", "sync.exported"]


class SyncXrefGap(models.Model):
    _name = "sync.xref.gap"
    _inherit = ["sync.xref.gap", "sync.exported"]


class SyncManifest(models.Model):
    _name = "sync.manifest"
    _inherit = ["sync.manifest", "sync.exported"]
