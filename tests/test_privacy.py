"""What documents say: encrypted where it is confidential, masked where nobody needs it, erased where somebody asks."""

import json
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.sync_governance.core.security.erasure import Identifier
from odoo.addons.sync_governance.core.security.keyring import KeyRing
from odoo.addons.sync_governance.core.security.masking import MASK
from odoo.addons.sync_governance.models.audit import erasing

from .common import TEST_KEYS
from .exception_fixture import ExceptionCase
from .test_intake import IntakeCase

NEW_KEY = KeyRing.generate("new")
CUSTOMER = b"Lindqvist"


@tagged("post_install", "-at_install")
class PrivacyCase(IntakeCase):
    """Orders of a shop with a customer in them, and people who see more or less of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = {
            name: ExceptionCase.person.__func__(cls, f"{name}.privacy", *groups)
            for name, groups in {
                "sales": ["group_operator_sales"],
                "warehouse": ["group_operator_warehouse"],
                "manager": ["group_manager"],
                "officer": ["group_security_officer"],
                "viewer": ["group_viewer"],
            }.items()
        }
        cls.line = cls.door.interface_ids.filtered(lambda i: i.topic == "orders/create")

    def order(self, number="#1001", event="e1"):
        """The message of an order that came over the wire and was worked."""
        self.assertEqual(self.post(self.body(number), event).status_code, 202)
        self.run_engine()
        message = self.messages()[-1]
        self.assertEqual(message.state, "done", message.last_detail)
        return message

    def stored(self, message):
        """{kind: (bytes as they stand in the database, key id)}."""
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT kind, content, key_id FROM sync_payload WHERE message_id = %s OR transmission_id = %s""",
            [message.id, message.transmission_id.id],
        )
        return {kind: (bytes(content or b""), key_id) for kind, content, key_id in self.env.cr.fetchall()}

    def entries(self, **where):
        self.env.flush_all()
        domain = [(name, "=", value) for name, value in where.items()]
        return self.env["sync.audit.entry"].search(domain, order="id")

    def person(self, name):
        return self.people[name]


class TestConfidential(PrivacyCase):
    def test_by_default_nothing_is_encrypted(self):
        for content, key_id in self.stored(self.order()).values():
            self.assertIn(CUSTOMER, content)
            self.assertIsNone(key_id)

    def test_of_a_confidential_endpoint_or_interface_nothing_stands_readable(self):
        for number, record in enumerate((self.door, self.line)):
            record.confidential = True
            message = self.order(f"#{number}", f"e{number}")
            with self.subTest(model=record._name):
                bodies = self.stored(message)
                self.assertLessEqual({"received", "canonical"}, set(bodies))
                for content, key_id in bodies.values():
                    self.assertEqual(key_id, "test")
                    self.assertNotIn(CUSTOMER, content)
                received = message.payload_ids.filtered(lambda p: p.kind == "received")
                self.assertEqual(received._contents()[received.id], self.body(f"#{number}"))
                self.assertEqual(received.size, len(self.body(f"#{number}")))
                self.assertIn("Lindqvist", message.received_text)
                self.assertIn("Lindqvist", message.canonical_text)
            record.confidential = False

    def test_storing_it_takes_no_statement_more(self):
        def statements(event):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.post(self.body(), event)
            return self.env.cr.sql_log_count - before

        statements("warm")
        plain = statements("e1")
        self.door.confidential = True
        statements("warm2")
        self.assertEqual(statements("e2"), plain)

    def test_of_its_headers_only_those_stand_readable_that_it_needs(self):
        self.line.confidential = True
        headers = json.loads(self.order().transmission_id.headers)
        self.assertEqual(headers["X-Shopify-Topic"], "orders/create")
        self.assertEqual(headers["X-Shopify-Shop-Domain"], MASK)

    def test_what_nobody_knows_is_encrypted_where_something_is_confidential(self):
        self.line.confidential = True
        self.post(self.body(), "e9", headers={"X-Shopify-Topic": "orders/other"})
        ((_content, key_id),) = self.stored(self.messages()[-1]).values()
        self.assertEqual(key_id, "test")

    def test_it_is_replayed_and_compared_like_any_other(self):
        self.door.confidential = True
        message = self.order()
        message.with_user(self.env.ref("base.user_admin"))._ask("replay", starts={"inbound": "apply"}, versions="now")
        self.run_engine()
        self.assertEqual(message.state, "done")

    def test_without_a_key_it_is_refused_and_not_stored_readable(self):
        self.door.confidential = True
        before = len(self.messages())
        with patch.dict("os.environ", {"SYNC_GOVERNANCE_KEYS": ""}):
            # The signature needs the keys too: nothing is let in.
            self.assertGreaterEqual(self.post(self.body(), "e5").status_code, 400)
            self.assertTrue(any("key" in reason for reason in self.line._why_not_runnable()))
        self.assertEqual(len(self.messages()), before)

    def test_with_a_wrong_key_one_document_waits_for_a_person_and_the_others_go_on(self):
        self.door.confidential = True
        self.post(self.body("#1"), "e1")
        sealed = self.messages()[-1]
        self.door.confidential = False
        self.post(self.body("#2"), "e2")
        plain = self.messages()[-1]
        with patch.dict("os.environ", {"SYNC_GOVERNANCE_KEYS": NEW_KEY}):
            self.run_engine()
        self.assertEqual((sealed.state, sealed.fault_code), ("failed", "engine.configuration"))
        self.assertEqual(plain.state, "done")

    def test_a_new_key_takes_over_in_chunks(self):
        self.door.confidential = True
        message = self.order()
        with (
            patch.dict("os.environ", {"SYNC_GOVERNANCE_KEYS": f"{NEW_KEY},{TEST_KEYS}"}),
            patch("odoo.addons.sync_governance.models.exchange.confidential.CHUNK", 1),
            self.engine_cursors(),
        ):
            self.assertGreaterEqual(self.env["sync.payload"]._reencrypt(), 2)
            self.assertEqual(self.env["sync.payload"]._reencrypt(), 0)
        with patch.dict("os.environ", {"SYNC_GOVERNANCE_KEYS": NEW_KEY}):
            message.invalidate_recordset()
            self.assertEqual({key_id for _content, key_id in self.stored(message).values()}, {"new"})
            self.assertIn("Lindqvist", message.received_text)

    def test_a_body_opens_on_no_other_row(self):
        self.door.confidential = True
        one, other = self.order("#1", "e1"), self.order("#2", "e2")
        self.env.cr.execute(
            """UPDATE sync_payload p SET content = o.content FROM sync_payload o
                WHERE p.transmission_id = %s AND o.transmission_id = %s""",
            [one.transmission_id.id, other.transmission_id.id],
        )
        payload = one.payload_ids.filtered("transmission_id")
        with self.assertRaises(Exception) as caught:
            payload._contents()
        self.assertEqual(caught.exception.code, "engine.configuration")


