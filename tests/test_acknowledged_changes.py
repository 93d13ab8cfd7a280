"""What people change of an accepted order is told to its sender by itself: an 855 to a retailer on X12."""

import json

from odoo.tests import tagged

from odoo.addons.sync_governance.core.canonical import validator
from odoo.addons.sync_governance.core.contracts import validate
from odoo.addons.sync_governance.models.packs import reading

from .edi_fixture import read
from .test_pack_interchanges import InterchangeCase

ORDER = "4500123457"


@tagged("post_install", "-at_install")
class TestAcknowledgedChanges(InterchangeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.USD").active = True
        cls.company.currency_id = cls.env.ref("base.USD")
        # The retailer owns its orders; their steward may change them here.
        cls.clerk = cls.author
        cls.clerk.group_ids |= cls.env.ref("sales_team.group_sale_salesman_all_leads")
        cls.clerk.group_ids |= cls.env.ref("stock.group_stock_user")

    def setUp(self):
        super().setUp()
        self.partner, self.door = self.live("retail-x12")
        ours = {"edi_own_id": "US", "edi_own_qualifier": "ZZ", "edi_partner_id": "SHOP", "edi_partner_qualifier": "ZZ"}
        (self.partner.endpoint_ids - self.door).write(ours)
        products = self.env["product.product"]
        products.create({"name": "Desk lamp", "default_code": "NW-3318", "type": "consu", "taxes_id": False})
        pencils = products.create({"name": "Pencil", "type": "consu", "taxes_id": False})
        self.env["sync.xref"].create(
            {"domain": "product", "external_id": "99-1", "res_id": pencils.id, "trading_partner_id": self.partner.id}
        )
        self.post(self.door, reading.content("retail-x12", "samples/order_full.edi"))
        self.leaves()
        order = self.env["sale.order"].search([("client_order_ref", "=", ORDER)])
        self.assertEqual(order.state, "sale")
        self.order = order.with_user(self.clerk)
        self.first = self.answers()
        self.assertEqual(len(self.first), 1, "that it was accepted is told when it was placed")
        del self.sent[:]

    def line(self, reference):
        return self.order.order_line.filtered(lambda line: line.partner_line_ref == reference)[:1]

    def leaves(self):
        """What people did is committed, and the engine works."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        with self.partner_answers():
            self.run_engine()
        self.env.invalidate_all()

    def events(self):
        return self.env["sync.event"].search([("document_type", "=", "acknowledgement")], order="id")

    def answers(self):
        """The 855s that were sent, as the partner reads them."""
        documents = [document for parcel in self.sent for document in read(parcel.body)]
        return [document for document in documents if document["message"]["type"] == "855"]

    def told(self):
        """The canonical document and the 855 of the one change."""
        self.leaves()
        (answer,) = self.answers()
        event = self.events()[-1]
        self.env.cr.execute("SELECT document FROM sync_event WHERE id = %s", [event.id])
        document = json.loads(self.env.cr.fetchone()[0])
        self.assertEqual(validate(validator("acknowledgement"), document), [])
        return document, answer

    def test_a_quantity_that_a_person_changes_is_told_once(self):
        self.line("1").product_uom_qty = 5
        self.line("1").product_uom_qty = 4
        document, answer = self.told()
        first, second = document["lines"][:2]
        self.assertEqual((document["status"], first["status"]), ("accepted_with_changes", "accepted_with_changes"))
        self.assertEqual((first["quantity"]["value"], second["status"]), ("4", "accepted"))
        self.assertEqual((document["subject"]["number"], document["reference"]), (ORDER, self.order.name))
        self.assertEqual(answer["beginning"]["status"], "AC")
        self.assertEqual(answer["beginning"]["po_number"], ORDER)
        self.assertEqual([line["acknowledgments"][0]["status"] for line in answer["lines"]][:2], ["IC", "IA"])
        del self.sent[:]
        self.leaves()
        self.assertFalse(self.answers(), "and not again")

    def test_it_follows_what_was_told_before(self):
        self.line("1").product_uom_qty = 4
        self.told()
        first, second = self.events()
        self.assertEqual(first.ordering_key, second.ordering_key)
        self.assertEqual(first.subject, second.subject)
        self.assertEqual((second.trading_partner_id, second.process_id), (self.partner, first.process_id))

    def test_each_change_is_told(self):
        for quantity in (4, 3):
            self.line("1").product_uom_qty = quantity
            self.leaves()
            self.env.cr.execute("UPDATE sync_event SET txid = -id")
        self.assertEqual([answer["lines"][0]["acknowledgments"][0]["quantity"] for answer in self.answers()], [4, 3])

    def test_a_line_that_is_not_delivered_is_rejected(self):
        self.line("2").product_uom_qty = 0
        document, answer = self.told()
        self.assertEqual([line["status"] for line in document["lines"]][:2], ["accepted", "rejected"])
        self.assertEqual(answer["lines"][1]["acknowledgments"][0]["status"], "IR")

    def test_an_order_that_a_person_cancels_is_rejected(self):
        self.order.action_cancel()
        document, answer = self.told()
        self.assertEqual(document["status"], "rejected")
        self.assertEqual({line["status"] for line in document["lines"]}, {"rejected"})
        self.assertEqual(answer["beginning"]["status"], "RD")

    def test_another_price_and_another_day_are_told(self):
        self.line("1").price_unit += 1
        self.order.commitment_date = "2026-04-20 12:00:00"
        document, _answer = self.told()
        line = document["lines"][0]
        self.assertEqual((line["unit_price"], line["delivery_on"]), (f"{self.line('1').price_unit:g}", "2026-04-20"))
        self.assertEqual(document["status"], "accepted_with_changes")

    def test_what_comes_to_the_same_is_not_told(self):
        quantity = self.line("1").product_uom_qty
        self.line("1").product_uom_qty = quantity
        self.line("1").product_uom_qty = quantity + 1
        self.line("1").product_uom_qty = quantity
        self.line("1").name = "Another description"
        self.order.note = "A note"
        self.leaves()
        self.assertFalse(self.answers())

    def test_what_is_rolled_back_is_not_told(self):
        with self.env.cr.savepoint() as savepoint:
            self.line("1").product_uom_qty = 1
            savepoint.rollback()
        self.env.invalidate_all()
        self.leaves()
        self.assertFalse(self.answers())

    def test_an_order_that_nobody_sent_is_told_to_nobody(self):
        product = self.line("1").product_id
        order = self.env["sale.order"].create(
            {"partner_id": self.order.partner_id.id, "order_line": [(0, 0, {"product_id": product.id})]}
        )
        order.action_confirm()
        order.order_line.product_uom_qty = 7
        self.leaves()
        self.assertFalse(self.answers())

    def test_nothing_is_told_where_the_policy_tells_nothing(self):
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL session_replication_role = replica")
        self.env.cr.execute("UPDATE sync_policy SET acknowledgement = 'none'")
        self.env.cr.execute("SET LOCAL session_replication_role = origin")
        self.env.invalidate_all()
        self.line("1").product_uom_qty = 4
        self.leaves()
        self.assertFalse(self.answers())

    def test_a_change_costs_nothing_where_nobody_is_told(self):
        events = self.events()
        for interface in self.env["sync.interface"].search([("document_type_id.code", "=", "acknowledgement")]):
            interface.action_retire()
        self.env.flush_all()
        self.assertFalse(self.env["sync.event"]._carried("acknowledgement", self.company.id))
        with self.assertQueryCount(0):
            self.order._before_they_change()
        self.line("1").product_uom_qty = 4
        self.leaves()
        self.assertEqual(self.events(), events)
