"""Who an interchange is from and for, and who may read in it what."""

from odoo.addons.sync_governance.models.packs import reading

from .test_faults_say_where import TakenCase


class TestStrangers(TakenCase):
    def arrives(self, door, body):
        """(the message of a body that was sent, the fault that it ended with, what was answered to its sender)"""
        answered = self.env["sync.interchange"].search([])
        message = self.message_of(self.post(door, body).json()["message_id"])
        self.run_engine()
        told = (self.env["sync.interchange"].search([]) - answered).filtered(lambda each: each.direction == "inbound")
        return message, message.fault_code, told

    def test_only_the_partner_that_is_named_gets_through_and_only_to_us(self):
        for pack, theirs, ours, order in (
            ("retail-x12", b"HARBORHOME     ", b"NORDWIND       ", b"4500123456"),
            ("retail-edifact", b"9524100071001", b"9524100000018", b"4500781200"),
        ):
            good = reading.content(pack, "samples/order.edi")
            self.assertEqual((good.count(theirs) > 0, good.count(ours) > 0), (True, True), pack)
            _partner, door = self.live(pack)
            door.write({"edi_own_id": ours.decode().strip(), "edi_partner_id": theirs.decode().strip()})
            end = good.index(b"GS*" if pack == "retail-x12" else b"UNH+")
            header, body = good[:end], good[end:]
            for role, party in (("sender", theirs), ("receiver", ours)):
                with self.subTest(pack=pack, role=role):
                    other = b"SOMEBODY".ljust(len(party))
                    # Another order each time: what failed holds up what follows of the same one.
                    mine = body.replace(order, b"77" + role.encode())
                    message, fault, told = self.arrives(door, header.replace(party, other) + mine)
                    self.assertEqual((message.state, fault), ("failed", "decode.wrong_party"))
                    self.assertIn("SOMEBODY", message.attempt_ids[:1].detail)
                    self.assertFalse(told, "whoever is not the partner is told nothing")
            with self.subTest(pack=pack, role="both right"):
                message, fault, told = self.arrives(door, good)
                self.assertEqual((message.state, fault, len(told)), ("done", False, 1))

    def test_a_qualifier_that_is_named_counts_too(self):
        good = reading.content("retail-x12", "samples/order.edi")
        _partner, door = self.live("retail-x12")
        door.write({"edi_partner_id": "HARBORHOME", "edi_partner_qualifier": "01"})
        message, fault, _told = self.arrives(door, good)
        self.assertEqual((message.state, fault), ("failed", "decode.wrong_party"))
        self.assertIn("agreed is 01 HARBORHOME", message.attempt_ids[:1].detail)

    def test_a_control_number_that_comes_again_with_other_content_is_told(self):
        """Both are worked, for nobody knows which of the two counts; whoever looks at the second one is told."""
        good = reading.content("retail-x12", "samples/order.edi")
        _partner, door = self.live("retail-x12")
        first, _fault, _told = self.arrives(door, good)
        again, _fault, _told = self.arrives(door, good)
        self.assertEqual(first, again)
        self.assertFalse(first.interchange_findings, "the same interchange once more is no mistake")
        other, fault, _told = self.arrives(door, good.replace(b"4500123456", b"4500123499"))
        self.assertEqual((other.state, fault), ("done", False))
        self.assertIn("The control number 000000101 came before with other content", other.interchange_findings)
        self.assertFalse(first.interchange_findings)


class TestShown(TakenCase):
    def test_an_interchange_is_shown_as_what_it_says_without_what_is_personal(self):
        """Whoever may not see personal data reads the document of an interchange, masked; of a file of lines nothing,
        for its columns may be called anything."""
        raw = reading.content("retail-x12", "samples/order.edi").replace(b"Harbor Home DC 7", b"M\xfcller & Sons")
        raw = raw.replace(b"CTT*2~", b"ZZZ*M\xfcller himself~\nCTT*2~")
        partner, door = self.live("retail-x12")
        message = self.message_of(self.post(door, raw).json()["message_id"])
        self.run_engine()
        manager = self._person("manager.edi", "group_manager")
        sales = self._person("sales.edi", "group_operator_sales")
        masked, whole = (message.with_user(user).received_text for user in (manager, sales))
        for shown in ('"4500123456"', '"NW-2210"', '"HARBORHOME"'):
            self.assertIn(shown, masked)
        for kept_back in ("M\xfcller", "700 Dock Road", "9.5"):
            self.assertNotIn(kept_back, masked)
        self.assertIn("N1*ST*M\xfcller & Sons*92*0107~", whole, "a file in a single-byte character set is text too")
        door.write({"codec": "flat", "codec_options": '{"kind": "delimited", "fields": [{"name": "a"}]}'})
        self.env.invalidate_all()
        self.assertIn("unmask them", message.with_user(manager).received_text)

    def _person(self, login, group):
        return self.env["res.users"].create(
            {
                "name": login,
                "login": login,
                "company_ids": [(6, 0, self.company.ids)],
                "company_id": self.company.id,
                "group_ids": [(4, self.env.ref(f"sync_governance.{group}").id)],
            }
        )
