"""Ask the engine something about many documents: hold, release, replay and so on; a replay can be tried first."""

import ast
from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import html_escape

from ..models.exchange import dry_run
from ..models.exchange.command import KINDS
from ..models.exchange.message import REPLAY_STARTS, REPLAY_VERSIONS
from ..models.exchange.replay import STARTS
from ..models.exchange.request import starting_point

OFFERED = [(kind, label) for kind, label in KINDS if kind not in ("release", "hurry")]
EXPLAINED = ("cancel", "hold", "replay")
COUNTED = 1_000_000
OUTCOMES = [
    ("applied", "Would be applied"),
    ("already", "Already applied"),
    ("sent", "Would be sent again"),
    ("waits", "Would wait"),
    ("superseded", "Would be superseded"),
    ("failed", "Would need attention"),
    ("gone", "Content not kept"),
]


def _starts(direction):
    return [choice for choice in REPLAY_STARTS if choice[0] in STARTS[direction]]


class SyncMessageRequest(models.TransientModel):
    """What is to happen with which documents. Those for which there is nothing to do are left alone."""

    _name = "sync.message.request"
    _description = "Request about documents"

    kind = fields.Selection(OFFERED, string="What is to happen?", required=True, default="replay")
    selection = fields.Selection(
        [("selected", "Those I have selected"), ("filter", "All that match a filter")],
        string="Which documents?",
        required=True,
        default="filter",
    )
    message_ids_text = fields.Char(readonly=True)
    domain = fields.Char(string="Filter", default="[]")
    trading_partner_id = fields.Many2one("sync.trading.partner", string="Trading partner")
    endpoint_id = fields.Many2one("sync.endpoint")
    interface_id = fields.Many2one("sync.interface")
    created_from = fields.Datetime(string="Created from")
    created_until = fields.Datetime(string="Created until", help="Documents created before this moment.")
    start_inbound = fields.Selection(
        _starts("inbound"), string="Received documents start from", default="receive", required=True
    )
    start_outbound = fields.Selection(
        _starts("outbound"), string="Sent documents start from", default="translate", required=True
    )
    versions = fields.Selection(
        REPLAY_VERSIONS, string="Contract and mapping", default="now", required=True, help="Also versions that retired."
    )
    reason = fields.Text(string="Why")
    count = fields.Integer(compute="_compute_count", string="Number of documents")
    selected_count = fields.Integer(compute="_compute_count")
    count_text = fields.Char(
        string="Documents",
        compute="_compute_count",
        help="Those for which there is something to do, and about which you may ask.",
    )
    with_received = fields.Boolean(compute="_compute_count")
    with_sent = fields.Boolean(compute="_compute_count")
    line_ids = fields.One2many("sync.message.request.line", "request_id", string="What would happen", readonly=True)
    summary = fields.Html(readonly=True, sanitize=False)
    with_changes = fields.Boolean(compute="_compute_with_columns")
    with_differences = fields.Boolean(compute="_compute_with_columns")

    @api.depends(
        "kind",
        "selection",
        "message_ids_text",
        "domain",
        "trading_partner_id",
        "endpoint_id",
        "interface_id",
        "created_from",
        "created_until",
    )
    def _compute_count(self):
        for request in self:
            messages, meant = self.env["sync.message"], request._meant()
            request.count = messages.search_count(meant, limit=COUNTED)
            request.selected_count = len(request._selected_ids())
            request.count_text = request._count_in_words()
            request.with_received = bool(messages.search_count(meant & Domain("direction", "=", "inbound"), limit=1))
            request.with_sent = bool(messages.search_count(meant & Domain("direction", "=", "outbound"), limit=1))

    def _count_in_words(self):
        if self.selection == "filter":
            count = f"{self.count:,}"
            if self.count >= COUNTED:
                return self.env._("At least %s for which there is something to do", count)
            return self.env._("%s for which there is something to do", count)
        if self.count == self.selected_count == 1:
            return self.env["sync.message"].browse(self._selected_ids()).display_name
        if self.count == self.selected_count:
            return self.env._("%s, all that are selected", self.count)
        return self.env._(
            "%(some)s of the %(all)s selected; for the others there is nothing to do",
            some=self.count,
            all=self.selected_count,
        )

    @api.depends("line_ids")
    def _compute_with_columns(self):
        for request in self:
            request.with_changes = any(request.line_ids.mapped("changes"))
            request.with_differences = any(request.line_ids.mapped("differences"))

    # -- which documents -------------------------------------------------------------------------------------------

    def _chosen(self):
        """The documents that the user points at, as a domain."""
        if self.selection == "selected":
            return Domain("id", "in", self._selected_ids())
        chosen = self._filter()
        for name in ("trading_partner_id", "endpoint_id", "interface_id"):
            if self[name]:
                chosen &= Domain(name, "=", self[name].id)
        if self.created_from:
            chosen &= Domain("created_at", ">=", self.created_from)
        if self.created_until:
            chosen &= Domain("created_at", "<", self.created_until)
        return chosen

    def _filter(self):
        try:
            return Domain(ast.literal_eval(self.domain or "[]"))
        except (ValueError, SyntaxError) as error:
            raise UserError(self.env._("The filter can only have fixed values: %s", self.domain)) from error

    def _selected_ids(self):
        return [int(part) for part in (self.message_ids_text or "").split(",") if part]

    def _meant(self):
        """Those of the chosen documents about which the user may ask, and for which there is something to do."""
        return self._chosen() & starting_point(self.kind) & self.env["sync.message"]._steerable(self.kind)

    # -- what people do --------------------------------------------------------------------------------------------

    def action_dry_run(self):
        """Try the first documents without changing anything, and show what would become of them."""
        self.ensure_one()
        self.env["sync.exception"].check_access("write")
        ids = self.env["sync.message"].search(self._meant(), order="id", limit=dry_run.SAMPLE).ids
        if not ids:
            raise UserError(self.env._("There is no document to replay."))
        previews = dry_run.preview(self.env.registry, ids, starts=self._starts(), versions=self.versions)
        self.line_ids = [
            Command.clear(),
            *(
                Command.create(
                    {
                        "message_id": preview.message_id,
                        "outcome": preview.outcome,
                        "detail": preview.detail,
                        "fault_code": preview.fault_code,
                        "changes": "\n".join(preview.changes),
                        "differences": "\n".join(preview.differences),
                    }
                )
                for preview in previews
            ),
        ]
        self.summary = self._summarise(previews)
        return self._reopened()

    def action_confirm(self):
        """Give the request to the engine."""
        self.ensure_one()
        if self.kind in EXPLAINED and not (self.reason or "").strip():
            raise UserError(self.env._("Say in a word why, for those who look at it later."))
        if not self.count:
            raise UserError(self.env._("There is no document for which there is something to do."))
        options = {"starts": self._starts(), "versions": self.versions} if self.kind == "replay" else {}
        messages, reason = self.env["sync.message"], (self.reason or "").strip() or None
        if self.selection == "selected":
            command_id = messages.search(self._meant())._ask(self.kind, reason=reason, **options)
        else:
            command_id = messages._ask(self.kind, domain=self._chosen(), total=self.count, reason=reason, **options)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Request"),
            "res_model": "sync.command",
            "res_id": command_id,
            "views": [(False, "form")],
        }

    def _starts(self):
        return {
            "inbound": self.start_inbound,
            "outbound": self.start_outbound,
            "internal": STARTS["internal"][0],
        }

    def _reopened(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replay documents"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _summarise(self, previews):
        counts = Counter(preview.outcome for preview in previews)
        entries = "".join(
            f"<li>{html_escape(label)}: <b>{counts[outcome]}</b></li>"
            for outcome, label in self._outcomes()
            if counts[outcome]
        )
        tried = self.env._("Tried %(tried)s of %(all)s documents, one by one. Nothing was changed or sent.",
                           tried=len(previews), all=self.count)  # fmt: skip
        numbers = self.env._("Document numbers that were used for trying may be missing later.")
        return f"<p>{html_escape(tried)}</p><ul>{entries}</ul><p class='text-muted'>{html_escape(numbers)}</p>"

    def _outcomes(self):
        return self.env["sync.message.request.line"]._fields["outcome"]._description_selection(self.env)


class SyncMessageRequestLine(models.TransientModel):
    """What would become of one document."""

    _name = "sync.message.request.line"
    _description = "Result of a dry run"

    request_id = fields.Many2one("sync.message.request", required=True, ondelete="cascade")
    message_id = fields.Many2one("sync.message", string="Document", readonly=True, ondelete="cascade")
    outcome = fields.Selection(OUTCOMES, readonly=True)
    detail = fields.Text(string="In words", readonly=True)
    fault_code = fields.Char(string="Fault code", readonly=True)
    changes = fields.Text(string="Changes in Odoo", readonly=True)
    differences = fields.Text(string="Then → now", readonly=True, help="In what the translated document would differ.")
