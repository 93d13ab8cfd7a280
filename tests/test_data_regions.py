"""Personal data crosses from one data region to another with a named approval, and then only what it names."""

import json
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from odoo.tools.misc import file_open

from odoo.addons.sync_governance.core.faults import Fault

from . import documents as docs
from .delivery_fixture import DeliveryCase

MASK = "•••"


@tagged("post_install", "-at_install")
class RegionCase(DeliveryCase):
    """Invoices go to a finance system in the United States; the company is in the European Economic Area."""

    def setUp(self):
        super().setUp()
        self.eea, self.us, self.uk = (self.env.ref(f"sync_governance.region_{code}") for code in ("eea", "us", "uk"))
        self.company.sync_region_id = self.eea
        self.partner.region_id = self.us
        self.privacy = self.person("pia.privacy", "group_approver_privacy")
        self.other_privacy = self.person("paul.privacy", "group_approver_privacy")
        self.both = self.person("bea.both", "group_approver_privacy", "group_manager")

    def person(self, login, *groups):
        values = {
            "name": login,
            "login": login,
            "email": f"{login}@example.com",
            "group_ids": [(6, 0, [self.env.ref(f"sync_governance.{group}").id for group in groups])],
        }
        return self.env["res.users"].with_context(no_reset_password=True).create(values)

    def transfer(self, days=30, **values):
        return (
            self.env["sync.data.transfer"]
            .with_user(self.author)
            .create(
                {
                    "interface_id": self.interface.id,
                    "reason": "Accounts are kept there; standard clauses of 1 March.",
                    "valid_until": fields.Date.today() + timedelta(days=days),
                    **values,
                }
            )
        )

    def approved(self, **values):
        transfer = self.transfer(**values)
        transfer.action_submit()
        transfer.with_user(self.privacy).action_approve()
        return transfer

    def delivered(self, key):
        """The message of an invoice that was tried, and the document that went out, or None."""
        self.sent = []
        message = self.invoices(key)
        with self.partner_answers():
            self.run_engine()
        return message, json.loads(self.sent[0].body) if self.sent else None

    def texts(self, document):
        return json.dumps(document, ensure_ascii=False)


class TestTransfers(RegionCase):
    def buyer(self):
        return self.invoice["buyer"]["company_name"]

    def test_without_an_approval_nothing_leaves(self):
        message, document = self.delivered("one")
        self.assertEqual((message.state, message.fault_code), ("failed", "deliver.transfer_not_approved"))
        self.assertIsNone(document)

    def test_with_one_it_leaves_masked_but_for_what_it_names(self):
        self.approved()
        message, document = self.delivered("one")
        self.assertEqual(message.state, "done", message.fault_code)
        self.assertNotIn(self.buyer(), self.texts(document))
        self.assertIn(MASK, self.texts(document))
        self.approved(kept="/buyer")
        _message, document = self.delivered("two")
        self.assertIn(self.buyer(), self.texts(document))

    def test_a_draft_a_request_and_what_was_ended_allow_nothing(self):
        transfer = self.transfer()
        self.assertIsNone(self.delivered("draft")[1])
        transfer.action_submit()
        self.assertIsNone(self.delivered("asked")[1])
        transfer.with_user(self.privacy).action_approve()
        self.assertIsNotNone(self.delivered("approved")[1])
        transfer.with_user(self.author).action_revoke()
        self.assertIsNone(self.delivered("ended")[1])

    def test_it_ends_by_itself_though_nothing_changes(self):
        self.approved(days=0)
        self.assertIsNotNone(self.delivered("today")[1])
        with patch(
            "odoo.addons.sync_governance.core.security.transfers.datetime",
            **{"now.return_value": fields.Datetime.now() + timedelta(days=1)},
        ):
            message, document = self.delivered("tomorrow")
        self.assertEqual((message.fault_code, document), ("deliver.transfer_not_approved", None))

    def test_it_is_worth_nothing_in_other_regions(self):
        self.approved()
        self.partner.region_id = self.uk
        self.assertIsNone(self.delivered("moved")[1])
        self.partner.region_id = False
        message, _document = self.delivered("unknown")
        self.assertEqual(message.fault_code, "deliver.transfer_not_approved")

    def test_within_one_region_and_without_any_all_goes_as_it_is(self):
        self.endpoint.region_id = self.eea
        self.assertIn(self.buyer(), self.texts(self.delivered("same")[1]))
        self.endpoint.region_id = False
        self.company.sync_region_id = False
        self.assertIn(self.buyer(), self.texts(self.delivered("not looked at")[1]))

    def test_what_was_sent_before_is_not_sent_as_it_was(self):
        self.company.sync_region_id = False
        message, _document = self.delivered("before")
        self.company.sync_region_id = self.eea
        self.approved()
        for start, sent in (("deliver", 0), ("translate", 1)):
            self.sent = []
            wizard = self.env["sync.message.request"].create(
                {"kind": "replay", "selection": "selected", "message_ids_text": str(message.id),
                 "reason": "test", "start_outbound": start}
            )  # fmt: skip
            wizard.action_confirm()
            with self.partner_answers():
                self.run_engine()
            self.assertEqual(len(self.sent), sent, start)
        self.assertNotIn(self.buyer(), self.sent[0].body.decode())

    def test_the_checklist_of_onboarding_asks_for_it(self):
        step = self.partner.step_ids.filtered(lambda one: one.code == "security")
        self.assertIn("nobody has approved", step.reason)
        self.assertEqual(step.state, "open")
        self.assertTrue(self.interface.transfer_missing)
        self.approved()
        self.env.invalidate_all()
        self.assertEqual(step.state, "done", step.reason)
        self.assertIn("approved until", self.interface.transfer_note)

    def test_in_a_restored_copy_nothing_is_allowed(self):
        transfer = self.approved()
        with file_open("sync_governance/data/neutralize.sql") as script:
            self.env.flush_all()
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertEqual(transfer.state, "revoked")


