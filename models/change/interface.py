"""An interface that goes over to other versions, as one line of a change request."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..governance.domains import DOMAINS
from ..governance.lifecycle import USABLE

PARTS = ("contract_id", "mapping_id", "policy_id")


class SyncChangeInterface(models.Model):
    """What an interface uses once the request is approved. What is empty stays as it is."""

    _name = "sync.change.interface"
    _description = "Interface that goes over"
    _order = "id"
    _rec_name = "interface_id"

    request_id = fields.Many2one("sync.change.request", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="request_id.company_id", store=True, index=True, precompute=True)
    interface_id = fields.Many2one(
        "sync.interface",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('state', 'in', ('live', 'suspended'))]",
    )
    trading_partner_id = fields.Many2one(related="interface_id.trading_partner_id")
    document_type_id = fields.Many2one(related="interface_id.document_type_id")
    contract_id = fields.Many2one("sync.contract", ondelete="restrict", string="New contract",
                                  domain="[('document_type_id', '=', document_type_id)]")  # fmt: skip
    mapping_id = fields.Many2one("sync.mapping", ondelete="restrict", string="New mapping",
                                 domain="[('document_type_id', '=', document_type_id)]")  # fmt: skip
    policy_id = fields.Many2one("sync.policy", ondelete="restrict", string="New policy")

    _once = models.UniqueIndex("(request_id, interface_id)", "The interface is in this request already.")

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.request_id._check_open()
        return lines

    def write(self, vals):
        self.request_id._check_open()
        result = super().write(vals)
        self.request_id._check_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_from_drafts(self):
        self.request_id._check_open()

    @api.constrains("interface_id", "contract_id", "mapping_id", "policy_id")
    def _check_fits(self):
        for line in self:
            interface = line.interface_id
            if interface.company_id != line.request_id.company_id:
                raise ValidationError(self.env._("“%s” belongs to another company.", interface.display_name))
            for part in (line.contract_id, line.mapping_id, line.policy_id):
                if part.company_id and part.company_id != interface.company_id:
                    raise ValidationError(self.env._("“%s” belongs to another company.", part.display_name))
            for part in (line.contract_id, line.mapping_id):
                if part and part.document_type_id != interface.document_type_id:
                    raise ValidationError(
                        self.env._("“%(part)s” is for another document type than %(interface)s.",
                                   part=part.display_name, interface=interface.display_name))  # fmt: skip

    @api.private
    def _check_usable(self):
        """Everything that an interface goes over to is in force, or decided with the request."""
        for line in self:
            request = line.request_id
            decided = {"contract_id": request.contract_ids, "mapping_id": request.mapping_ids,
                       "policy_id": request.policy_ids}  # fmt: skip
            for name in PARTS:
                part = line[name]
                if part and part.state not in USABLE and part not in decided[name]:
                    raise UserError(
                        self.env._("“%(part)s” is not approved and not part of the request.", part=part.display_name)
                    )

    @api.private
    def _go_over(self):
        """Put the new versions in force; only when the request has just been approved."""
        self.flush_recordset()  # the database reads here what was approved
        for line in self:
            values = {name: line[name].id for name in PARTS if line[name] and line[name] != line.interface_id[name]}
            if values:
                line.interface_id._change_in_force(values)


class SyncChangeDecision(models.Model):
    """Who decided for which domain, and when."""

    _name = "sync.change.decision"
    _description = "Decision about a change"
    _order = "id"
    _rec_name = "domain"

    request_id = fields.Many2one("sync.change.request", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="request_id.company_id", store=True, index=True, precompute=True)
    domain = fields.Selection(DOMAINS, required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Decided by", required=True, readonly=True, ondelete="restrict")
    decided_at = fields.Datetime(string="On", required=True, readonly=True, default=fields.Datetime.now)

    _once = models.UniqueIndex("(request_id, domain)", "This domain has decided already.")
