"""Service levels: measured when documents are finished, and told of before they are late."""

from unittest.mock import patch

from odoo import fields

from .exception_fixture import ExceptionCase


class TestServiceLevel(ExceptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.service_level_id.write({"applied_seconds": 60, "target_percent": 90.0})
        cls.interface._schedule_watch()

    # -- measured ----------------------------------------------------------------------------------------------------

    def finished(self, *seconds):
        """Orders that took so long; measured."""
        numbers = [str(n) for n in range(1000, 1000 + len(seconds))]
        messages = self.orders_that(self.done, *numbers)
        for message, took in zip(messages, seconds, strict=True):
            self.env.cr.execute(
                "UPDATE sync_message SET created_at = done_at - make_interval(secs => %s) WHERE id = %s",
                [took, message.id],
            )
        self.measure(messages)
        return messages

    def measure(self, messages):
        attempts = messages.attempt_ids.ids
        self.env["sync.service.day"]._measure(min(attempts) - 1, max(attempts))
        self.env.invalidate_all()

    def day(self):
        return self.env["sync.service.day"].search([("interface_id", "=", self.interface.id)])

    def test_a_day_counts_documents_in_time_and_late(self):
        self.finished(*[2.0] * 8, 61.0, 300.0)
        day = self.day()
        self.assertEqual((day.documents, day.within, day.late, day.within_percent), (10, 8, 2, 80.0))
        self.assertEqual((day.day, day.aim, day.target_seconds), (fields.Date.today(), "applied", 60))
        self.assertFalse(self.interface.service_ok, "80 % are less than 90")
        self.assertEqual((self.interface.service_documents, self.interface.service_percent), (10, 80.0))

    def test_the_95_percent_time_is_at_most_a_fifth_too_long(self):
        self.finished(*[1.0] * 18, 40.0, 400.0)
        self.assertGreaterEqual(self.day().p95_seconds, 40.0)
        self.assertLess(self.day().p95_seconds, 40.0 * 1.2)

    def test_figures_add_up_over_the_day(self):
        self.finished(2.0, 2.0)
        more = self.orders_that(self.done, "2001", "2002", "2003")
        self.measure(more)
        self.assertEqual((self.day().documents, self.day().within), (5, 5))
        self.assertTrue(self.interface.service_ok)

    def test_only_finished_documents_are_counted(self):
        messages = self.orders_that(self.fails("apply.refused"), "1001", "1002")
        self.measure(messages)
        self.assertFalse(self.day())

    # -- told --------------------------------------------------------------------------------------------------------

    def waiting(self, number, seconds):
        """An order that has waited so long and that nobody works."""
        message = self.order(number)
        self.env.cr.execute(
            """UPDATE sync_message SET created_at = (now() AT TIME ZONE 'UTC') - make_interval(secs => %s)
                WHERE id = %s""",
            [seconds, message.id],
        )
        self.env.cr.execute(
            "UPDATE sync_lane SET next_at = (now() AT TIME ZONE 'UTC') + interval '1 hour' WHERE id = %s",
            [message.lane_id],
        )
        return message

    def look(self):
        self.time_comes("interface.watch")
        self.run_engine()
        self.env.invalidate_all()
        return self.env["sync.exception"].search(
            [("code", "=", "engine.service_level"), ("interface_id", "=", self.interface.id)]
        )

    def next_look(self):
        due = self.env["sync.due"].search([("kind", "=", "interface.watch"), ("res_id", "=", self.interface.id)])
        return round((due.due_at - self.env.cr.now()).total_seconds())

    def test_the_owner_is_told_before_a_document_is_late(self):
        self.waiting("1001", 50)
        incident = self.look()
        self.assertEqual((incident.user_id, incident.is_open), (self.sales, True))
        self.assertIn("will be late", incident.detail)
        self.assertIn(self.next_look(), range(10, 16), "looked at again when it is late")

    def test_many_late_documents_are_one_incident_that_closes_by_itself(self):
        messages = self.waiting("1001", 500) + self.waiting("1002", 400)
        incident = self.look()
        self.assertEqual(len(incident), 1)
        self.assertIn("is late since", incident.detail)
        self.assertEqual(len(self.look()), 1, "told once")
        self.assertEqual(incident.count, 1)
        messages.action_cancel()
        self.run_engine()
        self.look()
        self.assertEqual(incident.state, "resolved")

    def test_what_is_in_time_is_not_told_and_looked_at_when_it_matters(self):
        self.waiting("1001", 8)
        self.assertFalse(self.look())
        self.assertIn(self.next_look(), range(40, 46))

    def test_an_interface_that_is_not_live_is_not_watched(self):
        self.env.cr.execute("UPDATE sync_interface SET state = 'suspended' WHERE id = %s", [self.interface.id])
        self.env.invalidate_all()
        self.waiting("1001", 500)
        self.assertFalse(self.look())
        due = self.env["sync.due"].search([("kind", "=", "interface.watch"), ("res_id", "=", self.interface.id)])
        self.assertFalse(due)

    def test_a_new_policy_is_a_new_target(self):
        level = self.policy.service_level_id.copy({"code": "slow", "applied_seconds": 600})
        policy = self.policy.copy({"code": "slow", "service_level_id": level.id})
        with patch.object(self.registry["sync.interface"], "_missing", lambda _self: []):
            self.goes_over(self.interface, policy_id=policy)
        self.assertIn(self.next_look(), range(480, 486))
