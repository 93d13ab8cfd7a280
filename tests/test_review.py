"""Is it still needed? The owner is asked, and what nobody confirms is suspended where that is agreed."""

from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time

from odoo.addons.sync_governance.core.faults import Fault

from .governance_fixture import SECRET, GovernanceCase

DAY_OF_REVIEW = "2026-06-10"


class TestReview(GovernanceCase):
    def setUp(self):
        super().setUp()
        northwind = self.partner()
        northwind.action_start_testing()
        self.door = self.endpoint(northwind, review_days=90, review_grace_days=7, review_unconfirmed="suspend")
        self.proof = self.credential(self.door)
        self.door.action_create_agent()
        self.door.action_go_live()

    def days_later(self, days):
        """What the engine does when so many days have passed since the day of the review."""
        self.proof.review_date = date.fromisoformat(DAY_OF_REVIEW)
        self.look(days)

    def look(self, days):
        with freeze_time(date.fromisoformat(DAY_OF_REVIEW) + timedelta(days=days, hours=12)):
            self.time_comes("credential.review")
            with self.engine_cursors():
                self.env["sync.due"]._run_due()

    def asked(self):
        return self.proof.activity_ids

    def send(self):
        document = {"id": 1, "type": "orders/create"}
        return self.receive("northwind-orders", document, profile="standard_webhooks", secret=SECRET)

    def test_it_comes_after_as_many_days_as_the_endpoint_says(self):
        self.assertEqual(self.proof.review_date, date.today() + timedelta(days=90))
        self.door.review_days = 0
        self.assertFalse(self.env["sync.due"].search([("kind", "=", "credential.review")]))

    def test_the_owner_is_asked_once_and_sees_the_last_use(self):
        self.days_later(0)
        self.assertEqual(self.asked().user_id, self.manager)
        self.assertIn("never", self.asked().note)
        self.assertEqual(self.asked().date_deadline, date(2026, 6, 17))
        self.look(1)
        self.assertEqual(len(self.asked()), 1)
        self.assertEqual(self.proof.state, "valid")

    def test_nobody_is_asked_early(self):
        self.days_later(-1)
        self.assertFalse(self.asked())
        self.assertTrue(self.env["sync.due"].search([("kind", "=", "credential.review")]), "it is looked at again")

    def test_what_nobody_confirms_is_suspended_and_its_sender_is_told(self):
        self.days_later(0)
        self.look(7)
        self.assertEqual(self.proof.state, "suspended")
        try:  # assertRaises would take back what was written
            self.send()
            self.fail("a suspended credential was taken")
        except Fault as fault:
            self.assertEqual(fault.code, "authentication.credential_suspended")
        self.assertFalse(self.door.sudo()._has_valid_credential())
        rejected = self.env["sync.transmission"].search([("verdict", "=", "rejected")])
        self.run_engine()
        self.assertEqual(rejected.exception_id.code, "authentication.credential_suspended")

    def test_the_owner_confirms_and_it_works_again_at_once(self):
        self.days_later(0)
        self.look(7)
        self.proof.with_user(self.manager).action_confirm_review()
        self.assertEqual((self.proof.state, self.asked().ids), ("valid", []))
        self.assertEqual(self.proof.review_date, date.today() + timedelta(days=90))
        self.assertTrue(self.send().message_uid)

    def test_where_it_is_agreed_so_it_goes_on(self):
        self.door.review_unconfirmed = "remind"
        self.days_later(0)
        self.look(30)
        self.assertEqual((self.proof.state, len(self.asked())), ("valid", 1))

    def test_an_agreement_made_later_holds_for_what_is_there(self):
        self.door.review_unconfirmed = "remind"
        self.days_later(0)
        self.door.with_user(self.manager).review_unconfirmed = "suspend"
        self.look(8)
        self.assertEqual(self.proof.state, "suspended")

    def test_others_do_not_confirm(self):
        other = self.person("otto.manager", "group_manager")
        for user in (other, self.viewer, self.sales_operator):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.proof.with_user(user).action_confirm_review()
        self.proof.with_user(self.officer).action_confirm_review()

    def test_nobody_lifts_a_suspension_by_writing(self):
        self.days_later(7)
        for values in ({"suspended_at": False}, {"last_used_at": "2026-01-01 00:00:00"}):
            with self.assertRaises(UserError):
                self.proof.with_user(self.officer).write(values)
        with self.assertRaises(UserError):
            self.env["sync.credential"].with_user(self.officer).create(
                {"name": "X", "endpoint_id": self.door.id, "suspended_at": "2026-01-01 00:00:00"}
            )

    def test_an_archived_one_is_not_asked_about(self):
        self.proof.review_date = date.fromisoformat(DAY_OF_REVIEW)
        self.proof.action_archive()
        self.assertFalse(self.env["sync.due"].search([("kind", "=", "credential.review")]))
