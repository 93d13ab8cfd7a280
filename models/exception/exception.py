"""Something that a person must resolve."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..governance.domains import DOMAINS
from . import wording

STATES = [("new", "New"), ("in_progress", "In progress"), ("resolved", "Resolved"), ("dismissed", "Dismissed")]
OPEN = ("new", "in_progress")
FIXERS = [
    ("partner", "The trading partner"),
    ("operator", "Operator"),
    ("integration_manager", "Integration manager"),
    ("security_officer", "Security officer"),
    ("administrator", "Administrator"),
    ("nobody", "Nobody"),
]
COLORS = {"critical": 1, "error": 2, "warning": 3}
MAPPABLE = ("apply.product_unknown", "translate.reference_missing", "translate.reference_ambiguous")


class SyncException(models.Model):
    """One cause that keeps documents from going on, however many they are.

    ``new -> in_progress -> resolved | dismissed``. The engine opens it (see ``collecting``), folds every further
    document with the same fingerprint into it, and resolves it once none of its documents is open any more. What it
    says comes from the taxonomy and the last attempt; people write only how they dealt with it.
    """

    _name = "sync.exception"
    _description = "Exception"
    _inherit = ["sync.transition", "mail.thread", "mail.activity.mixin"]
    _order = "is_open desc, due_at, id desc"
    _rec_names_search = ["name", "subject", "first_document"]
    _guarded_fields = (
        "state",
        "name",
        "code",
        "title",
        "advice",
        "severity",
        "nature",
        "domain",
        "fixer",
        "fingerprint",
        "source",
        "subject",
        "detail",
        "faults",
        "first_document",
        "message_count",
        "count",
        "first_seen_at",
        "last_seen_at",
        "company_id",
        "trading_partner_id",
        "endpoint_id",
        "interface_id",
        "process_id",
        "resolution",
        "resolved_by_id",
        "resolved_at",
        "settling",
        "escalated_at",
    )

    name = fields.Char(string="What happened", readonly=True)
    state = fields.Selection(
        STATES, readonly=True, default="new", tracking=True, index=True, group_expand="_expand_states"
    )
    is_open = fields.Boolean(compute="_compute_is_open", store=True, index=True)
    code = fields.Char(readonly=True, index=True, help="The code in the taxonomy of faults.")
    title = fields.Char(readonly=True)
    advice = fields.Text(string="What to do", readonly=True)
    severity = fields.Selection(wording.SEVERITIES, readonly=True)
    nature = fields.Selection([("technical", "Technical"), ("business", "Business")], readonly=True)
    domain = fields.Selection(DOMAINS, readonly=True, index=True)
    fixer = fields.Selection(FIXERS, string="Who can fix it", readonly=True)
    fingerprint = fields.Char(readonly=True, help="Equal for everything that one repair would clear.")
    source = fields.Selection(
        [
            ("message", "A document"),
            ("transmission", "A transmission that was turned away"),
            ("condition", "A condition"),
        ],
        readonly=True,
    )
    subject = fields.Char(string="About", readonly=True)
    detail = fields.Text(string="Cause", readonly=True)
    faults = fields.Text(readonly=True, help="Every single fault with its place in the document, as JSON.")
    faults_html = fields.Html(compute="_compute_faults_html", string="In detail", sanitize=False)

    company_id = fields.Many2one("res.company", readonly=True, index=True, ondelete="cascade")
    trading_partner_id = fields.Many2one(
        "sync.trading.partner", string="Trading partner", readonly=True, index=True, ondelete="set null"
    )
    endpoint_id = fields.Many2one("sync.endpoint", readonly=True, index="btree_not_null", ondelete="set null")
    interface_id = fields.Many2one("sync.interface", readonly=True, index="btree_not_null", ondelete="set null")
    process_id = fields.Many2one("sync.process", readonly=True, index="btree_not_null", ondelete="set null")
    first_document = fields.Char(readonly=True)
    sync_message_ids = fields.One2many("sync.message", "exception_id", string="Documents")
    transmission_ids = fields.One2many("sync.transmission", "exception_id", string="Turned away")
    process_ids = fields.Many2many(
        "sync.process", compute="_compute_links", search="_search_process_ids", string="Processes"
    )
    process_count = fields.Integer(compute="_compute_links")
    order_count = fields.Integer(compute="_compute_links")

    user_id = fields.Many2one("res.users", string="Owner", tracking=True, index=True, domain="[('share', '=', False)]")
    due_at = fields.Datetime(string="Due", tracking=True, index=True)
    count = fields.Integer(string="Times", readonly=True, aggregator="sum", help="How often it happened.")
    message_count = fields.Integer(string="Number of documents", readonly=True)
    waiting_count = fields.Integer(
        compute="_compute_waiting_count",
        string="Blocks",
        help="Documents that cannot go on: its own, and those behind them in the same line.",
    )
    first_seen_at = fields.Datetime(string="First seen", readonly=True)
    last_seen_at = fields.Datetime(string="Last seen", readonly=True)
    is_overdue = fields.Boolean(compute="_compute_is_overdue", search="_search_is_overdue", string="Overdue")
    is_my_domain = fields.Boolean(compute="_compute_is_my_domain", search="_search_is_my_domain", string="My domain")
    color = fields.Integer(compute="_compute_color")
    can_map = fields.Boolean(compute="_compute_can_map")
    settling = fields.Boolean(readonly=True, help="A document of it was retried or cancelled: look whether it is over.")

    resolution = fields.Text(readonly=True)
    resolved_by_id = fields.Many2one(
        "res.users", string="Resolved by", readonly=True, ondelete="set null", help="Empty: it resolved by itself."
    )
    resolved_at = fields.Datetime(string="Closed", readonly=True)
    earlier = fields.Text(compute="_compute_earlier", string="Done for similar ones")

    _open_uniq = models.UniqueIndex(
        "(fingerprint) WHERE state IN ('new', 'in_progress')", "This is open as an exception already."
    )
    _settling_open = models.Index("(id) WHERE settling AND state IN ('new', 'in_progress')")
    _known_state = models.Constraint(
        "CHECK (state IN ('new', 'in_progress', 'resolved', 'dismissed'))", "Unknown state."
    )
    _closed_has_time = models.Constraint(
        "CHECK ((state IN ('resolved', 'dismissed')) = (resolved_at IS NOT NULL))",
        "A closed exception has the time it was closed.",
    )
    _complete = models.Constraint(
        """CHECK (name IS NOT NULL AND code IS NOT NULL AND fingerprint IS NOT NULL AND company_id IS NOT NULL
              AND domain IS NOT NULL AND severity IS NOT NULL)""",
        "An exception says what happened, where and whose work it is.",
    )

    @api.model
    def _expand_states(self, states, domain):
        """The columns of open exceptions always, those of closed ones when there are any."""
        return [state for state, _label in STATES if state in OPEN or state in states]

    # -- what people see -------------------------------------------------------------------------------------------

    @api.depends("state")
    def _compute_is_open(self):
        for exception in self:
            exception.is_open = exception.state in OPEN

    @api.depends("faults")
    def _compute_faults_html(self):
        for exception in self:
            exception.faults_html = wording.fault_table(exception.faults)

    @api.depends("due_at", "state")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        for exception in self:
            exception.is_overdue = bool(exception.is_open and exception.due_at and exception.due_at < now)

    def _search_is_overdue(self, operator, value):
        if operator not in ("in", "not in") or set(value) - {True, False}:
            return NotImplemented
        overdue = [("is_open", "=", True), ("due_at", "<", fields.Datetime.now())]
        wanted = (True in value) == (operator == "in")
        return overdue if wanted else ["!", "&", *overdue]

    @api.depends_context("uid")
    @api.depends("domain")
    def _compute_is_my_domain(self):
        mine = self._my_domains()
        for exception in self:
            exception.is_my_domain = exception.domain in mine

    def _search_is_my_domain(self, operator, value):
        if operator not in ("in", "not in") or set(value) - {True, False}:
            return NotImplemented
        return [("domain", "in" if (True in value) == (operator == "in") else "not in", self._my_domains())]

    @api.model
    def _my_domains(self):
        return [name for name, _label in DOMAINS if self.env.user.has_group(f"sync_governance.group_operator_{name}")]

    @api.depends("severity", "is_open")
    def _compute_color(self):
        for exception in self:
            exception.color = COLORS.get(exception.severity, 0) if exception.is_open else 0

    @api.depends("code", "state")
    def _compute_can_map(self):
        for exception in self:
            exception.can_map = exception.is_open and exception.code in MAPPABLE

    def _compute_waiting_count(self):
        """Its own documents that are still open, and what waits behind them in their lanes."""
        rows = self.env.execute_query(
            SQL(
                """SELECT m.exception_id, count(*) + coalesce(sum((
                            SELECT count(*) FROM sync_lane l
                              JOIN sync_message b ON b.lane_id = l.id AND b.state = 'ready'
                             WHERE l.blocked_message_id = m.id AND b.id > m.id)), 0)
                     FROM sync_message m
                    WHERE m.exception_id = ANY(%s) AND m.state IN ('failed', 'ready', 'parked')
                    GROUP BY m.exception_id""",
                self.ids,
            )
        )
        blocked = dict(rows)
        for exception in self:
            exception.waiting_count = blocked.get(exception.id, 0)

    @api.depends("process_id", "sync_message_ids.process_id")
    def _compute_links(self):
        found = {}
        for message_exception, process in (
            self.env["sync.message"]
            .sudo()
            ._read_group(  # sudo: ids only, filtered below
                [("exception_id", "in", self.ids), ("process_id", "!=", False)], ["exception_id", "process_id"]
            )
        ):
            found.setdefault(message_exception.id, set()).add(process.id)
        for exception in self:
            ids = found.get(exception.id, set()) | set(exception.process_id.ids)
            processes = self.env["sync.process"].browse(sorted(ids))._filtered_access("read")
            exception.process_ids = processes
            exception.process_count = len(processes)
            exception.order_count = len(processes._linked("sale.order")) if processes else 0

    def _search_process_ids(self, operator, value):
        if operator not in ("in", "any"):
            return NotImplemented
        return ["|", ("process_id", operator, value), ("sync_message_ids.process_id", operator, value)]

    def _compute_earlier(self):
        """How the last three exceptions of the same kind and partner ended."""
        for exception in self:
            closed = self.search(
                [
                    ("code", "=", exception.code),
                    ("trading_partner_id", "=", exception.trading_partner_id.id),
                    ("company_id", "=", exception.company_id.id),
                    ("is_open", "=", False),
                    ("resolution", "!=", False),
                    ("id", "!=", exception.id),
                ],
                order="resolved_at desc",
                limit=3,
            )
            exception.earlier = "\n".join(past._how_it_was_closed() for past in closed)

    def _how_it_was_closed(self):
        who = f" {self.resolved_by_id.name}" if self.resolved_by_id else ""
        return f"{fields.Date.to_string(self.resolved_at.date())}{who}: {self.resolution}"
