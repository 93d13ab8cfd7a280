"""What a partner answers to a delivery is a document of its own, at a real server."""

import json
from argparse import Namespace
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.security import transfers
from odoo.addons.sync_governance.models.exchange import journal, outbound, replying
from odoo.addons.sync_governance.models.packs import reading, sample, translating

from .reply_fixture import ANSWER, JSON, ReplyCase, answering

ENGINE = "odoo.addons.sync_governance.models.exchange"
MIB = 1024 * 1024


class Death(BaseException):
    """The process ends here."""


@tagged("post_install", "-at_install")
class TestReplies(ReplyCase):
    def asked(self, *answers, **options):
        """The request and what came of its answers (messages), after the engine has come to rest."""
        with answering(*answers) as (address, received):
            self.finance(address)
            message = self.posted(**options)
            self.run_engine()
        self.received = received
        return message, message.answer_ids

    # -- the way of an answer ------------------------------------------------------------------------------------------

    def test_an_answer_is_a_message_of_its_own(self):
        process = self.env["sync.process"]._ensure("order_to_cash", "1:#1", self.company, name="#1", reference="#1")
        message, answer = self.asked((200, JSON, ANSWER), process=process)
        self.assertEqual((message.state, len(answer), answer.state), ("done", 1, "done"), answer.fault_code)
        self.assertEqual((answer.direction, answer.interface_id), ("inbound", self.reply))
        self.assertEqual((answer.answers_id, answer.process_id), (message, process))
        self.assertEqual(answer.reference, message.reference)
        self.assertEqual(self.canonical(answer)["order_number"], self.invoice["number"], "the request is known")
        self.assertEqual(answer.contract_id, self.reply.contract_id)
        self.assertEqual(answer.lane_key, f"answer {message.lane_key}")
        kept = {each.kind: each for each in answer.payload_ids}
        self.assertEqual(json.loads(bytes(kept["received"]._contents()[kept["received"].id])), ANSWER)
        self.assertEqual(kept["received"].content_type, JSON)
        self.assertFalse(message.payload_ids.filtered(lambda each: each.kind == "response"), "it is kept once")
        self.assertIn(answer.uid, message.attempt_ids.detail)
        self.assertEqual(message.action_open_answers()["res_id"], answer.id)

    def test_an_answer_without_a_body_is_no_document(self):
        message, answers = self.asked((204, None, b""))
        self.assertEqual((message.state, len(answers)), ("done", 0))

    def test_what_is_published_is_not_sent_by_the_interface_of_the_answer(self):
        with answering((200, JSON, ANSWER)) as (address, _received):
            self.finance(address)
            self.env.cr.execute(
                """INSERT INTO sync_event (uid, document_type_id, document_type, document, ordering_key, company_id,
                                           state, occurred_at, published_at)
                   VALUES ('e1', %s, 'risk.assessed', '{}', 'k', %s, 'new', now() AT TIME ZONE 'UTC',
                           now() AT TIME ZONE 'UTC')""",
                [self.reply.document_type_id.id, self.company.id],
            )
            self.run_engine()
        self.assertFalse(self.env["sync.message"].search([("interface_id", "=", self.reply.id)]))

    def test_a_refusal_of_the_partner_is_no_answer(self):
        message, answers = self.asked((422, JSON, ANSWER))
        self.assertEqual((message.state, message.fault_code), ("failed", "deliver.rejected"))
        self.assertFalse(answers)

    def test_an_answer_after_a_retry_counts(self):
        with answering((503, None, b"later"), (200, JSON, ANSWER)) as (address, received):
            self.finance(address)
            message = self.posted()
            self.run_engine()
            self.assertEqual((message.state, len(message.answer_ids)), ("ready", 0))
            self.due_now(message)
            self.run_engine()
        self.assertEqual((len(received), message.state), (2, "done"))
        self.assertEqual(message.answer_ids.mapped("state"), ["done"])

    # -- once ----------------------------------------------------------------------------------------------------------

    def replayed(self, message):
        starts = {"outbound": "deliver"}
        self.env["sync.command"]._give("replay", message_ids=message.ids, starts=starts, versions="now")
        self.run_engine()

    def test_the_same_answer_to_a_replay_counts_once_and_another_one_is_another_document(self):
        other = {**ANSWER, "id": "R-2", "verdict": "odd"}
        with answering((200, JSON, ANSWER), (200, JSON, ANSWER), (200, JSON, other)) as (address, received):
            self.finance(address)
            message = self.posted()
            self.run_engine()
            self.replayed(message)
            self.assertEqual((len(received), len(message.answer_ids)), (2, 1))
            self.assertIn("came before", message.attempt_ids[0].detail or message.attempt_ids[-1].detail)
            self.replayed(message)
        self.assertEqual((len(received), len(message.answer_ids)), (3, 2))
        decisions = [self.canonical(answer)["decision"] for answer in message.answer_ids.sorted("id")]
        self.assertEqual(decisions, ["accept", "review"])

    def test_a_death_between_the_answer_and_the_commit_leaves_nothing_and_the_next_answer_counts(self):
        """The process dies in the transaction that settles the delivery, at each of its steps."""
        for target, name in (
            (outbound.stages.confirm, "run"),
            (replying, "_keep"),
            (replying, "store"),
            (journal, "finish"),
        ):
            with self.subTest(step=name), answering((200, JSON, ANSWER)) as (address, received):
                if not getattr(self, "endpoint", None):
                    self.finance(address)
                self.endpoint.write({"url": address, "allowed_private_hosts": address.split("/")[2]})
                message = self.posted(key=f"INV/{name}")
                original = getattr(target, name)

                def dies(*args, original=original, **kwargs):
                    original(*args, **kwargs)
                    raise Death

                with self.env.cr.savepoint(), patch.object(target, name, dies), self.assertRaises(Death):
                    self.run_engine()
                self.env.invalidate_all()
                self.assertEqual((message.state, len(message.answer_ids)), ("ready", 0))
                self.due_now(message)
                self.env.cr.execute("UPDATE sync_lane SET claim = NULL, worker_id = NULL, allowance = NULL")
                self.run_engine()
                self.assertEqual((message.state, len(message.answer_ids)), ("done", 1))
                self.assertEqual(message.answer_ids.state, "done")
                self.assertEqual(len(received), 2, "at least once, under the same id")
                self.assertEqual(received[0][0]["webhook-id"], received[1][0]["webhook-id"])

    # -- what cannot be read -------------------------------------------------------------------------------------------

    def failed(self, code, message, answer):
        self.assertEqual(message.state, "done", "the partner took the document")
        self.assertEqual((answer.state, answer.fault_code), ("failed", code))
        self.assertEqual(answer.exception_id.interface_id, self.reply)
        self.assertFalse(message.exception_id)

    def test_a_page_for_people_is_the_failure_of_the_answer_and_not_of_the_delivery(self):
        page = b"<!doctype html><html><body>Down for maintenance</body></html>"
        self.failed("decode.malformed", *self.asked((200, "text/html; charset=utf-8", page)))
        self.assertEqual(len(self.received), 1, "it is not sent again")

    def test_an_answer_against_the_contract_and_one_that_cannot_be_translated(self):
        self.failed("validate.contract", *self.asked((200, JSON, {**ANSWER, "verdict": "who knows"})))

    def test_an_answer_that_cannot_be_translated(self):
        message, answer = self.asked((200, JSON, {**ANSWER, "at": "yesterday"}))
        self.assertEqual((message.state, answer.state), ("done", "failed"))
        self.assertTrue(answer.fault_code.startswith("translate."), answer.fault_code)

    def test_an_answer_of_16_mib_is_told_and_not_kept(self):
        big = b'{"id": "' + b"x" * (16 * MIB) + b'"}'
        message, answer = self.asked((200, JSON, big))
        self.failed("receive.answer_incomplete", message, answer)
        self.assertFalse(answer.payload_ids)
        self.assertIn(str(self.endpoint.max_body_bytes), answer.attempt_ids.detail)
        self.assertEqual(message.payload_ids.filtered(lambda each: each.kind == "response").size, 20_000)

    def test_an_answer_below_the_limit_is_kept_whole(self):
        long = {**ANSWER, "note": "x" * 500_000}
        message, answer = self.asked((200, JSON, long))
        self.assertEqual((message.state, answer.state), ("done", "done"), answer.fault_code)
        received = answer.payload_ids.filtered(lambda each: each.kind == "received")
        self.assertGreater(received.size, 500_000)

    def test_an_answer_that_breaks_off(self):
        self.failed("receive.answer_incomplete", *self.asked((200, JSON, b'{"id": "R-', 4000)))

    def test_the_media_type_decides_how_an_answer_is_read(self):
        said = b"<answer><id>R-1</id><at>2026-04-02T10:15:02Z</at><verdict>fine</verdict></answer>"
        message, answer = self.asked((200, "application/xml", said))
        self.assertEqual(message.state, "done")
        # It was read as XML: what is wrong with it is its form, and not that it is no JSON.
        self.assertEqual((answer.state, answer.fault_code), ("failed", "validate.contract"))

    # -- who may -------------------------------------------------------------------------------------------------------

    def test_answers_to_a_suspended_interface_wait_for_a_person_and_do_not_vanish(self):
        with answering((200, JSON, ANSWER)) as (address, _received):
            self.finance(address)
            self.reply.action_suspend()
            message = self.posted()
            self.run_engine()
        answer = message.answer_ids
        self.failed("engine.configuration", message, answer)
        self.reply.action_resume()
        answer.exception_id.action_retry()
        self.run_engine()
        self.assertEqual(answer.state, "done")

    def test_an_answer_that_nobody_takes_any_more_stays_with_the_request(self):
        with answering((200, JSON, ANSWER)) as (address, _received):
            self.finance(address)
            self.reply.action_retire()
            message = self.posted()
            self.run_engine()
        self.assertEqual((message.state, len(message.answer_ids)), ("done", 0))
        self.assertIn("R-1", message.response_text)

    def test_an_answer_from_a_region_that_nobody_approved_is_not_kept(self):
        crossing = transfers.Crossing("finance.risk.assessed", "US", "EU", outbound=False)
        interfaces = type(self.env["sync.interface"])
        with answering((200, JSON, ANSWER)) as (address, _received):
            self.finance(address)
            message = self.posted()
            with patch.object(
                interfaces, "_crossing", lambda line, _there=None: crossing if line == self.reply else None
            ):
                self.env.registry.clear_cache()
                self.run_engine()
        answer = message.answer_ids
        self.failed("receive.transfer_not_approved", message, answer)
        self.assertFalse(answer.payload_ids)

    def test_an_answer_is_worked_while_the_partner_asks_us_to_wait(self):
        with answering((200, JSON, ANSWER)) as (address, _received):
            self.finance(address)
            message = self.posted()
            self.run_engine()
        answer = message.answer_ids
        self.env.cr.execute(
            "UPDATE sync_endpoint SET breaker_until = now() AT TIME ZONE 'UTC' + interval '1 hour' WHERE id = %s",
            [self.endpoint.id],
        )
        self.env["sync.command"]._give("replay", message_ids=answer.ids, starts={"inbound": "receive"}, versions="now")
        self.run_engine()
        self.assertEqual((answer.state, len(answer.attempt_ids)), ("done", 2))

    def test_a_confidential_answer_is_encrypted(self):
        with answering((200, JSON, ANSWER)) as (address, _received):
            self.finance(address)
            self.reply.confidential = True
            message = self.posted()
            self.run_engine()
        answer = message.answer_ids
        self.assertEqual(answer.state, "done", answer.fault_code)
        self.assertTrue(all(each.key_id for each in answer.payload_ids))
        self.env.cr.execute("SELECT content FROM sync_payload WHERE transmission_id = %s", [answer.transmission_id.id])
        self.assertNotIn(b"R-1", bytes(self.env.cr.fetchone()[0]))

    def test_headers_of_an_answer_are_kept_with_their_secrets_masked(self):
        _message, answer = self.asked((200, JSON, ANSWER))
        self.assertIn("content-type", answer.transmission_id.headers)
        self.assertEqual((answer.transmission_id.direction, answer.transmission_id.status), ("inbound", 200))

    # -- set-up --------------------------------------------------------------------------------------------------------

    def test_a_reply_belongs_to_a_sending_interface_of_its_own_endpoint(self):
        self.finance("https://finance.example")
        other = self.env["sync.endpoint"].create(
            {
                "name": "Another",
                "code": "another",
                "trading_partner_id": self.partner.id,
                "direction": "outbound",
                "key_source": "event",
                "url": "https://other.example",
            }
        )
        values = {
            "code": "x",
            "name": "X",
            "document_type_id": self.reply.document_type_id.id,
            "endpoint_id": other.id,
            "replies_to_id": self.request.id,
        }
        with self.assertRaises(ValidationError):
            self.env["sync.interface"].create(values)
        with self.assertRaises(ValidationError):
            self.env["sync.interface"].create({**values, "endpoint_id": self.endpoint.id, "topic": "x"})
        with self.assertRaises(UserError):
            self.reply.replies_to_id = False
        with self.assertRaises(ValidationError):
            self.env["sync.interface"].create(
                {**values, "endpoint_id": self.endpoint.id, "replies_to_id": self.reply.id}
            )

    @mute_logger("odoo.sql_db")
    def test_the_database_keeps_what_a_live_interface_answers_to(self):
        self.finance("https://finance.example")
        with self.assertRaisesRegex(Exception, "cannot change"), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE sync_interface SET replies_to_id = NULL WHERE id = %s", [self.reply.id])

    @mute_logger("odoo.sql_db")
    def test_a_database_of_before_gets_the_guard(self):
        self.finance("https://finance.example")
        cr = self.env.cr
        cr.execute("DROP TRIGGER sync_interface_guard ON sync_interface")
        cr.execute(
            """CREATE TRIGGER sync_interface_guard BEFORE UPDATE OF state ON sync_interface
               FOR EACH ROW EXECUTE FUNCTION sync_interface_guard()"""
        )
        self.env["sync.interface"].init()
        with self.assertRaisesRegex(Exception, "cannot change"), cr.savepoint():
            cr.execute("UPDATE sync_interface SET replies_to_id = NULL WHERE id = %s", [self.reply.id])

    # -- packs ---------------------------------------------------------------------------------------------------------

    def test_samples_of_an_answer_and_its_way_through_a_pack(self):
        self.finance("https://finance.example")
        with reading.lent(self.pack):
            trials = sample.replay(reading.read("finance"), self.reply)
            self.assertEqual([(trial.title, trial.problem) for trial in trials], [("An answer", None)])
            exported = self.env["sync.pack"]._export(self.partner)
            entry = next(
                each
                for each in json.loads(exported.files["pack.json"])["interfaces"]
                if each["code"] == "finance.risk.assessed"
            )
            self.assertEqual(entry["reply_to"], "finance.invoice.posted")
            self.assertNotIn("topic", entry)
            loader = self.env["sync.pack"].with_user(self.author).with_company(self.company)
            _partner, changes = loader._apply("finance", self.company, {"code": self.partner.code})
            self.assertFalse(
                [change for change in changes if change.action != "keep"], "applied again, nothing changes"
            )

    def test_a_sample_of_an_answer_is_translated_by_the_command(self):
        self.finance("https://finance.example")
        with reading.lent(self.pack), TemporaryDirectory() as folder:
            file = Path(folder, "answer.json")
            file.write_bytes(json.dumps({**ANSWER, "verdict": "who knows"}).encode())
            options = Namespace(
                pack="finance", partner=None, route="finance.risk.assessed", encode=False, files=[str(file)]
            )
            told = translating.Told()
            with redirect_stderr(StringIO()) as said:
                translating._translate(self.env, options, told)
        self.assertTrue(told.failed)
        self.assertIn("validate.contract", said.getvalue())
