"""What people and business transactions ask of the engine."""

import json
import logging

from odoo import api, fields, models

from ...core import queue
from .cursor import CONFLICTS, read_committed

_logger = logging.getLogger(__name__)


class SyncCommand(models.Model):
    """A request to the queue, written in the asking transaction and executed by the engine in one of its own.

    The asker's transaction is REPEATABLE READ and must not touch lanes. A release stays readable for a while after it
    was executed: whoever parks a message looks whether what it waits for was released meanwhile.
    """

    _name = "sync.command"
    _description = "Request to the engine"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"

    kind = fields.Selection(
        [("retry", "Retry"), ("cancel", "Cancel"), ("release", "Release")],
        required=True,
        readonly=True,
    )
    message_ids = fields.Text(readonly=True)
    wait_type = fields.Char(readonly=True)
    refs = fields.Text(readonly=True)
    user_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    company_id = fields.Many2one("res.company", readonly=True)
    created_at = fields.Datetime(string="Created", readonly=True)
    executed_at = fields.Datetime(string="Executed", readonly=True)
    moved = fields.Integer(readonly=True)

    _open = models.Index("(id) WHERE executed_at IS NULL")
    _released = models.Index("(wait_type, executed_at) WHERE kind = 'release'")

    @api.model
    def _give(self, kind, *, message_ids=(), wait_type=None, refs=()):
        """Write the request into the current transaction and wake the engine once it is committed."""
        self.env.cr.execute(
            """INSERT INTO sync_command (kind, message_ids, wait_type, refs, user_id, company_id, created_at)
               VALUES (%s, %s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC')""",
            [
                kind,
                json.dumps(list(message_ids)),
                wait_type,
                json.dumps(list(refs)),
                self.env.uid,
                self.env.company.id,
            ],
        )
        self.env["sync.engine"]._wake_after_commit()

    @api.model
    def _execute_open(self, limit=200):
        """Execute open requests in order, each in a transaction of its own; returns how many.

        Each locks lanes in one order; two in one transaction would not, and two workers could wait in a circle. One
        that cannot be executed is set aside and logged, or nothing behind it would ever be.
        """
        executed = 0
        while executed < limit:
            with read_committed(self.env.registry) as cr:
                if not self._execute_next(cr):
                    break
            executed += 1
        return executed

    def _execute_next(self, cr):
        """Execute the oldest open request that nobody else holds; returns whether there was one."""
        cr.execute(
            """SELECT id, kind, message_ids, wait_type, refs FROM sync_command
                WHERE executed_at IS NULL ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED"""
        )
        row = cr.fetchone()
        if not row:
            return False
        command_id, kind, message_ids, wait_type, refs = row
        more = False
        try:
            with cr.savepoint(flush=False):
                moved, more = self._execute(cr, kind, json.loads(message_ids), wait_type, json.loads(refs))
        except Exception as error:
            if getattr(error, "pgcode", None) in CONFLICTS:
                raise
            _logger.exception("The request %s (%s) cannot be executed and is set aside", command_id, kind)
            moved = []
        # clock_timestamp: later than every snapshot that could not see the release yet.
        cr.execute(
            """UPDATE sync_command
                  SET executed_at = CASE WHEN %s THEN NULL ELSE clock_timestamp() AT TIME ZONE 'UTC' END,
                      moved = coalesce(moved, 0) + %s
                WHERE id = %s""",
            [more, len(moved), command_id],
        )
        return True

    def _execute(self, cr, kind, message_ids, wait_type, refs):
        """Returns the messages moved, and whether a part is left for the next turn."""
        if kind == "release":
            return queue.release_waiting(cr, wait_type, refs)
        moved = {"retry": queue.retry, "cancel": queue.cancel}[kind](cr, message_ids)
        # Last: whoever collects exceptions locks messages first too, so nobody waits in a circle.
        self.env["sync.exception"]._watch(cr, moved)
        return moved, False

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
