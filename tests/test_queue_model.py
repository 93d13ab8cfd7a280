"""The queue against a simple model: workers, senders, people and time in any order, on the real tables.

Hypothesis chooses what happens next: somebody sends, claims, begins, commits, dies, settles, retries, cancels, waits.
Several workers and senders stand in the middle of their work at any moment. After every step all lanes and messages
must be what the model says, and the promises are asked for one by one.
"""

import os
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from psycopg2 import errors
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from odoo.tests import BaseCase, get_db_name, tagged

from odoo.addons.sync_governance.core import queue

from .queue_model import EPOCH, Message, Model
from .queue_schema import TABLES, QueueSchema

ENDPOINTS = {1: "inbound", 2: "outbound"}
KEYS = ("a", "b")
POOLS = st.sampled_from([("standard",), ("standard", "bulk"), ("delivery",), ("standard", "delivery")])
LINES = st.tuples(st.sampled_from(sorted(ENDPOINTS)), st.sampled_from(KEYS))
SENT = st.tuples(LINES, st.integers(1, 2), st.sampled_from(["standard", "bulk"]))
KINDS = ("fail_block", "retry", "retry_free", "park", "park_goes_on", "fail_skip", "supersede", "no_word")
STOPPING = ("retry", "retry_free", "fail_block", "no_word")
EXAMPLES = int(os.environ.get("SYNC_GOVERNANCE_QUEUE_EXAMPLES", "60"))


@dataclass
class Worker:
    """Somebody at work: what it claimed, and its open business transaction if it has begun one."""

    id: int
    token: str
    lanes: list
    heads: dict
    claimed_at: int
    connection: object = None
    held: set = field(default_factory=set)
    done: set = field(default_factory=set)


@dataclass
class Sender:
    """An intake that has stored and not committed yet."""

    connection: object
    sent: list
    lines: set
    at: int


