"""What people and business transactions ask of the engine."""

import json
import logging
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...core import queue
from ...core.table import arrange
from .cursor import CONFLICTS, read_committed
from .request import CHUNK, Request

_logger = logging.getLogger(__name__)

KINDS = [
    ("retry", "Retry"),
    ("cancel", "Cancel"),
    ("hold", "Hold"),
    ("release_held", "Release from hold"),
    ("bring_forward", "Bring to the front"),
    ("replay", "Replay"),
    ("hurry", "Go on after the interface was held"),
    ("release", "Release"),
]
PEOPLE = tuple(kind for kind, _label in KINDS if kind != "release")
STATES = [("open", "Under way"), ("done", "Done"), ("cancelled", "Stopped"), ("failed", "Not possible")]
CHUNKS_PER_PASS = 4
"""Steps of long requests in one pass of the engine; the rest of its work comes between them."""


def _plain(value):
    """What a domain holds beside text and numbers, as JSON has it."""
    return str(value) if isinstance(value, date) else list(value)


class SyncCommand(models.Model):
    """A request to the queue, written in the asking transaction and executed by the engine in ones of its own.

    The asker's transaction is REPEATABLE READ and must not touch lanes. A long request is executed in chunks, in the
    order of the messages, and can be stopped in between. Long ones are taken one after the other; short ones pass them.

    A release stays readable for a while after it was executed: whoever parks a message looks whether what it waits for
    was released meanwhile. What people asked for is kept as the record of who did what and why.
    """

    _name = "sync.command"
    _description = "Request to the engine"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"
    _rec_name = "kind"

    kind = fields.Selection(KINDS, string="What", required=True, readonly=True)
    state = fields.Selection(STATES, readonly=True)
    reason = fields.Text(string="Why", readonly=True)
    message_ids = fields.Text(readonly=True, help="The ids of the documents asked for, as JSON.")
    domain = fields.Char(string="Filter", readonly=True, help="All documents that match, as the asker may see them.")
    options = fields.Text(readonly=True, help="Particulars of the request, as JSON.")
    wait_type = fields.Char(readonly=True)
    refs = fields.Text(readonly=True)
    user_id = fields.Many2one("res.users", string="Asked by", readonly=True, ondelete="set null")
    company_id = fields.Many2one("res.company", readonly=True)
    created_at = fields.Datetime(string="Created", readonly=True)
    executed_at = fields.Datetime(string="Executed", readonly=True)
    long = fields.Boolean(readonly=True, help="More than is done in one step.")
    total = fields.Integer(string="Asked for", readonly=True, help="Documents when it was asked for.")
    looked_at = fields.Integer(string="Looked at", readonly=True)
    moved = fields.Integer(string="Documents done", readonly=True, help="Documents with which it was done.")
    left_alone = fields.Integer(
        compute="_compute_progress",
        help="Documents for which there was nothing to do any more, or whose content is not kept.",
    )
    progress = fields.Float(compute="_compute_progress")
    cursor_id = fields.Integer(readonly=True, help="The last message it has looked at.")
    until_id = fields.Integer(readonly=True, help="The last message there was when it was asked for.")
    problem = fields.Text(readonly=True)
    how = fields.Text(compute="_compute_how")

    _open = models.Index("(id) WHERE executed_at IS NULL")
    _released = models.Index("(wait_type, executed_at) WHERE kind = 'release'")
    _known_state = models.Constraint(
        "CHECK ((state = 'open') = (executed_at IS NULL))", "An open request was not executed yet."
    )

    def init(self):
        arrange(
            self.env.cr,
            self._table,
            defaults={"state": "'open'", "cursor_id": "0", "looked_at": "0", "moved": "0"},
        )

    @api.depends("looked_at", "moved", "total", "state", "cursor_id", "until_id")
    def _compute_progress(self):
        for command in self:
            command.left_alone = command.looked_at - command.moved
            part = command.looked_at / command.total if command.total else 0.0
            command.progress = 100.0 if command.state == "done" else min(100.0 * part, 99.0)

    @api.depends("kind")
    def _compute_display_name(self):
        words = dict(self._fields["kind"]._description_selection(self.env))
        for command in self:
            command.display_name = words.get(command.kind, command.kind)

    @api.depends("kind", "options")
    def _compute_how(self):
        starts = dict(self.env["sync.message"]._fields["replay_from"]._description_selection(self.env))
        directions = dict(self.env["sync.message"]._fields["direction"]._description_selection(self.env))
        versions = dict(self.env["sync.message"]._fields["replay_versions"]._description_selection(self.env))
        for command in self:
            options = json.loads(command.options or "{}")
            lines = [
                self.env._("%(direction)s: %(start)s", direction=directions[direction], start=starts[start])
                for direction, start in options.get("starts", {}).items()
                if direction in directions and start in starts
            ]
            if options.get("versions") in versions:
                lines.append(self.env._("Contract and mapping: %s", versions[options["versions"]]))
            command.how = "\n".join(lines) or False

    def action_open_documents(self):
        """The documents that it is about: those named, or those that match its filter now."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Messages"),
            "res_model": "sync.message",
            "view_mode": "list,form",
            "domain": json.loads(self.domain) if self.domain else [("id", "in", json.loads(self.message_ids or "[]"))],
        }

    @api.model
    def _give(self, kind, *, message_ids=(), wait_type=None, refs=(), domain=None, total=None, reason=None, **options):
        """Write the request into the current transaction and wake the engine once it is committed; returns its id.

        :param message_ids: the messages, or
        :param domain: all that match it, as the asking user may see them in the companies he has chosen now
        :param options: ``replay``: ``starts`` ({direction: stage}) and ``versions``
        """
        options["companies"] = self.env.companies.ids
        self.env.cr.execute(
            """INSERT INTO sync_command (kind, state, message_ids, domain, options, wait_type, refs, user_id,
                                         company_id, reason, total, long, until_id, created_at)
               VALUES (%s, 'open', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
                       (SELECT max(id) FROM sync_message), now() AT TIME ZONE 'UTC') RETURNING id""",
            [
                kind,
                json.dumps(list(message_ids)),
                json.dumps(domain, default=_plain) if domain is not None else None,
                json.dumps(options),
                wait_type,
                json.dumps(list(refs)),
                self.env.uid,
                self.env.company.id,
                reason,
                len(message_ids) if domain is None else total,
                domain is not None or len(message_ids) > CHUNK,
            ],
        )
        command_id = self.env.cr.fetchone()[0]
        self.env["sync.engine"]._wake_after_commit()
        return command_id

    def action_stop(self):
        """Let a request that is under way end here; what it has moved already stays moved."""
        self.check_access("read")
        if self.user_id != self.env.user and not self.env.user.has_group("sync_governance.group_manager"):
            raise UserError(self.env._("Who asked for it can stop it, or an integration manager."))
        self.env.cr.execute(
            """UPDATE sync_command SET state = 'cancelled', executed_at = now() AT TIME ZONE 'UTC'
                WHERE id = ANY(%s) AND executed_at IS NULL""",
            [self.ids],
        )
        self.invalidate_recordset()

    def action_refresh(self):
        """Show how far it is."""
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    # -- the engine's door -----------------------------------------------------------------------------------------

    @api.model
    def _execute_open(self, limit=200):
        """Execute open requests, each step in a transaction of its own; returns how many steps.

        Each locks lanes in one order; two in one transaction would not, and two workers could wait in a circle. One
        that cannot be executed is set aside and logged, or nothing behind it would ever be.
        """
        steps = 0
        while steps < limit and self._step(long=False):
            steps += 1
        for _ in range(CHUNKS_PER_PASS):
            if not self._step(long=True):
                break
            steps += 1
        return steps

    def _step(self, *, long):
        """Execute the oldest open request that nobody else holds, or one chunk of a long one; returns whether any.

        Of long ones nobody takes the second while the first is under way: they would come in each other's way.
        """
        with read_committed(self.env.registry) as cr:
            oldest = "= (SELECT min(id) FROM sync_command WHERE executed_at IS NULL AND long)" if long else "> 0"
            cr.execute(
                f"""SELECT id FROM sync_command
                     WHERE executed_at IS NULL AND coalesce(long, false) = %s AND id {oldest}
                     ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED""",
                [long],
            )
            row = cr.fetchone()
            if not row:
                return False
            request = Request.of(cr, row[0])
            try:
                with cr.savepoint(flush=False):
                    looked, moved, over = self._execute(cr, request)
            except Exception as error:
                if getattr(error, "pgcode", None) in CONFLICTS:
                    raise
                _logger.exception("The request %s (%s) cannot be executed and is set aside", request.id, request.kind)
                self._end(cr, request, "failed", str(error))
                return True
            cr.execute(
                """UPDATE sync_command SET looked_at = coalesce(looked_at, 0) + %s, moved = coalesce(moved, 0) + %s,
                                           cursor_id = %s WHERE id = %s""",
                [looked, moved, request.cursor_id, request.id],
            )
            if over:
                self._end(cr, request, "done")
        return True

    def _end(self, cr, request, state, problem=None):
        # clock_timestamp: later than every snapshot that could not see the release yet.
        cr.execute(
            """UPDATE sync_command SET executed_at = clock_timestamp() AT TIME ZONE 'UTC', state = %s, problem = %s
                WHERE id = %s""",
            [state, problem, request.id],
        )

    def _execute(self, cr, request):
        """One chunk: how many messages were looked at, how many moved, and whether that was the last."""
        if request.kind == "release":
            moved, more = queue.release_waiting(cr, request.wait_type, request.refs)
            return len(moved), len(moved), not more
        ids = request.next_ids(self.env, cr)
        moved = request.move(cr, ids)
        # Last: whoever collects exceptions locks messages first too, so nobody waits in a circle.
        self.env["sync.exception"]._watch(cr, moved)
        return len(ids), len(moved), request.over

    @api.model
    def _released_since(self, cr, wait_type, refs, since):
        """Which of ``refs`` were released after ``since`` (UTC, naive): asked after parking, so none is missed.

        A request that is still open counts: it may be under way just now, and have looked before we parked.
        """
        cr.execute(
            """SELECT refs FROM sync_command
                WHERE kind = 'release' AND wait_type = %s AND (executed_at IS NULL OR executed_at >= %s)""",
            [wait_type, since],
        )
        released = {ref for row in cr.fetchall() for ref in json.loads(row[0])}
        return sorted(released.intersection(refs))
