"""A supplier's answer to a purchase order (855 by HTTP) stands on the order, and its buyer sees what differs."""

from datetime import datetime, timezone

from odoo.tests import tagged

from odoo.addons.sync_governance.models.exchange.publisher import EventDraft

from .edi_fixture import x12
from .test_pack_interchanges import InterchangeCase


@tagged("post_install", "-at_install")
class PurchaseCase(InterchangeCase):
    """``self.order`` was sent to the supplier: 10 lamps at 5.00 and 4 shades at 2.50, both for the 18th of March."""

    pack = "supplier-x12"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.USD").active = True
        cls.buyer = cls.person("bea.buyer", "group_operator_warehouse")
        cls.buyer.group_ids |= cls.env.ref("purchase.group_purchase_user")

    def setUp(self):
        super().setUp()
        self.partner, self.door = self.live(self.pack)
        ours = {
            "edi_own_id": "US",
            "edi_own_qualifier": "ZZ",
            "edi_partner_id": "LAKESIDE",
            "edi_partner_qualifier": "ZZ",
        }
        (self.partner.endpoint_ids - self.door).write(ours)
        self.lamp = self.product("Lamp", "L-1")
        self.shade = self.product("Shade", "S-1")
        self.order = self.placed()
        self.leaves(self.order)

    def product(self, name, code):
        return self.env["product.product"].create({"name": name, "default_code": code, "is_storable": True})

    def placed(self):
        lines = [(self.lamp, 10, 5.0), (self.shade, 4, 2.5)]
        order = (
            self.env["purchase.order"]
            .with_user(self.buyer)
            .create(
                {
                    "partner_id": self.partner.partner_id.id,
                    "currency_id": self.env.ref("base.USD").id,
                    "user_id": self.buyer.id,
                    "order_line": [
                        (
                            0,
                            0,
                            {
                                "product_id": product.id,
                                "product_qty": quantity,
                                "price_unit": price,
                                "tax_ids": False,
                                "date_planned": datetime(2026, 3, 18, 12),
                            },
                        )
                        for product, quantity, price in lines
                    ],
                }
            )
        )
        order.button_confirm()
        return order

    def leaves(self, order):
        """The order leaves as an event of its own; the message that carried it."""
        party = {"identifiers": [{"scheme": "own", "value": "V-2007"}], "company_name": "Somebody"}
        document = {
            "type": "purchase_order.placed",
            "number": order.name,
            "placed_at": "2026-03-03T10:05:00-05:00",
            "currency": "USD",
            "buyer": party,
            "supplier": party,
            "ship_to": {"identifiers": [{"scheme": "own", "value": "WH"}], "name": "Warehouse"},
            "lines": [
                {
                    "id": str(line.id),
                    "item": {"identifiers": [{"scheme": "sku", "value": line.product_id.default_code}]},
                    "quantity": {"value": f"{line.product_qty:g}", "unit": "EA"},
                    "unit_price": f"{line.price_unit:g}",
                    "net_amount": f"{line.price_subtotal:.2f}",
                }
                for line in order.order_line
            ],
            "totals": {"net": f"{order.amount_untaxed:.2f}"},
        }
        draft = EventDraft(
            document=document,
            ordering_key=order.name,
            company_id=self.company.id,
            occurred_at=datetime.now(timezone.utc),
        )
        self.env["sync.event"]._insert("purchase_order.placed", [(order, draft)])
        with self.partner_answers():
            self.run_engine()
        message = self.env["sync.message"].search([("reference", "=", order.name)], limit=1, order="id desc")
        self.assertEqual(message.state, "done", message.attempt_ids[:1].detail)
        # Each is a transaction of its own in life; the events of one are one.
        self.env.cr.execute("UPDATE sync_event SET txid = -id")
        return message

    def answered(self, *segments, status="AC", number=50, day="20260304"):
        """An 855 comes; the message that it is. ``segments`` are those of the lines."""
        head = f"BAK*00*{status}*{self.order.name}*20260303*****{day}~REF*VN*SO-9~"
        body = "".join(f"{segment}~" for segment in segments)
        data = x12(head + body + "CTT*2~", number=number, group="PR", kind="855", sender="LAKESIDE", receiver="US")
        answer = self.post(self.door, data)
        self.assertEqual(answer.status_code, 202, answer.text)
        with self.partner_answers():
            self.run_engine()
        self.env.invalidate_all()
        message = self.message_of(answer.json()["message_id"])
        self.assertEqual((message.state, message.fault_code), ("done", False), message.attempt_ids[:1].detail)
        return message

    def line(self, at, quantity=None, price="5", code=None):
        line = self.order.order_line[at]
        code = code or line.product_id.default_code
        return f"PO1*{line.id}*{quantity or int(line.product_qty)}*EA*{price}**BP*{code}"

    def notes(self):
        return self.order.message_ids.filtered(lambda note: "answered" in (note.body or ""))

    def differing(self):
        return self.env["sync.exception"].search([("code", "=", "apply.answer_differs"), ("is_open", "=", True)])

    def planned(self):
        return [f"{line.date_planned:%Y-%m-%d}" for line in self.order.order_line]


