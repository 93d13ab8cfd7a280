"""Exceptions: one per cause, for a named person, that the buttons really end."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form
from odoo.tools import mute_logger

from .exception_fixture import ExceptionCase


class TestException(ExceptionCase):
    # -- folding -----------------------------------------------------------------------------------------------------

    def test_documents_with_one_cause_are_one_exception(self):
        messages = self.orders_that(self.unknown_product("SKU-9"), "1001", "1002", "1003")
        exception = messages.exception_id
        self.assertEqual(len(exception), 1)
        self.assertEqual(
            exception.name, "Order 1001 from Web shop and 2 more: the product is not known (product SKU-9)"
        )
        self.assertEqual((exception.count, exception.message_count, exception.waiting_count), (3, 3, 3))
        self.assertEqual((exception.code, exception.domain, exception.state), ("apply.product_unknown", "sales", "new"))
        self.assertEqual(exception.trading_partner_id, self.shop)
        self.assertIn("SKU-9", exception.faults_html)

    @mute_logger("odoo.addons.sync_governance.models.exception.collecting")
    def test_a_document_that_cannot_be_explained_does_not_keep_the_others_from_it(self):
        fold = type(self.env["sync.exception"])._fold

        def fails(exceptions, cases, table):
            if any(case.code == "apply.product_unknown" for case in cases):
                raise ZeroDivisionError
            return fold(exceptions, cases, table)

        with patch.object(type(self.env["sync.exception"]), "_fold", fails):
            strange = self.orders_that(self.unknown_product("SKU-9"), "1001")
            plain = self.orders_that(self.fails("apply.refused", "credit"), "1002")
        self.assertEqual(plain.exception_id.code, "apply.refused")
        self.assertEqual(strange.exception_id.code, "engine.internal")
        self.assertIn(f"Message {strange.id} failed", strange.exception_id.detail)

    def test_another_cause_is_another_exception(self):
        one = self.orders_that(self.unknown_product("SKU-9"), "1001").exception_id
        other = self.orders_that(self.unknown_product("SKU-8"), "1002").exception_id
        self.assertNotEqual(one, other)

    def test_a_closed_exception_does_not_take_new_documents(self):
        first = self.orders_that(self.unknown_product("SKU-9"), "1001").exception_id
        first._close("dismissed", "A test of the shop.")
        second = self.orders_that(self.unknown_product("SKU-9"), "1002").exception_id
        self.assertNotEqual(first, second)
        self.assertIn("A test of the shop.", second.earlier)

    def test_what_waits_behind_a_failed_order_counts_as_blocked(self):
        exception = self.orders_that(self.unknown_product("SKU-9"), "1001", "1001", "1001").exception_id
        self.assertEqual(exception.message_count, 1)
        self.assertEqual(exception.waiting_count, 3)

    def test_the_domain_of_a_general_business_fault_is_that_of_the_document(self):
        refused = self.orders_that(self.fails("apply.refused", "credit"), "1001").exception_id
        broken = self.orders_that(self.fails("engine.configuration", "interface x"), "1002").exception_id
        self.assertEqual((refused.domain, broken.domain), ("sales", "integration"))

    def test_a_rejected_transmission_is_an_exception_of_the_endpoint(self):
        self.env.cr.execute(
            """INSERT INTO sync_transmission (direction, endpoint_id, trading_partner_id, company_id, verdict,
                                              fault_code, fault_detail, occurred_at)
               SELECT 'inbound', %s, %s, %s, 'rejected', 'authentication.signature_invalid', 'No secret fits.',
                      now() AT TIME ZONE 'UTC' FROM generate_series(1, 3)""",
            [self.endpoint.id, self.shop.id, self.company.id],
        )
        self.collect()
        exception = self.env["sync.exception"].search([("source", "=", "transmission")])
        self.assertEqual(exception.name, "Orders of the shop: the signature does not match")
        self.assertEqual((exception.count, len(exception.transmission_ids)), (3, 3))
        self.assertEqual(exception.user_id, self.author, "a security officer")

    def test_nothing_to_do_is_one_statement(self):
        self.collect()
        with self.engine_cursors(), self.assertQueryCount(1):
            self.assertEqual(self.env["sync.exception"]._collect(), 0)

    # -- people ------------------------------------------------------------------------------------------------------

    def test_the_owner_of_the_interface_gets_one_reminder_with_a_due_time(self):
        exception = self.orders_that(self.unknown_product("SKU-9"), "1001", "1002").exception_id
        self.assertEqual(exception.user_id, self.sales)
        self.assertEqual(exception.due_at, exception.first_seen_at + timedelta(hours=4), "the service level's hours")
        self.assertEqual(exception.activity_ids.user_id, self.sales)
        self.assertEqual(len(exception.activity_ids), 1)
        self.orders_that(self.unknown_product("SKU-9"), "1003")
        self.assertEqual(len(exception.activity_ids), 1)

    def test_an_owner_who_may_not_work_the_domain_is_passed_over(self):
        self.sales.group_ids -= self.env.ref("sync_governance.group_operator_sales")
        colleague = self.person("sue.sales", "group_operator_sales")
        exception = self.orders_that(self.unknown_product("SKU-9"), "1001").exception_id
        self.assertEqual(exception.user_id, colleague, "the next of the domain")

    def test_take_moves_exception_and_reminder(self):
        exception = self.orders_that(self.unknown_product("SKU-9"), "1001").exception_id
        colleague = self.person("sue.sales", "group_operator_sales")
        exception.with_user(colleague).action_take()
        self.assertEqual((exception.user_id, exception.state), (colleague, "in_progress"))
        self.assertEqual(exception.activity_ids.user_id, colleague)

    def test_operators_see_and_work_their_own_domain_only(self):
        exception = self.orders_that(self.unknown_product("SKU-9"), "1001").exception_id
        self.assertTrue(exception.with_user(self.sales).has_access("write"))
        self.assertFalse(exception.with_user(self.finance).has_access("read"))
        self.assertFalse(self.env["sync.exception"].with_user(self.warehouse).search([("id", "=", exception.id)]))
        with self.assertRaises(AccessError):
            exception.with_user(self.finance).action_take()
        with self.assertRaises(AccessError):
            exception.sync_message_ids.with_user(self.finance).action_retry()

    def test_viewers_see_all_and_work_none(self):
        exception = self.orders_that(self.unknown_product("SKU-9"), "1001").exception_id
        self.assertTrue(exception.with_user(self.viewer).name)
        with self.assertRaises(AccessError):
            exception.with_user(self.viewer).action_take()
        with self.assertRaises(AccessError):
            exception.sync_message_ids.with_user(self.viewer).action_retry()

    def test_nobody_types_a_state_or_a_resolution(self):
        exception = self.orders_that(self.unknown_product("SKU-9"), "1001").exception_id
        for values in ({"state": "resolved"}, {"resolution": "done"}, {"name": "nothing"}, {"domain": "finance"}):
            with self.assertRaises(UserError):
                exception.with_user(self.sales).write(values)

    # -- retry and ending by itself ------------------------------------------------------------------------------------

    def test_retry_goes_through_the_engine_and_the_exception_ends_by_itself(self):
        messages = self.orders_that(self.unknown_product("SKU-9"), "1001", "1002")
        exception = messages.exception_id
        type(self).answer = staticmethod(lambda work: self.done(work))
        exception.with_user(self.sales).action_retry()
        self.assertEqual(exception.state, "in_progress")
        self.run_engine()
        self.assertEqual(set(messages.mapped("state")), {"done"})
        self.assertEqual(exception.state, "resolved")
        self.assertIn("2", exception.resolution)
        self.assertFalse(exception.resolved_by_id)
        self.assertFalse(exception.activity_ids)
        self.assertEqual(exception.sync_message_ids, messages, "its documents stay readable on it")

    def test_a_retry_that_fails_again_comes_back_to_the_same_exception(self):
        messages = self.orders_that(self.unknown_product("SKU-9"), "1001")
        exception = messages.exception_id
        exception.with_user(self.sales).action_retry()
        self.run_engine()
        self.assertEqual(messages.exception_id, exception)
        self.assertEqual((exception.state, exception.count, exception.message_count), ("in_progress", 2, 1))

    def test_a_retry_that_fails_for_another_reason_moves_to_another_exception(self):
        messages = self.orders_that(self.unknown_product("SKU-9"), "1001")
        first = messages.exception_id
        type(self).answer = staticmethod(self.fails("apply.total_mismatch", "order 1001"))
        first.with_user(self.sales).action_retry()
        self.run_engine()
        self.assertEqual(messages.exception_id.code, "apply.total_mismatch")
        self.assertEqual(first.state, "resolved")

    def test_one_open_document_keeps_the_exception_open(self):
        messages = self.orders_that(self.unknown_product("SKU-9"), "1001", "1002")
        exception = messages.exception_id
        type(self).answer = staticmethod(lambda work: self.done(work))
        messages[0].with_user(self.sales).action_retry()
        self.run_engine()
        self.assertEqual((messages[0].state, messages[1].state), ("done", "failed"))
        self.assertEqual(exception.state, "new")
        messages[1].with_user(self.sales).action_cancel()
        self.run_engine()
        self.assertEqual(exception.state, "resolved")

    # -- closing by people ---------------------------------------------------------------------------------------------

    def test_dismiss_asks_for_a_reason_and_cancels_the_documents(self):
        messages = self.orders_that(self.unknown_product("SKU-9"), "1001", "1001")
        exception = messages[0].exception_id.with_user(self.sales)
        wizard = self.wizard(exception.action_dismiss())
        wizard.note = "  "
        with self.assertRaises(UserError):
            wizard.action_confirm()
        wizard.note = "The customer has cancelled by telephone."
        wizard.action_confirm()
        self.assertEqual((exception.state, exception.resolved_by_id), ("dismissed", self.sales))
        type(self).answer = staticmethod(lambda work: self.done(work))
        self.run_engine()
        self.assertEqual(messages.mapped("state"), ["cancelled", "done"], "what waited behind it went on")

    def test_resolve_leaves_no_document_behind_unnoticed(self):
        messages = self.orders_that(self.unknown_product("SKU-9"), "1001")
        exception = messages.exception_id.with_user(self.sales)
        wizard = self.wizard(exception.action_resolve())
        wizard.note = "Entered by hand."
        wizard.documents = "cancel"
        wizard.action_confirm()
        self.run_engine()
        self.assertEqual((exception.state, messages.state), ("resolved", "cancelled"))
        with self.assertRaises(UserError):
            exception.action_retry()

    # -- mapping -------------------------------------------------------------------------------------------------------

    def test_map_product_remembers_each_code_and_retries(self):
        products = self.env["product.product"].create([{"name": "Headset"}, {"name": "Dock"}])

        def by_xref(work):
            found = self.env["sync.xref"]._resolve("product", work.trading_partner_id, ["SKU-8", "SKU-9"])
            return self.done(work) if len(found) == 2 else self.unknown_product("SKU-8", "SKU-9")(work)

        messages = self.orders_that(by_xref, "1001", "1002")
        exception = messages.exception_id.with_user(self.sales)
        self.assertTrue(exception.can_map)
        form = Form.from_action(self.env(user=self.sales), exception.action_map())
        self.assertEqual(form.domain, "product")
        for index, product in enumerate(products):
            with form.line_ids.edit(index) as line:
                line.product_id = product
        form.save().action_map()
        known = self.env["sync.xref"]._resolve("product", self.shop.id, ["SKU-8", "SKU-9"])
        self.assertEqual(known, {"SKU-8": products[0].id, "SKU-9": products[1].id})
        self.run_engine()
        self.assertEqual(set(messages.mapped("state")), {"done"})
        self.assertEqual(exception.state, "resolved")

    def test_map_needs_at_least_one_pick(self):
        exception = self.orders_that(self.unknown_product("SKU-9"), "1001").exception_id
        form = Form.from_action(self.env, exception.action_map())
        with self.assertRaises(UserError):
            form.save().action_map()

    # -- other rooms ---------------------------------------------------------------------------------------------------

    def test_other_rooms_open_and_end_exceptions_of_their_own(self):
        case = {"subject": "milestone paid of S1", "company": self.company}
        first = self.env["sync.exception"]._open(
            "gate.deadline_passed", detail="Not paid.", document="Order S1", **case
        )
        again = self.env["sync.exception"]._open(
            "gate.deadline_passed", detail="Still not.", document="Order S1", **case
        )
        self.assertEqual(first, again)
        self.assertEqual((again.count, again.detail), (2, "Still not."))
        self.collect()
        self.assertEqual(again.state, "new", "it is not a document that could settle it")
        self.env["sync.exception"]._over("gate.deadline_passed", note="Paid.", **case)
        self.assertEqual((again.state, again.resolution), ("resolved", "Paid."))

    # -- kit -----------------------------------------------------------------------------------------------------------

    def collect(self):
        with self.engine_cursors():
            return self.env["sync.exception"]._collect()

    def wizard(self, action):
        user = self.env(user=self.sales)
        return user[action["res_model"]].with_context(**action["context"]).create({"note": "x"})
