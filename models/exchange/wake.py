"""The wake-up: whoever made work sees to it that somebody looks, and nobody is called twice."""

import logging

from odoo import api, fields, models

from ...core.queue import DEAD_AFTER_SECONDS, POOLS, Frequent
from .cursor import read_committed
from .worker import CHANNEL, in_test

_logger = logging.getLogger(__name__)


VALID_SECONDS = 5
"""A call that was not answered for so long may be lost with the process that was about to answer it."""
WHO_IS_THERE = Frequent(f"""
    SELECT w.id, w.kind, w.pools, w.asleep, coalesce(a.rung_at > now_utc - interval '{VALID_SECONDS} seconds', false)
      FROM (SELECT now() AT TIME ZONE 'UTC') AS clock(now_utc)
      LEFT JOIN sync_alarm a ON a.id = 1
      LEFT JOIN sync_worker w ON w.heartbeat_at > now_utc - interval '{DEAD_AFTER_SECONDS} seconds'
""")
"""The workers that are heard of (id, kind, pools, whether asleep), and whether the scheduled action is called already.

One statement, for every request that is taken in asks it."""


class SyncAlarm(models.Model):
    """One row: since when the scheduled action is called and has not begun to look.

    Between the call and the look further calls say nothing new. The action takes the row down before it looks, so a
    producer that found it standing has committed before that look.
    """

    _name = "sync.alarm"
    _description = "Wake-up call"
    _inherit = ["sync.engine.record"]
    _log_access = False

    rung_at = fields.Datetime(readonly=True)

    def init(self):
        self.env.cr.execute("INSERT INTO sync_alarm (id) VALUES (1) ON CONFLICT DO NOTHING")

    @api.model
    @api.private
    def _ring(self, cr):
        """Whether this call is news."""
        cr.execute(
            """UPDATE sync_alarm SET rung_at = clock_timestamp() AT TIME ZONE 'UTC'
                WHERE id = (SELECT id FROM sync_alarm
                             WHERE id = 1 AND (rung_at IS NULL
                                   OR rung_at < (now() AT TIME ZONE 'UTC') - make_interval(secs => %s))
                               FOR NO KEY UPDATE SKIP LOCKED)
            RETURNING id""",
            [VALID_SECONDS],
        )
        return cr.fetchone() is not None

    @api.model
    @api.private
    def _answer(self):
        """Take the call down, in a transaction of its own; look afterwards."""
        with read_committed(self.env.registry) as cr:
            cr.execute("UPDATE sync_alarm SET rung_at = NULL WHERE id = 1 AND rung_at IS NOT NULL")


class SyncEngine(models.AbstractModel):
    _inherit = "sync.engine"

    @api.model
    @api.private
    def _wake_after_commit(self):
        """Wake the engine once the current transaction is committed; many requests of one transaction are one."""
        postcommit = self.env.cr.postcommit
        if not postcommit.data.get("sync_governance.wake"):
            postcommit.data["sync_governance.wake"] = True
            postcommit.add(self._wake)

    @api.model
    @api.private
    def _wake(self, seen=None):
        """Wake workers so that each pool has one that is awake; called after the commit that made work.

        :param seen: the rows of :data:`WHO_IS_THERE`, where they were read after that commit

        A worker says it is asleep, commits, and only then looks a last time: so either it sees our work, or we see
        its flag. Worker processes are woken by one notification for each sleep, the scheduled action by one trigger
        for each call. Errors are logged and not raised, because the work is safely stored and the poll finds it.
        """
        if in_test():
            return
        try:
            if seen is not None and not self._somebody_to_call(seen):
                return
            # A call that a crash of the server takes back was for nobody: all workers begin anew then.
            with read_committed(self.env.registry, durable=False) as cr:
                cr.execute(WHO_IS_THERE)
                if somebody := self._somebody_to_call(cr.fetchall()):
                    self._call(cr, *somebody)
        except Exception:
            _logger.exception("The engine could not be woken; its next poll takes up the work")

    def _somebody_to_call(self, seen):
        """The pools that nobody looks after, nor a worker process that is called now; and the ids of those, or None."""
        alive = [(row[0], row[1], set(row[2].split(",")), row[3]) for row in seen if row[0] is not None]
        called = seen[0][4]
        missing = set(POOLS).difference(*(pools for _id, _kind, pools, asleep in alive if not asleep))
        wanted = []
        for worker_id, kind, pools, asleep in alive:
            if asleep and kind == "process" and missing & pools:
                missing -= pools
                wanted.append(worker_id)
        return (missing, wanted) if wanted or (missing and not called) else None

    def _call(self, cr, missing, wanted):
        if wanted:
            cr.execute("UPDATE sync_worker SET asleep = false WHERE id = ANY(%s) AND asleep RETURNING id", [wanted])
            if cr.fetchall():
                cr.execute("SELECT pg_notify(%s, '')", [CHANNEL])
        if missing and self.env["sync.alarm"]._ring(cr):
            env = api.Environment(cr, api.SUPERUSER_ID, {})  # the scheduler belongs to no user
            cron = env.ref("sync_governance.cron_engine", raise_if_not_found=False)
            if cron:
                cron._trigger()