class TestPurchaseAnswers(PurchaseCase):
    def test_an_order_that_is_accepted_as_a_whole_is_confirmed_line_by_line(self):
        self.assertFalse(self.order.acknowledged)
        message = self.answered(status="AT")
        self.assertEqual(self.order.order_line.mapped("supplier_answer"), ["accepted", "accepted"])
        self.assertEqual((self.order.supplier_answer, self.order.acknowledged), ("accepted", True))
        self.assertEqual(self.order.partner_ref, "SO-9")
        self.assertEqual(len(self.notes()), 1)
        self.assertFalse(self.notes().notified_partner_ids, "nobody is disturbed")
        self.assertFalse(self.differing())
        self.assertEqual(message.effect_ids.mapped("res_model"), ["purchase.order"])
        agent = self.door.user_id
        self.assertEqual(self.notes().author_id, agent.partner_id)
        self.assertFalse(agent.has_group("purchase.group_purchase_manager"))

    def test_another_quantity_and_a_rejected_line_are_for_the_buyer(self):
        self.answered(self.line(0), "ACK*IQ*6*EA*067*20260318", self.line(1, price="2.5"), "ACK*IR")
        lamp, shade = self.order.order_line
        self.assertEqual((lamp.supplier_answer, shade.supplier_answer), ("accepted_with_changes", "rejected"))
        self.assertIn("6 Units on 2026-03-18; ordered: 10 Units on 2026-03-18", lamp.supplier_answer_text)
        self.assertEqual((lamp.product_qty, shade.product_qty), (10, 4), "nothing is ordered or cancelled by it")
        self.assertEqual(self.order.supplier_answer, "accepted_with_changes")
        self.assertEqual(self.notes().notified_partner_ids, self.buyer.partner_id)
        self.assertIn("6 Units", self.notes().body)
        differing = self.differing()
        self.assertEqual((len(differing), differing.user_id), (1, self.buyer))
        self.assertIn("6 Units", differing.detail)
        self.assertIn(self.order.name, differing.name)

    def test_the_same_answer_again_changes_nothing(self):
        said = (self.line(0), "ACK*IQ*6*EA*067*20260325", self.line(1, price="2.5"), "ACK*IR")
        self.answered(*said)
        before = (self.notes(), self.differing().count, self.order.order_line.mapped("supplier_answer_text"))
        self.assertEqual(before[:2][1], 1)
        message = self.answered(*said, number=51)
        after = (self.notes(), self.differing().count, self.order.order_line.mapped("supplier_answer_text"))
        self.assertEqual(before, after)
        self.assertFalse(message.effect_ids)

    def test_another_day_is_taken_over_where_the_policy_says_so(self):
        self.answered(self.line(0), "ACK*DR*10*EA*067*20260325", self.line(1, price="2.5"), "ACK*IA*4*EA*067*20260318")
        self.assertEqual(self.planned(), ["2026-03-25", "2026-03-18"])
        self.assertEqual(self.order.order_line.mapped("supplier_answer"), ["accepted", "accepted"])
        self.assertEqual(f"{self.order.order_line[0].move_ids.date_deadline:%Y-%m-%d}", "2026-03-25")
        self.assertFalse(self.differing())
        self.assertEqual(self.notes().notified_partner_ids, self.buyer.partner_id)
        self.assertIn("The day was taken over", self.notes().body)

    def test_another_day_is_for_the_buyer_where_the_policy_does_not_take_it_over(self):
        policy = self.partner.interface_ids.filtered(lambda line: line.document_type == "acknowledgement").policy_id
        self.assertTrue(policy.takes_over_dates)
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL session_replication_role = replica")
        self.env.cr.execute("UPDATE sync_policy SET takes_over_dates = NULL WHERE id = %s", [policy.id])
        self.env.cr.execute("SET LOCAL session_replication_role = origin")
        self.env.invalidate_all()
        self.answered(self.line(0), "ACK*DR*10*EA*067*20260325")
        self.assertEqual(self.planned(), ["2026-03-18", "2026-03-18"])
        self.assertEqual(len(self.differing()), 1)
        self.assertIn("on 2026-03-25", self.differing().detail)

    def test_a_line_in_parts_is_one_line_and_no_day_is_guessed(self):
        self.answered(self.line(0), "ACK*IQ*6*EA*067*20260325", "ACK*IB*4*EA")
        lamp = self.order.order_line[0]
        self.assertEqual(lamp.supplier_answer, "accepted_with_changes")
        self.assertIn("6 Units on 2026-03-25, 4 Units later", lamp.supplier_answer_text)
        self.assertEqual(self.planned()[0], "2026-03-18")
        self.assertTrue(self.differing())
        self.assertFalse(self.order.order_line[1].supplier_answer, "it was not answered")

    def test_another_price_is_for_the_buyer(self):
        self.answered(self.line(0, price="5.5"), "ACK*IP*10*EA*067*20260318")
        self.assertIn("Price 5.5 instead of 5 USD", self.order.order_line[0].supplier_answer_text)
        self.assertEqual(self.order.order_line[0].price_unit, 5.0)
        self.assertTrue(self.differing())

    def test_the_figures_count_and_not_what_the_supplier_calls_them(self):
        self.answered(self.line(0), "ACK*IQ*10*EA*067*20260318", self.line(1, price="2.5"), "ACK*IA*3*EA*067*20260318")
        self.assertEqual(self.order.order_line.mapped("supplier_answer"), ["accepted", "accepted_with_changes"])

    def test_a_rejection_as_a_whole_is_one_exception_with_the_reason(self):
        self.answered("N9*ZZ*WHY", "MSG*Your account is on hold.", status="RJ")
        self.assertEqual(self.order.supplier_answer, "rejected")
        self.assertFalse(self.order.acknowledged)
        self.assertEqual(self.order.state, "purchase")
        self.assertEqual(len(self.differing()), 1)
        self.assertFalse(self.env["sync.exception"].search([("code", "=", "acknowledge.rejected")]))

    def test_a_rejection_as_a_whole_holds_whatever_its_lines_say(self):
        self.answered(self.line(0), "ACK*IA*10*EA*067*20260318", status="RD")
        self.assertEqual(self.order.supplier_answer, "rejected")
        self.assertEqual(len(self.differing()), 1)

    def test_a_line_of_which_nothing_is_to_come_keeps_its_day(self):
        self.order.order_line[0].move_ids._action_cancel()
        said = (self.line(0), "ACK*DR*10*EA*067*20260325")
        self.answered(*said)
        self.assertEqual(self.planned()[0], "2026-03-18")
        self.assertEqual(len(self.differing()), 1)
        self.answered(*said, number=51)
        self.assertEqual(len(self.notes()), 1)

    def test_an_answer_that_agrees_at_last_ends_the_exception(self):
        self.answered(self.line(0), "ACK*IQ*6*EA*067*20260318")
        self.assertTrue(self.differing())
        self.answered(self.line(0), "ACK*IA*10*EA*067*20260318", number=51, status="AD", day="20260305")
        self.assertFalse(self.differing())
        self.assertEqual(self.order.supplier_answer, "accepted")
        self.assertEqual(len(self.notes()), 2)

    def test_an_answer_given_before_the_last_one_is_late_and_harmless(self):
        self.answered(status="AT", day="20260305")
        message = self.answered(self.line(0), "ACK*IQ*6*EA*067*20260318", number=51, day="20260304")
        self.assertEqual(self.order.supplier_answer, "accepted")
        self.assertFalse(self.differing())
        self.assertIn("answered again after", message.attempt_ids[:1].detail or message.attempt_ids[:1].note)

    def test_lines_are_found_by_item_and_what_is_no_line_is_told(self):
        self.answered("PO1*77*4*EA*2.5**BP*S-1", "ACK*IA*4*EA*067*20260318", "PO1*9*1*EA*1**BP*NONE", "ACK*IA*1*EA")
        self.assertEqual(self.order.order_line[1].supplier_answer, "accepted")
        self.assertIn("Line 9 of the answer is no line of the order", self.differing().detail)

    def test_an_order_cancelled_meanwhile_stays_so(self):
        self.order.with_user(self.buyer).button_cancel()
        self.answered(self.line(0), "ACK*IQ*6*EA*067*20260325")
        self.assertEqual((self.order.state, self.planned()[0]), ("cancel", "2026-03-18"))
        self.assertFalse(self.differing())
        self.assertEqual(len(self.notes()), 1)

    def test_an_agent_without_the_right_to_change_orders_changes_none(self):
        self.door.user_id.with_env(self.env).group_ids -= self.env.ref("purchase.group_purchase_user")
        self.answered("N9*ZZ*WHY", "MSG*Your account is on hold.", status="RJ")
        self.assertFalse(self.order.supplier_answer)
        self.assertTrue(self.env["sync.exception"].search([("code", "=", "acknowledge.rejected")]))

    def test_what_a_supplier_writes_is_text_and_no_markup(self):
        self.answered(self.line(0), "ACK*IR", "N9*ZZ*WHY", "MSG*No <b>stock</b>.")
        self.assertIn("&lt;b&gt;stock", self.notes().body)
