"""Documents that leave as attachments of mails, to a real mail server."""

import email.policy
from email import message_from_bytes
from unittest.mock import patch

from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from odoo.exceptions import ValidationError
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import config

from odoo.addons.sync_governance.models.exchange.transports import mail as transport

from .delivery_fixture import DeliveryCase
from .smtp_server import MailServer

TO = "documents@finance.example"


@tagged("post_install", "-at_install")
class TestMailDelivery(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.server = MailServer()
        self.addCleanup(self.server.stop)
        self.env["ir.mail_server"].search([]).active = False
        self.env["ir.mail_server"].create(
            {"name": "Test", "smtp_host": "127.0.0.1", "smtp_port": self.server.port, "smtp_encryption": "none"}
        )
        # Odoo sends nothing in tests; this server is ours.
        self.startPatcher(
            patch.object(self.registry["ir.mail_server"], "_disable_send", classmethod(lambda cls: False))
        )
        self.env.flush_all()
        self.env.cr.execute(
            """UPDATE sync_endpoint SET carrier = 'mail', transport = 'mail', authentication = 'none', mail_to = %s,
                      mail_from = 'edi@company.example', file_name = '{type}_{reference}.json' WHERE id = %s""",
            [TO, self.endpoint.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def again(self):
        """The time of the next try has come."""
        self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC' WHERE state = 'ready'")
        self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE next_at IS NOT NULL")

    def letters(self):
        return [message_from_bytes(raw, policy=email.policy.default) for _from, _to, raw in self.server.mails]

    def test_a_document_leaves_as_an_attachment_and_the_message_is_done(self):
        message = self.invoices("INV/2026/1")
        self.run_engine()
        self.assertEqual((message.state, message.fault_code), ("done", False))
        ((_sender, to, _raw),) = self.server.mails
        self.assertEqual(to, [TO])
        (letter,) = self.letters()
        self.assertEqual((letter["To"], letter["From"]), (TO, "edi@company.example"))
        self.assertEqual(letter["Subject"], "invoice.posted INV/2026/1")
        self.assertEqual(letter["Message-ID"], f"<{message.uid}@company.example>")
        self.assertEqual(letter["Auto-Submitted"], "auto-generated")
        self.assertIn("INV/2026/1", letter.get_body().get_content())
        (attached,) = letter.iter_attachments()
        self.assertEqual(attached.get_filename(), "invoice.posted_INV_2026_1.json")
        self.assertEqual(attached.get_content_type(), "application/json")
        self.assertIn(b"sales_document.posted", attached.get_payload(decode=True))

    def test_what_a_document_says_makes_no_header_of_its_own(self):
        self.endpoint.with_user(self.author).mail_subject = "Invoice {key}"
        self.invoices("INV1\r\nBcc: eve@example.com")
        self.run_engine()
        (letter,) = self.letters()
        self.assertEqual(letter["Subject"], "Invoice INV1 Bcc: eve@example.com")
        self.assertFalse(letter["Bcc"])
        self.assertEqual(self.server.mails[0][1], [TO])

    def test_a_mail_server_that_fails_is_tried_again_with_the_same_id(self):
        for command, answers, code in (
            ("connect", [None], "deliver.connection_failed"),
            ("RCPT", ["451 greylisted"], "deliver.server_error"),
            ("sent", ["452 full"], "deliver.server_error"),
            ("sent", [None], "deliver.connection_failed"),
        ):
            with self.subTest(command=command, answers=answers):
                self.server.mails.clear()
                self.endpoint._begin_anew()
                self.server.will(command, *answers)
                message = self.invoices(f"INV-{command}-{code}")
                self.run_engine()
                self.assertEqual((message.state, message.fault_code), ("ready", code))
                self.assertEqual(self.endpoint.breaker_failures, 1, "it counts against the endpoint")
                self.again()
                self.run_engine()
                self.assertEqual((message.state, message.fault_code), ("done", False))
                ids = {letter["Message-ID"] for letter in self.letters()}
                self.assertEqual(ids, {f"<{message.uid}@company.example>"}, "a repeat is recognised by it")

    def test_what_the_server_refuses_for_good_waits_for_a_person(self):
        for command, answer in (("RCPT", "550 no such mailbox"), ("sent", "552 too large")):
            with self.subTest(command=command):
                self.server.will(command, answer)
                message = self.invoices(f"INV-{command}")
                self.run_engine()
                self.assertEqual((message.state, message.fault_code), ("failed", "deliver.rejected"))
                self.assertTrue(message.exception_id)

    def test_a_lost_goodbye_sends_nothing_twice(self):
        self.server.will("QUIT", None)
        message = self.invoices("INV1")
        self.run_engine()
        self.assertEqual((message.state, len(self.server.mails)), ("done", 1))

    def test_without_a_mail_server_a_person_is_told(self):
        self.env["ir.mail_server"].search([]).active = False
        with patch.dict(config.options, {"smtp_server": False}):
            message = self.invoices("INV1")
            self.run_engine()
        self.assertEqual((message.state, message.fault_code), ("failed", "engine.configuration"))

    def test_where_odoo_sends_no_mails_none_is_sent(self):
        with patch.object(self.registry["ir.mail_server"], "_disable_send", classmethod(lambda cls: True)):
            self.invoices("INV1")
            self.run_engine()
        self.assertEqual(self.server.mails, [])

    def test_no_transaction_is_open_while_the_server_is_spoken_to(self):
        """On a connection as the engine has it, and not the one of the test."""
        seen = []

        class Registry:
            """Gives real cursors."""

            db_name = self.env.cr.dbname
            cursor = staticmethod(lambda: made.setdefault("cr", db_connect(self.env.cr.dbname).cursor()))

        made = {}
        connects = self.registry["ir.mail_server"]._connect__

        def connecting(servers, **given):
            """The server is of the test's own transaction: it is named, and looked up as always besides."""
            servers.search([], limit=1)
            session = connects(servers, host="127.0.0.1", port=self.server.port, encryption="none", **given)
            seen.append(made["cr"].connection.info.transaction_status)
            return session

        self.server.after_data = lambda: seen.append(made["cr"].connection.info.transaction_status)
        letter = self.env["ir.mail_server"]._build_email__("edi@company.example", [TO], "Subject", "Text")
        with patch.object(self.registry["ir.mail_server"], "_connect__", connecting):
            transport._post(Registry, self.company.id, letter)
        self.assertEqual(seen, [TRANSACTION_STATUS_IDLE] * 2)
        self.assertEqual(len(self.server.mails), 1)

    def test_it_is_set_up_as_people_do(self):
        endpoint = (
            self.env["sync.endpoint"]
            .with_user(self.author)
            .create(
                {
                    "name": "Invoices by mail",
                    "code": "invoices-by-mail",
                    "trading_partner_id": self.partner.id,
                    "direction": "outbound",
                    "key_source": "event",
                    "carrier": "mail",
                    "authentication": "none",
                }
            )
        )
        self.assertIn("The address to send mails to", endpoint.missing)
        for values in (
            {"mail_to": "not an address"},
            {"mail_to": "a@b.example, c@d.example"},
            {"mail_subject": "{password}"},
            {"file_name": "../{id}"},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                endpoint.write(values)
        endpoint.mail_to = TO
        self.assertNotIn("The address to send mails to", endpoint.missing or "")
        self.assertFalse(endpoint.mail_alias_id)