class TestMasked(PrivacyCase):
    def texts(self, message, user):
        return message.with_user(self.person(user)).received_text

    def test_each_role_sees_what_it_works_with(self):
        message = self.order()
        seen = {
            user: ("Lindqvist" in self.texts(message, user), '"price": "10.00"' in self.texts(message, user))
            for user in ("sales", "warehouse", "manager", "officer")
        }
        self.assertEqual(
            seen,
            {"sales": (True, True), "warehouse": (True, False), "manager": (False, False), "officer": (False, False)},
        )
        self.assertIn('"#1001"', self.texts(message, "manager"), "the business stays readable")
        self.assertFalse(self.texts(message, "viewer"))

    def test_no_context_of_a_client_unmasks_or_hides_the_look(self):
        message = self.order()
        for name in ("sync_unmasked", "sync_inside"):
            for value in (True, 1, "YES", "object"):
                mine = message.with_user(self.person("manager")).with_context(**{name: value})
                self.assertNotIn("Lindqvist", mine.read(["received_text"])[0]["received_text"])
        payload = message.payload_ids.filtered("transmission_id").with_user(self.person("officer"))
        self.assertNotIn("Lindqvist", payload.with_context(sync_inside=True, sync_unmasked=True).text)
        self.assertTrue(self.entries(kind="access", model="sync.payload", login="officer.privacy"))

    def test_raw_documents_of_events_are_nobodys_to_read(self):
        for user in ("sales", "manager", "officer"):
            events = self.env["sync.event"].with_user(self.person(user))
            with self.subTest(user=user), self.assertRaises(AccessError):
                events.search([]).read(["document"])
            with self.subTest(user=user), self.assertRaises(AccessError):
                events.search([("document", "ilike", "Lindqvist")])

    def test_unmasking_is_written_down_with_the_reason_before_it_is_shown(self):
        message = self.order()
        wizard = (
            self.env["sync.message.unmask"]
            .with_user(self.person("manager"))
            .create({"message_id": message.id, "reason": "Customer asks for his address"})
        )
        self.assertFalse(wizard.received_text)
        self.assertFalse(self.entries(action="unmask"))
        wizard.action_show()
        self.assertIn("Lindqvist", wizard.received_text)
        entry = self.entries(action="unmask")
        self.assertEqual((entry.login, entry.res_id), ("manager.privacy", message.id))
        self.assertEqual(entry.reason, "Customer asks for his address")
        self.assertNotIn("Lindqvist", message.with_user(self.person("manager")).received_text)

    def test_who_sets_the_wizard_by_hand_is_written_down_too(self):
        message = self.order()
        wizard = (
            self.env["sync.message.unmask"]
            .with_user(self.person("manager"))
            .create({"message_id": message.id, "reason": "by hand", "is_shown": True})
        )
        self.assertIn("Lindqvist", wizard.received_text)
        self.assertEqual(self.entries(action="unmask").reason, "by hand")

    def test_unmasking_needs_a_reason_and_the_right_to_see_documents(self):
        message = self.order()
        for reason in ("", "   "):
            with self.assertRaises(UserError):
                message.with_user(self.person("manager"))._unmasked(reason)
        with self.assertRaises(AccessError):
            message.with_user(self.person("viewer"))._unmasked("because")
        with self.assertRaises(AccessError):
            self.env["sync.message.unmask"].with_user(self.person("viewer")).create(
                {"message_id": message.id, "reason": "because"}
            )