class QueueMachine(RuleBasedStateMachine):
    schema = None

    def __init__(self):
        super().__init__()
        self.model = Model()
        self.workers, self.senders = [], []
        self.numbers = 0
        self.main = self.schema.connect()
        self.sql(f"TRUNCATE {', '.join(TABLES)}, effect, clock;INSERT INTO clock VALUES ('2026-01-01 00:00:00+00')")
        for endpoint, direction in ENDPOINTS.items():
            self.sql(
                "INSERT INTO sync_endpoint (id, state, paused, active, direction) VALUES (%s, 'live', false, true, %s)",
                [endpoint, direction],
            )

    def teardown(self):
        try:
            self.come_to_rest()
        finally:
            for open_one in [*self.workers, *self.senders]:
                if open_one.connection:
                    self.schema.let_go(open_one.connection)
            self.schema.let_go(self.main)

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

    def locked_lines(self, but=None):
        return {line for sender in self.senders if sender is not but for line in sender.lines}

    def locked_messages(self, but=None):
        return {message for worker in self.workers if worker is not but for message in worker.held}

    def must_wait(self, lines=(), messages=(), but=None):
        return bool(set(lines) & self.locked_lines() or set(messages) & self.locked_messages(but))

    def lines_of(self, message_ids):
        return {self.model.messages[m].line for m in message_ids}

    # -- senders -----------------------------------------------------------------------------------------------------

    @rule(sent=st.lists(SENT, min_size=1, max_size=4))
    def somebody_sends(self, sent):
        sender = self.begin_sending(sent)
        if sender:
            self.commit_sending(sender)

    @precondition(lambda self: len(self.senders) < 2)
    @rule(sent=st.lists(SENT, min_size=1, max_size=3))
    def somebody_begins_to_send(self, sent):
        sender = self.begin_sending(sent)
        if sender:
            self.senders.append(sender)

    @precondition(lambda self: self.senders)
    @rule(data=st.data(), commits=st.booleans())
    def somebody_ends_sending(self, data, commits):
        sender = self.senders.pop(data.draw(st.integers(0, len(self.senders) - 1)))
        if commits:
            self.commit_sending(sender)
        else:
            self.schema.let_go(sender.connection)

    def begin_sending(self, sent):
        lines = {line for line, _interface, _pool in sent}
        connection = self.schema.connect()
        try:
            with connection.cursor() as cr:
                ids = queue.enqueue(cr, [self.new_message(*one) for one in sent])
                assert not self.must_wait(lines), "a lane that another sender holds was not waited for"
                cr.execute("SELECT endpoint_id, key, id FROM sync_lane")
                lane_ids = {(endpoint, key): lane for endpoint, key, lane in cr.fetchall()}
        except errors.LockNotAvailable:
            self.schema.let_go(connection)
            assert self.must_wait(lines), "waited for a lane that nobody holds"
            return None
        assert ids == sorted(ids), "messages take their ids in the order in which they were sent"
        stored = [(message, lane_ids[line], line, *rest) for message, (line, *rest) in zip(ids, sent, strict=True)]
        return Sender(connection, stored, lines, self.model.now)

    def new_message(self, line, interface, pool):
        self.numbers += 1
        endpoint, key = line
        return queue.NewMessage(
            uid=f"{self.numbers}-{uuid.uuid4().hex}",
            direction=ENDPOINTS[endpoint],
            endpoint_id=endpoint,
            trading_partner_id=1,
            company_id=1,
            key=key,
            interface_id=interface,
            pool=pool,
        )

    def commit_sending(self, sender):
        sender.connection.commit()
        self.schema.let_go(sender.connection)
        for message_id, lane_id, line, interface, pool in sender.sent:
            pool = "delivery" if ENDPOINTS[line[0]] == "outbound" else pool
            message = Message(message_id, line, interface, sender.at, back_at=self.model.step)
            # Of several messages of one transaction the first one's pool counts.
            self.model.enqueue(message, lane_id, pool)

    # -- workers -----------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.workers) < 4)
    @rule(
        pools=POOLS,
        limit=st.integers(1, 6),
        per_lane=st.integers(1, 3),
        standing=st.sampled_from([None, "good", "doubtful", "suspect"]),
    )
    def a_worker_claims(self, pools, limit, per_lane, standing):
        worker = Worker(len(self.model.beats) + 1, uuid.uuid4().hex, [], {}, self.model.step)
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
            worker.heads[lane.endpoint_id, lane.key] = self.model.heads(expected, per_lane)
        assert [h.message_id for h in heads] == [m for line in lines for m in worker.heads[line]]
        worker.lanes = lines
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
        share = {endpoint: max(limit // 4, 1) if ENDPOINTS[endpoint] == "outbound" else limit for endpoint in claimable}
        room = {endpoint: min(len(lanes), share[endpoint]) for endpoint, lanes in claimable.items()}
        assert set(lines) <= {lane.line for lanes in claimable.values() for lane in lanes}, "a lane that is not due"
        assert len(lines) == min(limit, sum(room.values()))
        for endpoint, lanes in claimable.items():
            mine = sorted(lane.next_at for lane in lanes if lane.line in lines)
            assert len(mine) <= share[endpoint]
            assert mine == sorted(lane.next_at for lane in lanes)[: len(mine)], "another lane was due longer"

    @precondition(lambda self: any(not w.connection and not w.done for w in self.workers))
    @rule(data=st.data())
    def a_worker_begins(self, data):
        """Its business transaction: the fence, then the effects."""
        worker = data.draw(st.sampled_from([w for w in self.workers if not w.connection and not w.done]))
        wanted = [message for heads in worker.heads.values() for message in heads]
        if not wanted:
            return
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
        worker.connection, worker.held = connection, held

    @precondition(lambda self: any(w.connection for w in self.workers))
    @rule(data=st.data())
    def a_worker_commits(self, data):
        """All of what it holds, or only so many of the first of each lane: then the rest was not applied."""
        worker = data.draw(st.sampled_from([w for w in self.workers if w.connection]))
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
            blocked = self.model.lanes[line].blocked
            assert blocked is None or message_id < blocked, (
                f"{message_id} is done behind {blocked}, which stops its lane"
            )

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def a_worker_dies(self, data):
        """Before, in or after its business transaction; what it claimed stays claimed."""
        worker = self.workers.pop(data.draw(st.integers(0, len(self.workers) - 1)))
        if worker.connection:
            self.schema.let_go(worker.connection)

    @precondition(lambda self: any(not w.connection for w in self.workers))
    @rule(data=st.data())
    def a_worker_settles(self, data):
        worker = data.draw(st.sampled_from([w for w in self.workers if not w.connection]))
        verdicts = self.draw_verdicts(data, worker)
        ours = [line for line in worker.lanes if self.model.lanes[line].token == worker.token]
        ruled = [v.message_id for v in verdicts if self.model.messages[v.message_id].line in ours]
        still = [m for m in ruled if self.model.messages[m].state == "ready"]
        lane_ids = [self.model.lanes[line].id for line in worker.lanes]
        answer = self.short(lambda cr: queue.settle(cr, token=worker.token, lane_ids=lane_ids, verdicts=verdicts))
        if answer is None:
            assert self.must_wait(ours, still), "waited although nobody is in the way"
            return
        assert answer == self.model.settle(worker.token, worker.lanes, verdicts)
        self.workers.remove(worker)

    def draw_verdicts(self, data, worker):
        """A word about each message that was not done; what stands behind one that stops its lane has none."""
        verdicts = []
        for line, heads in worker.heads.items():
            for message in heads:
                if message in worker.done:
                    continue
                kind = data.draw(st.sampled_from(KINDS), label=f"message {message}")
                if kind != "no_word":
                    verdicts.append(self.verdict(message, self.model.lanes[line].id, kind, data))
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

    @precondition(lambda self: any(not w.connection for w in self.workers))
    @rule(data=st.data())
    def a_worker_lets_go_untouched(self, data):
        worker = data.draw(st.sampled_from([w for w in self.workers if not w.connection]))
        lane_ids = [self.model.lanes[line].id for line in worker.lanes]
        ours = [line for line in worker.lanes if self.model.lanes[line].token == worker.token]
        answer = self.short(lambda cr: queue.settle(cr, token=worker.token, lane_ids=lane_ids, untouched=True))
        if answer is None:
            assert self.must_wait(ours)
            return
        assert answer == self.model.settle(worker.token, worker.lanes, untouched=True)
        self.workers.remove(worker)

    @precondition(lambda self: any(not w.connection for w in self.workers))
    @rule(data=st.data())
    def a_worker_abandons(self, data):
        worker = data.draw(st.sampled_from([w for w in self.workers if not w.connection]))
        ours = [line for line in worker.lanes if self.model.lanes[line].token == worker.token]
        answer = self.short(lambda cr: queue.abandon(cr, token=worker.token))
        if answer is None:
            assert self.must_wait(ours)
            return
        assert set(answer) == self.model.abandon(worker.token)
        self.workers.remove(worker)

    @precondition(lambda self: any(not w.connection for w in self.workers))
    @rule(data=st.data(), block=st.booleans())
    def a_worker_sets_a_head_aside(self, data, block):
        worker = data.draw(st.sampled_from([w for w in self.workers if not w.connection]))
        line = data.draw(st.sampled_from(worker.lanes))
        lane = self.model.lanes[line]

        def ask(cr):
            found = queue.quarantine(cr, lane.id, token=worker.token, block=block)
            return (found, queue.settle(cr, token=worker.token, lane_ids=[lane.id]))

        answer = self.short(ask)
        if answer is None:
            assert self.must_wait([line], [m.id for m in self.model.ready(line)[:1]])
            return
        expected = self.model.quarantine(line, worker.token, block)
        assert answer == (expected, self.model.settle(worker.token, [line]))

    # -- those who look after it -------------------------------------------------------------------------------------

    @rule()
    def somebody_rescues(self):
        assert set(self.short(queue.rescue)) == self.model.rescue(self.locked_lines())

    @rule()
    def waits_end(self):
        """Whoever took a due time waits for nobody: what another holds is looked at again later."""

        def ask(cr):
            ids = queue.due_ids(cr, queue.PARKED, 100)
            assert sorted(due.res_id for due in queue.take(cr, queue.PARKED, ids)) == sorted(ids)
            return ids, queue.end_waits(cr, ids)

        ids, (expired, released) = self.short(ask)
        assert (set(ids), set(expired), set(released)) == self.model.end_waits(self.locked_lines())

    @rule(data=st.data(), seconds=st.sampled_from([1, 4, 11, 61, 700]))
    def time_passes(self, data, seconds):
        """Some workers are heard of meanwhile, the others not."""
        self.model.now += seconds
        alive = [w.id for w in self.workers if data.draw(st.booleans(), label=f"worker {w.id} beats")]
        self.model.beats.update(dict.fromkeys(alive, self.model.now))
        self.sql("UPDATE clock SET at = at + make_interval(secs => %s)", [seconds])
        self.sql("UPDATE sync_worker SET heartbeat_at = now() AT TIME ZONE 'UTC' WHERE id = ANY(%s)", [alive])

    @rule(endpoint=st.sampled_from(sorted(ENDPOINTS)))
    def an_endpoint_is_paused_or_resumed(self, endpoint):
        self.model.paused ^= {endpoint}
        self.sql("UPDATE sync_endpoint SET paused = NOT paused WHERE id = %s", [endpoint])

    # -- people ------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.messages)
    @rule(data=st.data())
    def a_person_retries(self, data):
        ids = self.draw_messages(data)
        answer = self.short(lambda cr: queue.retry(cr, ids))
        if answer is None:
            assert self.must_wait(self.lines_of(ids))
        else:
            assert set(answer) == self.model.retry(ids)

    @precondition(lambda self: self.model.messages)
    @rule(data=st.data())
    def a_person_cancels(self, data):
        ids = self.draw_messages(data)
        answer = self.short(lambda cr: queue.cancel(cr, ids))
        if answer is None:
            assert self.must_wait(self.lines_of(ids), ids)
        else:
            assert set(answer) == self.model.cancel(ids)

    @rule(refs=st.sampled_from([["7"], ["7", "8"], ["9"]]))
    def what_was_waited_for_happens(self, refs):
        waiting = self.model.waiting_for("order", refs)
        answer = self.short(lambda cr: queue.release_waiting(cr, "order", refs))
        if answer is None:
            assert self.must_wait(self.lines_of([m.id for m in waiting]))
        else:
            moved, left = answer
            assert (set(moved), left) == (self.model.release(waiting), False)

    def draw_messages(self, data):
        """Rather those that somebody has in hand, or that hold something up, than those long done."""
        busy = {message for worker in self.workers for heads in worker.heads.values() for message in heads}
        busy |= {lane.blocked for lane in self.model.lanes.values() if lane.blocked}
        chosen = sorted(busy or self.model.messages)
        return data.draw(st.lists(st.sampled_from(chosen), min_size=1, max_size=2, unique=True))

    # -- what always holds -------------------------------------------------------------------------------------------

    @invariant()
    def the_promises_hold(self):
        self.model.step += 1
        with self.main, self.main.cursor() as cr:
            self.everything_is_as_the_model_says(cr)
            self.every_message_has_at_most_one_effect_and_only_if_it_is_done(cr)
            self.a_lane_is_blocked_only_by_a_message_that_failed(cr)
            found = queue.sweep(cr)
            assert found == [], f"lost wake-ups: the lanes {found} sleep with open work"

    def everything_is_as_the_model_says(self, cr):
        cr.execute(
            """SELECT endpoint_id, key, worker_pool, extract(epoch FROM next_at - '2026-01-01')::int, claim, worker_id,
                      strikes, coalesce(allowance, 0), blocked_message_id FROM sync_lane ORDER BY 1, 2"""
        )
        assert cr.fetchall() == [
            (*lane.line, lane.pool, lane.next_at, lane.token, lane.worker, lane.strikes, lane.allowance, lane.blocked)
            for _line, lane in sorted(self.model.lanes.items())
        ]
        cr.execute(
            """SELECT id, state, attempt, fault_code, extract(epoch FROM run_at - '2026-01-01')::int,
                      CASE WHEN state = 'parked' THEN wait_ref END FROM sync_message ORDER BY id"""
        )
        assert cr.fetchall() == [
            (m.id, m.state, m.attempt, m.fault, m.run_at, m.wait[1] if m.state == "parked" else None)
            for _id, m in sorted(self.model.messages.items())
        ]

    def every_message_has_at_most_one_effect_and_only_if_it_is_done(self, cr):
        cr.execute("SELECT message_id, token FROM effect ORDER BY id")
        effects = cr.fetchall()
        assert sorted(effects) == sorted(self.model.effects)
        done = sorted(m.id for m in self.model.messages.values() if m.state == "done")
        assert sorted(message for message, _token in effects) == done

    def a_lane_is_blocked_only_by_a_message_that_failed(self, cr):
        cr.execute(
            """SELECT l.key, m.state FROM sync_lane l LEFT JOIN sync_message m ON m.id = l.blocked_message_id
                WHERE l.blocked_message_id IS NOT NULL AND m.state IS DISTINCT FROM 'failed'"""
        )
        blocked = cr.fetchall()
        assert not blocked, f"blocked by what no longer needs anybody: {blocked}"

    # -- the end -----------------------------------------------------------------------------------------------------

    def come_to_rest(self):
        """Everybody in the middle of something dies; one worker that lives must then find and finish all open work."""
        for open_one in [*self.workers, *self.senders]:
            if open_one.connection:
                self.schema.let_go(open_one.connection)
        self.workers, self.senders = [], []
        self.sql("UPDATE sync_endpoint SET paused = false; UPDATE clock SET at = at + interval '1 hour'")
        for _round in range(len(self.model.messages) + 2 * len(self.model.lanes) + 1):
            self.short(queue.rescue)
            self.short(self.work_once)
            self.sql("UPDATE clock SET at = at + interval '1 minute'")
        stuck = self.rows(
            """SELECT m.id, l.* FROM sync_message m JOIN sync_lane l ON l.id = m.lane_id
                WHERE m.state = 'ready' AND m.id < coalesce(l.blocked_message_id, m.id + 1)"""
        )
        assert not stuck, f"stuck: {stuck}"
        assert not self.rows("SELECT id FROM sync_lane WHERE claim IS NOT NULL OR next_at IS NOT NULL")

    def work_once(self, cr):
        token = uuid.uuid4().hex
        lanes = queue.claim_lanes(cr, token=token, worker=None, pools=queue.POOLS, limit=100)
        lane_ids = [lane.lane_id for lane in lanes]
        held = queue.fence(cr, [head.message_id for head in queue.heads(cr, lane_ids)], token=token)
        queue.finish(cr, [(message, None, None) for message in sorted(held)])
        queue.settle(cr, token=token, lane_ids=lane_ids)


@tagged("post_install", "-at_install")
class TestQueueModel(BaseCase):
    def test_whatever_happens_the_queue_does_what_its_model_does(self):
        schema = QueueSchema(get_db_name())
        self.addCleanup(schema.drop)
        machine = type("Machine", (QueueMachine,), {"schema": schema})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=50,
                deadline=None,
                database=None,
                report_multiple_bugs=False,
                phases=[Phase.generate, Phase.shrink],
                derandomize="SYNC_GOVERNANCE_QUEUE_EXAMPLES" not in os.environ,
                suppress_health_check=list(HealthCheck),
            ),
        )
