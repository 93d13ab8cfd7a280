"""What a change request shows: every difference side by side, and who is concerned."""

import json
from decimal import Decimal

from markupsafe import Markup

from odoo import api, fields, models

from ...core.differences import ABSENT, differences
from ..governance.lifecycle import numbers

LONGEST = 160


class SyncChangeRequest(models.Model):
    _inherit = "sync.change.request"

    difference_table = fields.Html(string="What changes", compute="_compute_difference_table", sanitize=False)
    verdict = fields.Selection(
        [("none", "No contract changes"), ("compatible", "Compatible"), ("breaking", "Breaking change")],
        string="Compatibility",
        compute="_compute_verdict",
    )
    verdict_text = fields.Text(string="Compatibility in words", compute="_compute_verdict")
    affected_interface_ids = fields.Many2many(
        "sync.interface", string="Interfaces concerned", compute="_compute_affected"
    )
    affected_partner_ids = fields.Many2many(
        "sync.trading.partner", string="Partners concerned", compute="_compute_affected"
    )
    left_text = fields.Char(
        string="Left behind", compute="_compute_affected", help="Interfaces that go on using an older version."
    )

    @api.depends("contract_ids", "contract_ids.schema", "contract_ids.version", "state")
    def _compute_verdict(self):
        for request in self:
            verdicts = request.contract_ids.mapped("verdict")
            request.verdict = "breaking" if "breaking" in verdicts else "compatible" if verdicts else "none"
            told = [f"{contract.display_name}: {contract.verdict_text}" for contract in request.contract_ids]
            request.verdict_text = "\n".join(told) or False

    @api.depends("contract_ids", "mapping_ids", "policy_ids", "line_ids.interface_id", "state")
    def _compute_affected(self):
        for request in self:
            found = request._affected_interfaces()
            request.affected_interface_ids = found
            request.affected_partner_ids = found.trading_partner_id
            left = found - request.line_ids.interface_id if request.state != "approved" else found.browse()
            request.left_text = ", ".join(left.mapped("display_name")) or False

    @api.depends("contract_ids", "mapping_ids", "policy_ids", "line_ids")
    def _compute_difference_table(self):
        for request in self:
            parts = [request._version_table(version) for versions in request._versions() for version in versions]
            parts += [request._line_table(line) for line in request.line_ids]
            request.difference_table = Markup().join(parts) or False

    def _version_table(self, version):
        """One new version beside the one that it follows."""
        before = self._replaced(version).sorted(lambda other: numbers(other.version))[-1:]
        title = self.env._("%(kind)s %(name)s", kind=version._description, name=version.display_name)
        if not before:
            return self._section(title, self.env._("New; nothing of it is in force yet."), [])
        title = f"{title} ← {before.version}"
        rows = [
            (found.pointer or "/", found.then, found.now)
            for found in differences(self._content(before), self._content(version))
        ]
        said = version.difference_table if version._name == "sync.contract" else Markup()
        return self._section(title, False if rows else self.env._("Nothing differs."), rows, said or "")

    def _line_table(self, line):
        interface = line.interface_id
        rows = [
            (
                interface._fields[name]._description_string(self.env),
                interface[name].display_name,
                line[name].display_name,
            )
            for name in ("contract_id", "mapping_id", "policy_id")
            if line[name] and line[name] != interface[name]
        ]
        empty = False if rows else self.env._("Uses these versions.")
        return self._section(self.env._("Interface %s", interface.display_name), empty, rows)

    def _section(self, title, empty, rows, said=""):
        """A heading, what is ``said`` in words, and the places side by side."""
        if not rows:
            return Markup("<h4 class='mt-3'>%s</h4><p class='text-muted'>%s</p>") % (title, empty)
        body = Markup().join(
            Markup(
                "<tr><td class='font-monospace text-break'>%s</td><td class='table-danger text-break'>%s</td>"
                "<td class='table-success text-break'>%s</td></tr>"
            )
            % (place, _shown(was), _shown(now))
            for place, was, now in rows
        )
        head = Markup().join(
            Markup("<th>%s</th>") % each for each in (self.env._("Where"), self.env._("Now"), self.env._("Then"))
        )
        return Markup(
            "<h4 class='mt-3'>%s</h4>%s"
            "<table class='table table-sm'><thead><tr>%s</tr></thead><tbody>%s</tbody></table>"
        ) % (title, said, head, body)

    def _content(self, record):
        """The content of a version as one document, to be compared with another."""
        described = {}
        for name in record._lifecycle_content:
            if name in ("code", "version", "company_id", "domain"):
                continue
            field, value = record._fields[name], record[name]
            if name in ("schema", "document"):
                described[name] = json.loads(value or "null", parse_float=Decimal)
            elif field.relational:
                described[name] = ", ".join(value.mapped("display_name")) or None
            else:
                described[name] = value or None
        return described


def _shown(value):
    """A value as a cell shows it; ``—`` where there is none."""
    if isinstance(value, (dict, list)):
        text = json.dumps(value, ensure_ascii=False, default=str)
    elif isinstance(value, (str, int, float, Decimal)):
        text = str(value)
    else:
        text = ABSENT if value is not None else "null"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
