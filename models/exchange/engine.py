"""The engine: claims lanes, drives their heads through the stages, settles.

Bookkeeping runs in short READ COMMITTED transactions; business work in Odoo's own REPEATABLE READ; during network
input and output no transaction is open.
"""

import logging
import time
import uuid

from odoo import api, models

from ...core import queue
from . import drawing, inbound, interface_hold, opening, pump, sizing
from .cursor import CONFLICTS, LOST, business, forget_connections, read_committed
from .glance import glance
from .loading import load
from .loop import Loop
from .pump import Claim
from .stages import route
from .verdicts import verdicts
from .worker import Worker

_logger = logging.getLogger(__name__)

SLICES = ("real_time", 1), ("standard", 2), ("bulk", 4)
"""Pools in their order, and into how many parts of a full batch each one's turn is divided while others wait."""
TURN_SECONDS = 0.25
"""How long a pool is worked without a look at anything else, as long as each claim comes back full."""
CRON_SECONDS = 3.0
DOUBTFUL_SECONDS = 1.0
"""How long lanes over which a worker died are worked in a pass, after those in good standing."""
DOUBTFUL = ("doubtful", queue.COMPANY), ("suspect", 1)
"""How many of them are claimed at a time, see :class:`core.queue.ClaimedLane`."""


