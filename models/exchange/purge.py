"""Finished work leaves the database when its retention says so.

Each kind of row is walked once in a round, in windows of ids from the oldest on, and the place is kept between runs: no
window is looked at twice in a round, whatever stays in it. Each window is a short transaction of its own. The walk of a
kind ends at the first window in which everything is younger than the shortest retention.
"""

import logging
import time
from dataclasses import dataclass

from odoo import api, fields, models

from .cursor import CONFLICTS, read_committed

_logger = logging.getLogger(__name__)

CHUNK = 5000
SECONDS = 3.0
"""How long one run works: the scheduled action's own transaction holds back the vacuum for as long."""

# What holds where no policy says anything: a message that was cancelled before it was recognised, a key of an endpoint
# without an interface.
DEFAULT_DAYS = {"payload_days": 90, "message_days": 400, "attempt_days": 90, "dedupe_days": 400}
REQUEST_DAYS = 1


def _past(column, days):
    """SQL: ``column`` is longer ago than ``days``; 0 days keep for ever."""
    return f"{days} > 0 AND {column} < (now() AT TIME ZONE 'UTC') - {days} * interval '1 day'"


def _finished(days, link):
    """SQL: a message that ``link`` names is finished, for longer than its policy keeps what ``days`` speaks of.

    ``OFFSET 0`` keeps the planner from reading all messages at once for a window of a few thousand rows.
    """
    return f"""EXISTS (
        SELECT FROM sync_message m
          LEFT JOIN sync_interface i ON i.id = m.interface_id
          LEFT JOIN sync_policy p ON p.id = coalesce(m.policy_id, i.policy_id)
          LEFT JOIN sync_retention r ON r.id = p.retention_id
         WHERE {link} AND m.done_at IS NOT NULL
           AND {_past("m.done_at", f"coalesce(r.{days}, {DEFAULT_DAYS[days]})")} OFFSET 0)"""


def _longest(days, column):
    """SQL: {column of the interface: the longest that any of its policies keeps, 0 for ever}."""
    return f"""
        SELECT i.{column}, CASE WHEN min({days}) = 0 THEN 0 ELSE max({days}) END AS days
          FROM sync_interface i JOIN sync_policy p ON p.id = i.policy_id JOIN sync_retention r ON r.id = p.retention_id
         GROUP BY i.{column}"""


