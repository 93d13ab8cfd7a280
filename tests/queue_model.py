"""What the queue is meant to do, said simply: lists in memory, whole seconds, no SQL.

``tests/test_queue_model.py`` drives this model and the real tables side by side and compares all of both after every
step. A method does what its namesake in ``core.queue`` must do and answers what that must answer.
"""

from dataclasses import dataclass, field
from datetime import datetime

from odoo.addons.sync_governance.core import queue
from odoo.addons.sync_governance.core.queue.parking import AGAIN_SECONDS
from odoo.addons.sync_governance.core.queue.settle import ABANDONED_REST_SECONDS

ENDPOINTS = {1: "inbound", 2: "outbound"}
RETRYABLE = ("failed", "parked", "cancelled")
REPLAYABLE = ("done", "superseded", "failed", "cancelled")
OPEN = ("ready", "parked", "failed")
TOGETHER = ("batch", "window")
EPOCH = datetime(2026, 1, 1)
"""The model's zero."""
FRONT = int((datetime(2000, 1, 1) - EPOCH).total_seconds())
"""When a lane is due that was brought to the front."""


@dataclass
class Message:
    """One message; ``line`` is (endpoint, key) of its lane, None if it never had one or it is gone.

    ``back_at`` is the step at which a person or a wait that was met brought it back to its place in the lane;
    ``hastened`` says that it was a person. ``opened`` counts how often it was done and then opened again.
    """

    id: int
    endpoint: int
    line: tuple | None
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
    hastened: bool = False
    opened: int = 0
    replay: tuple | None = None


@dataclass
class Lane:
    """``usual`` is the pool it goes back to after it was brought forward; ``blocked_at`` the step of the last block."""

    id: int
    line: tuple
    pool: str
    next_at: int | None = None
    usual: str | None = None
    rested_at: int | None = None
    blocked_at: int = 0
    token: str | None = None
    worker: int | None = None
    strikes: int = 0
    allowance: int = 0
    blocked: int | None = None


