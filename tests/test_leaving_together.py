"""Documents that leave together: one interchange or file, a place for each, nothing doubled, each answered alone."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.models.exchange import outbound

from .delivery_fixture import DeliveryCase
from .edi_fixture import EdiCase, read, x12


@tagged("post_install", "-at_install")
class TestInterchanges(EdiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.endpoint.documents_together = 3

    def invoices(self, *keys, document=None):
        """Each with the number of its key."""
        found = self.env["sync.message"]
        for key in keys:
            found |= super().invoices(key, document=document or {**self.invoice, "number": key})
        return found

    def due_again(self):
        """What waits to be tried again is due now."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE endpoint_id = %s "
                            "AND next_at IS NOT NULL", [self.endpoint.id])  # fmt: skip
        self.env.cr.execute(
            "UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE endpoint_id = %s AND state = 'ready'",
            [self.endpoint.id],
        )
        self.env.invalidate_all()

    def numbers(self):
        return [sorted({each["interchange"]["reference"] for each in read(parcel.body)}) for parcel in self.sent]

    def test_what_waits_leaves_in_one_interchange_up_to_as_many_as_the_endpoint_takes(self):
        messages = self.delivered("INV-1", "INV-2", "INV-3", "INV-4")
        self.assertEqual(set(messages.mapped("state")), {"done"})
        self.assertEqual(sorted(len(read(parcel.body)) for parcel in self.sent), [1, 3])
        whole = max((read(parcel.body) for parcel in self.sent), key=len)
        self.assertEqual([each["message"]["reference"] for each in whole], ["0001", "0002", "0003"])
        self.assertEqual(len({each["group"]["reference"] for each in whole}), 1)
        places = messages.interchange_id.sorted("id").mapped(lambda one: (one.reference, one.position))
        self.assertEqual(len(set(places)), 4)
        self.assertEqual(len({reference for reference, _place in places}), 2)

    def test_one_that_cannot_be_written_stops_no_other(self):
        good = self.invoices("INV-1", "INV-3")
        bad = self.invoices("INV-2", document={**self.invoice, "number": "N" * 60})
        with self.partner_answers():
            self.run_engine()
        self.assertEqual((set(good.mapped("state")), bad.state), ({"done"}, "failed"))
        (parcel,) = self.sent
        self.assertEqual(len(read(parcel.body)), 2)

    def test_a_second_try_is_the_same_interchange_whoever_is_due_first(self):
        messages = self.invoices("INV-1", "INV-2")
        with self.partner_answers(status=500, fault=Fault("deliver.server_error", "Not now.")):
            self.run_engine()
        self.assertEqual(messages.mapped("state"), ["ready", "ready"])
        later = self.invoices("INV-3")
        self.due_again()
        self.env.cr.execute(
            "UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' + interval '1 hour' WHERE id = %s",
            [messages[0].lane_id],
        )
        with self.partner_answers():
            self.run_engine()
        self.assertEqual((messages.mapped("state"), later.state), (["ready", "done"], "done"))
        bodies = [parcel.body for parcel in self.sent]
        self.assertEqual(bodies.count(bodies[0]), 2, "the same bytes again")
        self.assertEqual(len(bodies), 3)
        self.due_again()
        with self.partner_answers():
            self.run_engine()
        self.assertEqual(messages.mapped("state"), ["done", "done"])
        self.assertEqual(len(self.sent), 3, "the partner has it: nothing is sent for the second")

    def test_what_stands_in_a_file_stays_there_when_the_setting_changes(self):
        messages = self.invoices("INV-1", "INV-2")
        with self.partner_answers(status=500, fault=Fault("deliver.server_error", "Not now.")):
            self.run_engine()
        self.endpoint.documents_together = 1
        self.due_again()
        with self.partner_answers():
            self.run_engine()
        self.assertEqual(messages.mapped("state"), ["done", "done"])
        self.assertEqual([len(read(parcel.body)) for parcel in self.sent], [2, 2])
        self.assertEqual(self.sent[0].body, self.sent[1].body)

    def test_each_document_is_acknowledged_on_its_own(self):
        self.configured_to_await()
        messages = self.delivered("INV-1", "INV-2")
        body = "AK1*IN*1~AK2*810*0001~AK5*A~AK2*810*0002~AK3*BIG*2~AK4*2*76*1~AK5*R*5~AK9*P*2*2*1~"
        self.comes(x12(body, kind="997", group="FA", number=71))
        self.run_engine()
        states = [message.acknowledgement_ids.filtered(lambda one: one.level == "syntax").state for message in messages]
        self.assertEqual(states, ["accepted", "rejected"])

    def configured_to_await(self):
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL session_replication_role = replica")
        self.env.cr.execute(
            "UPDATE sync_policy SET await_syntax_hours = 4 WHERE id = %s", [self.interface.policy_id.id]
        )
        self.env.cr.execute("SET LOCAL session_replication_role = origin")
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def test_what_is_sent_anew_leaves_alone_under_a_number_of_its_own(self):
        messages = self.delivered("INV-1", "INV-2")
        for start in ("translate", "deliver"):
            self.env["sync.command"]._give(
                "replay", message_ids=messages[0].ids, starts={"outbound": start}, versions="now"
            )
            with self.partner_answers():
                self.run_engine()
        documents = [read(parcel.body) for parcel in self.sent]
        self.assertEqual([len(each) for each in documents], [2, 1, 1])
        self.assertEqual(self.numbers(), [["000000001"], ["000000002"], ["000000002"]])
        self.assertEqual(messages[0].interchange_id.position, 0)
        self.assertEqual(messages[1].interchange_id.reference, "000000001")

    def test_what_was_taken_back_before_it_left_is_not_sent_with_the_others(self):
        messages = self.invoices("INV-1", "INV-2")
        with self.partner_answers(status=None, fault=Fault("deliver.connection_failed", "Nobody there.")):
            self.run_engine()
        messages[0].with_user(self.an_operator()).action_cancel()
        self.due_again()
        with self.partner_answers():
            self.run_engine()
        self.assertEqual(messages.mapped("state"), ["cancelled", "done"])
        self.assertEqual([len(read(parcel.body)) for parcel in self.sent], [2, 1])

    def an_operator(self):
        return self.env["res.users"].create(
            {
                "name": "Operator",
                "login": "operator.together",
                "group_ids": [(4, self.env.ref("sync_governance.group_operator").id)],
                "company_id": self.company.id,
                "company_ids": [(6, 0, self.company.ids)],
            }
        )

    def test_only_what_has_room_for_several_takes_several(self):
        for values in ({"documents_together": 17}, {"documents_together": 0}):
            with self.assertRaises(ValidationError):
                self.endpoint.write(values)
        with self.assertRaises(ValidationError):
            self.door.documents_together = 2


