"""The engine: claims lanes, drives their heads through the stages, settles.

Bookkeeping runs in short READ COMMITTED transactions; business work in Odoo's own REPEATABLE READ; during network
input and output no transaction is open.
"""

import logging
import os
import socket
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import datetime

from odoo import api, models
from odoo.modules import module

from ...core import queue
from . import inbound, outbound
from .cursor import CONFLICTS, read_committed
from .loading import load
from .stages import route
from .verdicts import verdicts

_logger = logging.getLogger(__name__)

CLAIM = 20
CRON_SECONDS = 3.0


class SyncEngine(models.AbstractModel):
    """Drains the queue; the same loop runs in the scheduled action and in a worker process."""

    _name = "sync.engine"
    _description = "Engine"

    # -- wake-up ---------------------------------------------------------------------------------------------------

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
    def _wake(self):
        """Trigger the engine's scheduled action unless a worker is awake and will look again by itself.

        Called after the commit that made work. A worker says it is asleep, commits, and only then looks a last time:
        so either it sees our work, or we see its flag. Errors are logged and not raised, because the work is safely
        stored and the poll finds it.
        """
        if _in_test():
            return
        try:
            with read_committed(self.env.registry) as cr:
                cr.execute(
                    """SELECT 1 FROM sync_worker
                        WHERE NOT asleep AND heartbeat_at > (now() AT TIME ZONE 'UTC') - make_interval(secs => %s)
                        LIMIT 1""",
                    [queue.DEAD_AFTER_SECONDS],
                )
                if cr.fetchone():
                    return
                env = api.Environment(cr, api.SUPERUSER_ID, {})  # the scheduler belongs to no user
                cron = env.ref("sync_governance.cron_engine", raise_if_not_found=False)
                if cron:
                    cron._trigger()
        except Exception:
            _logger.exception("The engine could not be woken; its next poll takes up the work")

    # -- the scheduled action ---------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _cron_run(self):
        """Work for a few seconds, then give the slot back: a longer run would hold back the vacuum of the queue."""
        with Worker(self.env.registry, "cron") as worker:
            self._rescue()
            deadline = time.monotonic() + CRON_SECONDS
            while True:
                worked = self._run_pass(worker)
                if time.monotonic() > deadline:
                    busy = True
                    break
                if not worked:
                    worker.fall_asleep()
                    if not self._run_pass(worker):
                        busy = False
                        break
                    worker.stay_awake()
        if busy:
            self.env.ref("sync_governance.cron_engine")._trigger()

    # -- one pass ---------------------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _run_pass(self, worker):
        """One look at everything: requests, new events, lanes that are due. Returns how much was moved."""
        registry = self.env.registry
        moved = self._guarded(self.env["sync.command"]._execute_open)
        moved += self._guarded(lambda: route.run(registry))
        moved += self._guarded(lambda: self._work_due(worker))
        return moved + self.env["sync.exception"]._collect()

    def _guarded(self, part):
        """One part of a pass; when it fails the others go on, and what it left undone is still there to be found."""
        try:
            return part()
        except Exception as error:
            if getattr(error, "pgcode", None) in CONFLICTS:
                _logger.info("A part of the pass lost a race and comes again: %s", error.pgcode)
                return 1
            _logger.exception("A part of the pass failed")
            return 0

    def _work_due(self, worker):
        """Claim lanes that are due and work the messages at their heads; returns how many lanes."""
        token = uuid.uuid4().hex
        with read_committed(self.env.registry) as cr:
            lanes = queue.claim_lanes(
                cr,
                token=token,
                worker=worker.id,
                directions=("inbound", "internal", "outbound"),
                limit=CLAIM,
            )
            heads = queue.heads(cr, [lane.lane_id for lane in lanes])
            # Before any snapshot of the work to come: a release executed later than this may have missed us.
            cr.execute("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
            claimed_at = cr.fetchone()[0]
        try:
            self._work(Claim(token, claimed_at, worker), lanes, heads)
        finally:
            # Whatever went wrong: no lane stays claimed by a worker that lives on and would never be rescued from.
            if lanes:
                with read_committed(self.env.registry) as cr:
                    queue.abandon(cr, token=token)
        worker.processed += len(heads)
        return len(lanes)

    def _work(self, claim, lanes, heads):
        by_lane = {head.lane_id: head for head in heads}
        idle = [lane.lane_id for lane in lanes if lane.lane_id not in by_lane]
        group = [lane for lane in lanes if lane.lane_id in by_lane]
        # A lane that was claimed before without progress is worked alone, with no other lane in our hands: only so
        # does a death count against the message that caused it. The others are let go as if never claimed.
        struck = [lane for lane in group if lane.strikes > 1]
        others = [lane.lane_id for lane in group if struck and lane is not struck[0]]
        group = struck[:1] or group
        if idle or others:
            with read_committed(self.env.registry) as cr:
                queue.settle(cr, token=claim.token, lane_ids=idle)
                queue.settle(cr, token=claim.token, lane_ids=others, untouched=True)
        if struck and struck[0].strikes > queue.STRIKES_UNTIL_POISON:
            self._quarantine(struck[0], claim.token)
            return
        for directions, drive in (
            (("inbound", "internal"), inbound.drive),
            (("outbound",), outbound.drive),
        ):
            mine = [by_lane[lane.lane_id] for lane in group if lane.direction in directions]
            if mine:
                self._drive(drive, claim, mine)

    def _drive(self, drive, claim, heads):
        """Drive a group; an error that no stage caught becomes the fault of the messages it hit, and of no others."""
        try:
            drive(self.env.registry, claim, heads)
        except Exception as error:
            if len(heads) > 1:
                for head in heads:
                    self._drive(drive, claim, [head])
                return
            with self.env.registry.cursor() as cr:
                (work,) = load(cr, heads)
            work.outcome = inbound.as_fault(error)
            verdicts(self.env.registry, {}, [work], claim, heads)

    def _quarantine(self, lane, token):
        """Set the head of a lane aside that ended its workers; whether the lane waits with it is its policy's word."""
        with read_committed(self.env.registry) as cr:
            cr.execute(
                """SELECT coalesce(p.head_policy, 'block') FROM sync_message m
                     LEFT JOIN sync_interface i ON i.id = m.interface_id
                     LEFT JOIN sync_policy p ON p.id = i.policy_id
                    WHERE m.lane_id = %s AND m.state = 'ready' ORDER BY m.id LIMIT 1""",
                [lane.lane_id],
            )
            block = cr.fetchone() in (None, ("block",))
            message_id = queue.quarantine(cr, lane.lane_id, token=token, block=block)
            queue.settle(cr, token=token, lane_ids=[lane.lane_id])
        _logger.error("Message %s ended its workers three times and was set aside", message_id)

    # -- housekeeping -----------------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _housekeep(self):
        """Every minute: rescue the work of dead workers, expire what waited too long, find lost wake-ups."""
        rescued = self._rescue()
        with read_committed(self.env.registry) as cr:
            opened = queue.release_overdue(cr)
        # Apart: what locks lanes holds no message of another statement, or two could wait in a circle.
        with read_committed(self.env.registry) as cr:
            expired = queue.expire_parked(cr)
            lost = queue.sweep(cr)
            cr.execute(
                """DELETE FROM sync_worker
                    WHERE heartbeat_at < (now() AT TIME ZONE 'UTC') - interval '1 hour'"""
            )
            cr.execute(
                """DELETE FROM sync_command
                    WHERE executed_at < (now() AT TIME ZONE 'UTC') - interval '1 day'"""
            )
        if lost:
            _logger.error(
                "Found %s lanes asleep with open work: lost wake-ups, please report",
                len(lost),
            )
        if rescued or expired or opened or lost:
            self._wake()

    def _rescue(self):
        """Release the lanes of workers that died; returns them."""
        with read_committed(self.env.registry) as cr:
            rescued = queue.rescue(cr)
        if rescued:
            _logger.warning("Took up %s lanes of workers that died", len(rescued))
        return rescued


@dataclass(frozen=True, slots=True)
class Claim:
    """One round of claimed lanes: under which token, since when (the database's clock), and who works on them."""

    token: str
    claimed_at: datetime
    worker: "Worker"


class Worker:
    """This process's row among the workers, with a heartbeat from a thread of its own."""

    def __init__(self, registry, kind):
        self.registry = registry
        self.kind = kind
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.token = uuid.uuid4().hex
        self.id = None
        self.processed = 0
        self._stop = threading.Event()
        self._thread = None

    def __enter__(self):
        with read_committed(self.registry) as cr:
            cr.execute(
                """INSERT INTO sync_worker (name, token, kind, started_at, heartbeat_at, asleep, processed)
                   VALUES (%s, %s, %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', false, 0) RETURNING id""",
                [self.name, self.token, self.kind],
            )
            self.id = cr.fetchone()[0]
        if not _in_test():
            self._thread = threading.Thread(target=self._beat, name="sync-heartbeat", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *exc_info):
        self._stop.set()
        if self._thread:
            self._thread.join()
        with read_committed(self.registry) as cr:
            cr.execute("DELETE FROM sync_worker WHERE id = %s", [self.id])

    def _beat(self):
        while not self._stop.wait(queue.HEARTBEAT_SECONDS):
            try:
                self._write("heartbeat_at = now() AT TIME ZONE 'UTC'")
            except Exception:
                # Fail open: without heartbeats others take the lanes over, and the message row fences us.
                _logger.exception("Heartbeat of worker %s failed", self.name)

    def fall_asleep(self):
        """Say that this worker stops looking; the caller looks once more afterwards."""
        self._write("asleep = true")

    def stay_awake(self):
        """Say that this worker goes on looking."""
        self._write("asleep = false")

    def _write(self, assignment):
        with read_committed(self.registry) as cr:
            cr.execute(f"UPDATE sync_worker SET {assignment} WHERE id = %s", [self.id])


def _in_test():
    """Under a test's cursor there is one transaction for everything: no threads, no triggers."""
    return bool(module.current_test)
