"""Syntax acknowledgements: told for what came, and tied to what we sent."""

import json
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.sync_governance.core.canonical import catalogue
from odoo.addons.sync_governance.core.faults import Fault

from .delivery_fixture import SECRET
from .edi_fixture import ORDER, EdiCase, read, ta1, x12

BAD = "REF*DP*1~"


def answer(number, *sets, status="A", group="IN", accepted=1, code=""):
    """The body of a 997 about our group ``number``; ``sets`` are (reference, status, notes)."""
    body = f"AK1*{group}*{number}~"
    for reference, verdict, notes in sets:
        body += f"AK2*810*{reference}~{notes}AK5*{verdict}{'*5' if notes else ''}~"
    return f"{body}AK9*{status}*1*1*{accepted}~"


def acknowledges(*bodies, sender="LAMPSHOP", number=50):
    return x12(*bodies, number=number, group="FA", kind="997", sender=sender)


@tagged("post_install", "-at_install")
class TestToldToTheSender(EdiCase):
    def answers(self):
        """What was sent to the partner, as it reads it."""
        return [read(parcel.body) for parcel in self.sent]

    def comes_and_is_worked(self, data):
        received = self.comes(data)
        with self.partner_answers():
            self.run_engine()
        return received

    def test_an_interchange_is_answered_with_the_verdict_on_each_document(self):
        self.comes_and_is_worked(x12(ORDER.format(number="PO-1"), BAD))
        ((document,),) = self.answers()
        self.assertEqual(document["message"]["type"], "997")
        self.assertEqual(document["answered_group"], {"group": "PO", "reference": "7"})
        self.assertEqual([each["result"]["status"] for each in document["sets"]], ["A", "R"])
        self.assertEqual(document["result"]["status"], "P")
        header = document["interchange"]
        self.assertEqual((header["sender"]["id"], header["receiver"]["id"]), ("BULBWORKS", "LAMPSHOP"))
        self.assertEqual(header["reference"], "000000001")

    def test_it_stands_on_the_transmission_with_its_own_way(self):
        self.comes_and_is_worked(x12(ORDER.format(number="PO-1"), BAD))
        came = self.env["sync.transmission"].search([("endpoint_id", "=", self.door.id)])
        self.assertEqual(len(came), 3, "the file, and each of its documents")
        interchange = came.interchange_id
        self.assertEqual((interchange.verdict, interchange.reference), ("partially", "000000007"))
        self.assertIn("850 0002: rejected.", interchange.findings)
        told = came[0].answer_ids
        self.assertEqual((told.state, told.direction, told.reference), ("done", "outbound", "997 000000007"))
        self.assertTrue(told.attempt_ids)
        self.assertEqual(came.message_ids[0].answer_verdict, "partially")

    def test_a_file_of_which_nothing_can_be_used_is_answered(self):
        self.comes_and_is_worked(x12(BAD))
        ((document,),) = self.answers()
        self.assertEqual(document["result"]["status"], "R")

    def test_an_interchange_that_comes_again_is_answered_alike_and_not_applied_again(self):
        data = x12(ORDER.format(number="PO-1"))
        first = self.comes_and_is_worked(data)
        again = self.comes_and_is_worked(data)
        self.assertTrue(again.repeated)
        self.assertEqual(self.message(first), self.message(again))
        (one,), (other,) = self.answers()
        self.assertEqual(one["answered_group"], other["answered_group"])
        self.assertEqual(one["result"], other["result"])
        self.assertEqual([each["interchange"]["reference"] for each in (one, other)], ["000000001", "000000002"])
        interchange = self.env["sync.interchange"].search([("direction", "=", "inbound")])
        self.assertEqual((interchange.repeats, len(interchange.answer_ids)), (1, 2))

    def test_only_errors_are_told_where_that_was_agreed(self):
        self.door.edi_answer = "errors"
        self.comes_and_is_worked(x12(ORDER.format(number="PO-1")))
        self.assertFalse(self.sent)
        self.comes_and_is_worked(x12(BAD, number=8))
        self.assertEqual(len(self.sent), 1)

    def test_nothing_is_told_where_nothing_is_wanted(self):
        self.door.edi_answer = "none"
        self.comes_and_is_worked(x12(BAD))
        self.assertFalse(self.sent)
        self.assertFalse(self.env["sync.interchange"].search([]))

    def test_a_999_where_that_was_agreed(self):
        self.door.edi_answer_kind = "999"
        self.comes_and_is_worked(x12(BAD))
        self.assertEqual(self.answers()[0][0]["message"]["type"], "999")

    def test_an_envelope_that_is_wrong_gets_a_ta1_in_front(self):
        self.comes_and_is_worked(x12(ORDER.format(number="PO-1")).replace(b"IEA*1*", b"IEA*3*"))
        ((envelope, group),) = self.answers()
        self.assertEqual((envelope["message"]["type"], group["message"]["type"]), ("TA1", "997"))
        answered = envelope["answered_interchange"]
        self.assertEqual((answered["reference"], answered["status"], answered["code"]), ("000000007", "E", "021"))

    def test_a_ta1_where_the_sender_asks_for_one(self):
        self.comes_and_is_worked(x12(ORDER.format(number="PO-1"), ask=1))
        self.assertEqual(self.answers()[0][0]["answered_interchange"]["status"], "A")

    def test_an_acknowledgement_is_never_acknowledged(self):
        self.comes_and_is_worked(acknowledges(answer(1)))
        self.comes_and_is_worked(ta1(1))
        self.assertFalse(self.sent)

    def test_a_long_file_is_answered_by_the_engine(self):
        with patch("odoo.addons.sync_governance.models.exchange.answering.AT_ONCE_BYTES", 100):
            self.comes(x12(ORDER.format(number="PO-1")))
            self.assertFalse(self.env["sync.interchange"].search([]))
        with self.partner_answers():
            self.run_engine()
        self.assertEqual(self.answers()[0][0]["result"]["status"], "A")
        came = self.env["sync.transmission"].search([("endpoint_id", "=", self.door.id)])
        self.assertEqual(came.interchange_id.verdict, "accepted")

    def test_without_a_way_out_people_are_told(self):
        self.answering.action_retire()
        self.assertIn("no live interface", self.door.edi_gap)
        self.comes_and_is_worked(x12(ORDER.format(number="PO-1")))
        self.assertFalse(self.sent)
        self.assertIn("acknowledges interchanges", " ".join(self.alerts("engine.configuration").mapped("detail")))

    def test_edifact_is_answered_by_contrl(self):
        self.endpoint.write({"codec": "edifact", "edi_version": "UNOC:3"})
        self.door.codec = "edifact"
        data = (
            b"UNB+UNOC:3+LAMPSHOP:ZZ+BULBWORKS:ZZ+260315:0930+R1'UNH+1+ORDERS:D:96A:UN'BGM+220+PO-1+9'"
            b"DTM+137:20260315:102'LIN+1++4006381333931:EN'QTY+21:6'UNS+S'UNT+7+1'UNZ+1+R1'"
        )
        self.comes_and_is_worked(data)
        ((document,),) = self.answers()
        self.assertEqual(document["message"]["type"], "CONTRL")
        self.assertEqual(document["answered_interchange"]["action"], "7")
        self.assertEqual(document["interchange"]["receiver"]["id"], "LAMPSHOP")


