"""Whether a version of a contract may take the place of those before it: shown to people, and asked at the approval."""

import json
from decimal import Decimal

from markupsafe import Markup

from odoo import api, fields, models

from ...core.contracts.compatibility import Verdict, check
from ...core.faults import Fault
from ..governance.lifecycle import USABLE, numbers

MODE_LABELS = [
    ("none", "Not checked"),
    ("backward", "New reads old: the last version"),
    ("backward_transitive", "New reads old: every version in force"),
    ("forward", "Old reads new: the last version"),
    ("forward_transitive", "Old reads new: every version in force"),
    ("full", "Both ways: the last version"),
    ("full_transitive", "Both ways: every version in force"),
]


class SyncContract(models.Model):
    _inherit = "sync.contract"
    compatibility = fields.Selection(
        MODE_LABELS,
        required=True,
        default="backward",
        tracking=True,
        help="What the next version may not break. Documents that partners send: new reads old. Documents that we"
        " send: old reads new, because partners go on reading with what they have. Both ways: what is stored and read"
        " again years later.",
    )
    undeclared = fields.Selection(
        [("tolerated", "Are not sent"), ("strict", "May hold anything")],
        string="Fields that are not declared",
        required=True,
        default="tolerated",
        tracking=True,
        help="A contract that is open lets further fields pass. Are not sent: a new version may declare a field that"
        " had no meaning before. May hold anything: declaring it is a breaking change, as it may be in use already.",
    )
    predecessor_id = fields.Many2one("sync.contract", string="Compared with", compute="_compute_verdict")
    verdict = fields.Selection(
        [
            ("first", "First version"),
            ("unchecked", "Not checked"),
            ("compatible", "Compatible"),
            ("warning", "Compatible, please look"),
            ("breaking", "Breaking change"),
        ],
        compute="_compute_verdict",
    )
    verdict_text = fields.Char(string="In words", compute="_compute_verdict")
    difference_table = fields.Html(string="Differences", compute="_compute_verdict", sanitize=False)

    @api.depends("schema", "version", "code", "company_id", "state", "compatibility", "undeclared")
    def _compute_verdict(self):
        for contract in self:
            before = contract._predecessors() if contract.code and contract.schema else contract.browse()
            contract.predecessor_id = before[:1]
            contract.difference_table = False
            if not before:
                contract.verdict, contract.verdict_text = "first", self.env._("There is no version in force before it.")
                continue
            try:
                verdict = contract._verdict(before)
            except (Fault, ValueError):
                contract.verdict, contract.verdict_text = "unchecked", self.env._("The schema cannot be read.")
                continue
            contract.verdict, contract.verdict_text = contract._verdict_in_words(verdict, before)
            contract.difference_table = contract._differences_as_table(verdict)

    # -- the check ---------------------------------------------------------------------------------------------------

    @api.private
    def _predecessors(self):
        """The versions in force with a lower number, the highest first."""
        self.ensure_one()
        siblings = self.sudo().search(  # sudo: a version that the user does not see binds him all the same
            [*self._sibling_domain(), ("state", "in", USABLE), ("id", "!=", self._origin.id)]
        )
        mine = numbers(self.version)
        return siblings.filtered(lambda other: numbers(other.version) < mine).sorted(
            key=lambda other: numbers(other.version), reverse=True
        )

    @api.private
    def _verdict(self, before=None):
        """The :class:`Verdict` against the versions before it. What may be broken is what the last of them says."""
        self.ensure_one()
        before = self._predecessors() if before is None else before
        rule = before[:1] or self
        schema = json.loads(self.schema, parse_float=Decimal)
        return check(
            schema,
            [(other.version, other._validator()) for other in before],
            rule.compatibility,
            tolerant=rule.undeclared == "tolerated",
            name=self.version,
        )

    def _missing_for_approval(self):
        missing = super()._missing_for_approval()
        before = self._predecessors()
        if not before:
            in_force = self.sudo().search_count(  # sudo: as _predecessors
                [*self._sibling_domain(), ("state", "in", USABLE), ("id", "!=", self.id)], limit=1
            )
            if in_force:
                missing.append(self.env._("“%s” has a lower number than all versions in force.", self.display_name))
            return missing
        verdict = self._verdict(before)
        for version in verdict.compared:
            if not verdict.against(version) and numbers(self.version)[0] <= numbers(version)[0]:
                broken = [found.text for found in verdict.breaking if found.version == version]
                missing.append(
                    self.env._(
                        "“%(contract)s” breaks version %(version)s (%(first)s%(more)s): a breaking change takes a new"
                        " first number, %(next)s.0.0.",
                        contract=self.display_name,
                        version=version,
                        first=broken[0],
                        more=self.env._(" And %s more.", len(broken) - 1) if len(broken) > 1 else "",
                        next=numbers(version)[0] + 1,
                    )
                )
        return missing

    # -- for people --------------------------------------------------------------------------------------------------

    def _verdict_in_words(self, verdict: Verdict, before):
        rule = before[0]
        modes = dict(self._fields["compatibility"]._description_selection(self.env))
        if verdict.mode == "none":
            return "unchecked", self.env._("Version %s asks for no check.", rule.version)
        against = ", ".join(verdict.compared)
        mode = modes[rule.compatibility].lower()
        if not verdict.compatible:
            return "breaking", self.env._(
                "%(count)s differences break what version %(versions)s promises (%(mode)s).",
                count=len(verdict.breaking),
                versions=against,
                mode=mode,
            )
        if any(found.kind == "PROPERTY_PERHAPS_RENAMED" for found in verdict.found):
            return "warning", self.env._(
                "Nothing breaks against %s, but a field seems to have got another name: its content would be lost.",
                against,
            )
        return "compatible", self.env._("Nothing breaks against version %(versions)s (%(mode)s).",
                                        versions=against, mode=mode)  # fmt: skip

    def _differences_as_table(self, verdict: Verdict):
        if not verdict.found:
            return Markup("<p class='text-muted'>%s</p>") % self.env._("The schemas say the same.")
        rows = Markup().join(
            Markup("<tr class='%s'><td class='font-monospace'>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>")
            % (
                "table-danger" if found.breaks else "table-warning" if "PERHAPS" in found.kind else "",
                found.pointer or "/",
                found.text,
                self._breaks_in_words(found),
                Markup("<span class='text-muted small'>%s</span>") % found.kind.replace("_", " ").lower(),
            )
            for found in verdict.found
        )
        titles = (self.env._("Field"), self.env._("Change"), self.env._("Verdict"), self.env._("Kind"))
        head = Markup().join(Markup("<th>%s</th>") % title for title in titles)
        return Markup(
            "<table class='table table-sm o_sync_differences'><thead><tr>%s</tr></thead><tbody>%s</tbody></table>"
        ) % (head, rows)

    def _breaks_in_words(self, found):
        if found.breaks == "backward":
            return self.env._("New refuses old")
        if found.breaks == "forward":
            return self.env._("Old refuses new")
        return self.env._("Please look") if "PERHAPS" in found.kind else self.env._("Compatible")
