"""What the queue is meant to do, said simply: lists in memory, whole seconds, no SQL.

``tests/test_queue_model.py`` drives this model and the real tables side by side and compares all of both after every
step. A method does what its namesake in ``core.queue`` must do and answers what that must answer.
"""

from dataclasses import dataclass, field
from datetime import datetime

from odoo.addons.sync_governance.core import queue
from odoo.addons.sync_governance.core.queue.parking import AGAIN_SECONDS
from odoo.addons.sync_governance.core.queue.settle import ABANDONED_REST_SECONDS

RETRYABLE = ("failed", "parked", "cancelled")
OPEN = ("ready", "parked", "failed")
EPOCH = datetime(2026, 1, 1)
"""The model's zero."""


@dataclass
class Message:
    """``back_at`` is the step at which a person or a wait that was met brought it back to its place in the lane."""

    id: int
    line: tuple
    interface: int
    run_at: int
    state: str = "ready"
    attempt: int = 0
    fault: str | None = None
    wait: tuple | None = None
    until: int | None = None
    goes_on: bool = False
    due_at: int | None = None
    stops: bool = False
    back_at: int = 0


@dataclass
class Lane:
    id: int
    line: tuple
    pool: str
    next_at: int | None
    token: str | None = None
    worker: int | None = None
    strikes: int = 0
    allowance: int = 0
    blocked: int | None = None