# A key may not go before the message it leads to: a repeat would be applied a second time and nobody could tell.
KEY_DAYS = "CASE WHEN r.dedupe_days = 0 OR r.message_days = 0 THEN 0 ELSE greatest(r.dedupe_days, r.message_days) END"


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of row.

    ``born`` is the column with its age; ``days`` the shortest retention that concerns it (SQL); ``due`` the condition
    on rows ``t`` that go; ``withs`` are queries that ``due`` reads; ``along`` the tables that go with it, by message.
    """

    title: str
    table: str
    born: str
    days: str
    due: str
    withs: str = ""
    along: tuple[str, ...] = ()


def _shortest(days):
    return f"(SELECT least(min(nullif({days}, 0)), {DEFAULT_DAYS[days]}) FROM sync_retention)"


STEPS = {
    "payload": Step(
        "Documents and bytes",
        "sync_payload",
        "created_at",
        _shortest("payload_days"),
        # Bytes of a transmission stay as long as one of its messages is open or kept by its policy.
        f"""CASE WHEN t.message_id IS NOT NULL
                 THEN {_finished("payload_days", "m.id = t.message_id")}
                 ELSE {_finished("payload_days", "m.transmission_id = t.transmission_id")}
                  AND NOT EXISTS (SELECT FROM sync_message o
                                   WHERE o.transmission_id = t.transmission_id AND o.done_at IS NULL OFFSET 0)
             END""",
    ),
    "attempt": Step(
        "Attempt log",
        "sync_attempt",
        "started_at",
        _shortest("attempt_days"),
        _finished("attempt_days", "m.id = t.message_id"),
    ),
    "message": Step(
        "Messages and what they changed",
        "sync_message",
        "created_at",
        _shortest("message_days"),
        _finished("message_days", "m.id = t.id"),
        # Together with the message and in one statement each: a cascade would look for them row by row.
        along=(
            "sync_payload",
            "sync_attempt",
            "sync_effect",
            "sync_feed_entry",
            "sync_interchange",
            "sync_acknowledgement",
            "sync_missing_code",
        ),
    ),
    "transmission": Step(
        "Transmissions without a message",
        "sync_transmission",
        "occurred_at",
        f"least({_shortest('message_days')}, {_shortest('attempt_days')})",
        f"""NOT EXISTS (SELECT FROM sync_message m WHERE m.transmission_id = t.id OFFSET 0)
            AND NOT EXISTS (SELECT FROM sync_exception e
                             WHERE e.id = t.exception_id AND e.state IN ('new', 'in_progress'))
            AND CASE WHEN t.verdict = 'rejected'
                THEN {_past("t.occurred_at", f"coalesce(log.days, {DEFAULT_DAYS['attempt_days']})")}
                ELSE {_past("t.occurred_at", f"coalesce(kept.days, {DEFAULT_DAYS['message_days']})")} END""",
        withs=f"""LEFT JOIN ({_longest("r.message_days", "endpoint_id")}) kept ON kept.endpoint_id = t.endpoint_id
                  LEFT JOIN ({_longest("r.attempt_days", "endpoint_id")}) log ON log.endpoint_id = t.endpoint_id""",
    ),
    "interchange": Step(
        "Interchanges without a transmission",
        "sync_interchange",
        "made_at",
        _shortest("message_days"),
        f"""t.direction = 'inbound'
            AND NOT EXISTS (SELECT FROM sync_transmission x WHERE x.interchange_id = t.id OFFSET 0)
            AND {_past("t.made_at", f"coalesce(kept.days, {DEFAULT_DAYS['message_days']})")}""",
        withs=f"LEFT JOIN ({_longest('r.message_days', 'endpoint_id')}) kept ON kept.endpoint_id = t.endpoint_id",
    ),
    "event": Step(
        "Events without a message",
        "sync_event",
        "published_at",
        _shortest("message_days"),
        f"""t.state = 'routed' AND NOT EXISTS (SELECT FROM sync_message m WHERE m.event_id = t.id OFFSET 0)
            AND {_past("t.published_at", f"coalesce(kept.days, {DEFAULT_DAYS['message_days']})")}""",
        withs=f"""LEFT JOIN ({_longest("r.message_days", "document_type_id")}) kept
                         ON kept.document_type_id = t.document_type_id""",
    ),
    "key": Step(
        "Keys of senders",
        "sync_dedupe",
        "seen_at",
        _shortest("dedupe_days"),
        _past("t.seen_at", f"coalesce(kept.days, {DEFAULT_DAYS['dedupe_days']})"),
        withs=f"LEFT JOIN ({_longest(KEY_DAYS, 'endpoint_id')}) kept ON kept.endpoint_id = t.endpoint_id",
    ),
    "request": Step(
        "Executed requests to the engine",
        "sync_command",
        "created_at",
        str(REQUEST_DAYS),
        f"t.executed_at < (now() AT TIME ZONE 'UTC') - {REQUEST_DAYS} * interval '1 day'",
    ),
}


class SyncPurge(models.Model):
    """How far retention has come with one kind of row, and what it removed."""

    _name = "sync.purge"
    _description = "Work of retention"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id"
    _rec_name = "title"

    step = fields.Char(required=True, readonly=True)
    title = fields.Char(string="What", compute="_compute_title")
    position = fields.Integer(readonly=True, help="The last row that was looked at in this round.")
    removed = fields.Integer(readonly=True, help="Rows removed in this round.")
    started_at = fields.Datetime(string="Round began", readonly=True)
    finished_at = fields.Datetime(string="Round ended", readonly=True, help="Empty while there is more to look at.")

    _step_uniq = models.UniqueIndex("(step)")

    def _compute_title(self):
        for row in self:
            row.title = STEPS[row.step].title if row.step in STEPS else self.env._("Lanes at rest")

    @api.model
    @api.private
    def _begin(self, cr):
        """The steps that are not finished in the current round; begins a new round when all are."""
        cr.execute("INSERT INTO sync_purge (step) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", [list(STEPS)])
        cr.execute(
            """SELECT step FROM sync_purge
                WHERE step = ANY(%s) AND started_at IS NOT NULL AND finished_at IS NULL""",
            [list(STEPS)],
        )
        unfinished = {row[0] for row in cr.fetchall()}
        if not unfinished:
            cr.execute(
                """UPDATE sync_purge
                      SET position = 0, removed = 0, started_at = now() AT TIME ZONE 'UTC', finished_at = NULL
                    WHERE step = ANY(%s)""",
                [list(STEPS)],
            )
        return [step for step in STEPS if step in unfinished or not unfinished]


class SyncEngine(models.AbstractModel):
    _inherit = "sync.engine"

    @api.model
    @api.private
    def _purge(self):
        """Go on with the current round for a few seconds; while work is left the action calls itself again.

        What is open stays whatever its age.
        """
        deadline = time.monotonic() + SECONDS
        with read_committed(self.env.registry) as cr:
            steps = self.env["sync.purge"]._begin(cr)
        for step in steps:
            try:
                finished = self._purge_until(step, deadline)
            except Exception as error:
                # The others go on; this one is tried again where it stopped.
                if getattr(error, "pgcode", None) in CONFLICTS:
                    _logger.info("Retention of %s met other work and goes on later", step)
                else:
                    _logger.exception("Retention of %s failed; it is tried again in the next round", step)
                    self._purge_ended(step)
                continue
            if not finished:
                break
        with read_committed(self.env.registry) as cr:
            cr.execute(
                "SELECT EXISTS (SELECT FROM sync_purge WHERE step = ANY(%s) AND finished_at IS NULL)", [list(STEPS)]
            )
            unfinished = cr.fetchone()[0]
        if unfinished:
            self.env.ref("sync_governance.cron_retention")._trigger()

    def _purge_until(self, step, deadline):
        """Window after window; returns whether the step is finished."""
        while True:
            with read_committed(self.env.registry) as cr:
                if not purge_window(cr, step):
                    return True
            if time.monotonic() > deadline:
                return False

    def _purge_ended(self, step):
        with read_committed(self.env.registry) as cr:
            cr.execute("UPDATE sync_purge SET finished_at = now() AT TIME ZONE 'UTC' WHERE step = %s", [step])


def purge_window(cr, name, chunk=CHUNK):
    """Look at the next ``chunk`` rows of a kind and delete what is due; returns whether there may be more.

    What somebody else holds is left for the next round.
    """
    step = STEPS[name]
    cr.execute("SELECT position, removed FROM sync_purge WHERE step = %s FOR UPDATE", [name])
    after, before = cr.fetchone()
    cr.execute(
        f"""SELECT max(id), bool_or({step.born} < (now() AT TIME ZONE 'UTC') - {step.days} * interval '1 day')
              FROM (SELECT id, {step.born} FROM {step.table} WHERE id > %s ORDER BY id LIMIT %s) w""",
        [after or 0, chunk],
    )
    upto, old = cr.fetchone()
    if not old:
        cr.execute("UPDATE sync_purge SET finished_at = now() AT TIME ZONE 'UTC' WHERE step = %s", [name])
        if before:
            _logger.info("Retention: removed %s rows: %s", before, step.title)
        return False
    cr.execute(
        f"""SELECT t.id FROM {step.table} t {step.withs}
             WHERE t.id > %s AND t.id <= %s AND {step.due} FOR UPDATE OF t SKIP LOCKED""",
        [after or 0, upto],
    )
    ids = [row[0] for row in cr.fetchall()]
    if ids:
        for table in step.along:
            cr.execute(f"DELETE FROM {table} WHERE message_id = ANY(%s)", [ids])
        cr.execute(f"DELETE FROM {step.table} WHERE id = ANY(%s)", [ids])
    cr.execute(
        "UPDATE sync_purge SET position = %s, removed = coalesce(removed, 0) + %s WHERE step = %s",
        [upto, len(ids), name],
    )
    return True
