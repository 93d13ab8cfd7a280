"""Documents that are collected, or worked at set hours only."""

from datetime import datetime
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import ValidationError

from odoo.addons.sync_governance.core import queue
from odoo.addons.sync_governance.core.canonical import catalogue
from odoo.addons.sync_governance.models.catalog import timing
from odoo.addons.sync_governance.models.exchange.publisher import EventDraft
from odoo.addons.sync_governance.models.packs import reading

from .common import SyncCase
from .exception_fixture import ExceptionCase


class TestTiming(ExceptionCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(timing._WINDOWS.clear)
        self.applied = []

        def answer(work):
            self.applied.append(work.ordering_key)
            return self.done(work)

        type(self).answer = staticmethod(answer)

    def set_timing(self, **values):
        self.policy.write(values)
        self.env.flush_all()
        self.registry.clear_cache()

    def orders(self, *numbers):
        return self.env["sync.message"].browse([self.order(number).id for number in numbers])

    def gathered(self):
        return self.env["sync.due"].search([("kind", "=", queue.GATHERED), ("res_id", "=", self.interface.id)])

    # -- collected ---------------------------------------------------------------------------------------------------

    def test_documents_wait_until_enough_are_there_and_go_on_in_order(self):
        self.set_timing(timing="micro_batch", batch_documents=3, batch_seconds=600)
        first = self.orders("1003", "1001")
        self.run_engine()
        self.assertEqual(first.mapped("state"), ["parked", "parked"])
        self.assertEqual((first[0].wait_type, first[0].wait_ref), ("batch", str(self.interface.id)))
        self.assertEqual(self.gathered().documents, 2)
        last = self.orders("1002")
        self.run_engine()
        self.assertEqual((first + last).mapped("state"), ["done"] * 3)
        self.assertCountEqual(self.applied, ["1001", "1002", "1003"])
        self.assertFalse(self.gathered())

    def test_however_few_they_go_on_after_the_time(self):
        self.set_timing(timing="micro_batch", batch_documents=100, batch_seconds=60)
        message = self.orders("1001")
        self.run_engine()
        self.assertEqual(message.state, "parked")
        self.time_comes(queue.GATHERED)
        self.run_engine()
        self.assertEqual(message.state, "done")

    def test_what_one_order_says_twice_keeps_its_order(self):
        self.set_timing(timing="micro_batch", batch_documents=3, batch_seconds=600)
        messages = self.orders("1001", "1001", "1001")
        self.run_engine()
        done = self.env["sync.attempt"].search([("message_id", "in", messages.ids)], order="id").message_id
        self.assertEqual(done.ids, messages.ids)

    def test_another_policy_releases_what_was_gathered(self):
        self.set_timing(timing="micro_batch", batch_documents=100, batch_seconds=600)
        message = self.orders("1001")
        at_once = self.policy.copy({"code": "at-once", "timing": "real_time"})
        with patch.object(self.registry["sync.interface"], "_missing", lambda _self: []):
            self.goes_over(self.interface, policy_id=at_once)
        self.run_engine()
        self.assertEqual(message.state, "done")

    def test_trying_now_does_not_wait_for_the_others(self):
        self.set_timing(timing="micro_batch", batch_documents=100, batch_seconds=600)
        message = self.orders("1001")
        message.action_retry()
        self.run_engine()
        self.assertEqual(message.state, "done")

    # -- at set hours ------------------------------------------------------------------------------------------------

    def hours(self, time_zone="Europe/Brussels", hour_from=8, hour_to=18):
        return self.env["resource.calendar"].create(
            {
                "name": "Office",
                "tz": time_zone,
                "company_id": self.company.id,
                "attendance_ids": [(5, 0, 0)]
                + [
                    (0, 0, {"name": "open", "dayofweek": str(day), "hour_from": hour_from, "hour_to": hour_to})
                    for day in range(5)
                ],
            }
        )

    def seconds(self, moment, **hours):
        self.set_timing(timing="window", calendar_id=self.hours(**hours).id)
        with freeze_time(moment):
            return self.policy._seconds_to_window()

    def test_a_window_counts_in_the_time_zone_of_its_calendar(self):
        """Monday 3 March 2031, 06:30 UTC: half past seven in Brussels, half past one at night in New York."""
        self.assertEqual(self.seconds("2031-03-03 06:30:00"), 1800)
        self.assertEqual(self.seconds("2031-03-03 06:30:00", time_zone="America/New_York"), 6.5 * 3600)
        self.assertEqual(self.seconds("2031-03-03 07:00:00"), 0, "it is open from the first second")
        self.assertEqual(self.seconds("2031-03-07 17:00:00"), 2 * 86400 + 14 * 3600, "closed at six: until Monday")

    def test_a_window_follows_the_clock_change(self):
        """In Europe summer time begins on Sunday 30 March 2031: eight in the morning is an hour earlier in UTC."""
        self.assertEqual(self.seconds("2031-03-28 17:00:00"), 2 * 86400 + 13 * 3600)

    def test_documents_wait_until_the_window_opens_and_are_worked_at_once_while_it_is_open(self):
        self.set_timing(timing="window", calendar_id=self.hours().id)
        with freeze_time("2031-03-03 06:30:00"):
            early = self.orders("1001", "1002")
        self.run_engine()
        self.assertEqual(early.mapped("state"), ["parked"] * 2)
        self.assertAlmostEqual((self.gathered().due_at - early[0].created_at).total_seconds(), 1800, delta=2)
        with freeze_time("2031-03-03 07:00:00"):
            self.time_comes(queue.GATHERED)
            self.run_engine()
            self.assertEqual(early.mapped("state"), ["done"] * 2)
            message = self.orders("1003")
            self.assertEqual(message.state, "ready")
            self.run_engine()
        self.assertEqual(message.state, "done")

    def test_nothing_passes_while_earlier_documents_still_wait(self):
        self.set_timing(timing="window", calendar_id=self.hours().id)
        with freeze_time("2031-03-03 06:59:59"):
            early = self.orders("1001")
        with freeze_time("2031-03-03 07:00:01"):
            late = self.orders("1001")
            self.assertEqual(late.state, "parked", "the one before it has not been released yet")
            self.run_engine()
        done = self.env["sync.attempt"].search([("message_id", "in", (early + late).ids)], order="id").message_id
        self.assertEqual(done.ids, (early + late).ids)

    def test_hours_that_were_changed_meanwhile_count(self):
        calendar = self.hours()
        self.set_timing(timing="window", calendar_id=calendar.id)
        with freeze_time("2031-03-03 06:30:00"):
            message = self.orders("1001")
        calendar.attendance_ids.write({"hour_from": 10})
        timing._WINDOWS.clear()  # a minute has passed
        self.time_comes(queue.GATHERED)
        with freeze_time("2031-03-03 07:00:01"):
            self.run_engine()
        self.assertEqual(message.state, "parked")
        self.assertGreater(self.gathered().due_at, datetime.now(), "the new opening")

    # -- the policy --------------------------------------------------------------------------------------------------

    def test_a_policy_says_its_timing_in_words(self):
        self.set_timing(timing="micro_batch", batch_documents=100, batch_seconds=60)
        self.assertEqual(self.policy.timing_text, "Collect 100 documents or 60 seconds, whichever comes first.")

    def test_hours_are_of_the_policys_company_and_set(self):
        other = self.env["res.company"].create({"name": "Other"})
        calendar = self.hours()
        calendar.company_id = other
        with self.assertRaises(ValidationError):
            self.set_timing(timing="window", calendar_id=calendar.id)


class TestTimingOutbound(SyncCase):
    """What is sent to a partner in one go."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        data = reading.read("threepl")
        policies = [
            {**entry, "timing": "micro_batch", "collect": {"documents": 2, "seconds": 600}, "gates": []}
            for entry in data["policies"]
        ]
        with patch.object(reading, "read", lambda _name: {**data, "policies": policies}):
            cls.threepl = cls.live_partner(
                "threepl",
                secrets=dict.fromkeys(
                    (entry["code"] for entry in data["endpoints"]),
                    "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
                ),
                urls={"threepl-requests": "https://threepl.example/requests"},
            )

    def publish(self, number):
        document = catalogue()["fulfilment.request"].examples[0] | {"number": number}
        draft = EventDraft(
            document=document,
            ordering_key=number,
            company_id=self.company.id,
            occurred_at=datetime.now(),
            concerns=tuple(self.threepl.ids),
        )
        with self.engine_cursors():
            self.env["sync.event"]._insert("fulfilment.request", [(None, draft)])

    def test_documents_for_a_partner_are_collected_and_leave_in_one_go(self):
        with self.partner_answers():
            self.publish("R-1")
            self.run_engine()
            self.assertEqual(self.sent, [], "the first waits for another")
            self.publish("R-2")
            self.run_engine()
        self.assertEqual(len(self.sent), 2, "each is a delivery of its own")