class TestWhatArrives(RegionCase):
    def setUp(self):
        super().setUp()
        self.company.sync_region_id = False
        self.shop = self.live_partner("shopify", secrets={"shop-orders": docs.SHOP_SECRET})
        self.company.sync_region_id = self.eea
        self.shop.region_id = self.uk

    def order(self, number):
        order = docs.shopify_order(number, [docs.shopify_line(1, "X-1", 1, "10.00")])
        return self.receive(
            "shop-orders", order, profile="shopify", secret=docs.SHOP_SECRET, headers=docs.shopify_headers(number)
        )

    def test_at_the_door_it_is_refused_and_its_body_is_not_kept(self):
        before = self.env["sync.message"].search_count([])
        fault = None
        try:
            self.order("#1")
        except Fault as refused:  # not assertRaises, which would take back the note about it
            fault = refused
        self.assertEqual((fault.code, fault.entry.http_status), ("receive.transfer_not_approved", 403))
        self.assertEqual(self.env["sync.message"].search_count([]), before)
        rejected = self.env["sync.transmission"].search([("verdict", "=", "rejected")], limit=1)
        self.assertEqual((rejected.fault_code, rejected.payload_ids.ids), ("receive.transfer_not_approved", []))

    def test_what_waits_already_is_not_worked(self):
        self.shop.region_id = self.eea
        receipt = self.order("#2")
        self.shop.region_id = self.uk
        self.run_engine()
        message = self.message(receipt)
        self.assertEqual((message.state, message.fault_code), ("failed", "receive.transfer_not_approved"))

    def test_with_an_approval_it_comes_in_as_it_is(self):
        self.approved(interface_id=self.shop.interface_ids.id)
        receipt = self.order("#3")
        self.run_engine()
        self.assertNotIn(self.message(receipt).fault_code, ("receive.transfer_not_approved",))
        self.env.cr.execute(
            "SELECT content FROM sync_payload WHERE transmission_id = %s", [self.message(receipt).transmission_id.id]
        )
        self.assertNotIn(MASK, bytes(self.env.cr.fetchone()[0]).decode())


