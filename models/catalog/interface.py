"""One line of the integration catalogue."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...core.faults import Fault
from ..governance.lifecycle import USABLE
from ..partner.trading_partner import CONNECTABLE

FOR_COMPANY = "('state', '!=', 'retired'), ('company_id', 'in', (company_id, False))"
FOR_DOCUMENT = f"[('document_type_id', '=', document_type_id), {FOR_COMPANY}]"
STATES = [("draft", "Draft"), ("live", "Live"), ("suspended", "Suspended"), ("retired", "Retired")]


class SyncInterface(models.Model):
    """Which document travels through which endpoint, in which form, by which rules and under which policy.

    ``draft -> live <-> suspended -> retired``. It is live only with approved versions, an owner and a live endpoint;
    :meth:`_why_not_runnable` asks the same again whenever the engine is about to work.
    """

    _name = "sync.interface"
    _description = "Interface"
    _inherit = ["sync.transition", "mail.thread", "mail.activity.mixin"]
    _order = "trading_partner_id, code"
    _rec_names_search = ["name", "code"]

    code = fields.Char(required=True, copy=False, tracking=True)
    name = fields.Char(required=True, tracking=True)
    endpoint_id = fields.Many2one("sync.endpoint", required=True, index=True, ondelete="restrict", tracking=True)
    trading_partner_id = fields.Many2one(
        string="Trading partner", related="endpoint_id.trading_partner_id", store=True, index=True
    )
    company_id = fields.Many2one(related="endpoint_id.company_id", store=True, index=True, precompute=True)
    direction = fields.Selection(related="endpoint_id.direction", store=True, precompute=True)
    document_type_id = fields.Many2one(
        "sync.document.type", string="Document type", required=True, index=True, ondelete="restrict", tracking=True
    )
    document_type = fields.Char(related="document_type_id.code", string="Type")
    domain = fields.Selection(related="document_type_id.domain", store=True, precompute=True)
    topic = fields.Char(
        tracking=True, help="What the sender calls this kind of document; see “Kind of document” of the endpoint."
    )
    contract_id = fields.Many2one(
        "sync.contract",
        index=True,
        ondelete="restrict",
        tracking=True,
        domain=FOR_DOCUMENT,
    )
    mapping_id = fields.Many2one(
        "sync.mapping",
        index=True,
        ondelete="restrict",
        tracking=True,
        domain=FOR_DOCUMENT,
    )
    policy_id = fields.Many2one(
        "sync.policy",
        index=True,
        ondelete="restrict",
        tracking=True,
        domain=f"[{FOR_COMPANY}]",
    )
    pack_code = fields.Char(readonly=True, copy=False, help="What the pack calls it from which it was loaded.")
    handler = fields.Char(help="Only where another handler than the usual one of the document type is to act.")
    milestone = fields.Char(help="Code of the milestone that the process reaches when a document was delivered.")
    owner_id = fields.Many2one(
        "res.users",
        tracking=True,
        domain="[('share', '=', False)]",
        ondelete="restrict",
        help="Answers for the business.",
    )
    steward_id = fields.Many2one(
        "res.users",
        tracking=True,
        domain="[('share', '=', False)]",
        ondelete="restrict",
        help="Looks after it day by day.",
    )
    state = fields.Selection(
        STATES, required=True, default="draft", copy=False, readonly=True, tracking=True, index=True
    )
    active = fields.Boolean(default=True)
    note = fields.Text(string="Notes")
    missing = fields.Text(string="Before it can go live", compute="_compute_missing")

    _code_uniq = models.UniqueIndex("(company_id, code)", "This code is taken in the company.")
    _topic_uniq = models.UniqueIndex(
        "(endpoint_id, topic) WHERE state = 'live' AND direction = 'inbound'",
        "Another live interface of this endpoint takes the same kind of document.",
    )
    _type_uniq = models.UniqueIndex(
        "(endpoint_id, document_type_id, COALESCE(handler, '')) WHERE state = 'live' AND direction <> 'inbound'",
        "Another live interface of this endpoint carries the same document type.",
    )
    _known_state = models.Constraint("CHECK (state IN ('draft', 'live', 'suspended', 'retired'))", "Unknown state.")

    @api.depends("state", "contract_id.state", "mapping_id.state", "policy_id.state", "owner_id", "endpoint_id.state")
    def _compute_missing(self):
        for interface in self:
            gaps = []
            if interface.state == "draft" and interface.endpoint_id and interface.document_type_id:
                gaps = interface._missing() + interface._missing_endpoint()
            interface.missing = "\n".join(gaps) or False

    # -- rules -----------------------------------------------------------------------------------------------------

    @api.constrains("endpoint_id", "document_type_id", "contract_id", "mapping_id", "policy_id")
    def _check_fits(self):
        for interface in self:
            for part in (interface.contract_id, interface.mapping_id, interface.policy_id):
                if part.company_id and part.company_id != interface.company_id:
                    raise ValidationError(self.env._("“%s” belongs to another company.", part.display_name))
            for part in (interface.contract_id, interface.mapping_id):
                if part and part.document_type_id != interface.document_type_id:
                    raise ValidationError(
                        self.env._(
                            "“%(part)s” is for another document type than %(type)s.",
                            part=part.display_name,
                            type=interface.document_type,
                        )
                    )
                if part.trading_partner_id and part.trading_partner_id != interface.trading_partner_id:
                    raise ValidationError(self.env._("“%s” is another partner's own.", part.display_name))

    @api.constrains(
        "state",
        "endpoint_id",
        "document_type_id",
        "contract_id",
        "mapping_id",
        "policy_id",
        "owner_id",
        "handler",
        "topic",
    )
    def _check_live(self):
        for interface in self.filtered(lambda i: i.state == "live"):
            missing = interface._missing() + interface._missing_endpoint()
            if missing:
                raise ValidationError(
                    self.env._("The interface %s cannot be live yet:", interface.code) + "\n- " + "\n- ".join(missing)
                )

    def _missing(self):
        """What the interface itself lacks to be live, in sentences."""
        self.ensure_one()
        missing = []
        if not self.owner_id:
            missing.append(self.env._("An owner"))
        missing += self._missing_versions()
        if self.direction == "inbound" and not self.topic and not self.replies_to_id:
            missing.append(self.env._("The kind of document (topic) it takes"))
        missing += self._missing_code()
        return missing

    def _missing_versions(self):
        """Approved versions; what stays inside Odoo is canonical already and needs no contract or mapping."""
        needed = [("policy_id", self.env._("An approved policy"), True)]
        # What the codec writes of itself, the acknowledgement of an interchange, is the standard's own form.
        if self.direction != "internal" and self.document_type_id.code != "interchange.acknowledgement":
            # A partner's own form of document needs a translation; the canonical one travels as it is.
            own_form = self.contract_id.form == "partner"
            needed += [
                ("contract_id", self.env._("An approved contract"), True),
                ("mapping_id", self.env._("An approved mapping"), own_form),
            ]
        return [
            sentence if not self[name] else f"{sentence} ({self[name].display_name}: {self._state_label(self[name])})"
            for name, sentence, required in needed
            if (required and not self[name]) or (self[name] and self[name].state not in USABLE)
        ]

    def _missing_code(self):
        """Whether anything in Odoo takes the document."""
        if self.direction == "outbound":
            return []
        try:
            self.env["sync.handler"]._for(self.handler or None, self.document_type_id.code)
        except Fault as fault:
            return [fault.detail]
        return []

    def _missing_endpoint(self):
        if self.endpoint_id.state == "live":
            return []
        return [self.env._("A live endpoint (%s)", self.endpoint_id.display_name)]

    @api.private
    def _why_not_runnable(self):
        """Why the engine must not work a document of this interface now, in sentences; empty when it may."""
        self.ensure_one()
        reasons = []
        if self.state != "live":
            reasons.append(self.env._("The interface is %s.", self._state_label(self)))
        if self.endpoint_id.state != "live":
            reasons.append(self.env._("The endpoint is %s.", self._state_label(self.endpoint_id)))
        if self.trading_partner_id.state not in CONNECTABLE:
            reasons.append(self.env._("The trading partner is %s.", self._state_label(self.trading_partner_id)))
        if not self.endpoint_id.user_id.active:
            reasons.append(self.env._("The endpoint has no active user to act as."))
        reasons += [self.env._("Missing: %s.", gap) for gap in self._missing_versions()]
        return reasons

    @api.private
    def _rehearses(self):
        """Whether its documents have no effect: its partner is not live yet, or is for tests and this is production."""
        self.ensure_one()
        if self.trading_partner_id.state != "live":
            return True
        return self.endpoint_id.environment != "production" and self.env["sync.production"]._standing().is_production

    def _state_label(self, record):
        return dict(record._fields["state"]._description_selection(self.env))[record.state].lower()

    # -- writing ---------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        interfaces = super().create(vals_list)
        self.env.registry.clear_cache()
        return interfaces

    def write(self, vals):
        if any(
            line.state != "draft" and vals.get("endpoint_id", line.endpoint_id.id) != line.endpoint_id.id
            for line in self
        ):
            raise UserError(
                self.env._("An interface stays at its endpoint once it was live: another one may be for tests.")
            )
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if any(interface.state != "draft" for interface in self):
            raise UserError(
                self.env._("An interface that carried documents is retired, not deleted: its messages name it.")
            )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        for interface, vals in zip(self, vals_list, strict=True):
            if "code" not in (default or {}):
                vals["code"] = f"{interface.code}-copy"
                vals["name"] = self.env._("%s (copy)", interface.name)
        return vals_list

    # -- transitions -----------------------------------------------------------------------------------------------

    def action_go_live(self):
        """draft -> live."""
        self._expect_state("draft")
        self._step("live")

    def action_suspend(self):
        """live -> suspended: documents that arrive wait as exceptions."""
        self._expect_state("live")
        self._step("suspended")

    def action_resume(self):
        """suspended -> live."""
        self._expect_state("suspended")
        self._step("live")

    def action_retire(self):
        """The end; its messages and their history stay."""
        self._expect_state("draft", "live", "suspended")
        self._step("retired")

    def _step(self, state):
        self.check_access("write")
        self._move({"state": state})
        self.env.registry.clear_cache()

    def action_open_messages(self):
        """The messages that travelled this interface."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Messages"),
            "res_model": "sync.message",
            "view_mode": "list,form",
            "domain": [("interface_id", "=", self.id)],
        }
