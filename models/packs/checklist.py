"""What a partner lacks before it goes live, found out from facts."""

from odoo import api, fields, models, tools
from odoo.tools import SQL

STEPS = [
    ("people", "Owner and contact named"),
    ("credential", "Credentials valid"),
    ("security", "Security settings complete"),
    ("versions", "Contracts, mappings and policies approved"),
    ("service_level", "Service level set"),
    ("certified", "Mapping certified on samples"),
    ("traffic", "Test traffic passed"),
    ("interfaces", "Interfaces live"),
]
TIMES = ("applied_seconds", "delivered_seconds", "acknowledged_seconds", "fulfilled_hours", "resolve_hours")
AFTER_CERTIFICATION = ("traffic",)
"""What is asked for only when the partner goes live."""


class SyncOnboardingStep(models.Model):
    """One line of the checklist of a trading partner; nothing of it is stored, it is looked up when it is shown."""

    _name = "sync.onboarding.step"
    _description = "Step of the onboarding"
    _auto = False
    _order = "trading_partner_id, sequence"
    _rec_name = "code"

    trading_partner_id = fields.Many2one("sync.trading.partner", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    sequence = fields.Integer(readonly=True)
    code = fields.Selection(STEPS, string="Step", readonly=True)
    done = fields.Boolean(compute="_compute_done")
    state = fields.Selection([("done", "Done"), ("open", "Open")], compute="_compute_done")
    reason = fields.Text(string="What is there, or missing", compute="_compute_done")

    def init(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        steps = SQL(", ").join(SQL("(%s, %s)", number, code) for number, (code, _title) in enumerate(STEPS, 1))
        # The id stays the same for a partner and a step.
        self.env.cr.execute(
            SQL(
                """CREATE VIEW %s AS
                   SELECT p.id * 100 + s.number AS id, p.id AS trading_partner_id, p.company_id, s.number AS sequence,
                          s.code
                     FROM sync_trading_partner p CROSS JOIN (VALUES %s) AS s(number, code)""",
                SQL.identifier(self._table),
                steps,
            )
        )

    def _compute_done(self):
        for step in self:
            missing, present = step._look()
            step.done = not missing
            step.state = "open" if missing else "done"
            step.reason = "\n".join(missing) or present

    def _look(self):
        """(what is missing, in sentences; what to say when nothing is)."""
        return getattr(self, f"_look_{self.code}")(self.trading_partner_id)

    # -- the facts -------------------------------------------------------------------------------------------------

    def _look_people(self, partner):
        missing = []
        if not partner.business_owner_id.active:
            missing.append(self.env._("No business owner is named."))
        if not partner.technical_owner_id.active:
            missing.append(self.env._("No technical owner is named."))
        if partner.kind != "internal" and not partner.partner_id:
            missing.append(self.env._("No contact of the partner is named: nobody to call or write to."))
        people = partner.business_owner_id | partner.technical_owner_id
        return missing, ", ".join([*people.mapped("name"), *filter(None, [partner.partner_id.name])])

    def _look_credential(self, partner):
        doors = self._doors(partner).filtered(lambda door: door.direction != "internal")
        missing = [
            self.env._("%s has no valid credential.", door.display_name)
            for door in doors
            if not door._has_valid_credential()
        ]
        return missing, self.env._("%s with a valid credential.", len(doors)) if doors else self.env._("None needed.")

    def _look_security(self, partner):
        missing = []
        for door in self._doors(partner):
            if not door.user_id.active:
                missing.append(self.env._("%s has no user of its own.", door.display_name))
            if door.transport == "https" and not door.url:
                missing.append(self.env._("%s has no address to send to.", door.display_name))
            elif door.transport == "https" and not door.url.startswith("https://") and not door._private_hosts():
                missing.append(self.env._("%s would leave unencrypted.", door.display_name))
            elif problem := door._why_not_encrypted():
                missing.append(f"{door.display_name}: {problem}")
            if door.authorities_until and door.authorities_until <= fields.Datetime.now():
                missing.append(self.env._("%s: a private authority has expired.", door.display_name))
            if door.direction != "internal" and door.authentication == "none" and not door.carrier:
                missing.append(self.env._("%s lets in whoever comes.", door.display_name))
            if door.state not in ("live", "suspended"):
                missing.append(self.env._("%s is not live yet.", door.display_name))
        if not self._doors(partner):
            missing.append(self.env._("There is no endpoint."))
        missing += [self.env._("Not answered yet: %s.", label) for label in partner._unanswered()]
        for line in self._lines(partner):
            crossing = line._crossing()
            if refusal := crossing and crossing.refusal():
                missing.append(refusal.detail)
        said = self.env._(
            "Users of their own, encrypted, every sender proves who it is; personal data stays or may go."
        )
        # Not counted as missing: a mapping may name the parties itself.
        gaps = [f"{door.display_name}: {door.edi_gap}" for door in self._doors(partner) if door.edi_gap]
        return missing, "\n".join([said, *gaps])

    def _look_versions(self, partner):
        lines = self._lines(partner)
        missing = [f"{line.name}: {gap}" for line in lines for gap in line._missing_versions()]
        if not lines:
            missing.append(self.env._("There is no interface."))
        return missing, self.env._("All approved by a second person.")

    def _look_service_level(self, partner):
        missing = []
        for line in self._lines(partner):
            level = line.policy_id.service_level_id
            if not any(level[name] for name in TIMES):
                missing.append(self.env._("%s: its policy promises no time.", line.name))
        levels = self._lines(partner).policy_id.service_level_id
        return missing, ", ".join(levels.mapped("name"))

    def _look_certified(self, partner):
        missing = []
        lines = self._lines(partner).filtered(lambda line: line.direction != "internal")
        for line in lines:
            last = self.env["sync.certification"].search([("interface_id", "=", line.id)], limit=1)
            if not last:
                missing.append(self.env._("%s was not certified yet.", line.name))
            elif (last.contract_id, last.mapping_id) != (line.contract_id, line.mapping_id):
                missing.append(self.env._("%s runs on another version since it was certified.", line.name))
            elif not last.passed:
                missing.append(f"{line.name}: {last.report}")
        return missing, self.env._("Certified on samples.") if lines else self.env._("Nothing to certify inside Odoo.")

    def _look_traffic(self, partner):
        if partner.traffic_waived_by:
            return [], self.env._(
                "Waived by %(who)s: %(why)s", who=partner.traffic_waived_by.name, why=partner.traffic_waiver
            )
        lines = self._lines(partner).filtered(lambda line: line.direction != "internal")
        found = self.env["sync.message"]._read_group(
            [("interface_id", "in", lines.ids), ("state", "=", "done")], ["interface_id"], ["__count"]
        )
        passed = {line.id: count for line, count in found}
        missing = [
            self.env._("%s: no test document has gone through yet.", line.name)
            for line in lines
            if line.id not in passed
        ]
        return missing, self.env._("%s test documents went through.", sum(passed.values()))

    def _look_interfaces(self, partner):
        lines = self._lines(partner)
        missing = [
            self.env._("%s is not live.", line.name) for line in lines if line.state not in ("live", "suspended")
        ]
        if not lines:
            missing.append(self.env._("There is no interface."))
        return missing, ", ".join(lines.mapped("name"))

    def _doors(self, partner):
        return partner.endpoint_ids.filtered(lambda door: door.state != "retired")

    def _lines(self, partner):
        return partner.interface_ids.filtered(lambda line: line.state != "retired")

    # -- where it is fixed -------------------------------------------------------------------------------------------

    def action_fix(self):
        """Open where what is missing is put right."""
        self.ensure_one()
        partner = self.trading_partner_id
        if self.code == "people":
            return {
                "type": "ir.actions.act_window",
                "res_model": partner._name,
                "res_id": partner.id,
                "views": [(False, "form")],
            }
        if self.code == "certified":
            return partner.action_open_certifications()
        if self.code == "traffic":
            return partner.action_open_all_messages()
        if self.code == "credential":
            return self._open("sync_governance.action_credential", [("endpoint_id", "in", partner.endpoint_ids.ids)])
        if self.code == "security":
            return partner.action_open_endpoints()
        if self.code == "service_level":
            levels = self._lines(partner).policy_id.service_level_id
            return self._open("sync_governance.action_service_level", [("id", "in", levels.ids)])
        if self.code == "versions":
            return self._open_versions(partner)
        return partner.action_open_interfaces()

    def _open_versions(self, partner):
        """The kind of version that most is missing of: those of a partner stand in three lists."""
        for name, xmlid in (
            ("contract_id", "action_contract"),
            ("mapping_id", "action_mapping"),
            ("policy_id", "action_policy"),
        ):
            versions = self._lines(partner)[name]
            if versions.filtered(lambda version: version.state in ("draft", "in_review")):
                return self._open(f"sync_governance.{xmlid}", [("id", "in", versions.ids)])
        return partner.action_open_interfaces()

    @api.model
    def _open(self, xmlid, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return {**action, "domain": domain}