@dataclass
class Model:
    """``now`` counts seconds. ``effects`` lists (message id, token of who did it) in the order of their commits.

    ``gathered`` is {interface: [when its documents go on, how many were counted]}.
    """

    now: int = 0
    step: int = 0
    lanes: dict = field(default_factory=dict)
    messages: dict = field(default_factory=dict)
    beats: dict = field(default_factory=dict)
    paused: set = field(default_factory=set)
    effects: list = field(default_factory=list)
    gathered: dict = field(default_factory=dict)

    # -- looking -----------------------------------------------------------------------------------------------------

    def ready(self, line):
        """The messages of a lane that wait for their turn, in order."""
        return [m for _id, m in sorted(self.messages.items()) if m.line == line and m.state == "ready"]

    def lanes_of(self, message_ids):
        lines = [self.messages[m].line for m in message_ids if m in self.messages]
        return [self.lanes[line] for line in lines if line]

    def holds(self, token, line):
        """Whether the lane is there and claimed under ``token``."""
        return line in self.lanes and self.lanes[line].token == token

    def due(self):
        """All due times: (kind, id, when, how many documents)."""
        waits = [(queue.PARKED, m.id, m.due_at, 0) for m in self.messages.values() if m.due_at is not None]
        return sorted(waits + [(queue.GATHERED, interface, *row) for interface, row in self.gathered.items()])

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

    def waiting(self, sent):
        """Which interfaces make what is sent wait for the others: {interface: (seconds, enough, how many)}.

        ``sent`` are pairs of (interface, timing). Decided when it is stored; another sender of the same waits.
        """
        found = {}
        for interface, timing in sent:
            if timing and (timing.kind == "batch" or timing.seconds or interface in self.gathered):
                seconds, enough, count = found.get(interface, (timing.seconds, timing.documents, 0))
                found[interface] = (seconds, enough, count + 1)
        return found

    def enqueue(self, messages, lane_ids, pools, waiting, at):
        """What one transaction brings: its lanes were asleep, awake, at work, blocked, or are new.

        ``lane_ids`` and ``pools`` by line, ``waiting`` as above, ``at`` when it was stored.
        """
        for message in messages:
            self.messages[message.id] = message
            if message.line is None:
                continue
            if message.line not in self.lanes:
                self.lanes[message.line] = Lane(lane_ids[message.line], message.line, pools[message.line])
            lane = self.lanes[message.line]
            asleep = lane.next_at is None and lane.token is None and lane.blocked is None
            if message.state == "ready" and asleep:
                lane.next_at, lane.pool = message.run_at, pools[message.line]
        for interface, (seconds, enough, count) in waiting.items():
            row = self.gathered.setdefault(interface, [at + seconds, 0])
            row[1] += count
            row[0] = min(row[0], at if enough and row[1] >= enough else at + seconds)

    def claim(self, lines, token, worker):
        for line in lines:
            lane = self.lanes[line]
            lane.token, lane.worker, lane.strikes = token, worker, lane.strikes + 1

    def fence(self, message_ids, token):
        """Still open, the lane still ours, and nothing before them that must not be overtaken."""
        wanted = [self.messages[m] for m in message_ids]
        return {m.id for m in wanted if m.state == "ready" and self.holds(token, m.line) and self._in_front(m)}

    def finish(self, message_ids, token):
        for message_id in message_ids:
            message = self.messages[message_id]
            message.state, message.attempt, message.fault = "done", message.attempt + 1, None
            self.effects.append((message_id, token))

    def settle(self, token, lines, verdicts=(), untouched=False):
        ours = [self.lanes[line] for line in lines if self.holds(token, line)]
        mine = [v for v in verdicts if v.lane_id in {lane.id for lane in ours}]
        for verdict in mine:
            self._rule(verdict)
        self._stop([lane for lane in ours if any(v.lane_id == lane.id and v.kind == "fail" and v.block for v in mine)])
        for lane in ours:
            gentle = untouched or any(v.lane_id == lane.id and v.kind == "retry" and not v.burn for v in mine)
            lane.strikes = max(lane.strikes - 1, 0) if gentle else 0
            lane.token = lane.worker = None
            lane.rested_at = None if self.ready(lane.line) else self.now
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
        waiting = self.ready(line)
        if not self.holds(token, line) or not waiting:
            return None
        waiting[0].state, waiting[0].fault, waiting[0].stops = "failed", "engine.poison", block
        self._stop([self.lanes[line]])
        return waiting[0].id

    # -- people and time ---------------------------------------------------------------------------------------------

    def retry(self, message_ids, lane_ids):
        """``lane_ids`` by line: for those whose lane is gone, which get one of their own."""
        moved = [self.messages[m] for m in message_ids if self.messages[m].state in RETRYABLE]
        self._give_lane(moved, lane_ids)
        for message in moved:
            self._begin_anew(message)
        return self._moved(message_ids, moved)

    def reopen(self, message_ids, lane_ids, replay):
        moved = [self.messages[m] for m in message_ids if self.messages[m].state in REPLAYABLE]
        self._give_lane(moved, lane_ids)
        for message in moved:
            message.opened += message.state == "done"
            message.replay = replay
            self._begin_anew(message)
        return self._moved(message_ids, moved)

    def cancel(self, message_ids):
        moved = [self.messages[m] for m in message_ids if self.messages[m].state in OPEN]
        for message in moved:
            message.state, message.stops = "cancelled", False
            message.wait = message.until = message.due_at = None
        return self._moved(message_ids, moved)

    def hold(self, message_ids, stopping):
        moved = [m for m in map(self.messages.get, message_ids) if m.state in ("ready", "parked") and not self._held(m)]
        for message in moved:
            message.state, message.fault, message.stops = "parked", "engine.held", message.id in stopping
            message.wait = (queue.HELD, str(self.lanes[message.line].id))
            message.until = message.due_at = None
            message.goes_on = False
        return self._moved(message_ids, moved)

    def release_held(self, message_ids):
        moved = [m for m in map(self.messages.get, message_ids) if self._held(m)]
        for message in moved:
            message.fault, message.stops, message.hastened = None, False, True
            self._bring_back(message)
        return self._moved(message_ids, moved)

    def hurry(self, message_ids):
        moved = [m for m in map(self.messages.get, message_ids) if m.state == "ready"]
        for message in moved:
            message.run_at = self.now
        return self._moved(message_ids, moved)

    def bring_forward(self, message_ids):
        """Their lanes are taken before all others, by whoever does what cannot wait, until they have run empty."""
        ready = [m for m in map(self.messages.get, message_ids) if m.state == "ready"]
        for lane in self.lanes_of([m.id for m in ready]):
            lane.usual = lane.usual or lane.pool
            lane.pool = "delivery" if lane.pool == "delivery" else "real_time"
        return self._moved(message_ids, ready)

    def delete_idle(self, after, limit, idle_seconds, locked):
        """Of the next lanes those that were at rest for so long and that nobody needs; how to go on."""
        window = sorted((lane for lane in self.lanes.values() if lane.id > after), key=lambda lane: lane.id)[:limit]
        needed = {m.line for m in self.messages.values() if m.state not in ("done", "superseded")}
        gone = [
            lane
            for lane in window
            if lane.line not in needed | locked
            and lane.token is None
            and (lane.rested_at is None or lane.rested_at < self.now - idle_seconds)
        ]
        for lane in gone:
            del self.lanes[lane.line]
            for message in self.messages.values():
                if message.line == lane.line:
                    message.line = None
        return window[-1].id if window and len(window) == limit else None, {lane.id for lane in gone}

    def waiting_for(self, wait_type, refs):
        return [
            m for m in self.messages.values() if m.state == "parked" and m.wait in {(wait_type, ref) for ref in refs}
        ]

    def release(self, messages):
        for message in messages:
            self._bring_back(message)
        self._wake(self.lanes_of([m.id for m in messages]))
        return {message.id for message in messages}

    def release_gathered(self, interface, limit, locked):
        """The oldest that wait for the others of ``interface``: (ids that go on, whether there are more)."""
        rows = [m for _id, m in sorted(self.messages.items()) if m.state == "parked" and self._gathered(m, interface)]
        moved = self.release([m for m in rows[:limit] if m.line not in locked])
        return moved, len(moved) < len(rows)

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

    @staticmethod
    def _held(message):
        return message.state == "parked" and message.wait[0] == queue.HELD

    @staticmethod
    def _gathered(message, interface):
        return message.wait in {(kind, str(interface)) for kind in TOGETHER}

    def _in_front(self, message):
        blocked = self.lanes[message.line].blocked
        return blocked is None or message.id < blocked

    def _begin_anew(self, message):
        message.fault, message.attempt, message.stops, message.hastened = None, 0, False, True
        self._bring_back(message)

    def _bring_back(self, message):
        message.state, message.run_at, message.back_at = "ready", self.now, self.step
        message.wait = message.until = message.due_at = None

    def _give_lane(self, messages, lane_ids):
        for message in messages:
            if message.line is None:
                message.line = (message.endpoint, f"message:{message.id}")
                pool = "delivery" if ENDPOINTS[message.endpoint] == "outbound" else "standard"
                self.lanes[message.line] = Lane(lane_ids[message.line], message.line, pool)

    def _moved(self, message_ids, moved):
        """The lanes of all that were asked for go on as far as they may now."""
        lanes = self.lanes_of(message_ids)
        self._stop(lanes)
        self._wake(lanes)
        return {message.id for message in moved}

    def _schedule(self, message):
        if message.until is not None:
            message.due_at = max(message.until, self.now + AGAIN_SECONDS)

    def _stop(self, lanes):
        """The first message that must not be overtaken stops its lane; with another one strikes begin anew."""
        for lane in lanes:
            first = min((m.id for m in self.messages.values() if m.line == lane.line and m.stops), default=None)
            if lane.blocked != first:
                lane.blocked, lane.strikes, lane.blocked_at = first, 0, self.step

    def _wake(self, lanes):
        for lane in lanes:
            if lane.token is None:
                self._look(lane)

    def _look(self, lane):
        """When it is due; one that has run empty is no longer brought forward."""
        waiting = self.ready(lane.line)
        if not waiting:
            lane.pool, lane.usual, lane.next_at = lane.usual or lane.pool, None, None
        elif not self._in_front(waiting[0]):
            lane.next_at = None
        else:
            lane.next_at = FRONT if lane.usual and waiting[0].run_at <= self.now else waiting[0].run_at

    @staticmethod
    def seconds(moment):
        """Seconds since the model's zero, of a naive UTC datetime."""
        return None if moment is None else int((moment - EPOCH).total_seconds())
