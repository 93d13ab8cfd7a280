"""How much arrives, and how much of it waits: what the limits of the intake are measured by."""

import math
import threading
import time
from dataclasses import dataclass, field

from odoo import api, fields, models

from ...core.faults import Fault
from .engine_record import Setting
from .trip import request_cursor

LOOK_SECONDS = 1.0
"""How long a process goes by what it knows, before it asks the database again."""
MEASURE_SECONDS = 5.0
"""How old a count of what waits may be before it is counted anew."""
BACKLOG_RETRY_SECONDS = 30
MEASURED_AT_MOST = 200_000
TOTAL_PARAMETER = "sync_governance.max_waiting"


class TurnedAway(Fault):
    """A refusal for now; ``retry_after`` is when to come back, in seconds."""

    def __init__(self, code, detail, *, subject, retry_after):
        super().__init__(code, detail, subject=subject)
        self.retry_after = retry_after


@dataclass(slots=True)
class Slice:
    """What one process may still take in for one endpoint before it asks again. Times are monotonic seconds.

    ``rate`` and ``room`` count documents: what is left of the minute's, and until too many wait (``crowd``: of whom).
    ``used`` and ``refused`` are counted since the last look, at which the limits were ``limits``.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    looked_at: float = -math.inf
    minute_ends: float = -math.inf
    rate: int = 0
    room: float = math.inf
    crowd: str = ""
    used: int = 0
    refused: int = 0
    limits: tuple[int, ...] = ()

    def is_due(self, limits, count):
        """Whether to look at the database before the next ``count`` documents; while we refuse, once a second."""
        now = time.monotonic()
        if now - self.looked_at >= LOOK_SECONDS or limits != self.limits:
            return True
        return bool(limits[0]) and (now >= self.minute_ends or (self.rate < count and not self.refused))


_SLICES: dict[tuple[str, int], Slice] = {}


class SyncGauge(models.Model):
    """One row per endpoint that receives. No request counts: processes take slices of the minute's documents from here
    and look at what waits, about once a second."""

    _name = "sync.gauge"
    _description = "How much arrives"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _rec_name = "endpoint_id"

    endpoint_id = fields.Many2one("sync.endpoint", required=True, readonly=True, ondelete="cascade")
    company_id = Setting("res.company", readonly=True)
    minute = fields.Datetime(readonly=True)
    taken = fields.Integer(string="This minute", readonly=True, help="Documents let in, or promised to a process.")
    waiting = fields.Integer(readonly=True, help="Documents that wait for their turn, as of the last count.")
    measured_at = fields.Datetime(string="Counted", readonly=True)
    refused = fields.Integer(string="Turned away", readonly=True)
    refused_at = fields.Datetime(string="Last turned away", readonly=True)

    _one = models.UniqueIndex("(endpoint_id)")

    @api.model
    @api.private
    def _admit(self, profile, count, *, by_rate_alone=False):
        """Let ``count`` documents in, or say when to come back; the sender has proved who he is.

        :param by_rate_alone: how many wait was looked at already
        :raises TurnedAway: ``receive.too_many`` (this endpoint), ``receive.overloaded`` (all together)
        :raises Fault: ``receive.too_large`` for more at once than the endpoint takes in a minute
        """
        limit, most = profile["rate_per_minute"], self._most_in_total()
        if by_rate_alone:
            profile, most = {**profile, "max_waiting": 0}, 0
        if not limit and not profile["max_waiting"] and not most:
            return
        if limit and count > limit:
            raise Fault(
                "receive.too_large",
                f"The request has {count} documents; this endpoint takes {limit} a minute.",
                subject=f"endpoint {profile['code']}",
            )
        mine = _SLICES.setdefault((self.env.cr.dbname, profile["id"]), Slice())
        with mine.lock:
            if mine.is_due((limit, profile["max_waiting"], most), count):
                with request_cursor(self.env) as cr:
                    self._look(cr, mine, profile, limit, most, count)
            refusal = self._refusal(mine, profile, limit, count)
            if refusal:
                mine.refused += 1
                raise refusal
            mine.rate -= count
            mine.room -= count
            mine.used += count

    def _refusal(self, mine, profile, limit, count):
        subject = f"endpoint {profile['code']}"
        if mine.room < count:
            if mine.crowd == "all":
                detail = "Too many documents of all partners wait to be worked."
                return TurnedAway(
                    "receive.overloaded", detail, subject="too much waits", retry_after=BACKLOG_RETRY_SECONDS
                )
            detail = f"{profile['max_waiting']} documents of this endpoint may wait to be worked, and as many do."
            return TurnedAway("receive.too_many", detail, subject=subject, retry_after=BACKLOG_RETRY_SECONDS)
        if limit and mine.rate < count:
            detail = f"This endpoint takes {limit} documents a minute."
            seconds = max(1, math.ceil(mine.minute_ends - time.monotonic()))
            return TurnedAway("receive.too_many", detail, subject=subject, retry_after=seconds)
        return None

    def _most_in_total(self):
        value = self.env["ir.config_parameter"].sudo().get_param(TOTAL_PARAMETER)  # sudo: a setting, no user yet
        return int(value) if str(value or "").isdecimal() else 0

    # -- looking at the database ---------------------------------------------------------------------------------------

    def _look(self, cr, mine, profile, limit, most, count):
        """Give back what is left of the slice, take another, say what was refused, and see what waits."""
        mine.rate, seconds_left = self._take(cr, mine, profile, limit, count)
        now = time.monotonic()
        mine.looked_at, mine.minute_ends = now, now + seconds_left
        mine.used = mine.refused = 0
        mine.limits = (limit, profile["max_waiting"], most)
        waiting, total = self._waiting(cr, profile, most)
        own = profile["max_waiting"] - waiting if profile["max_waiting"] else math.inf
        everybody = most - total if most else math.inf
        mine.room, mine.crowd = min((everybody, "all"), (own, "endpoint"), key=lambda pair: pair[0])

    def _take(self, cr, mine, profile, limit, count):
        """Documents granted of this minute, and the seconds left of it. Nobody is granted what another one was."""
        unused = mine.rate if time.monotonic() < mine.minute_ends else 0
        wanted = max(count, mine.used, limit // 60)
        parameters = {
            "endpoint": profile["id"],
            "company": profile["company_id"],
            "unused": unused,
            "wanted": wanted,
            "limit": limit,
            "refused": mine.refused,
        }
        cr.execute(
            """INSERT INTO sync_gauge (endpoint_id, company_id, taken, waiting, refused)
               VALUES (%(endpoint)s, %(company)s, 0, 0, 0) ON CONFLICT (endpoint_id) DO NOTHING;
               WITH now AS (
               SELECT now() AT TIME ZONE 'UTC' AS utc, date_trunc('minute', now() AT TIME ZONE 'UTC') AS minute),
               before AS (
               SELECT g.id, CASE WHEN g.minute = now.minute THEN greatest(g.taken - %(unused)s, 0) ELSE 0 END AS taken
                 FROM sync_gauge g, now WHERE g.endpoint_id = %(endpoint)s FOR NO KEY UPDATE OF g),
               granted AS (
               SELECT id, taken, greatest(least(%(wanted)s, %(limit)s - taken), 0) AS number FROM before)
               UPDATE sync_gauge g
                  SET minute = now.minute, taken = granted.taken + granted.number,
                      refused = g.refused + %(refused)s,
                      refused_at = CASE WHEN %(refused)s > 0 THEN now.utc ELSE g.refused_at END
                 FROM granted, now WHERE g.id = granted.id
            RETURNING granted.number, 60 - extract(second FROM now.utc)::float8""",
            parameters,
        )
        return cr.fetchone()

    def _waiting(self, cr, profile, most):
        """Documents that wait, of this endpoint and of all that are not paused; counted anew when nobody did lately."""
        if not profile["max_waiting"] and not most:
            return 0, 0
        cr.execute(
            """SELECT bool_and(measured_at > (now() AT TIME ZONE 'UTC') - make_interval(secs => %s))
                 FROM sync_gauge WHERE endpoint_id = %s""",
            [MEASURE_SECONDS, profile["id"]],
        )
        if not cr.fetchone()[0]:
            self._measure(cr, most)
        cr.execute(
            """SELECT coalesce(sum(g.waiting) FILTER (WHERE g.endpoint_id = %s), 0)::int,
                      coalesce(sum(g.waiting) FILTER (WHERE NOT e.paused), 0)::int
                 FROM sync_gauge g JOIN sync_endpoint e ON e.id = g.endpoint_id""",
            [profile["id"]],
        )
        return cr.fetchone()

    @api.model
    @api.private
    def _measure(self, cr, most):
        """Count what waits, unless somebody else is just doing it; no further than to see that it is too much."""
        cr.execute("SELECT pg_try_advisory_xact_lock(hashtext('sync_gauge'))")
        if not cr.fetchone()[0]:
            return
        cr.execute(
            """WITH waiting AS (
               SELECT endpoint_id FROM sync_message WHERE state = 'ready' AND direction = 'inbound' LIMIT %s),
               counted AS (
               SELECT endpoint_id, count(*) AS waiting FROM waiting GROUP BY endpoint_id)
               INSERT INTO sync_gauge (endpoint_id, company_id, taken, refused, waiting, measured_at)
               SELECT e.id, e.company_id, 0, 0, coalesce(c.waiting, 0), now() AT TIME ZONE 'UTC'
                 FROM sync_endpoint e LEFT JOIN counted c ON c.endpoint_id = e.id
                WHERE e.direction = 'inbound'
                ORDER BY e.id
               ON CONFLICT (endpoint_id) DO UPDATE
                  SET waiting = excluded.waiting, measured_at = excluded.measured_at""",
            [max(2 * most, MEASURED_AT_MOST)],
        )