class TestDeciding(RegionCase):
    def test_whoever_wrote_any_of_it_does_not_approve_it(self):
        transfer = self.transfer()
        transfer.with_user(self.both).kept = "/buyer"
        transfer.action_submit()
        for user, said in ((self.author, "approver of privacy"), (self.approver, "approver of privacy"),
                           (self.both, "four eyes")):  # fmt: skip
            with self.subTest(user=user.login), self.assertRaisesRegex(AccessError, said):
                transfer.with_user(user).action_approve()
        transfer.with_user(self.privacy).action_approve()
        self.assertEqual((transfer.approved_by, transfer.state), (self.privacy, "approved"))
        with self.assertRaisesRegex(UserError, "approved; this step"):
            transfer.with_user(self.other_privacy).action_approve()

    def test_no_form_import_or_call_moves_it(self):
        transfer = self.transfer()
        for values in ({"state": "approved"}, {"approved_by": self.privacy.id}, {"source_id": self.us.id}):
            with self.subTest(values=values), self.assertRaises(UserError):
                transfer.write(values)
            with self.subTest(create=values), self.assertRaises(UserError):
                self.transfer(**values)
        loaded = self.env["sync.data.transfer"].with_user(self.author).load(
            ["interface_id/.id", "reason", "valid_until", "state"],
            [[str(self.interface.id), "why", "2026-03-01", "approved"]],
        )  # fmt: skip
        self.assertFalse(loaded["ids"])
        transfer.action_submit()
        with self.assertRaises(UserError):
            transfer.write({"kept": "/seller"})
        with self.assertRaises(UserError):
            transfer.unlink()
        with self.assertRaises(AccessError):
            transfer.with_user(self.privacy).write({"reason": "mine"})

    @mute_logger("odoo.sql_db")
    def test_sql_moves_it_no_further(self):
        transfer = self.transfer()
        self.env.flush_all()
        for statement in (
            "UPDATE sync_data_transfer SET state = 'approved', approved_by = 1, requested_by = 2 WHERE id = %s",
            "UPDATE sync_data_transfer SET state = 'approved' WHERE id = %s",
            "INSERT INTO sync_data_transfer (interface_id, reason, valid_until, state)"
            " SELECT interface_id, reason, valid_until, 'approved' FROM sync_data_transfer WHERE id = %s",
        ):
            with self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
                self.env.cr.execute(statement, [transfer.id])
        transfer.action_submit()
        transfer.with_user(self.privacy).action_approve()
        self.env.flush_all()
        for change in (
            "kept = '/seller'",
            "valid_until = '2099-01-01'",
            "state = 'draft'",
            "approved_by = requested_by",
        ):
            with self.subTest(change=change), self.assertRaises(psycopg2.errors.CheckViolation):
                with self.env.cr.savepoint():
                    self.env.cr.execute(f"UPDATE sync_data_transfer SET {change} WHERE id = %s", [transfer.id])

    def test_a_new_approval_ends_the_one_before(self):
        first = self.approved()
        second = self.approved(kept="/buyer")
        self.assertEqual((first.state, second.state), ("revoked", "approved"))
        self.assertEqual(first.revoked_by, self.privacy)

    def test_what_is_no_approval_is_refused(self):
        for values, said in (
            ({"reason": " "}, "Say why"),
            ({"days": 900}, "two years"),
            ({"kept": "ship_to"}, "not written like"),
        ):
            with self.subTest(said=said), self.assertRaisesRegex(ValidationError, said):
                self.transfer(**values)
        over = self.transfer(days=-1)
        with self.assertRaisesRegex(UserError, "over"):
            over.action_submit()
        self.partner.region_id = False
        with self.assertRaisesRegex(UserError, "Say first"):
            self.transfer().action_submit()
        self.partner.region_id = self.eea
        with self.assertRaisesRegex(UserError, "nothing crosses"):
            self.transfer().action_submit()

    def test_while_it_is_decided_the_regions_stay(self):
        transfer = self.transfer()
        transfer.action_submit()
        self.partner.region_id = self.uk
        with self.assertRaisesRegex(UserError, "others by now"):
            transfer.with_user(self.privacy).action_approve()
        transfer.with_user(self.privacy).action_send_back()
        self.assertEqual(transfer.state, "draft")

    def test_nobody_gets_round_it_by_moving_somebody(self):
        manager = self.person("mara.manager", "group_manager")
        for record in (self.partner, self.endpoint):
            with self.assertRaisesRegex(AccessError, "security officer"):
                record.with_user(manager).region_id = self.eea
        administrator = self.env.ref("base.user_admin")
        administrator.group_ids -= self.env.ref("sync_governance.group_security_officer")
        with self.assertRaisesRegex(AccessError, "security officer"):
            self.company.with_user(administrator).sync_region_id = False

    def test_who_decided_what_is_in_the_audit_trail(self):
        transfer = self.approved(kept="/buyer")
        transfer.with_user(self.author).action_revoke()
        self.company.sync_region_id = self.uk
        entries = self.env["sync.audit.entry"].search(
            [("model", "=", "sync.data.transfer"), ("res_id", "=", transfer.id)]
        )
        self.assertLessEqual({"change", "approval"}, set(entries.mapped("kind")))
        approvals = entries.filtered(lambda entry: entry.kind == "approval" and "approved_by" in (entry.changes or ""))
        self.assertEqual(approvals.user_id, self.privacy)
        self.assertTrue(any("/buyer" in (entry.changes or "") for entry in entries))
        moved = self.env["sync.audit.entry"].search([("action", "=", "data region")], limit=1)
        self.assertEqual((moved.model, moved.res_id), ("res.company", self.company.id))
        self.assertIn('"uk"', moved.details)

    def test_its_forms_open_for_whoever_reads_them(self):
        transfer = self.approved()
        for user in (self.author, self.privacy):
            self.assertTrue(Form(transfer.with_user(user)))
            self.assertTrue(Form(self.interface.with_user(user)))

    def test_another_company_sees_nothing_of_it(self):
        transfer = self.approved()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self.person("otto.other", "group_approver_privacy")
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.assertFalse(self.env["sync.data.transfer"].with_user(stranger).search([]))
        for action in ("action_approve", "action_revoke"):
            with self.assertRaises(UserError):
                getattr(transfer.with_user(stranger), action)()
        self.assertEqual(transfer.state, "approved")
