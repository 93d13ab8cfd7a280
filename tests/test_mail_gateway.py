"""Documents attached to mails, through Odoo's own mail gateway with the bytes of real mails."""

from email.message import EmailMessage

from odoo.exceptions import ValidationError

from .pickup_fixture import PickupCase

OURS = "mx.company.example"


class TestMailGateway(PickupCase):
    def setUp(self):
        super().setUp()
        domain = self.env["mail.alias.domain"].search([], limit=1) or self.env["mail.alias.domain"].create(
            {"name": "company.example"}
        )
        self.company.alias_domain_id = domain
        self.configure(self.door, carrier="mail", transport="mail", authentication="none")
        self.door.write({"mail_name": "shop-orders", "mail_senders": "orders@shop.example\n@trusted.example"})
        self.count = 0

    def mail(self, *attachments, sender="Shop <orders@shop.example>", message_id=None, results=()):
        self.count += 1
        message = EmailMessage()
        for one in results:
            message["Authentication-Results"] = one
        message["From"], message["To"] = sender, self.door.mail_address
        message["Subject"] = "Orders of today"
        message["Message-Id"] = message_id or f"<{self.count}.{self._testMethodName[-30:]}@shop.example>"
        message.set_content("Please find our orders attached.")
        for name, body in attachments:
            message.add_attachment(body, maintype="application", subtype="json", filename=name)
        return bytes(message)

    def arrives(self, raw):
        with self.engine_cursors():
            self.env["mail.thread"].message_process(None, raw)
        self.run_engine()

    def kept(self):
        """The refused mails that stand with exceptions."""
        found = self.env["sync.exception"].search([("endpoint_id", "=", self.door.id)])
        return self.env["ir.attachment"].search([("res_model", "=", found._name), ("res_id", "in", found.ids)])

    def test_each_attachment_is_a_document_and_the_chatter_keeps_none(self):
        before = self.door.message_ids
        self.arrives(self.mail(("1.json", self.order("#1")), ("2.json", self.order("#2"))))
        self.assertEqual(sorted(self.applied), ["#1", "#2"])
        self.assertEqual(self.exceptions(), [])
        self.assertEqual(self.door.message_ids, before, "what partners send stands in messages of the exchange alone")
        self.assertFalse(self.env["sync.endpoint"].search([("name", "=", "Orders of today")]))

    def test_the_same_mail_twice_is_taken_once(self):
        raw = self.mail(("1.json", self.order("#1")), message_id="<same@shop.example>")
        self.arrives(raw)
        self.arrives(raw)
        self.assertEqual(self.applied, ["#1"])

    def test_a_stranger_is_refused_and_his_mail_is_kept(self):
        for sender in ("spy@elsewhere.example", "orders@shop.example.evil.example", "a@x.example, orders@shop.example"):
            self.arrives(self.mail(("1.json", self.order("#1")), sender=sender))
        self.assertFalse(self.applied)
        self.assertEqual(self.exceptions(), ["receive.mail_stranger"])
        self.assertEqual(len(self.kept()), 3)
        self.assertIn(b"Please find our orders attached", self.kept()[0].raw)

    def test_everybody_of_a_domain_may_be_let_in(self):
        self.arrives(self.mail(("1.json", self.order("#1")), sender="anybody@Trusted.example"))
        self.assertEqual(self.applied, ["#1"])

    def test_our_own_mail_server_must_vouch_where_it_is_named(self):
        self.door.mail_vouching = OURS
        for results in (
            (),
            (f"{OURS}; dmarc=fail header.from=shop.example",),
            ("mx.shop.example; dmarc=pass",),  # whoever sends can write that
            (f"{OURS}; dmarc=none; spf=pass", f"{OURS}; dmarc=pass"),  # only the topmost is our server's
        ):
            with self.subTest(results):
                self.arrives(self.mail(("1.json", self.order("#1")), results=results))
                self.assertFalse(self.applied)
        self.arrives(self.mail(("1.json", self.order("#1")), results=(f"{OURS}; spf=fail; dmarc=pass (p=reject)",)))
        self.assertEqual(self.applied, ["#1"])

    def test_a_mail_without_a_document_is_kept_for_a_person(self):
        self.door.mail_pattern = "*.json"
        self.arrives(self.mail())
        self.arrives(self.mail(("logo.png", b"png")))
        self.assertEqual(self.exceptions(), ["receive.mail_without_document"])
        self.assertEqual(len(self.kept()), 2)
        self.arrives(self.mail(("logo.png", b"png"), ("ORDERS.JSON", self.order("#1"))))
        self.assertEqual(self.applied, ["#1"], "the pattern does not mind small and capital letters")

    def test_an_attachment_that_is_too_large_is_refused_and_its_neighbour_taken(self):
        self.arrives(self.mail(("huge.json", b"x" * 2_000_000), ("1.json", self.order("#1"))))
        self.assertEqual(self.applied, ["#1"])
        self.assertEqual(self.exceptions(), ["receive.too_large"])
        self.assertEqual(len(self.kept()), 1)

    def test_what_comes_while_the_endpoint_is_off_the_wire_is_kept(self):
        self.door.with_user(self.author).action_suspend()
        self.arrives(self.mail(("1.json", self.order("#1"))))
        self.assertEqual(self.exceptions(), ["receive.endpoint_not_live"])
        self.assertEqual(len(self.kept()), 1)

    def test_a_mailbox_is_an_address_of_its_own(self):
        self.assertEqual(self.door.mail_address, f"shop-orders@{self.company.alias_domain_id.name}")
        alias = self.door.mail_alias_id
        self.door.mail_name = "other-orders"
        self.assertEqual((self.door.mail_alias_id, alias.alias_name), (alias, "other-orders"))
        with self.assertRaises(ValidationError):
            self.door.mail_name = "Not a mailbox@all"
