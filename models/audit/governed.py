"""Which records are governed: whatever says who may exchange what, in which form and by which rules."""

from odoo import api, models

VERSION = ("author_ids",)


class SyncTradingPartner(models.Model):
    _name = "sync.trading.partner"
    _inherit = ["sync.trading.partner", "sync.audited"]


class SyncEndpoint(models.Model):
    _name = "sync.endpoint"
    _inherit = ["sync.endpoint", "sync.audited"]


class SyncControlNumber(models.Model):
    _name = "sync.control.number"
    _inherit = ["sync.control.number", "sync.audited"]


class SyncCredential(models.Model):
    _name = "sync.credential"
    _inherit = ["sync.credential", "sync.audited"]
    _audited_except = ("last_used_at",)

    def action_confirm_review(self):
        result = super().action_confirm_review()
        # Also where the date stays what it was: that somebody looked is what counts.
        self.env["sync.audit.entry"]._note("review", "confirm", self)
        return result

    def _secret_is_shown(self):
        self.env["sync.audit.entry"]._note("access", "show key", self)
        return super()._secret_is_shown()


class SyncCredentialVersion(models.Model):
    _name = "sync.credential.version"
    _inherit = ["sync.credential.version", "sync.audited"]


class SyncInterface(models.Model):
    _name = "sync.interface"
    _inherit = ["sync.interface", "sync.audited"]


class SyncContract(models.Model):
    _name = "sync.contract"
    _inherit = ["sync.contract", "sync.audited"]
    _audited_except = VERSION


class SyncMapping(models.Model):
    _name = "sync.mapping"
    _inherit = ["sync.mapping", "sync.audited"]
    _audited_except = VERSION


class SyncPolicy(models.Model):
    _name = "sync.policy"
    _inherit = ["sync.policy", "sync.audited"]
    _audited_except = VERSION


class SyncExpectation(models.Model):
    _name = "sync.expectation"
    _inherit = ["sync.expectation", "sync.audited"]
    _audited_except = ("received", "last_name", "last_received_at", "late_since")


class SyncGate(models.Model):
    _name = "sync.gate"
    _inherit = ["sync.gate", "sync.audited"]


class SyncServiceLevel(models.Model):
    _name = "sync.service.level"
    _inherit = ["sync.service.level", "sync.audited"]


class SyncRetention(models.Model):
    _name = "sync.retention"
    _inherit = ["sync.retention", "sync.audited"]


class SyncOwnership(models.Model):
    _name = "sync.ownership"
    _inherit = ["sync.ownership", "sync.audited"]


class SyncXref(models.Model):
    _name = "sync.xref"
    _inherit = ["sync.xref", "sync.audited"]
    _audits_people_only = True


class SyncException(models.Model):
    _name = "sync.exception"
    _inherit = ["sync.exception", "sync.audited"]
    _audit_as = "exception"
    _audits_people_only = True


class SyncHold(models.Model):
    _name = "sync.hold"
    _inherit = ["sync.hold", "sync.audited"]
    _audit_as = "exception"
    _audits_people_only = True


class SyncChangeRequest(models.Model):
    _name = "sync.change.request"
    _inherit = ["sync.change.request", "sync.audited"]


class SyncChangeInterface(models.Model):
    _name = "sync.change.interface"
    _inherit = ["sync.change.interface", "sync.audited"]


class SyncChangeDecision(models.Model):
    _name = "sync.change.decision"
    _inherit = ["sync.change.decision", "sync.audited"]
    _audit_as = "approval"


class SyncLifecycleEnding(models.Model):
    _name = "sync.lifecycle.ending"
    _inherit = ["sync.lifecycle.ending", "sync.audited"]
    _audit_as = "approval"


class SyncOwnershipWrite(models.Model):
    """What a steward decides; what documents propose stands in their messages."""

    _name = "sync.ownership.write"
    _inherit = ["sync.ownership.write", "sync.audited"]
    _audit_as = "approval"
    _audits_people_only = True


class SyncSubscription(models.Model):
    _name = "sync.subscription"
    _inherit = ["sync.subscription", "sync.audited"]
    _audited_except = VERSION


class SyncDataTransfer(models.Model):
    _name = "sync.data.transfer"
    _inherit = ["sync.data.transfer", "sync.audited"]
    _audited_except = VERSION

    @api.model
    def _audit_kind(self, changes):
        # Ending one is a decision as well.
        return "approval" if {"approved_by", "revoked_by"} & set(changes) else super()._audit_kind(changes)


class SyncDataRegion(models.Model):
    _name = "sync.data.region"
    _inherit = ["sync.data.region", "sync.audited"]
