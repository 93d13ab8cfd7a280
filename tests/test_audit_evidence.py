"""What leaves the trail: requests, looks and exports that are written down, archives, lines for others."""

import base64
import io
import json
import zipfile

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.sync_governance.core.audit import archive

from .audit_fixture import AuditCase
from .exception_fixture import ExceptionCase


@tagged("post_install", "-at_install")
class TestWork(ExceptionCase):
    """What people do with documents and exceptions."""

    def entries(self, **where):
        self.env.flush_all()
        return self.env["sync.audit.entry"].search([(name, "=", value) for name, value in where.items()], order="id")

    def test_what_people_ask_the_engine_is_told_with_why_and_under_which_policy(self):
        message = self.orders_that(self.fails("apply.refused", "credit"), "1001")
        before = self.entries(kind="request")
        message.with_user(self.sales)._ask("cancel", reason="sent twice")
        entry = self.entries(kind="request") - before
        self.assertEqual((entry.action, entry.login, entry.reason), ("cancel", "sam.sales", "sent twice"))
        self.assertEqual((entry.model, entry.res_id, entry.policy), ("sync.message", message.id, "orders 1.0.0"))
        self.assertEqual(json.loads(entry.details)["message_ids"], message.ids)

    def test_what_the_engine_and_its_users_do_is_not(self):
        message = self.orders_that(self.done, "1001")
        before = self.entries()
        agent = message.with_user(self.endpoint.user_id)
        self.env["sync.message"].with_user(agent.env.user)._release_waiting("order", ["1001"])
        self.assertTrue(message.received_text, "the system itself reads")
        self.assertFalse(self.entries() - before)

    def test_a_document_that_is_opened_is_told_once_a_look(self):
        message = self.orders_that(self.done, "1001")
        before = self.entries()
        mine = message.with_user(self.sales)
        self.assertTrue(mine.received_text and mine.canonical_text)
        mine.invalidate_recordset()
        self.assertTrue(mine.received_text)
        entry = self.entries() - before
        self.assertEqual((entry.kind, entry.action, entry.login), ("access", "open", "sam.sales"))
        self.assertEqual((entry.model, entry.res_id), ("sync.message", message.id))
        payload = message.payload_ids.filtered(lambda p: p.kind == "received").with_user(self.warehouse)
        self.assertTrue(payload.text)
        self.assertEqual((self.entries() - before - entry).model, "sync.payload")

    def test_who_sees_nothing_has_opened_nothing(self):
        message = self.orders_that(self.done, "1001")
        before = self.entries()
        self.assertFalse(message.with_user(self.viewer).received_text)
        self.assertFalse(self.entries() - before)

    def test_what_people_do_with_an_exception_is_told_and_what_the_engine_does_is_not(self):
        before = self.entries()
        exception = self.orders_that(self.fails("apply.refused", "credit"), "1001").exception_id
        self.assertFalse((self.entries() - before).filtered(lambda e: e.model == "sync.exception"))
        exception.with_user(self.sales).action_take()
        found = (self.entries() - before).filtered(lambda e: e.model == "sync.exception")
        self.assertEqual(set(found.mapped("kind")), {"exception"})
        self.assertIn(["new", "in_progress"], [json.loads(entry.changes).get("state") for entry in found])

    def test_a_list_that_is_exported_is_told(self):
        message = self.orders_that(self.done, "1001")
        self.sales.write({"group_ids": [(4, self.env.ref("base.group_allow_export").id)]})
        before = self.entries()
        message.with_user(self.sales).export_data(["reference", "state"])
        entry = self.entries() - before
        self.assertEqual((entry.kind, entry.login), ("export", "sam.sales"))
        self.assertEqual(
            json.loads(entry.details), {"fields": ["reference", "state"], "model": "sync.message", "count": 1}
        )


class TestArchive(AuditCase):
    def wizard(self, user=None, **values):
        return self.env["sync.audit.export"].with_user(user or self.auditor).create(values)

    def test_the_auditor_takes_a_signed_archive_that_holds_and_that_is_told(self):
        self.auditor.company_ids = self.env["res.company"].search([])
        policy = self.policy()
        self.approved(policy)
        credential = self.credential(self.endpoint(self.partner()))
        credential.action_confirm_review()
        self.new_entries()
        wizard = self.wizard()
        with self.engine_cursors():
            wizard.action_make()
        content = io.BytesIO(base64.b64decode(wizard.file))
        report = archive.check(content, public_key=wizard.public_key)
        self.assertEqual(report.problems, [])
        self.assertEqual((report.count, report.fingerprint), (wizard.entry_count, wizard.fingerprint))
        with zipfile.ZipFile(content) as found:
            approvals = [json.loads(line) for line in found.read("approvals.jsonl").splitlines()]
            reviews = found.read("access_reviews.jsonl").splitlines()
        self.assertIn((policy.id, "saul.approver"), [(one["res_id"], one["login"]) for one in approvals])
        self.assertEqual(len(reviews), 1)
        entry = self.new_entries(kind="export")
        self.assertEqual((entry.action, entry.login), ("evidence archive", "alma.auditor"))
        self.assertEqual(json.loads(entry.details)["entries"], wizard.entry_count)

    def test_who_does_not_work_in_all_companies_takes_none(self):
        self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(AccessError):
            self.wizard().action_make()

    def test_who_may_not_read_the_trail_takes_none(self):
        for user in (self.viewer, self.manager, self.sales_approver):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.wizard(user)

    def test_a_period_that_ends_before_it_begins_is_refused(self):
        with self.assertRaises(UserError):
            self.wizard(date_from="2026-02-01", date_to="2026-01-01")
