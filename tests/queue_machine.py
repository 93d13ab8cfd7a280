"""Senders and workers beside the queue's model: the part of ``test_queue_model.py`` in which work comes and is done.

Several of them stand in the middle of their work at any moment. What would wait for another's lock is not done, and
must be what the model says has to wait.
"""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from psycopg2 import errors
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from odoo.addons.sync_governance.core import queue

from .queue_model import ENDPOINTS, EPOCH, Message, Model

POOLS = st.sampled_from([queue.POOLS, ("real_time", "standard", "bulk"), ("standard",), ("standard", "delivery")])
LINES = st.sampled_from([(1, "a"), (1, "a"), (1, "b"), (2, "a")])
BATCH, WINDOW = 3, 4
"""Interfaces whose documents are collected, and whose documents are worked at set hours."""
KINDS = ("fail_block", "retry", "retry_free", "park", "park_goes_on", "fail_skip", "supersede", "no_word")
STOPPING = ("retry", "retry_free", "fail_block", "no_word")


@dataclass(frozen=True)
class Sent:
    """One message as a sender gives it; one that is stored for a person to look at has no lane."""

    line: tuple
    interface: int
    pool: str
    state: str = "ready"


@dataclass
class Worker:
    """Somebody at work: the lanes it claimed, {line: id}, and its open business transaction if it has begun one."""

    id: int
    token: str
    lanes: dict
    heads: dict
    claimed_at: int
    began_at: int = 0
    connection: object = None
    held: set = field(default_factory=set)
    done: set = field(default_factory=set)


@dataclass
class Sender:
    """An intake that has stored and not committed yet."""

    connection: object
    messages: list
    lane_ids: dict
    pools: dict
    waiting: dict
    at: int


POOL = st.sampled_from(["standard", "bulk"])
PLAIN = st.builds(Sent, line=LINES, interface=st.sampled_from([1, 1, 1, 1, 2]), pool=POOL)
TIMED = st.builds(Sent, line=LINES, interface=st.sampled_from([BATCH, WINDOW]), pool=POOL)
FOR_A_PERSON = st.builds(Sent, line=LINES, interface=st.just(1), pool=POOL, state=st.just("failed"))
SENT = st.one_of(
    st.lists(PLAIN, min_size=1, max_size=4), st.lists(st.one_of(PLAIN, TIMED, FOR_A_PERSON), min_size=1, max_size=4)
)