@dataclass
class Model:
    """``now`` counts seconds. ``effects`` lists (message id, token of who did it) in the order of their commits."""

    now: int = 0
    step: int = 0
    lanes: dict = field(default_factory=dict)
    messages: dict = field(default_factory=dict)
    beats: dict = field(default_factory=dict)
    paused: set = field(default_factory=set)
    effects: list = field(default_factory=list)

    # -- looking -----------------------------------------------------------------------------------------------------

    def ready(self, line):
        """The messages of a lane that wait for their turn, in order."""
        return [m for _id, m in sorted(self.messages.items()) if m.line == line and m.state == "ready"]

    def lanes_of(self, message_ids):
        return [self.lanes[self.messages[m].line] for m in message_ids if m in self.messages]

    def claimable(self, pools):
        """Lanes that are due, by endpoint."""
        found = {}
        for lane in self.lanes.values():
            due = lane.next_at is not None and lane.next_at <= self.now
            if lane.token is None and due and lane.pool in pools and lane.line[0] not in self.paused:
                found.setdefault(lane.line[0], []).append(lane)
        return found

    def heads(self, lane, per_lane):
        found = []
        before = [m for m in self.ready(lane.line) if lane.blocked is None or m.id < lane.blocked]
        for message in before[:per_lane]:
            if message.run_at > self.now or message.interface != (found or [message])[0].interface:
                break
            found.append(message)
        return [message.id for message in found]

    # -- the queue ---------------------------------------------------------------------------------------------------

    def enqueue(self, message, lane_id, pool):
        """One new message; its lane was asleep, awake, at work, blocked, or is new."""
        lane = self.lanes.get(message.line)
        if lane is None:
            self.lanes[message.line] = Lane(lane_id, message.line, pool, message.run_at)
        elif lane.next_at is None and lane.token is None and lane.blocked is None:
            lane.next_at, lane.pool = message.run_at, pool
        self.messages[message.id] = message

    def claim(self, lines, token, worker):
        for line in lines:
            lane = self.lanes[line]
            lane.token, lane.worker, lane.strikes = token, worker, lane.strikes + 1

    def fence(self, message_ids, token):
        """Still open, and the lane still ours."""
        return {
            m
            for m in message_ids
            if self.messages[m].state == "ready" and self.lanes[self.messages[m].line].token == token
        }

    def finish(self, message_ids, token):
        for message_id in message_ids:
            message = self.messages[message_id]
            message.state, message.attempt, message.fault = "done", message.attempt + 1, None
            self.effects.append((message_id, token))

    def settle(self, token, lines, verdicts=(), untouched=False):
        ours = [self.lanes[line] for line in lines if self.lanes[line].token == token]
        mine = [v for v in verdicts if v.lane_id in {lane.id for lane in ours}]
        for verdict in mine:
            self._rule(verdict)
        self._stop([lane for lane in ours if any(v.lane_id == lane.id and v.kind == "fail" and v.block for v in mine)])
        for lane in ours:
            gentle = untouched or any(v.lane_id == lane.id and v.kind == "retry" and not v.burn for v in mine)
            lane.strikes = max(lane.strikes - 1, 0) if gentle else 0
            lane.token = lane.worker = None
            self._look(lane)
            self._earn(lane, gentle)
        return {lane.id for lane in ours}

    def _earn(self, lane, gentle):
        """What went well counts double the next time; an empty lane has nothing to answer for."""
        lane.allowance *= 1 if gentle else 2
        if not self.ready(lane.line) or lane.allowance >= 512:
            lane.allowance = 0

    def _suspect(self, lane):
        """After a death: eight messages at once; after the next one, and only then are deaths counted."""
        lane.strikes = lane.strikes if lane.allowance == 1 else 0
        lane.allowance = 1 if lane.allowance else 8

    def _rule(self, verdict):
        message = self.messages[verdict.message_id]
        if message.state != "ready":
            return
        message.fault = verdict.fault_code
        if verdict.kind == "retry":
            message.run_at = self.now + int(verdict.delay)
            message.attempt += verdict.burn
        elif verdict.kind == "park":
            message.state, message.wait = "parked", (verdict.wait_type, verdict.wait_ref)
            message.until, message.goes_on = self.seconds(verdict.wait_until), verdict.wait_goes_on
            self._schedule(message)
        elif verdict.kind == "supersede":
            message.state, message.fault = "superseded", "sequence.superseded"
        else:
            message.state, message.attempt, message.stops = "failed", message.attempt + 1, verdict.block

    def abandon(self, token):
        held = [lane for lane in self.lanes.values() if lane.token == token]
        for lane in held:
            lane.token = lane.worker = None
            lane.next_at = self.now + ABANDONED_REST_SECONDS
            self._suspect(lane)
        return {lane.id for lane in held}

    def rescue(self, locked):
        """Lanes of workers that were not heard of; ``locked`` lines are left to the next look."""
        dead = [
            lane
            for lane in self.lanes.values()
            if lane.token and lane.line not in locked and self.now - self.beats[lane.worker] > queue.DEAD_AFTER_SECONDS
        ]
        for lane in dead:
            lane.token = lane.worker = None
            lane.next_at = self.now
            self._suspect(lane)
        return {lane.id for lane in dead}

    def quarantine(self, line, token, block):
        """Set the head aside; the caller settles in the same transaction."""
        lane, waiting = self.lanes[line], self.ready(line)
        if lane.token != token or not waiting:
            return None
        waiting[0].state, waiting[0].fault, waiting[0].stops = "failed", "engine.poison", block
        self._stop([lane])
        return waiting[0].id

    # -- people and time ---------------------------------------------------------------------------------------------

    def retry(self, message_ids):
        moved = [m for m in message_ids if self.messages[m].state in RETRYABLE]
        lanes = self.lanes_of(message_ids)
        for message_id in moved:
            message = self.messages[message_id]
            message.fault, message.attempt, message.stops = None, 0, False
            self._bring_back(message)
        self._stop(lanes)
        self._wake(lanes)
        return set(moved)

    def cancel(self, message_ids):
        moved = [m for m in message_ids if self.messages[m].state in OPEN]
        lanes = self.lanes_of(message_ids)
        for message_id in moved:
            message = self.messages[message_id]
            message.state, message.stops = "cancelled", False
            message.wait = message.until = message.due_at = None
        self._stop(lanes)
        self._wake(lanes)
        return set(moved)

    def waiting_for(self, wait_type, refs):
        return [
            m for m in self.messages.values() if m.state == "parked" and m.wait in {(wait_type, ref) for ref in refs}
        ]

    def release(self, messages):
        for message in messages:
            self._bring_back(message)
        self._wake(self.lanes_of([m.id for m in messages]))
        return {message.id for message in messages}

    def end_waits(self, locked):
        """Deadlines that have come: (ids looked at, ids that failed, ids that go on); ``locked`` lines come later."""
        over = [m for m in self.messages.values() if m.due_at is not None and m.due_at <= self.now]
        released = [m for m in over if m.goes_on and m.line not in locked]
        expired = [m for m in over if not m.goes_on]
        for message in over:
            message.due_at = None
        self.release(released)
        for message in expired:
            message.state = "failed"
        for message in over:
            if message.state == "parked":
                self._schedule(message)
        return {m.id for m in over}, {m.id for m in expired}, {m.id for m in released}

    # -- shared ------------------------------------------------------------------------------------------------------

    def _bring_back(self, message):
        message.state, message.run_at, message.back_at = "ready", self.now, self.step
        message.wait = message.until = message.due_at = None

    def _schedule(self, message):
        if message.until is not None:
            message.due_at = max(message.until, self.now + AGAIN_SECONDS)

    def _stop(self, lanes):
        """The first message that must not be overtaken stops its lane; with another one strikes begin anew."""
        for lane in lanes:
            first = min((m.id for m in self.messages.values() if m.line == lane.line and m.stops), default=None)
            if lane.blocked != first:
                lane.blocked, lane.strikes = first, 0

    def _wake(self, lanes):
        for lane in lanes:
            if lane.token is None:
                self._look(lane)

    def _look(self, lane):
        waiting = self.ready(lane.line)
        goes = bool(waiting) and (lane.blocked is None or waiting[0].id < lane.blocked)
        lane.next_at = waiting[0].run_at if goes else None

    @staticmethod
    def seconds(moment):
        """Seconds since the model's zero, of a naive UTC datetime."""
        return None if moment is None else int((moment - EPOCH).total_seconds())