@tagged("post_install", "-at_install")
class TestTiedToWhatWeSent(EdiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.approved(cls.interface.policy_id, await_syntax_hours=4)

    def says(self, data):
        """The partner answers; the messages of its answer."""
        received = self.comes(data)
        with self.partner_answers():
            self.run_engine()
        uids = (
            [each.message_uid for _called, each in received] if isinstance(received, list) else [received.message_uid]
        )
        return self.env["sync.message"].search([("uid", "in", uids)])

    def test_what_was_delivered_is_awaited_and_then_accepted(self):
        message = self.delivered("INV-1")
        self.assertEqual(message.acknowledged, "awaited")
        self.assertTrue(message.acknowledgement_ids.due_at)
        said = self.says(acknowledges(answer(1, ("0001", "A", ""))))
        self.assertEqual((said.state, said.reference), ("done", "997 1"))
        self.assertEqual(message.acknowledged, "accepted")
        self.assertEqual(message.acknowledgement_ids.answer_message_id, said)
        self.assertFalse(self.env["sync.due"].search([("kind", "=", "acknowledgement.overdue")]))

    def test_a_group_that_is_accepted_speaks_for_its_documents(self):
        message = self.delivered("INV-1")
        self.says(acknowledges(answer(1)))
        self.assertEqual(message.acknowledged, "accepted")

    def test_a_rejection_names_segment_and_element_to_people(self):
        message = self.delivered("INV-1")
        notes = "AK3*BIG*2**8~AK4*2**7*WRONG~"
        self.says(acknowledges(answer(1, ("0001", "R", notes), status="R", accepted=0)))
        self.assertEqual(message.acknowledged, "rejected")
        alert = self.alerts("acknowledge.rejected")
        self.assertIn("Segment 2 (BIG), element 2: the code is not known or not agreed (code 7).", alert.detail)
        self.assertNotIn("WRONG", alert.detail)
        self.says(acknowledges(answer(1, ("0001", "E", "AK3*BIG*2**8~"), status="E"), number=51))
        self.assertEqual(message.acknowledged, "accepted_with_errors")
        self.assertFalse(self.alerts("acknowledge.rejected"), "the partner has taken it back")

    def test_what_was_rejected_and_mended_is_another_interchange_and_awaited_anew(self):
        message = self.delivered("INV-1")
        self.says(acknowledges(answer(1, ("0001", "R", "AK3*BIG*2**8~"), status="R", accepted=0)))
        self.env["sync.command"]._give(
            "replay", message_ids=message.ids, starts={"outbound": "translate"}, versions="now"
        )
        with self.partner_answers(status=500, fault=Fault("deliver.server_error", "Not now.")):
            self.run_engine()
        self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE id = %s", [message.id])
        self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE id = %s", [message.lane_id])
        with self.partner_answers():
            self.run_engine()
        numbers = [read(parcel.body)[0]["interchange"]["reference"] for parcel in self.sent]
        self.assertEqual(numbers, ["000000001", "000000002", "000000002"], "one for each content, on every try")
        self.assertEqual(message.acknowledged, "awaited")
        self.assertTrue(self.env["sync.due"].search([("kind", "=", "acknowledgement.overdue")]))
        self.says(acknowledges(answer(2, ("0001", "A", "")), number=51))
        self.assertEqual(message.acknowledged, "accepted")
        self.assertFalse(self.alerts("acknowledge.rejected"))

    def test_the_same_answer_twice_changes_nothing(self):
        message = self.delivered("INV-1")
        first = self.says(acknowledges(answer(1, ("0001", "A", ""))))
        given = message.acknowledgement_ids.answered_at
        second = self.says(acknowledges(answer(1, ("0001", "A", "")), number=51))
        self.assertEqual((second.state, message.acknowledgement_ids.answered_at), ("done", given))
        self.assertEqual(message.acknowledgement_ids.answer_message_id, first)

    def test_an_answer_that_comes_before_our_own_done(self):
        message = self.invoices("INV-1")
        with self.partner_answers(status=500, fault=Fault("deliver.server_error", "It took it and broke down.")):
            self.run_engine()
        self.says(acknowledges(answer(1, ("0001", "A", ""))))
        self.assertEqual((message.state, message.acknowledged), ("ready", "accepted"))
        self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE id = %s", [message.id])
        self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE id = %s", [message.lane_id])
        with self.partner_answers():
            self.run_engine()
        self.assertEqual((message.state, message.acknowledged), ("done", "accepted"))
        self.assertFalse(self.env["sync.due"].search([("kind", "=", "acknowledgement.overdue")]))

    def test_what_we_never_sent_is_told_to_people_and_changes_nothing(self):
        message = self.delivered("INV-1")
        said = self.says(acknowledges(answer(4711)))
        self.assertEqual((said.state, message.acknowledged), ("done", "awaited"))
        self.assertIn("4711", self.alerts("acknowledge.unknown").detail)

    def test_an_answer_from_another_identity_means_nothing_of_ours(self):
        message = self.delivered("INV-1")
        self.says(acknowledges(answer(1, ("0001", "R", ""), status="R", accepted=0), sender="STRANGER"))
        self.assertEqual(message.acknowledged, "awaited")
        self.assertTrue(self.alerts("acknowledge.unknown"))

    def test_a_partner_that_answers_under_another_qualifier_is_understood(self):
        message = self.delivered("INV-1")
        data = acknowledges(answer(1, ("0001", "A", ""))).replace(b"*ZZ*LAMPSHOP  ", b"*01*LAMPSHOP  ")
        self.says(data)
        self.assertEqual(message.acknowledged, "accepted")

    def test_a_ta1_that_accepts_says_received_and_one_that_rejects_says_why(self):
        message = self.delivered("INV-1")
        self.says(ta1(1))
        self.assertEqual(message.acknowledged, "awaited", "the documents are not judged yet")
        self.assertEqual(message.acknowledgement_ids.filtered(lambda a: a.level == "received").state, "accepted")
        self.says(ta1(1, "R", "006"))
        self.assertEqual(message.acknowledged, "rejected")
        self.assertIn("The sender is not known (code 006).", self.alerts("acknowledge.rejected").detail)

    def test_contrl_is_tied_by_the_number_of_the_interchange(self):
        self.endpoint.write({"codec": "edifact", "edi_version": "UNOC:3"})
        self.door.codec = "edifact"
        rules = [
            {"to": "message", "value": {"type": "INVOIC", "version": "D", "release": "96A"}},
            {"to": "segments", "value": [{"tag": "BGM", "elements": ["380", "INV-1", "9"]}]},
        ]
        known = json.loads(self.interface.mapping_id.document)
        self.approved(self.interface.mapping_id, document=json.dumps({**known, "rules": rules}))
        message = self.delivered("INV-1")
        self.says(
            b"UNB+UNOC:3+LAMPSHOP:ZZ+BULBWORKS:ZZ+260315:0930+C1'UNH+1+CONTRL:D:3:UN'UCI+1+BULBWORKS:ZZ+LAMPSHOP:ZZ+8'"
            b"UCM+1+INVOIC:D:96A:UN+4'UCS+2'UCD+12+2'UNT+6+1'UNZ+1+C1'"
        )
        self.assertEqual(message.acknowledged, "rejected")
        self.assertIn("Segment 2, element 1: a value is invalid (code 12).", self.alerts("acknowledge.rejected").detail)


@tagged("post_install", "-at_install")
class TestInTime(EdiCase):
    def test_an_acknowledgement_that_does_not_come_is_told_once_and_closes_when_it_comes(self):
        self.approved(self.interface.policy_id, await_syntax_hours=4)
        message = self.delivered("INV-1")
        self.overdue()
        self.assertEqual(message.acknowledged, "overdue")
        alert = self.alerts("acknowledge.overdue")
        self.assertEqual(alert.count, 1)
        self.assertIn("000000001", alert.detail)
        found = self.env["sync.message"].search([("acknowledgement_ids.state", "=", "overdue")])
        self.assertEqual(found, message)
        self.comes(acknowledges(answer(1, ("0001", "A", ""))))
        self.run_engine()
        self.assertEqual(message.acknowledged, "accepted")
        self.assertFalse(self.alerts("acknowledge.overdue"))

    def test_it_is_sent_again_as_it_was_as_often_as_the_policy_says(self):
        self.approved(self.interface.policy_id, await_syntax_hours=4, resend_times=2)
        message = self.delivered("INV-1")
        for sent in (2, 3, 3):
            self.overdue()
            self.assertEqual(len(self.sent), sent)
        self.assertEqual({parcel.body for parcel in self.sent}, {self.sent[0].body})
        ids = {parcel.headers["webhook-id"] for parcel in self.sent}
        self.assertEqual(ids, {message.uid})
        self.assertEqual((message.acknowledgement_ids.resends, message.acknowledged), (2, "overdue"))
        self.assertEqual(self.alerts("acknowledge.overdue").count, 1)

    def overdue(self):
        """The time of every acknowledgement is over."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE sync_acknowledgement SET due_at = due_at - interval '90 days'")
        self.time_comes("acknowledgement.overdue")
        with self.partner_answers():
            self.run_engine()
        self.env.invalidate_all()

    def test_nothing_is_awaited_unless_the_policy_says_so(self):
        message = self.delivered("INV-1")
        self.assertEqual(message.acknowledged, "received")
        self.assertFalse(message.acknowledgement_ids)

    def test_an_answer_to_an_answer_is_not_awaited(self):
        self.approved(self.interface.policy_id, await_syntax_hours=4)
        self.comes(x12(ORDER.format(number="PO-1")))
        with self.partner_answers():
            self.run_engine()
        self.assertFalse(self.env["sync.acknowledgement"].search([]))


@tagged("post_install", "-at_install")
class TestByTheApi(EdiCase):
    """A partner that speaks JSON says by an acknowledgement document what it makes of ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.approved(cls.interface.policy_id, await_business_hours=24)
        kind = cls.env["sync.document.type"]._id_of("acknowledgement")
        contract = (
            cls.env["sync.contract"]
            .with_user(cls.author)
            .create(
                {
                    "code": "acknowledgements",
                    "name": "Acknowledgements of partners",
                    "document_type_id": kind,
                    "form": "canonical",
                    "schema": json.dumps(catalogue()["acknowledgement"].schema),
                    "company_id": cls.company.id,
                }
            )
        )
        contract.action_submit()
        contract.with_user(cls.approver).action_approve()
        cls.answers = cls.env["sync.endpoint"].create(
            {
                "name": "Answers of finance",
                "code": "finance-answers",
                "trading_partner_id": cls.partner.id,
                "direction": "inbound",
                "topic_source": "pointer",
                "topic_value": "/type",
                "key_source": "pointer",
                "key_value": "/subject/number",
            }
        )
        cls.answers._create_agent([], name="Answers of finance")
        cls.env["sync.credential"].create({"name": "answers", "endpoint_id": cls.answers.id, "secret_input": SECRET})
        cls.answers.action_go_live()
        cls.env["sync.interface"].create(
            {
                "name": "Answers of finance",
                "code": "finance.answers",
                "endpoint_id": cls.answers.id,
                "document_type_id": kind,
                "contract_id": contract.id,
                "policy_id": cls.interface.policy_id.id,
                "owner_id": cls.author.id,
                "topic": "acknowledgement",
            }
        ).action_go_live()

    def says(self, status, faults=(), lines=(), **subject):
        document = {
            "type": "acknowledgement",
            "subject": {"type": "invoice.posted", **subject},
            "level": "business",
            "status": status,
            "faults": list(faults),
        }
        if lines:
            document["lines"] = list(lines)
        receipt = self.receive(self.answers.code, document, profile="standard_webhooks", secret=SECRET)
        with self.partner_answers():
            self.run_engine()
        return self.message(receipt)

    def test_the_partner_names_the_message_that_it_got(self):
        message = self.delivered("INV-1")
        self.assertEqual(message.acknowledged, "awaited")
        said = self.says("accepted", message_id=message.uid)
        self.assertEqual((said.state, message.acknowledged), ("done", "accepted"), said.last_detail)
        self.assertEqual(message.acknowledgement_ids.answer_message_id, said)

    def test_or_the_document_by_its_number_of_which_the_last_one_counts(self):
        first, last = self.delivered("INV-1"), self.delivered("INV-1")
        self.says("accepted", number="INV-1")
        self.assertEqual((first.acknowledged, last.acknowledged), ("awaited", "accepted"))

    def test_a_rejection_is_for_people_and_says_what_the_partner_says(self):
        message = self.delivered("INV-1")
        fault = {"code": "apply.refused", "detail": "The order number is missing."}
        self.says("rejected", faults=[fault], message_id=message.uid)
        self.assertEqual(message.acknowledged, "rejected")
        self.assertIn("The order number is missing.", self.alerts("acknowledge.rejected").detail)

    def test_what_became_of_each_line_stands_on_the_message(self):
        message = self.delivered("INV-1")
        lines = [
            {"id": "1", "status": "accepted"},
            {
                "id": "2",
                "status": "accepted_with_changes",
                "quantity": {"value": "6", "unit": "EA"},
                "delivery_on": "2026-03-20",
                "reason": {"code": "short", "text": "Six of ten are in stock."},
            },
        ]
        self.says("accepted_with_changes", lines=lines, message_id=message.uid)
        self.assertEqual(message.acknowledged, "accepted_with_changes")
        self.assertEqual(
            message.acknowledgement_ids.detail,
            "Line 2: changed, 6 EA, on 2026-03-20 (Six of ten are in stock.).",
        )

    def test_what_was_decided_was_readable(self):
        self.approved(self.interface.policy_id, await_syntax_hours=1)
        message = self.delivered("INV-1")
        self.assertEqual(set(message.acknowledgement_ids.mapped("level")), {"syntax", "business"})
        self.says("accepted", message_id=message.uid)
        self.assertEqual(message.acknowledged, "accepted")

    def test_an_answer_to_nothing_of_ours_needs_a_person(self):
        said = self.says("accepted", message_id="msg_of_somebody_else")
        self.assertEqual((said.state, said.fault_code), ("failed", "acknowledge.unknown"))


@tagged("post_install", "-at_install")
class TestKept(EdiCase):
    def test_envelopes_and_answers_leave_with_what_they_belong_to(self):
        self.approved(self.interface.policy_id, await_syntax_hours=4)
        message = self.delivered("INV-1")
        self.comes(x12(ORDER.format(number="PO-1")))
        self.run_engine()
        self.assertEqual(len(self.env["sync.interchange"].search([])), 3, "what came, its answer, and the invoice")
        self.env.cr.execute("UPDATE sync_message SET state = 'done', done_at = created_at")
        for table, column in (
            ("sync_message", "created_at"),
            ("sync_message", "done_at"),
            ("sync_transmission", "occurred_at"),
            ("sync_event", "published_at"),
            ("sync_interchange", "made_at"),
        ):
            self.env.cr.execute(f"UPDATE {table} SET {column} = {column} - interval '5000 days'")
        self.env.invalidate_all()
        with self.engine_cursors():
            for _run in range(3):
                self.env["sync.engine"]._purge()
        self.assertFalse(message.exists())
        self.assertFalse(self.env["sync.acknowledgement"].search([]))
        self.assertFalse(self.env["sync.interchange"].search([]))
        self.assertTrue(self.env["sync.control.number"].search([]), "no number is ever used again")
