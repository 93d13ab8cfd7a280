"""The queue against a simple model: workers, senders, people and time in any order, on the real tables.

Hypothesis chooses what happens next: somebody sends, claims, begins, commits, dies, settles (``queue_machine.py``),
retries, replays, cancels, holds, brings forward, waits. After every step all lanes, messages and due times must be what
the model says, and the promises are asked for one by one.
"""

import os
import uuid
from collections import Counter

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from odoo.tests import BaseCase, get_db_name, tagged

from odoo.addons.sync_governance.core import queue

from .queue_machine import WorkMachine
from .queue_model import ENDPOINTS, OPEN, REPLAYABLE, RETRYABLE, TOGETHER
from .queue_schema import QueueSchema

EXAMPLES = int(os.environ.get("SYNC_GOVERNANCE_QUEUE_EXAMPLES", "30"))
OTHERS_WORK_SECONDS = 1
"""When what another held is looked at again."""
PEOPLE = (
    "holds",
    "holds",
    "holds",
    "lets_go_on",
    "replays",
    "replays",
    "retries",
    "cancels",
    "hurries",
    "brings_forward",
)
MANY = 12
ANY_WORK = """SELECT FROM sync_lane WHERE next_at IS NOT NULL OR claim IS NOT NULL
              UNION ALL SELECT FROM sync_due LIMIT 1"""