@tagged("post_install", "-at_install")
class TestFiles(DeliveryCase):
    """A CSV file with several documents, in a folder."""

    def setUp(self):
        super().setUp()
        root = TemporaryDirectory()
        self.addCleanup(root.cleanup)
        self.outbox = Path(root.name).resolve() / "out"
        self.outbox.mkdir()
        self.startPatcher(patch.dict("os.environ", {"SYNC_GOVERNANCE_FOLDERS": str(self.outbox.parent)}))
        layout = {"kind": "delimited", "delimiter": ";", "fields": [{"name": "number", "column": "Invoice"}]}
        rules = {
            "mapping": "finance.invoice.posted",
            "source": "invoice.posted",
            "target": "csv",
            "rules": [{"to": "number", "from": "number", "required": True}],
        }
        self.env.flush_all()
        self.env.cr.execute(
            """UPDATE sync_endpoint SET carrier = 'folder', transport = 'folder', authentication = 'none', folder = %s,
                      file_name = '{type}_{id}.csv', codec = 'flat', codec_options = %s, documents_together = 16
                WHERE id = %s""",
            [str(self.outbox), json.dumps(layout), self.endpoint.id],
        )
        self.env.cr.execute("SET LOCAL session_replication_role = replica")  # the freeze of approved versions
        self.env.cr.execute(
            "UPDATE sync_mapping SET document = %s WHERE id = %s", [json.dumps(rules), self.interface.mapping_id.id]
        )
        self.env.cr.execute(
            "UPDATE sync_contract SET schema = %s WHERE id = %s", ['{"type": "object"}', self.interface.contract_id.id]
        )
        self.env.cr.execute("SET LOCAL session_replication_role = origin")
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def again(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE state = 'ready'")
        self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE next_at IS NOT NULL")
        self.env.invalidate_all()

    def files(self):
        return [path for path in self.outbox.iterdir() if path.is_file()]

    def test_a_death_between_delivery_and_its_record_doubles_nothing(self):
        one = self.invoices("INV-1", document={**self.invoice, "number": "INV-1"})
        two = self.invoices("INV-2", document={**self.invoice, "number": "INV-2"})
        with patch.object(outbound, "_confirm", side_effect=Fault("engine.internal", "Died.")):
            self.run_engine()
        self.assertEqual(len(self.files()), 1)
        two.with_user(self.author).action_retry()
        self.run_engine()
        one.with_user(self.author).action_retry()
        self.run_engine()
        self.assertEqual((one | two).mapped("state"), ["done", "done"], one.last_detail)
        (file,) = self.files()
        self.assertEqual(file.read_text().split(), ["Invoice", "INV-1", "INV-2"])

    def test_several_documents_are_one_file_and_it_is_delivered_once(self):
        first = self.invoices("INV-1", document={**self.invoice, "number": "INV-1"})
        second = self.invoices("INV-2", document={**self.invoice, "number": "INV-2"})
        self.run_engine()
        self.assertEqual((first | second).mapped("state"), ["done", "done"], first.last_detail)
        (file,) = self.files()
        self.assertEqual(file.read_text().split(), ["Invoice", "INV-1", "INV-2"])