class TestErasure(PrivacyCase):
    def wizard(self, value, kind="name", user="officer", **values):
        return (
            self.env["sync.personal.erase"]
            .with_user(self.person(user))
            .create({"kind": kind, "value": value, "reason": "Request of Marta Lindqvist, ticket 4711", **values})
        )

    def erase(self, value, kind="name"):
        wizard = self.wizard(value, kind)
        wizard.action_look()
        wizard.action_erase()
        return wizard

    def test_a_person_is_found_shown_and_erased_and_the_chain_holds(self):
        mine, other = self.order("#1001", "e1"), self.order("#1002", "e2")
        self.env.flush_all()
        wizard = self.wizard("marta lindqvist")
        wizard.action_look()
        self.assertIn("4 bodies of documents", wizard.found)
        self.assertIn(mine.display_name, wizard.found)
        self.assertTrue(self.stored(mine)["received"][0].count(CUSTOMER), "looking changes nothing")
        wizard.action_erase()
        for message in (mine, other):
            for content, _key_id in self.stored(message).values():
                self.assertNotIn(CUSTOMER, content)
                self.assertIn(MASK.encode(), content)
        self.assertEqual(wizard.value, "•••")
        entry = self.entries(kind="erasure")
        self.assertEqual(entry.reason, f"Request of {MASK}, ticket 4711")
        details = json.loads(entry.details)
        self.assertEqual((details["bodies"], details["identifier"]), (4, "name"))
        self.assertNotIn("lindqvist", json.dumps(entry.read(["changes", "details", "reason", "record"])).lower())
        with self.engine_cursors():
            self.assertTrue(self.env["sync.audit.chain"]._verify().holds)

    def test_it_is_recognised_later_by_its_digest_alone(self):
        self.order()
        self.erase("Marta Lindqvist")
        wizard = self.wizard("MARTA  LINDQVIST")
        wizard.action_look()
        self.assertIn("Erased before on", wizard.found)
        other = self.wizard("Somebody Else")
        other.action_look()
        self.assertNotIn("Erased before", other.found)

    def test_by_order_number_one_order_and_its_other_bodies(self):
        mine, other = self.order("#1001", "e1"), self.order("#1002", "e2")
        self.erase("1001", "order")
        self.assertNotIn(CUSTOMER, b"".join(content for content, _key in self.stored(mine).values()))
        self.assertIn(b"1001", self.stored(mine)["received"][0])
        self.assertIn(CUSTOMER, self.stored(other)["received"][0])

    def test_by_telephone_and_in_encrypted_bodies(self):
        self.door.confidential = True
        message = self.order()
        self.erase("+1 (503) 555-0142", "phone")
        self.assertEqual({key_id for _content, key_id in self.stored(message).values()}, {"test"})
        self.assertNotIn("Lindqvist", message.received_text)
        self.assertNotIn("0142", message.received_text)
        self.assertIn(MASK, message.received_text)

    def test_what_is_open_is_left_and_said(self):
        self.post(self.body(), "e1")
        wizard = self.wizard("Marta Lindqvist")
        wizard.action_look()
        self.assertIn("still open", wizard.found)
        wizard.action_erase()
        message = self.messages()[-1]
        self.assertIn(CUSTOMER, self.stored(message)["received"][0])
        self.run_engine()
        self.assertEqual(message.state, "done")

    def test_what_was_made_anonymous_is_not_replayed(self):
        message = self.order()
        self.erase("Marta Lindqvist")
        applied = len(self.applied)
        message.with_user(self.env.ref("base.user_admin"))._ask("replay", starts={"inbound": "receive"}, versions="now")
        self.run_engine()
        self.assertEqual(message.state, "done")
        self.assertEqual(len(self.applied), applied)

    def test_texts_of_attempts_and_exceptions_and_what_recognises_him(self):
        partner = self.env["sync.trading.partner"].search([("endpoint_ids", "in", self.door.ids)])
        self.env["sync.xref"].create(
            {
                "domain": "customer",
                "trading_partner_id": partner.id,
                "external_id": "Marta.L@mail.example",
                "res_model": "res.partner",
                "res_id": self.company.partner_id.id,
            }
        )
        message = self.order()
        told = "The customer marta.l@mail.example is blocked."
        self.env.cr.execute("UPDATE sync_attempt SET detail = %s WHERE message_id = %s", [told, message.id])
        exception = self.env["sync.exception"]._open(
            "engine.internal", detail=told, subject="marta.l@mail.example", company=self.company, document="Order"
        )
        exception = exception or self.env["sync.exception"].search([], limit=1)
        exception.message_post(body="wrote to marta.l@mail.example")
        self.env.flush_all()
        self.erase("MARTA.L@mail.example", "email")
        self.assertEqual(message.attempt_ids[0].detail, f"The customer {MASK} is blocked.")
        for text in (exception.detail, exception.subject, *exception.message_ids.mapped("body")):
            self.assertNotIn("mail.example", text or "")
        self.assertFalse(self.env["sync.xref"].search([("external_id", "ilike", "mail.example")]))

    def test_every_candidate_is_looked_at_however_many_there_are(self):
        self.door.confidential = True
        others = [self.order(f"#20{n:02}", f"o{n}") for n in range(3)]
        mine = self.order("#1001", "e1")
        with patch.object(erasing, "CHUNK", 2):
            self.erase("1001", "order")
        self.assertIn(MASK, mine.received_text)
        self.assertIn("Lindqvist", others[0].received_text)

    def test_references_headers_and_other_texts(self):
        message = self.order()
        person, event = "marta.l@mail.example", f"evt_{message.uid}"
        written = {
            "sync_message": ("reference", message.id, person),
            "sync_transmission": ("headers", message.transmission_id.id, json.dumps({"From": person})),
            "sync_effect": ("label", None, person),
        }
        self.env.flush_all()
        self.env.cr.execute(
            """INSERT INTO sync_effect (message_id, company_id, kind, res_model, res_id)
               VALUES (%s, %s, 'linked', 'res.partner', 1) RETURNING id""",
            [message.id, message.company_id.id],
        )
        written["sync_effect"] = ("label", self.env.cr.fetchone()[0], person)
        for table, (column, row_id, text) in written.items():
            self.env.cr.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [text, row_id])
        self.env.cr.execute(
            """INSERT INTO sync_event (uid, document_type_id, document_type, company_id, ordering_key, state, document)
               VALUES (%s, %s, 'order.create', %s, %s, 'routed', '{}') RETURNING id""",
            [event, message.document_type_id.id, message.company_id.id, f"customer {person}"],
        )
        written["sync_event"] = ("ordering_key", self.env.cr.fetchone()[0], None)
        self.env.invalidate_all()
        self.assertIn("4 references, headers and other texts", self.erase(person.upper(), "email").found)
        for table, (column, row_id, _text) in written.items():
            self.env.cr.execute(f"SELECT {column} FROM {table} WHERE id = %s", [row_id])
            (left,) = self.env.cr.fetchone()
            with self.subTest(table=table):
                self.assertNotIn("mail.example", left)
                self.assertIn(MASK, left if table != "sync_transmission" else json.loads(left)["From"])
        self.assertEqual(json.loads(self.entries(kind="erasure").details)["references"], 4)
        with self.engine_cursors():
            self.assertTrue(self.env["sync.audit.chain"]._verify().holds)

    def test_a_reference_that_is_still_needed_is_left_and_said(self):
        message = self.order()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sync_message SET state = 'failed', done_at = NULL, reference = %s WHERE id = %s",
            ["Marta.L@mail.example", message.id],
        )
        self.env.invalidate_all()
        self.assertIn("still open", self.erase("marta.l@mail.example", "email").found)
        self.assertEqual(message.reference, "Marta.L@mail.example")

    def test_who_may_not_and_what_could_mean_anybody_is_refused(self):
        for user in ("manager", "sales", "viewer"):
            with self.subTest(user=user), self.assertRaises(AccessError):
                self.wizard("Marta Lindqvist", user=user)
        with self.assertRaises(AccessError):
            self.env["sync.erasure"].with_user(self.person("manager"))._find(
                Identifier("name", "Marta Lindqvist"), self.company
            )
        with self.assertRaises(UserError):
            self.wizard("Ma").action_look()
        with self.assertRaises(UserError):
            self.wizard("Marta Lindqvist").action_erase()
        wizard = self.wizard("Marta Lindqvist", reason=" ")
        wizard.action_look()
        with self.assertRaises(UserError):
            wizard.action_erase()
