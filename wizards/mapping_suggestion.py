"""Rules that are suggested in the workbench, taken one by one."""

import json
from decimal import Decimal

from odoo import api, fields, models

from ..core.canonical import catalogue
from ..core.mapping.suggesting import Suggested, known_from, suggest, with_rule
from ..models.governance.lifecycle import USABLE
from . import mapping_trial as trial

MOST = 80


class SyncMappingWorkbench(models.TransientModel):
    _inherit = "sync.mapping.workbench"

    suggestion_ids = fields.One2many("sync.mapping.workbench.suggestion", "workbench_id", string="Suggestions")
    can_suggest = fields.Boolean(compute="_compute_can_suggest")

    @api.depends("mapping_id", "can_edit")
    def _compute_can_suggest(self):
        for bench in self:
            # What a partner wants to be sent is not known here: only the canonical end has a description.
            bench.can_suggest = bench.can_edit and bench.mapping_id.target == bench.document_type_id.code

    @api.onchange("source_kind", "interface_id", "source_text", "sample_id", "message_id", "upload", "document_number")
    def _onchange_suggestions(self):
        lines = [fields.Command.clear()]
        source = self._source([]) if self.can_suggest else None
        if source is not None:
            rules = self._read_rules()
            found = suggest([source], catalogue()[self.document_type_id.code].schema, self._known())
            fresh = [each for each in found if rules is not None and with_rule(rules, each) != rules]
            lines += [fields.Command.create(_line(each)) for each in fresh[:MOST]]
        self.suggestion_ids = lines

    @api.onchange("suggestion_ids")
    def _onchange_accepted(self):
        taken = self.suggestion_ids.filtered("accepted")
        if not taken or not self.can_edit:
            return
        before = after = self._read_rules()
        if before is None:
            return
        for line in taken:
            after = with_rule(after, Suggested(**json.loads(line.content)))
        if after != before:
            self.rules = trial.pretty(after)

    def _read_rules(self):
        """The mapping document in the editor; None while it cannot be used, of which the page of faults says why."""
        usable, _problems = trial.compiled(self.mapping_id, self.rules or "")
        return json.loads(self.rules, parse_float=Decimal) if usable is not None else None

    def _known(self):
        """What the mappings in force of the same document type do, as far as the user sees them."""
        others = self.mapping_id.search(
            [("document_type_id", "=", self.document_type_id.id), ("state", "in", USABLE)], order="id desc"
        )
        return [known for other in others for known in known_from(json.loads(other.document))]


class SyncMappingWorkbenchSuggestion(models.TransientModel):
    """One rule that may fit. It names members and says nothing of what stands in them."""

    _name = "sync.mapping.workbench.suggestion"
    _description = "Suggested rule"

    workbench_id = fields.Many2one("sync.mapping.workbench", required=True, ondelete="cascade")
    accepted = fields.Boolean(string="Take")
    target = fields.Char(string="What is made", readonly=True)
    source = fields.Char(string="Read from", readonly=True)
    confidence = fields.Float(string="How sure", readonly=True)
    reason = fields.Char(string="Why", readonly=True)
    content = fields.Char(readonly=True, help="The suggestion, as JSON.")


def _line(each):
    content = {name: getattr(each, name) for name in Suggested.__dataclass_fields__}
    return {
        "target": each.target,
        "source": each.source,
        "confidence": each.confidence,
        "reason": each.reason,
        "content": json.dumps(content),
    }
