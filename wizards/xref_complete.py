"""Say what many unknown codes mean, at once; then the documents that wait go on."""

import json

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..core.faults import Fault
from ..core.matching import Hints, hints_at
from ..models.exception.exception import OPEN
from ..models.master.xref import DOMAINS, MODELS


class SyncXrefComplete(models.TransientModel):
    """One line for each code. What is suggested is applied only when a person takes it, line by line."""

    _name = "sync.xref.complete"
    _description = "Complete cross-references"

    line_ids = fields.One2many("sync.xref.complete.line", "wizard_id", string="Codes")
    picked_count = fields.Integer(compute="_compute_counts")
    waiting_count = fields.Integer(compute="_compute_counts", string="Documents")
    line_count = fields.Integer(compute="_compute_counts")
    has_codes = fields.Boolean(compute="_compute_counts", help="Some stand for a canonical code and not for a record.")

    @api.depends("line_ids.res_id", "line_ids.canonical_code", "line_ids.waiting_count")
    def _compute_counts(self):
        for wizard in self:
            picked = wizard.line_ids.filtered(lambda line: line.res_id or line.canonical_code)
            wizard.line_count = len(wizard.line_ids)
            wizard.has_codes = not all(wizard.line_ids.mapped("res_model"))
            wizard.picked_count = len(picked)
            wizard.waiting_count = sum(picked.mapped("waiting_count"))

    def _compute_display_name(self):
        for wizard in self:
            wizard.display_name = self.env._("What do these codes mean?")

    @api.model
    @api.private
    def _for_gaps(self, gaps):
        """The wizard for these missing codes, with what is suggested for each."""
        documents = gaps._documents()
        lines = []
        for domain, company in dict.fromkeys((gap.domain, gap.company_id) for gap in gaps):
            part = gaps.filtered(lambda gap, d=domain, c=company: (gap.domain, gap.company_id) == (d, c))
            hints = {}
            for gap in part:
                document = documents[gap.id]
                hints[gap.external_id] = hints_at(document, gap.pointer or "") if document is not None else Hints()
            found = self.env["sync.xref"]._suggest(domain, company, hints)
            lines += [self._line(gap, hints[gap.external_id], found[gap.external_id]) for gap in part]
        return self.create({"line_ids": [fields.Command.create(line) for line in lines]})

    def _line(self, gap, hint, suggestions):
        return {
            "domain": gap.domain,
            "company_id": gap.company_id.id,
            "trading_partner_id": gap.trading_partner_id.id,
            "external_id": gap.external_id,
            "said": hint.names[0] if hint.names else False,
            "waiting_count": gap.waiting_count,
            "exception_ids": gap.exception_ids,
            "suggestions": json.dumps([[each.res_id, each.name, each.score, each.reason] for each in suggestions]),
        }

    def action_apply(self):
        """Remember what was picked and let the documents of these codes go on. All of it, or nothing."""
        self.ensure_one()
        picked = self.line_ids.filtered(lambda line: line.res_id or line.canonical_code)
        if not picked:
            raise UserError(self.env._("Say what at least one of the codes stands for."))
        exceptions = self.env["sync.exception"].browse(
            sorted({id_ for line in picked for id_ in json.loads(line.exception_ids or "[]")})
        )
        exceptions.exists().check_access("write")
        problems = [problem for line in picked if (problem := line._remember())]
        if problems:
            raise UserError("\n".join(problems))
        going_on = exceptions.exists().filtered(lambda each: each.state in OPEN)
        going_on = going_on.filtered(lambda each: any(message.state == "failed" for message in each.sync_message_ids))
        if not going_on:
            return self._back()
        notification = going_on.action_retry()
        notification["params"]["next"] = self._back()
        return notification

    def _back(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("sync_governance.action_xref_gap")
        return {**action, "target": "main"}


class SyncXrefCompleteLine(models.TransientModel):
    _name = "sync.xref.complete.line"
    _description = "Code to complete"
    _order = "waiting_count desc, id"

    wizard_id = fields.Many2one("sync.xref.complete", required=True, ondelete="cascade")
    domain = fields.Selection(DOMAINS, string="Kind", required=True, readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    trading_partner_id = fields.Many2one("sync.trading.partner", string="Trading partner", readonly=True)
    external_id = fields.Char(string="The partner writes", required=True, readonly=True)
    said = fields.Char(string="And calls it", readonly=True, help="What the first document says beside the code.")
    waiting_count = fields.Integer(string="Waiting", readonly=True)
    exception_ids = fields.Char(readonly=True)
    suggestions = fields.Char(readonly=True, help="JSON: [record id, name, score, reason], the best first.")
    suggestion = fields.Char(compute="_compute_suggestion")
    others = fields.Char(string="Or", compute="_compute_suggestion")
    has_suggestion = fields.Boolean(compute="_compute_suggestion")
    res_model = fields.Char(compute="_compute_res_model", store=True, precompute=True)
    res_id = fields.Many2oneReference(string="Stands for", model_field="res_model")
    canonical_code = fields.Char(string="Our code")
    valid_from = fields.Date(string="From")
    valid_to = fields.Date(string="Until")

    @api.depends("domain")
    def _compute_res_model(self):
        for line in self:
            line.res_model = MODELS.get(line.domain, False)

    @api.depends("suggestions")
    def _compute_suggestion(self):
        for line in self:
            found = [
                self.env._("%(name)s, %(percent)s %%: %(reason)s", name=name, percent=round(score * 100), reason=reason)
                for _id, name, score, reason in json.loads(line.suggestions or "[]")
            ]
            line.suggestion = found[0] if found else self.env._("Nothing is like it")
            line.others = "; ".join(found[1:]) or False
            line.has_suggestion = bool(found)

    def action_take(self):
        """Take what is suggested for this code; it is remembered when the wizard is applied."""
        self.ensure_one()
        found = json.loads(self.suggestions or "[]")
        if not found:
            raise UserError(self.env._("Nothing is suggested for “%s”.", self.external_id))
        self.res_id = found[0][0]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What do these codes mean?"),
            "res_model": "sync.xref.complete",
            "res_id": self.wizard_id.id,
            "views": [(False, "form")],
            "target": "main",
        }

    def _remember(self):
        """Write the cross-reference; returns what is in its way, in words, or None."""
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("You do not work in %s.", self.company_id.sudo().name))  # sudo: its name
        xrefs = self.env["sync.xref"].with_company(self.company_id)
        partner = self.trading_partner_id.id
        if not self.res_model:
            return self._remember_code(xrefs, partner)
        record = self.env[self.res_model].browse(self.res_id)
        if not record.exists() or not record.has_access("read"):
            return self.env._("%(code)s: there is no such record.", code=self.external_id)
        if "company_id" in record._fields and record.sudo().company_id not in (  # sudo: which company, nothing else
            self.company_id,
            self.env["res.company"],
        ):
            return self.env._("%(code)s: the record belongs to another company.", code=self.external_id)
        try:
            xrefs._remember(self.domain, partner, self.external_id, record, self.valid_from, self.valid_to)
        except Fault as fault:
            return f"{self.external_id}: {fault.detail}"
        return None

    def _remember_code(self, xrefs, partner):
        known = xrefs._resolve(self.domain, partner, [self.external_id]).get(self.external_id)
        if known == self.canonical_code:
            return None
        if known is not None:
            return self.env._(
                "%(code)s stands for %(known)s already, see its cross-reference.", code=self.external_id, known=known
            )
        xrefs.create(
            {
                "domain": self.domain,
                "trading_partner_id": partner,
                "company_id": self.company_id.id,
                "external_id": self.external_id,
                "canonical_code": self.canonical_code,
                "valid_from": self.valid_from,
                "valid_to": self.valid_to,
            }
        )
        return None