class SyncEngine(models.AbstractModel):
    """Drains the queue; the same loop runs in the scheduled action and in a worker process."""

    _name = "sync.engine"
    _description = "Engine"

    # -- the scheduled action ---------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _cron_run(self):
        """Work for a few seconds, then give the slot back: a longer run would hold back the vacuum of the queue."""
        with Worker(self.env.registry, "cron") as worker:
            self.env["sync.alarm"]._answer()
            busy = Loop(self.env.registry, worker, stop=lambda: False).until_idle(time.monotonic() + CRON_SECONDS)
        if busy:
            self.env.ref("sync_governance.cron_engine")._trigger()

    # -- one pass ---------------------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _run_pass(self, worker):
        """One look at everything, and a turn at what waits: requests, due times, new events, lanes, what failed.

        Returns how much was moved; what this pass made and has not seen is for the next one.
        """
        registry, wire = self.env.registry, worker.pump
        worker.renew()
        moved = self._guarded(worker, lambda: wire.collect(registry))
        if self.env["sync.production"]._standing().reason:
            return moved
        self._guarded(worker, lambda: self._look_after_probes(worker))
        if wire.is_quiet():
            return moved
        seen = glance(registry, worker.pools)
        if seen.commands:
            moved += self._guarded(worker, self.env["sync.command"]._execute_open)
        if seen.due:
            moved += self._guarded(worker, self.env["sync.due"]._run_due)
        if moved and (seen.commands or seen.due):
            seen = glance(registry, worker.pools)
        pools = set(seen.pools)
        if seen.polls:
            moved += self._guarded(worker, lambda: worker.poller.launch(registry))
        drawn = seen.states and self._guarded(worker, lambda: drawing.run(registry))
        moved += drawn
        if seen.events or drawn:
            moved += self._guarded(worker, lambda: self._route(worker, pools))
        for pool, parts in SLICES:
            if pool in pools:
                limit = max(sizing.CLAIM.now // parts, 1)
                moved += self._guarded(worker, lambda p=pool, n=limit: self._take_turn(worker, p, n))
        if seen.doubtful:
            moved += self._guarded(worker, lambda: self._work_doubtful(worker))
        if "delivery" in pools:
            moved += self._guarded(worker, lambda: self._deliver_due(worker))
        if seen.exceptions:
            moved += self.env["sync.exception"]._collect()
        return moved

    def _guarded(self, worker, part):
        """One part of a pass; when it fails the others go on, and what it left undone is still there to be found."""
        try:
            return part()
        except Exception as error:
            if getattr(error, "pgcode", None) in CONFLICTS:
                _logger.info("A part of the pass lost a race and comes again: %s", error.pgcode)
                return 1
            if isinstance(error, LOST):
                worker.doubt()
                forget_connections()
            _logger.exception("A part of the pass failed")
            return 0

    def _look_after_probes(self, worker):
        """What came of documents that were tried although their interface is held; not while they are on the wire."""
        over = worker.probes.difference(worker.pump.flights)
        if over:
            worker.probes -= over
            with read_committed(self.env.registry) as cr:
                interface_hold.look_after(self.env(cr=cr), sorted(over))

    def _route(self, worker, pools):
        """Fan events out, and add to ``pools`` those that have work by that; returns how many events."""
        moved, filled = route.run(self.env.registry)
        pools |= filled.intersection(worker.pools)
        return moved

    def _take_turn(self, worker, pool, limit):
        """Work a pool ``limit`` messages at a time, and again while there is more; returns how many."""
        moved, until = 0, time.monotonic() + TURN_SECONDS
        while True:
            worked = self._work_due(worker, (pool,), limit, standing="good")
            moved += worked
            if worked < limit or time.monotonic() > until:
                return moved

    def _deliver_due(self, worker):
        """Fill the places that are free with deliveries that are due; returns how many were taken up."""
        room = worker.pump.room()
        if not room:
            return 0
        moved = self._work_due(worker, ("delivery",), room, share=pump.SHARE, taken=worker.pump.taken())
        if worker.pump.inline:
            worker.pump.collect(self.env.registry)
        return moved

    def _work_doubtful(self, worker):
        """Lanes over which a worker died come after the others, few or one at a time: they hold up nobody.

        Deliveries, which are under way side by side, sort that out by themselves.
        """
        pools = tuple(pool for pool in worker.pools if pool != "delivery")
        moved, until = 0, time.monotonic() + DOUBTFUL_SECONDS
        for standing, limit in DOUBTFUL if pools else ():
            while worked := self._work_due(worker, pools, limit, standing=standing):
                moved += worked
                if time.monotonic() > until:
                    break
        return moved

    def _work_due(self, worker, pools, limit, **bounds):
        """Claim up to ``limit`` lanes that are due and work the messages at their heads; returns how many messages.

        Fewer lanes than that, and each may give several consecutive messages.
        """
        token = uuid.uuid4().hex
        with read_committed(self.env.registry, durable=False) as cr:
            lanes = queue.claim_lanes(cr, token=token, worker=worker.id, pools=pools, limit=limit, **bounds)
            if not lanes:
                return 0
            per_lane = 1 if pools == ("delivery",) else queue.per_lane(lanes, limit)
            held = queue.hold_unread(cr, lanes)
            heads = queue.heads(cr, [lane.lane_id for lane in lanes if lane.lane_id not in held], per_lane)
            heads, probes = interface_hold.let_through(cr, token, heads)
            claim = Claim(token, lanes[0].claimed_at, worker)
        started = time.monotonic()
        self._work_and_let_go(claim, lanes, heads, probes)
        if bounds.get("standing") == "good":
            sizing.CLAIM.took(time.monotonic() - started, full=len(heads) >= limit)
        return max(len(heads), 1)

    def _work_and_let_go(self, claim, lanes, heads, probes):
        try:
            self._work(claim, lanes, heads)
        except BaseException:
            # Whatever went wrong: no lane stays claimed by a worker that lives on and would never be rescued from.
            with read_committed(self.env.registry, durable=False) as cr:
                queue.abandon(cr, token=claim.token, but=claim.worker.pump.lanes(claim.token))
            raise
        claim.worker.probes.update(probes)
        self._look_after_probes(claim.worker)

    def _work(self, claim, lanes, heads):
        by_lane = {}
        for head in heads:
            by_lane.setdefault(head.lane_id, []).append(head)
        idle = [lane.lane_id for lane in lanes if lane.lane_id not in by_lane]
        group = [lane for lane in lanes if lane.lane_id in by_lane]
        # A lane over which a worker died is worked with few others like it, or alone with nothing else in our hands:
        # only so does a death count against the message that caused it. The others are let go as if never claimed;
        # with deliveries under way it is let go too, and comes when they are written back.
        doubtful = [lane for lane in group if lane.allowance]
        if doubtful:
            claim.worker.pump.ask_quiet()
            if claim.worker.pump.is_quiet():
                doubtful, group = [], [lane for lane in group if lane not in doubtful]
            else:
                company = [lane for lane in doubtful if lane.allowance >= queue.COMPANY]
                doubtful = group = company[: queue.COMPANY] or doubtful[:1]
        others = [lane_id for lane_id in by_lane if lane_id not in {lane.lane_id for lane in group}]
        if idle or others:
            with read_committed(self.env.registry, durable=False) as cr:
                queue.settle(cr, token=claim.token, lane_ids=idle + others, untouched=True)
        if doubtful and doubtful[0].allowance == 1 and doubtful[0].strikes > queue.STRIKES_UNTIL_POISON:
            self._quarantine(doubtful[0], claim.token)
            return
        for directions, drive in (
            (("inbound", "internal"), self._drive_in),
            (("outbound",), claim.worker.pump.launch),
        ):
            mine = [head for lane in group if lane.direction in directions for head in by_lane[lane.lane_id]]
            if mine:
                claim.worker.processed += len(mine)
                self._drive(drive, claim, mine)
        if doubtful:
            claim.worker.pump.ask_quiet()

    def _drive_in(self, registry, claim, heads):
        """Files are opened, documents worked."""
        files = opening.belongs_here(registry, heads)
        lanes = {head.lane_id for head in files}  # what stands behind a file waits for its turn
        if documents := [head for head in heads if head.lane_id not in lanes]:
            inbound.drive(registry, claim, documents)
        if files:
            opening.drive(registry, claim, files)

    def _drive(self, drive, claim, heads):
        """Drive a group; an error that no stage caught becomes the fault of the message it hit, and of no other."""
        try:
            drive(self.env.registry, claim, heads)
        except Exception as error:
            firsts = list({head.lane_id: head for head in reversed(heads)}.values())
            if len(heads) > 1:
                # One of each lane: what is behind it comes when the lane is taken the next time.
                for head in reversed(firsts):
                    self._drive(drive, claim, [head])
                return
            with business(self.env.registry) as cr:
                (work,) = load(self.env(cr=cr), heads)
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
