"""No usable answer in time: Odoo answers by itself, and what comes later counts as the policy says."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .reply_fixture import ANSWER, DOOR, JSON, SECRET, ReplyCase, answering, finance_that_answers
from .test_replies import Death

DUE = "answer.due"
OURS = {
    "type": "risk.assessed",
    "number": "OURS",
    "order_number": "INV/2026/00001",
    "assessed_at": "2026-04-02T10:15:02+00:00",
    "decision": "review",
    "reasons": [],
}


class FallbackCase(ReplyCase):
    def setUp(self):
        super().setUp()
        kept = type(self.env["sync.handler.kept"])
        self.asked_for = []

        def fall_back(handler, request):
            self.asked_for.append((handler.env.user, request))
            return OURS

        self.startPatcher(patch.object(kept, "_fall_back", fall_back))

    def after(self, *answers):
        """The request after the partner has answered like this, and after its time is over."""
        with answering(*answers) as (address, received):
            self.finance(address)
            self.published()
            self.run_engine()
            message = self.env["sync.message"].search([("interface_id", "=", self.request.id)])
            self.time_comes(DUE)
            self.run_engine()
        self.received = received
        return message

    def assert_fallback(self, message):
        fallback = message.answer_ids.filtered("fallback")
        self.assertEqual((len(fallback), fallback.state), (1, "done"), fallback.fault_code)
        self.assertEqual(self.canonical(fallback), OURS)
        self.assertEqual(fallback.interface_id, self.reply)
        self.assertIn("Odoo's own", fallback.attempt_ids.detail)
        return fallback


@tagged("post_install", "-at_install")
class TestFallback(FallbackCase):
    policy = {"answer": {"seconds": 60}}

    def test_a_partner_that_is_down(self):
        with answering((503, None, b""), (200, JSON, ANSWER)) as (address, received):
            self.finance(address)
            self.published()
            self.run_engine()
            message = self.env["sync.message"].search([("interface_id", "=", self.request.id)])
            self.assertEqual((message.state, len(message.answer_ids)), ("ready", 0))
            self.assertTrue(self.env["sync.due"].search([("kind", "=", DUE), ("res_id", "=", message.id)]))
            self.time_comes(DUE)
            self.run_engine()
            fallback = self.assert_fallback(message)
            self.assertEqual(message.state, "ready", "it is still to be delivered")
            ((user, request),) = self.asked_for
            self.assertEqual(user, self.endpoint.user_id, "as the endpoint's own user")
            self.assertEqual((request.uid, request.res_model), (message.uid, "res.company"))
            self.assertEqual(request.document["number"], self.invoice["number"])
            self.due_now(message)
            self.run_engine()
        self.assertEqual(len(received), 2)
        late = message.answer_ids - fallback
        self.assertEqual(
            (late.state, self.canonical(late)["decision"]), ("done", "accept"), "what comes later replaces"
        )

    def test_a_partner_that_refuses(self):
        message = self.after((422, JSON, b"{}"))
        self.assertEqual(message.state, "failed")
        self.assert_fallback(message)

    def test_an_open_circuit_breaker(self):
        self.finance("https://finance.example")
        self.env.cr.execute(
            """UPDATE sync_endpoint
                  SET breaker_state = 'open', breaker_until = now() AT TIME ZONE 'UTC' + interval '1 hour'
                WHERE id = %s""",
            [self.endpoint.id],
        )
        self.published()
        self.run_engine()
        self.time_comes(DUE)
        self.run_engine()
        message = self.env["sync.message"].search([("interface_id", "=", self.request.id)])
        self.assertEqual((message.state, message.attempt), ("ready", 0))
        self.assert_fallback(message)

    def test_an_answer_that_cannot_be_used(self):
        message = self.after((200, "text/html", b"<html>Moved</html>"))
        fallback = self.assert_fallback(message)
        self.assertEqual((message.answer_ids - fallback).state, "failed")

    def test_an_answer_in_time_needs_no_fallback(self):
        message = self.after((200, JSON, ANSWER))
        self.assertEqual(message.answer_ids.mapped("state"), ["done"])
        self.assertFalse(message.answer_ids.fallback)
        self.assertFalse(self.asked_for)
        self.assertFalse(self.env["sync.due"].search([("kind", "=", DUE)]))

    def test_an_answer_that_is_here_and_not_worked_yet_is_waited_for(self):
        with answering((200, JSON, ANSWER)) as (address, _received):
            self.finance(address)
            self.published()
            self.run_engine()
            message = self.env["sync.message"].search([("interface_id", "=", self.request.id)])
        self.env.cr.execute(
            "UPDATE sync_message SET state = 'ready', done_at = NULL WHERE id = %s", [message.answer_ids.id]
        )
        self.time_comes(DUE)
        with self.engine_cursors():
            self.env["sync.due"]._run_due()
        self.assertEqual(len(message.answer_ids), 1)
        self.assertTrue(self.env["sync.due"].search([("kind", "=", DUE), ("res_id", "=", message.id)]), "once more")

    def test_a_request_that_was_cancelled_wants_none(self):
        with answering((503, None, b"")) as (address, _received):
            self.finance(address)
            self.published()
            self.run_engine()
        message = self.env["sync.message"].search([("interface_id", "=", self.request.id)])
        self.env["sync.command"]._give("cancel", message_ids=message.ids)
        self.run_engine()
        self.time_comes(DUE)
        self.run_engine()
        self.assertEqual((message.state, len(message.answer_ids)), ("cancelled", 0))

    def test_a_death_in_between_leaves_the_due_time_and_one_fallback(self):
        with answering((503, None, b"")) as (address, _received):
            self.finance(address)
            self.published()
            self.run_engine()
        message = self.env["sync.message"].search([("interface_id", "=", self.request.id)])
        self.time_comes(DUE)
        kind = type(self.env["sync.due.answer"])
        take = kind._take_fallback

        def dies(due, *args):
            take(due, *args)
            raise Death

        with self.env.cr.savepoint(), patch.object(kind, "_take_fallback", dies), self.assertRaises(Death):
            self.run_engine()
        self.env.invalidate_all()
        self.assertFalse(message.answer_ids)
        self.run_engine()
        self.assert_fallback(message)

    def test_a_fallback_is_not_held_up_by_an_answer_that_failed(self):
        with self.assertRaisesRegex(UserError, "does not hold up"):
            pack = finance_that_answers(**self.policy, on_failure="block")
            self.pack = self._blocking(pack)
            self.finance("https://finance.example")

    def _blocking(self, pack):
        text = pack.files["pack.json"].decode().replace('"on_failure": "skip"', '"on_failure": "block"')
        return type(pack)(pack.name, {**pack.files, "pack.json": text.encode()})

    def test_the_policy_says_so_in_words_and_a_pack_carries_it(self):
        self.finance("https://finance.example")
        self.assertIn("after 60 s, the fallback is taken", self.request.policy_id.answer_text)
        exported = self.env["sync.pack"]._export(self.partner).files["pack.json"].decode()
        self.assertIn('"answer":', exported)
        self.assertTrue(SECRET and DOOR in exported and SECRET not in exported)


@tagged("post_install", "-at_install")
class TestLateAnswers(FallbackCase):
    policy = {"answer": {"seconds": 60, "late": "kept"}}

    def test_what_comes_late_is_kept_and_a_person_may_have_it_applied(self):
        with answering((503, None, b""), (200, JSON, ANSWER)) as (address, _received):
            self.finance(address)
            self.published()
            self.run_engine()
            message = self.env["sync.message"].search([("interface_id", "=", self.request.id)])
            self.time_comes(DUE)
            self.run_engine()
            fallback = self.assert_fallback(message)
            self.due_now(message)
            self.run_engine()
        late = message.answer_ids - fallback
        self.assertEqual((late.state, late.stage), ("done", "sequence"))
        self.assertIn("came late", late.attempt_ids.detail)
        self.env["sync.command"]._give("replay", message_ids=late.ids, starts={"inbound": "receive"}, versions="now")
        self.run_engine()
        self.assertEqual((late.state, late.stage), ("done", "apply"))


@tagged("post_install", "-at_install")
class TestNoFallback(ReplyCase):
    policy = {"answer": {"seconds": 60}}

    def test_where_odoo_cannot_answer_a_person_is_told(self):
        with answering((503, None, b""), (200, JSON, ANSWER)) as (address, _received):
            self.finance(address)
            self.published()
            self.run_engine()
            message = self.env["sync.message"].search([("interface_id", "=", self.request.id)])
            self.time_comes(DUE)
            self.run_engine()
            untold = message.answer_ids
            self.assertEqual((untold.fallback, untold.state, untold.fault_code), (True, "failed", "apply.no_answer"))
            self.assertEqual(untold.exception_id.interface_id, self.reply)
            self.due_now(message)
            self.run_engine()
            self.assertEqual((message.answer_ids - untold).state, "done")
            untold.exception_id.action_retry()
            self.run_engine()
        self.assertEqual(untold.state, "done")
        self.assertIn("came before", untold.attempt_ids.sorted("id")[-1].detail)
