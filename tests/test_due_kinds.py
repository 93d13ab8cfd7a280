"""What becomes of due times: handled in batches, failures that wait, and the deadlines of the product."""

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import mute_logger

from odoo.addons.sync_governance.core import queue
from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.core.work import Wait

from .exception_fixture import ExceptionCase

DUE = "odoo.addons.sync_governance.models.exchange.due"


class TestDueKinds(ExceptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.approvers = cls.person("amy.approver", "group_approver_sales")

    def due(self, kind, *ids):
        self.env["sync.due"].invalidate_model()
        return self.env["sync.due"].search([("kind", "=", kind), ("res_id", "in", ids)])

    def failed(self, number):
        return self.orders_that(self.fails("apply.refused", detail=f"No credit for {number}."), number)

    # -- handling ----------------------------------------------------------------------------------------------------

    def test_one_that_cannot_be_handled_stops_no_other_and_says_why(self):
        one, other = self.failed("1001").exception_id, self.shop_exception()
        handle = self.registry["sync.due.exception"]._due

        def handled(model, due_times):
            if one.id in [due.res_id for due in due_times]:
                raise ZeroDivisionError("no such thing")
            return handle(model, due_times)

        self.late(one + other)
        with patch.object(self.registry["sync.due.exception"], "_due", handled), mute_logger(DUE):
            self.run_engine()
        self.env.invalidate_all()
        self.assertTrue(other.escalated_at)
        self.assertFalse(one.escalated_at)
        row = self.due("exception.resolve", one.id)
        self.assertEqual((row.tries, row.reason), (1, "ZeroDivisionError: no such thing"))
        self.assertGreater(row.due_at, self.env.cr.now(), "not at once")
        self.time_comes("exception.resolve")
        self.run_engine()
        self.env.invalidate_all()
        self.assertTrue(one.escalated_at, "tried again later")

    @mute_logger(DUE)
    def test_a_kind_that_no_module_knows_waits_and_stops_nobody(self):
        with self.engine_cursors():
            self.env["sync.due"]._schedule("gone.module", [(7, None, datetime(2001, 1, 1))])
        self.run_engine()
        self.env.cr.execute("SELECT tries, reason FROM sync_due WHERE kind = 'gone.module'")
        tries, reason = self.env.cr.fetchone()
        self.assertEqual(tries, 1)
        self.assertIn("gone.module", reason)

    def test_people_see_what_is_due_and_what_it_is_about(self):
        exception = self.failed("1001").exception_id
        row = self.due("exception.resolve", exception.id).with_user(self.author)
        self.assertEqual(row.about, exception.display_name)
        self.assertEqual(row.due_at, exception.due_at)

    # -- parking -----------------------------------------------------------------------------------------------------

    def test_a_release_takes_the_deadline_back(self):
        fault = Fault("apply.order_unknown", "Order 7 is not here.")
        until = datetime.now() + timedelta(days=1)
        message = self.orders_that(lambda work: Wait("order", "7", fault, deadline=until), "1001")
        self.assertEqual(self.due("message.parked", message.id).due_at, message.wait_until)
        type(self).answer = staticmethod(self.done)
        self.env["sync.message"]._release_waiting("order", ["7"])
        self.run_engine()
        self.assertEqual(message.state, "done")
        self.assertFalse(self.due("message.parked", message.id))

    def test_what_many_wait_for_releases_them_in_chunks(self):
        fault = Fault("apply.order_unknown", "Order 7 is not here.")
        messages = self.orders_that(lambda work: Wait("order", "7", fault), "1001", "1002", "1003", "1004", "1005")
        type(self).answer = staticmethod(self.done)
        self.env["sync.message"]._release_waiting("order", ["7"])
        moved = []
        with patch.dict(queue.release_waiting.__kwdefaults__, {"limit": 2}), self.engine_cursors():
            command = self.env["sync.command"]
            while command._execute_open(limit=1):
                self.env.cr.execute(
                    "SELECT count(*) FROM sync_message WHERE id = ANY(%s) AND state = 'ready'", [messages.ids]
                )
                moved.append(self.env.cr.fetchone()[0])
        self.assertEqual(moved, [2, 4, 5])
        self.run_engine()
        self.assertEqual(messages.mapped("state"), ["done"] * 5)

    # -- exceptions --------------------------------------------------------------------------------------------------

    def late(self, exceptions):
        exceptions.write({"due_at": fields.Datetime.now() - timedelta(hours=1)})

    def shop_exception(self):
        with self.engine_cursors():
            return (
                self.env["sync.exception"]
                ._open(
                    "apply.refused",
                    detail="No.",
                    subject="other",
                    company=self.company,
                    document="Order 7",
                    document_domain="sales",
                    interface=self.interface,
                )
                .sudo(False)
            )

    def test_an_exception_past_its_time_is_shown_to_the_approvers_once(self):
        exception = self.failed("1001").exception_id
        self.assertFalse(exception.escalated_at)
        self.late(exception)
        self.run_engine()
        told = self.reminders(exception)
        self.assertIn(self.approvers, told.user_id)
        self.assertNotIn(self.sales, told.user_id, "the owner knows already")
        self.time_comes("exception.resolve")
        self.run_engine()
        self.assertEqual(self.reminders(exception), told)

    def test_a_resolved_exception_has_no_deadline_and_no_reminders(self):
        exception = self.failed("1001").exception_id
        self.late(exception)
        self.run_engine()
        exception._close("resolved", "Paid by now.")
        self.assertFalse(self.reminders(exception))
        self.assertFalse(self.due("exception.resolve", exception.id))

    def test_a_person_who_moves_the_due_time_moves_the_deadline(self):
        exception = self.failed("1001").exception_id
        tomorrow = (fields.Datetime.now() + timedelta(days=1)).replace(microsecond=0)
        exception.with_user(self.sales).write({"due_at": tomorrow})
        self.assertEqual(self.due("exception.resolve", exception.id).due_at, tomorrow)

    def reminders(self, exception):
        escalation = self.env.ref("sync_governance.activity_type_escalation")
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "sync.exception"),
                ("res_id", "=", exception.id),
                ("activity_type_id", "=", escalation.id),
            ]
        )

    # -- credentials -------------------------------------------------------------------------------------------------

    def credential(self, days):
        return (
            self.env["sync.credential"]
            .with_user(self.author)
            .create(
                {
                    "name": "Shop",
                    "endpoint_id": self.endpoint.id,
                    "secret_input": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
                    "valid_until": fields.Datetime.now() + timedelta(days=days),
                }
            )
        )

    def warnings(self, credential):
        return self.env["mail.activity"].search([("res_model", "=", "sync.credential"), ("res_id", "=", credential.id)])

    def test_the_owner_is_warned_once_before_a_secret_ends(self):
        credential = self.credential(days=10)
        self.run_engine()
        self.assertEqual(self.warnings(credential).user_id, self.author, "the technical owner of the shop")
        self.run_engine()
        self.assertEqual(len(self.warnings(credential)), 1)

    def test_a_secret_that_ends_later_is_warned_of_later(self):
        credential = self.credential(days=40)
        self.run_engine()
        self.assertFalse(self.warnings(credential))
        row = self.due("credential.expiry", credential.id)
        self.assertEqual(row.due_at, credential.valid_until - timedelta(days=14))
        credential.write({"valid_until": False})
        self.assertFalse(self.due("credential.expiry", credential.id))

    def test_a_new_secret_ends_the_warning(self):
        credential = self.credential(days=10)
        self.run_engine()
        credential._rotate("whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=", overlap_hours=1)
        self.assertFalse(self.warnings(credential))