class QueueMachine(WorkMachine):
    """And those who look after the queue, people, and time."""

    # -- those who look after it -------------------------------------------------------------------------------------

    @rule(data=st.data())
    def something_happens(self, data):
        """One rule and a choice of our own: of several rules hypothesis leaves out some for a whole run, and then
        hardly anybody gets as far as committing its work."""
        claimable = self.claimable(queue.POOLS, None)
        weights = {
            "somebody_sends": 3 * (len(self.model.messages) < MANY),
            "somebody_begins_to_send": not self.senders,
            "somebody_ends_sending": 4 * bool(self.senders),
            "a_worker_claims": 5 * bool(len(self.workers) < 3 and any(claimable.values())),
            "a_worker_goes_on": 8 * bool(self.workers),
            "a_person_asks": 8 * bool(self.model.messages),
            "somebody_looks_after_it": 3 * bool(self.model.messages),
            "time_passes": 2,
        }
        what = data.draw(st.sampled_from([name for name, weight in weights.items() for _ in range(weight)]))
        getattr(self, what)(data)

    def somebody_looks_after_it(self, data):
        """Whatever there is to look after."""
        found = {
            "somebody_rescues": any(lane.token for lane in self.model.lanes.values()),
            "waits_end": any(m.due_at is not None for m in self.model.messages.values()),
            "gathered_documents_go_on": self.model.gathered,
            "lanes_at_rest_leave": any(lane.next_at is None for lane in self.model.lanes.values()),
            "what_was_waited_for_happens": self.model.waiting_for("order", ["7", "8"]),
            "an_endpoint_is_paused_or_resumed": True,
        }
        what = data.draw(st.sampled_from([name for name, any_of_it in found.items() if any_of_it]))
        getattr(self, what)(data)

    def somebody_rescues(self, _data):
        assert set(self.short(queue.rescue)) == self.model.rescue(self.locked_lines())

    def waits_end(self, _data):
        """Whoever took a due time waits for nobody: what another holds is looked at again later."""

        def ask(cr):
            ids = queue.due_ids(cr, queue.PARKED, 100)
            assert sorted(due.res_id for due in queue.take(cr, queue.PARKED, ids)) == sorted(ids)
            return ids, queue.end_waits(cr, ids)

        ids, (expired, released) = self.short(ask)
        assert (set(ids), set(expired), set(released)) == self.model.end_waits(self.locked_lines())

    def gathered_documents_go_on(self, data):
        """It is time for them, or enough are there. As the handler of the due time does it, a few at a time."""
        limit = data.draw(st.integers(1, 3))

        def ask(cr):
            return self.release_gathered(cr, limit)

        ready = sorted(i for i, row in self.model.gathered.items() if row[0] <= self.model.now)
        expected = {}
        for interface in set(ready) - self.locked_interfaces():
            del self.model.gathered[interface]
            moved, more = expected[interface] = self.model.release_gathered(interface, limit, self.locked_lines())
            if more:
                self.model.gathered[interface] = [self.model.now + (0 if moved else OTHERS_WORK_SECONDS), 0]
        assert self.short(ask) == expected

    @staticmethod
    def release_gathered(cr, limit):
        released = {}
        for due in queue.take(cr, queue.GATHERED, queue.due_ids(cr, queue.GATHERED, 100)):
            moved, left = [], False
            for kind in TOGETHER:
                some, more = queue.release_waiting(cr, kind, [str(due.res_id)], limit=limit, patient=False)
                moved, left = moved + some, left or more
            if left:
                queue.schedule_in(cr, queue.GATHERED, [(due.res_id, 1, 0 if moved else OTHERS_WORK_SECONDS)])
            released[due.res_id] = (set(moved), left)
        return released

    def lanes_at_rest_leave(self, data):
        limit = data.draw(st.integers(1, 5))
        # One that came to rest just now is old enough, or it is not.
        idle_seconds = data.draw(st.sampled_from([-1, 60]))
        after = self.lanes_walked

        def ask(cr):
            return queue.delete_idle(cr, after=after, limit=limit, idle_seconds=idle_seconds)

        upto, deleted = self.short(ask)
        assert (upto, set(deleted)) == self.model.delete_idle(after, limit, idle_seconds, self.locked_lines())
        self.lanes_walked = upto or 0

    def time_passes(self, data):
        """Some workers are heard of meanwhile, the others not."""
        seconds = data.draw(st.sampled_from([1, 4, 11, 61, 700]))
        self.model.now += seconds
        alive = [w.id for w in self.workers if data.draw(st.booleans(), label=f"worker {w.id} beats")]
        self.model.beats.update(dict.fromkeys(alive, self.model.now))
        self.sql("UPDATE clock SET at = at + make_interval(secs => %s)", [seconds])
        self.sql("UPDATE sync_worker SET heartbeat_at = now() AT TIME ZONE 'UTC' WHERE id = ANY(%s)", [alive])

    def an_endpoint_is_paused_or_resumed(self, data):
        endpoint = data.draw(st.sampled_from(sorted(ENDPOINTS)))
        self.model.paused ^= {endpoint}
        self.sql("UPDATE sync_endpoint SET paused = NOT paused WHERE id = %s", [endpoint])

    # -- people ------------------------------------------------------------------------------------------------------

    def a_person_asks(self, data):
        getattr(self, f"a_person_{data.draw(st.sampled_from(PEOPLE))}")(data)

    def a_person_retries(self, data):
        ids = self.draw_messages(data, RETRYABLE)
        answer = self.short(lambda cr: (queue.retry(cr, ids), self.lane_ids(cr)))
        if self.has_happened(answer, ids):
            assert set(answer[0]) == self.model.retry(ids, answer[1])

    def a_person_replays(self, data):
        ids = self.draw_messages(data, REPLAYABLE)
        start, versions = data.draw(st.sampled_from([("receive", "now"), ("apply", "then")]))
        answer = self.short(
            lambda cr: (queue.reopen(cr, ids, start=start, versions=versions), self.lane_ids(cr)),
        )
        if self.has_happened(answer, ids):
            assert set(answer[0]) == self.model.reopen(ids, answer[1], (start, versions))

    def a_person_cancels(self, data):
        self.people_ask(queue.cancel, self.model.cancel, self.draw_messages(data, OPEN), OPEN)

    def a_worker_begins_after_a_hold(self, data, worker):
        """A person holds the first of what it has in hand, between its claim and its fence."""
        longest = max(worker.heads.values(), key=len)
        held = longest[:1]
        self.people_ask(
            lambda cr, ids: queue.hold(cr, ids, stopping=held),
            lambda ids: self.model.hold(ids, held),
            held,
            ("ready", "parked"),
        )
        self.a_worker_begins(data, worker)

    def a_person_holds(self, data):
        states = ("ready", "parked")
        ids = self.draw_messages(data, states)
        stopping = ids if data.draw(st.sampled_from([True, True, False]), label="nothing may pass it") else []
        self.people_ask(
            lambda cr, ids: queue.hold(cr, ids, stopping=stopping),
            lambda ids: self.model.hold(ids, stopping),
            ids,
            states,
        )

    def a_person_lets_go_on(self, data):
        self.people_ask(queue.release_held, self.model.release_held, self.draw_messages(data, ("parked",)), ())

    def a_person_hurries(self, data):
        self.people_ask(queue.hurry, self.model.hurry, self.draw_messages(data, ("ready",)), ("ready",))

    def a_person_brings_forward(self, data):
        self.people_ask(queue.bring_forward, self.model.bring_forward, self.draw_messages(data, ("ready",)), ())

    def people_ask(self, ask, expected, ids, states):
        """``states``: in these a message is written, and one that is being worked waited for."""
        answer = self.short(lambda cr: ask(cr, ids))
        if self.has_happened(answer, ids, states):
            assert set(answer) == expected(ids)

    def has_happened(self, answer, ids, states=()):
        if answer is None:
            written = [m for m in ids if self.model.messages[m].state in states]
            assert self.must_wait(self.lines_of(ids), written), "waited although nobody is in the way"
        return answer is not None

    def what_was_waited_for_happens(self, data):
        refs = data.draw(st.sampled_from([["7"], ["7", "8"], ["9"]]))
        waiting = self.model.waiting_for("order", refs)
        answer = self.short(lambda cr: queue.release_waiting(cr, "order", refs))
        if answer is None:
            assert self.must_wait(self.lines_of([m.id for m in waiting]))
        else:
            moved, left = answer
            assert (set(moved), left) == (self.model.release(waiting), False)

    def draw_messages(self, data, states):
        """Rather those for which there is something to do, that somebody has in hand, or that hold something up."""
        in_hand = [message for worker in self.workers for heads in worker.heads.values() for message in heads]
        busy = {m.id for m in self.model.messages.values() if m.state in states or m.stops}
        chosen = sorted(in_hand) * 2 + sorted(busy) or sorted(self.model.messages)
        return data.draw(st.lists(st.sampled_from(chosen), min_size=1, max_size=2, unique=True))

    # -- what always holds -------------------------------------------------------------------------------------------

    @invariant()
    def the_promises_hold(self):
        self.model.step += 1
        with self.main, self.main.cursor() as cr:
            self.everything_is_as_the_model_says(cr)
            self.every_message_has_one_effect_each_time_it_is_done(cr)
            self.a_lane_is_stopped_only_by_a_message_that_failed_or_is_held()
            self.nothing_passes_what_is_gathered()
            found = queue.sweep(cr)
            assert found == [], f"lost wake-ups: the lanes {found} sleep with open work"

    def everything_is_as_the_model_says(self, cr):
        cr.execute(
            """SELECT endpoint_id, key, id, worker_pool, usual_pool, extract(epoch FROM next_at - '2026-01-01')::int,
                      extract(epoch FROM rested_at - '2026-01-01')::int, claim, worker_id, strikes,
                      coalesce(allowance, 0), blocked_message_id FROM sync_lane ORDER BY endpoint_id, key"""
        )
        assert cr.fetchall() == [
            (
                *(*lane.line, lane.id, lane.pool, lane.usual, lane.next_at, lane.rested_at, lane.token, lane.worker),
                *(lane.strikes, lane.allowance, lane.blocked),
            )
            for _line, lane in sorted(self.model.lanes.items())
        ]
        cr.execute(
            """SELECT m.id, l.id, state, attempt, fault_code, extract(epoch FROM run_at - '2026-01-01')::int, wait_type,
                      wait_ref, coalesce(stops_lane, false), coalesce(was_done, false), replay_from, replay_versions
                 FROM sync_message m LEFT JOIN sync_lane l ON l.id = m.lane_id ORDER BY m.id"""
        )
        assert cr.fetchall() == [
            (
                *(m.id, self.model.lanes[m.line].id if m.line else None, m.state, m.attempt, m.fault, m.run_at),
                *(m.wait or (None, None)),
                *(m.stops, m.opened > 0),
                *(m.replay or (None, None)),
            )
            for _id, m in sorted(self.model.messages.items())
        ]
        cr.execute(
            """SELECT kind, res_id, extract(epoch FROM due_at - '2026-01-01')::int, documents FROM sync_due
                ORDER BY kind, res_id"""
        )
        assert cr.fetchall() == self.model.due()

    def every_message_has_one_effect_each_time_it_is_done(self, cr):
        """Only once, unless a person opens it again."""
        cr.execute("SELECT message_id, token FROM effect")
        effects = cr.fetchall()
        assert sorted(effects) == sorted(self.model.effects)
        times = Counter(message for message, _token in effects)
        for message in self.model.messages.values():
            assert times[message.id] == message.opened + (message.state == "done")

    def a_lane_is_stopped_only_by_a_message_that_failed_or_is_held(self):
        for lane in self.model.lanes.values():
            if lane.blocked is not None:
                message = self.model.messages[lane.blocked]
                held = message.state == "parked" and message.wait[0] == queue.HELD
                assert message.state == "failed" or held, f"{lane.line} waits for what no longer needs anybody"

    def nothing_passes_what_is_gathered(self):
        """Of one interface and line, unless a person lets it."""
        for early in self.model.messages.values():
            if early.state == "parked" and early.wait[0] in TOGETHER:
                passed = [
                    late.id
                    for late in self.model.messages.values()
                    if late.id > early.id
                    and (late.line, late.interface) == (early.line, early.interface)
                    and late.state in ("ready", "done")
                    and not late.hastened
                ]
                assert not passed, f"{passed} pass {early.id}, which waits for its time"

    # -- the end -----------------------------------------------------------------------------------------------------

    def come_to_rest(self):
        """Everybody in the middle of something dies; one worker that lives must then find and finish all open work."""
        self.schema.let_all_go()
        self.workers, self.senders = [], []
        self.sql("UPDATE sync_endpoint SET paused = false; UPDATE clock SET at = at + interval '1 hour'")
        rounds = 2 * (len(self.model.messages) + len(self.model.lanes)) + 1
        while rounds and self.rows(ANY_WORK):
            rounds -= 1
            self.short(queue.rescue)
            self.short(lambda cr: queue.end_waits(cr, self.taken(cr)))
            self.short(lambda cr: self.release_gathered(cr, 2))
            self.short(self.work_once)
            self.sql("UPDATE clock SET at = at + interval '1 minute'")
        stuck = self.rows(
            """SELECT m.id, l.* FROM sync_message m JOIN sync_lane l ON l.id = m.lane_id
                WHERE m.state = 'ready' AND m.id < coalesce(l.blocked_message_id, m.id + 1)"""
        )
        assert not stuck, f"stuck: {stuck}"
        assert not self.rows("SELECT id FROM sync_lane WHERE claim IS NOT NULL OR next_at IS NOT NULL")
        waiting = self.rows(
            """SELECT id, wait_type FROM sync_message WHERE state = 'parked'
                  AND (wait_type IN ('batch', 'window') OR wait_until < now() AT TIME ZONE 'UTC')"""
        )
        assert not waiting, f"nobody has come back to {waiting}"
        self.lanes_that_nobody_needs_are_gone()

    def lanes_that_nobody_needs_are_gone(self):
        self.sql("UPDATE clock SET at = at + interval '2 days'")
        self.short(queue.delete_idle)
        left = self.rows(
            """SELECT key FROM sync_lane l WHERE NOT EXISTS (
                      SELECT FROM sync_message m
                       WHERE m.lane_id = l.id AND m.state IN ('parked', 'failed', 'cancelled'))"""
        )
        assert not left, f"lanes that nobody needs: {left}"

    @staticmethod
    def taken(cr):
        return [due.res_id for due in queue.take(cr, queue.PARKED, queue.due_ids(cr, queue.PARKED, 100))]

    def work_once(self, cr):
        token = uuid.uuid4().hex
        lanes = queue.claim_lanes(cr, token=token, worker=None, pools=queue.POOLS, limit=100)
        lane_ids = [lane.lane_id for lane in lanes]
        held = queue.fence(cr, [head.message_id for head in queue.heads(cr, lane_ids, 3)], token=token)
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