class WorkMachine(RuleBasedStateMachine):
    """The real tables of ``schema`` and their model, with those who send and those who work."""

    schema = None

    def __init__(self):
        super().__init__()
        self.model = Model()
        self.workers, self.senders = [], []
        self.numbers = 0
        self.main = self.schema.connect()
        self.lanes_walked = 0
        self.schema.empty()
        self.sql("INSERT INTO clock VALUES ('2026-01-01 00:00:00+00')")
        for endpoint, direction in ENDPOINTS.items():
            self.sql(
                "INSERT INTO sync_endpoint (id, state, paused, active, direction) VALUES (%s, 'live', false, true, %s)",
                [endpoint, direction],
            )

    def teardown(self):
        try:
            self.come_to_rest()
        finally:
            self.schema.let_all_go()

    # -- doors to the database ---------------------------------------------------------------------------------------

    def sql(self, statement, params=None):
        return self.short(lambda cr: cr.execute(statement, params))

    def short(self, ask, connection=None):
        """One short transaction; None when it would have to wait for somebody's lock, and then nothing happened."""
        connection = connection or self.main
        try:
            with connection, connection.cursor() as cr:
                return ask(cr)
        except errors.LockNotAvailable:
            return None

    def rows(self, statement):
        def ask(cr):
            cr.execute(statement)
            return cr.fetchall()

        return self.short(ask)

    # -- who holds what ----------------------------------------------------------------------------------------------

    def locked_lines(self):
        return {line for sender in self.senders for line in sender.lane_ids}

    def locked_messages(self):
        return {message for worker in self.workers for message in worker.held}

    def locked_interfaces(self):
        """Those of which a sender just now counts what is gathered."""
        return {interface for sender in self.senders for interface in sender.waiting}

    def must_wait(self, lines=(), messages=()):
        return bool(set(lines) & self.locked_lines() or set(messages) & self.locked_messages())

    def lines_of(self, message_ids):
        return {self.model.messages[m].line for m in message_ids}

    @staticmethod
    def lane_ids(cr):
        cr.execute("SELECT endpoint_id, key, id FROM sync_lane")
        return {(endpoint, key): lane for endpoint, key, lane in cr.fetchall()}

    # -- senders -----------------------------------------------------------------------------------------------------

    def somebody_sends(self, data):
        sender = self.begin_sending(data.draw(SENT), data.draw(st.booleans(), label="within the hours"))
        if sender:
            self.commit_sending(sender)

    def somebody_begins_to_send(self, data):
        sender = self.begin_sending(data.draw(SENT), data.draw(st.booleans(), label="within the hours"))
        if sender:
            self.senders.append(sender)

    def somebody_ends_sending(self, data):
        sender = self.senders.pop(data.draw(st.integers(0, len(self.senders) - 1)))
        if data.draw(st.sampled_from([True, True, False]), label="commits"):
            self.commit_sending(sender)
        else:
            self.schema.let_go(sender.connection)

    def begin_sending(self, sent, is_open):
        """``is_open``: whether it is within the hours of the interface that has some."""
        timings = {BATCH: queue.Timing("batch", 60, 3), WINDOW: queue.Timing("window", 0 if is_open else 60)}
        waiting = self.model.waiting([(one.interface, timings.get(one.interface)) for one in sent])
        ready = [one for one in sent if one.state == "ready"]
        busy = self.must_wait({one.line for one in ready}) or bool(waiting.keys() & self.locked_interfaces())
        connection = self.schema.connect()
        try:
            with connection.cursor() as cr:
                ids = queue.enqueue(cr, [self.new_message(one, timings.get(one.interface)) for one in sent])
                assert not busy, "what another sender holds was not waited for"
                lane_ids = self.lane_ids(cr)
        except errors.LockNotAvailable:
            self.schema.let_go(connection)
            assert busy, "waited for what nobody holds"
            return None
        assert ids == sorted(ids), "messages take their ids in the order in which they were sent"
        messages = []
        for message_id, one in zip(ids, sent, strict=True):
            line = one.line if one.state == "ready" else None
            message = Message(message_id, one.line[0], line, one.interface, self.model.now, one.state)
            if one.interface in waiting:
                message.state, message.wait = "parked", (timings[one.interface].kind, str(one.interface))
            messages.append(message)
        # Of several messages of one transaction the first one's pool counts.
        pools = {one.line: "delivery" if self.is_delivered(one.line) else one.pool for one in reversed(ready)}
        return Sender(connection, messages, {line: lane_ids[line] for line in pools}, pools, waiting, self.model.now)

    @staticmethod
    def is_delivered(line):
        return ENDPOINTS[line[0]] == "outbound"

    def new_message(self, one, timing):
        self.numbers += 1
        endpoint, key = one.line
        return queue.NewMessage(
            uid=f"{self.numbers}-{uuid.uuid4().hex}",
            direction=ENDPOINTS[endpoint],
            endpoint_id=endpoint,
            trading_partner_id=1,
            company_id=1,
            key=key,
            interface_id=one.interface,
            pool=one.pool,
            state=one.state,
            timing=timing,
        )

    def commit_sending(self, sender):
        sender.connection.commit()
        self.schema.let_go(sender.connection)
        for message in sender.messages:
            message.back_at = self.model.step
        self.model.enqueue(sender.messages, sender.lane_ids, sender.pools, sender.waiting, sender.at)

    # -- workers -----------------------------------------------------------------------------------------------------

    def a_worker_claims(self, data):
        pools, limit, per_lane = data.draw(POOLS), data.draw(st.integers(1, 6)), data.draw(st.sampled_from([3, 2, 1]))
        standing = data.draw(st.sampled_from([None, None, None, "good", "doubtful", "suspect"]))
        worker = Worker(len(self.model.beats) + 1, uuid.uuid4().hex, {}, {}, self.model.step)
        self.sql(
            """INSERT INTO sync_worker (id, name, token, kind, pools, heartbeat_at)
               VALUES (%s, 'w', %s, 'process', '', now() AT TIME ZONE 'UTC')""",
            [worker.id, worker.token],
        )
        self.model.beats[worker.id] = self.model.now
        claimable = self.claimable(pools, standing)

        def ask(cr):
            who = {"token": worker.token, "worker": worker.id}
            lanes = queue.claim_lanes(cr, **who, pools=pools, limit=limit, standing=standing)
            return lanes, queue.heads(cr, [lane.lane_id for lane in lanes], per_lane)

        lanes, heads = self.short(ask)
        lines = [(lane.endpoint_id, lane.key) for lane in lanes]
        self.check_choice(lines, claimable, limit)
        self.model.claim(lines, worker.token, worker.id)
        for lane in lanes:
            expected = self.model.lanes[lane.endpoint_id, lane.key]
            assert (lane.strikes, lane.allowance) == (expected.strikes, expected.allowance)
        expected = {line: self.model.heads(self.model.lanes[line], per_lane) for line in lines}
        assert [h.message_id for h in heads] == [m for line in lines for m in expected[line]]
        # In one order, however the database gives them: what is drawn next must not depend on it.
        worker.lanes = {line: self.model.lanes[line].id for line in sorted(lines)}
        worker.heads = {line: expected[line] for line in sorted(lines)}
        if lanes:
            self.workers.append(worker)

    def claimable(self, pools, standing):
        locked = self.locked_lines()
        found = self.model.claimable(pools)
        return {
            endpoint: [lane for lane in lanes if lane.line not in locked and standing in (None, self.standing(lane))]
            for endpoint, lanes in found.items()
        }

    @staticmethod
    def standing(lane):
        if not lane.allowance:
            return "good"
        return "doubtful" if lane.allowance >= queue.COMPANY else "suspect"

    def check_choice(self, lines, claimable, limit):
        """As many as there are and fit, the longest due first; of an endpoint that is delivered to at most a share."""
        share = {endpoint: max(limit // 4, 1) if self.is_delivered((endpoint,)) else limit for endpoint in claimable}
        room = {endpoint: min(len(lanes), share[endpoint]) for endpoint, lanes in claimable.items()}
        assert set(lines) <= {lane.line for lanes in claimable.values() for lane in lanes}, "a lane that is not due"
        assert len(lines) == min(limit, sum(room.values()))
        for endpoint, lanes in claimable.items():
            mine = sorted(lane.next_at for lane in lanes if lane.line in lines)
            assert len(mine) <= share[endpoint]
            assert mine == sorted(lane.next_at for lane in lanes)[: len(mine)], "another lane was due longer"

    def a_worker_goes_on(self, data):
        """Mostly with the next step of its work; it may also stop at any of them."""
        worker = data.draw(st.sampled_from(self.workers))
        if worker.connection:
            steps = ["commits"] * 4 + ["dies"]
        else:
            steps = ["settles", "lets_go_untouched", "abandons", "sets_a_head_aside", "dies"]
            steps += (
                ["settles"] * 4
                if worker.done or not any(worker.heads.values())
                else ["begins", "begins_after_a_hold"] * 5
            )
        getattr(self, f"a_worker_{data.draw(st.sampled_from(steps), label=f'worker {worker.id}')}")(data, worker)

    def a_worker_begins(self, _data, worker):
        """Its business transaction: the fence, then the effects."""
        wanted = [message for heads in worker.heads.values() for message in heads]
        open_ones = self.model.fence(wanted, worker.token)
        connection = self.schema.connect(ISOLATION_LEVEL_REPEATABLE_READ)
        try:
            with connection.cursor() as cr:
                held = queue.fence(cr, wanted, token=worker.token)
                for message in sorted(held):
                    cr.execute("INSERT INTO effect (message_id, token) VALUES (%s, %s)", [message, worker.token])
        except errors.LockNotAvailable:
            self.schema.let_go(connection)
            assert self.must_wait(messages=wanted), "waited for a message that nobody works on"
            return
        assert held == open_ones, "what may be worked is what is open, in lanes that are still ours"
        worker.connection, worker.held, worker.began_at = connection, held, self.model.step

    def a_worker_commits(self, data, worker):
        """All of what it holds, or only so many of the first of each lane: then the rest was not applied."""
        finished = []
        for heads in worker.heads.values():
            mine = [message for message in heads if message in worker.held]
            finished += mine[: data.draw(st.integers(0, len(mine)), label="done of this lane")]
        self.check_order(worker, finished)
        with worker.connection.cursor() as cr:
            cr.execute("DELETE FROM effect WHERE token = %s AND message_id <> ALL(%s)", [worker.token, finished])
            queue.finish(cr, [(message, None, None) for message in finished])
        worker.connection.commit()
        self.schema.let_go(worker.connection)
        worker.connection = None
        worker.held, worker.done = set(), set(finished)
        self.model.finish(finished, worker.token)

    def check_order(self, worker, finished):
        """Nothing is done before an earlier message of its lane, unless that one came back only after the claim."""
        for message_id in finished:
            line = self.model.messages[message_id].line
            earlier = [
                m.id
                for m in self.model.ready(line)
                if m.id < message_id and m.id not in finished and m.back_at <= worker.claimed_at
            ]
            assert not earlier, f"{message_id} overtakes {earlier}"
            lane = self.model.lanes[line]
            stopped = lane.blocked is not None and lane.blocked < message_id and lane.blocked_at <= worker.began_at
            assert not stopped, f"{message_id} is done behind {lane.blocked}, which stops its lane"

    def a_worker_dies(self, _data, worker):
        """Before, in or after its business transaction; what it claimed stays claimed."""
        self.workers.remove(worker)
        if worker.connection:
            self.schema.let_go(worker.connection)

    def a_worker_settles(self, data, worker):
        verdicts = self.draw_verdicts(data, worker)
        ours = self.still_held(worker)
        ruled = [v.message_id for v in verdicts if self.model.messages[v.message_id].line in ours]
        still = [m for m in ruled if self.model.messages[m].state == "ready"]
        lane_ids = list(worker.lanes.values())
        answer = self.short(lambda cr: queue.settle(cr, token=worker.token, lane_ids=lane_ids, verdicts=verdicts))
        if answer is None:
            assert self.must_wait(ours, still), "waited although nobody is in the way"
            return
        assert answer == self.model.settle(worker.token, worker.lanes, verdicts)
        self.workers.remove(worker)

    def still_held(self, worker):
        return [line for line in worker.lanes if self.model.holds(worker.token, line)]

    def draw_verdicts(self, data, worker):
        """A word about each message that was not done; what stands behind one that stops its lane has none."""
        verdicts = []
        for line, heads in worker.heads.items():
            for message in heads:
                if message in worker.done:
                    continue
                kind = data.draw(st.sampled_from(KINDS), label=f"message {message}")
                if kind != "no_word":
                    verdicts.append(self.verdict(message, worker.lanes[line], kind, data))
                if kind in STOPPING:
                    break
        return verdicts

    def verdict(self, message, lane_id, kind, data):
        if kind.startswith("park"):
            return queue.Verdict(
                message,
                lane_id,
                "park",
                fault_code="sequence.predecessor_missing",
                wait_type="order",
                wait_ref=data.draw(st.sampled_from(["7", "8"])),
                wait_until=data.draw(st.sampled_from([None, EPOCH + timedelta(seconds=self.model.now + 60)])),
                wait_goes_on=kind == "park_goes_on",
            )
        if kind.startswith("retry"):
            delay = data.draw(st.sampled_from([0, 60, 600]))
            burn = kind == "retry"
            return queue.Verdict(message, lane_id, "retry", fault_code="x", delay=float(delay), burn=burn)
        if kind == "supersede":
            return queue.Verdict(message, lane_id, "supersede", fault_code="sequence.superseded")
        return queue.Verdict(message, lane_id, "fail", fault_code="x", block=kind == "fail_block")

    def a_worker_lets_go_untouched(self, _data, worker):
        lane_ids, ours = list(worker.lanes.values()), self.still_held(worker)
        answer = self.short(lambda cr: queue.settle(cr, token=worker.token, lane_ids=lane_ids, untouched=True))
        if answer is None:
            assert self.must_wait(ours)
            return
        assert answer == self.model.settle(worker.token, worker.lanes, untouched=True)
        self.workers.remove(worker)

    def a_worker_abandons(self, _data, worker):
        ours = self.still_held(worker)
        answer = self.short(lambda cr: queue.abandon(cr, token=worker.token))
        if answer is None:
            assert self.must_wait(ours)
            return
        assert set(answer) == self.model.abandon(worker.token)
        self.workers.remove(worker)

    def a_worker_sets_a_head_aside(self, data, worker):
        block = data.draw(st.booleans(), label="stops its lane")
        line, lane_id = data.draw(st.sampled_from(sorted(worker.lanes.items())))

        def ask(cr):
            found = queue.quarantine(cr, lane_id, token=worker.token, block=block)
            return (found, queue.settle(cr, token=worker.token, lane_ids=[lane_id]))

        answer = self.short(ask)
        if answer is None:
            assert self.must_wait([line], [m.id for m in self.model.ready(line)[:1]])
            return
        expected = self.model.quarantine(line, worker.token, block)
        assert answer == (expected, self.model.settle(worker.token, [line]))
