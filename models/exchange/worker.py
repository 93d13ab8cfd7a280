"""Who works on the queue."""

import logging
import os
import socket
import threading
import uuid

from odoo import api, fields, models
from odoo.modules import module

from ...core import queue
from .cursor import read_committed
from .janitor import Janitor
from .polling import Poller
from .pump import Pump

_logger = logging.getLogger(__name__)

CHANNEL = "sync_governance"
"""What sleeping worker processes LISTEN to, in this database only."""


class SyncWorker(models.Model):
    """A process that drains the queue; alive while its heartbeat is younger than ten seconds.

    ``asleep`` is the other half of the wake-up: a worker says it goes to sleep, commits, and looks once more; a
    producer reads the flag after its own commit and only then wakes it.
    """

    _name = "sync.worker"
    _description = "Worker"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "heartbeat_at desc"

    name = fields.Char(required=True, readonly=True)
    token = fields.Char(required=True, readonly=True)
    kind = fields.Selection(
        [("cron", "Scheduled action"), ("process", "Worker process"), ("request", "Request of a sender who waits")],
        required=True,
        readonly=True,
    )
    pools = fields.Char(readonly=True, required=True, default=",".join(queue.POOLS))
    started_at = fields.Datetime(string="Started", readonly=True)
    heartbeat_at = fields.Datetime(string="Last heartbeat", readonly=True, index=True)
    asleep = fields.Boolean(readonly=True)
    processed = fields.Integer(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)

    pools_text = fields.Char(string="Takes", compute="_compute_pools_text")

    _token_uniq = models.UniqueIndex("(token)")

    @api.depends("pools")
    def _compute_pools_text(self):
        words = dict(self.env["sync.lane"]._fields["worker_pool"]._description_selection(self.env))
        for worker in self:
            pools = (worker.pools or "").split(",")
            everything = set(pools) >= set(queue.POOLS)
            worker.pools_text = (
                self.env._("Everything") if everything else ", ".join(words.get(pool, pool) for pool in pools)
            )

    @api.model
    @api.private
    def _alive(self, cr):
        """Rows (id, kind, set of pools, asleep) of the workers that are heard of."""
        cr.execute(
            """SELECT id, kind, pools, asleep FROM sync_worker
                WHERE heartbeat_at > (now() AT TIME ZONE 'UTC') - make_interval(secs => %s)""",
            [queue.DEAD_AFTER_SECONDS],
        )
        return [(row[0], row[1], set(row[2].split(",")), row[3]) for row in cr.fetchall()]


class Worker:
    """This process's row among the workers, with a heartbeat from a thread of its own and the deliveries under way.

    ``processed`` counts the messages it took up; it is written with each heartbeat. ``probes`` are messages that it
    tries although their interface is held.
    """

    def __init__(self, registry, kind, pools=queue.POOLS):
        self.registry = registry
        self.kind = kind
        self.pools = tuple(pools)
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.token = None
        self.id = None
        self.processed = 0
        self.pump = Pump(self, inline=in_test())
        self.poller = Poller(self, inline=in_test())
        self.probes = set()
        self._stop = threading.Event()
        self._thread = None
        self._doubtful = False
        self._janitor = None

    def __enter__(self):
        self._register()
        if not in_test():
            self._thread = threading.Thread(target=self._beat, name="sync-heartbeat", daemon=True)
            self._thread.start()
            if self.kind == "process":
                self._janitor = Janitor(self)
                self._janitor.start()
        return self

    def __exit__(self, *exc_info):
        try:
            self.poller.ask_to_end()
            self.pump.drain(self.registry)  # the heartbeat goes on meanwhile
            self.poller.drain()
        finally:
            self.pump.close()
            self._stop.set()
            if self._janitor:
                self._janitor.end()
            if self._thread:
                self._thread.join()
        with read_committed(self.registry) as cr:
            cr.execute("DELETE FROM sync_worker WHERE id = %s", [self.id])

    def _register(self):
        self.token = uuid.uuid4().hex  # each row has its own: the one before may still be there
        with read_committed(self.registry) as cr:
            cr.execute(
                """INSERT INTO sync_worker (name, token, kind, pools, started_at, heartbeat_at, asleep, processed)
                   VALUES (%s, %s, %s, %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', false, 0)
                   RETURNING id""",
                [self.name, self.token, self.kind, ",".join(self.pools)],
            )
            self.id = cr.fetchone()[0]

    def _beat(self):
        while not self._stop.wait(queue.HEARTBEAT_SECONDS):
            try:
                with read_committed(self.registry, durable=False) as cr:
                    cr.execute(
                        "UPDATE sync_worker SET heartbeat_at = now() AT TIME ZONE 'UTC', processed = %s WHERE id = %s",
                        [self.processed, self.id],
                    )
                    if not cr.rowcount:
                        self.doubt()
            except Exception:
                # Fail open: without heartbeats others take the lanes over, and the message row fences us.
                self.doubt()
                _logger.exception("Heartbeat of worker %s failed", self.name)

    def doubt(self):
        """The database may have forgotten what we hold, or others have taken it over."""
        self._doubtful = True

    def renew(self):
        """After a doubt: go on under a new row. What the old one held is rescued once it is silent for long enough."""
        if self._doubtful:
            self._register()
            self._doubtful = False

    def fall_asleep(self):
        """Say that this worker stops looking; the caller looks once more afterwards."""
        self._say("asleep = true")

    def stay_awake(self):
        """Say that this worker goes on looking."""
        self._say("asleep = false")

    def _say(self, assignment):
        # Should the server crash, nobody is asleep: the worker registers anew.
        with read_committed(self.registry, durable=False) as cr:
            cr.execute(f"UPDATE sync_worker SET {assignment} WHERE id = %s", [self.id])


def in_test():
    """Under a test's cursor there is one transaction for everything: no threads, no triggers."""
    return bool(module.current_test)
