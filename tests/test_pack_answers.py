"""A partner that answers 200 and refuses in words; and a shop that is told of its own orders alone."""

import json
import uuid

from odoo.tests import tagged

from odoo.addons.sync_governance.models.packs import reading

from .pack_fixture import TEXT_SECRET, PackCase, listening, secret_of


@tagged("post_install", "-at_install")
class TestPackAnswers(PackCase):
    def shop(self, address="https://nordlicht.example.com"):
        partner = self.live_partner(
            "shopify", secrets={"shop-updates": TEXT_SECRET, "shop-orders": TEXT_SECRET}, urls={"shop-updates": address}
        )
        pack = reading.read("shopify")
        for sample in pack["samples"]:
            for domain, codes in sample.get("references", {}).items():
                self.knows(partner, {domain: {theirs: ours for ours, theirs in codes.items()}})
        return partner.interface_ids.filtered(lambda line: line.document_type == "shipment.dispatched")

    def answered(self, said):
        """The message of a fulfilment that the shop answered like this, with HTTP 200."""
        document = json.loads(self.sample("shopify", "samples/dispatched.json"))
        with listening((200, json.dumps(said).encode())) as (address, received):
            message = self.happens(self.shop(address), document)
            self.run_engine()
            self.assertEqual(len(received), 1)
            self.assertEqual(received[0][1]["x-shopify-access-token"], TEXT_SECRET)
        return message

    def test_an_answer_of_200_with_errors_is_no_delivery(self):
        refusal = {"fulfillment": None, "userErrors": [{"field": ["fulfillment"], "message": "Jo Doe has it already"}]}
        message = self.answered({"data": {"fulfillmentCreate": refusal}})
        self.assertEqual((message.state, message.fault_code), ("failed", "deliver.rejected"))
        self.assertTrue(message.exception_id)
        self.assertNotIn("Jo Doe", message.exception_id.detail or "")
        answer = message.payload_ids.filtered(lambda each: each.kind == "response")
        self.assertIn(b"Jo Doe", bytes(answer._contents()[answer.id]), "the answer itself is kept")

    def test_a_shop_that_asks_to_slow_down_in_words_is_sent_the_document_again(self):
        message = self.answered({"data": None, "errors": [{"extensions": {"code": "THROTTLED"}}]})
        self.assertEqual((message.state, message.fault_code), ("ready", "deliver.throttled"))

    def test_an_answer_that_nobody_can_read_is_tried_again(self):
        document = json.loads(self.sample("shopify", "samples/dispatched.json"))
        with listening((200, b"<html>Back soon</html>")) as (address, _received):
            message = self.happens(self.shop(address), document)
            self.run_engine()
        self.assertEqual((message.state, message.fault_code), ("ready", "deliver.answer_unreadable"))

    def test_a_shop_is_told_of_its_own_orders_alone(self):
        line = self.shop()
        other = self.env["sync.trading.partner"].create({"name": "Other shop", "code": "other-shop", "kind": "shop"})
        processes = [
            self.env["sync.process"]._ensure(
                "order_to_cash",
                f"{owner.id}:#1",
                self.company,
                name=f"Order of {owner.name}",
                reference="#1",
                trading_partner_id=owner.id,
            )
            for owner in (line.trading_partner_id, other)
        ]
        self.env.flush_all()
        for process in [*processes, None]:
            self.env.cr.execute(
                """INSERT INTO sync_event (uid, document_type_id, document_type, document, ordering_key, company_id,
                                           process_id, state, occurred_at, published_at)
                   VALUES (%s, %s, 'shipment.dispatched', %s, 'k', %s, %s, 'new', now() AT TIME ZONE 'UTC',
                           now() AT TIME ZONE 'UTC')""",
                [
                    uuid.uuid4().hex,
                    line.document_type_id.id,
                    self.sample("shopify", "samples/dispatched.json").decode(),
                    self.company.id,
                    process and process.id,
                ],
            )
        with self.partner_answers(body=b'{"data": {}}'):
            self.run_engine()
        carried = self.env["sync.message"].search([("interface_id", "=", line.id)])
        self.assertEqual(carried.process_id, processes[0])
        self.assertEqual(len(carried), 1)

    def test_the_first_call_of_woocommerce_is_answered_and_not_kept(self):
        self.live_partner("woocommerce", secrets={"woo-orders": TEXT_SECRET})
        door = self.env["sync.endpoint"].search([("code", "=", "woo-orders")])
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.assertEqual(self.url_open("/sync/in/woo-orders", data=b"webhook_id=7", headers=form).status_code, 200)
        self.assertFalse(self.env["sync.transmission"].search([("endpoint_id", "=", door.id)]))
        for body in (b"webhook_id=7&order=1", b'{"id": 7}'):
            self.assertEqual(self.url_open("/sync/in/woo-orders", data=body, headers=form).status_code, 401)
        door.action_suspend()
        self.assertNotEqual(self.url_open("/sync/in/woo-orders", data=b"webhook_id=7", headers=form).status_code, 200)

    def test_a_portal_sends_and_reads_by_our_own_api(self):
        pack = reading.read("portal")
        partner = self.partner_of(pack)
        order = json.loads(self.sample("portal", "samples/order.json"))
        self.sells(partner, order)
        key = {"Authorization": f"Bearer {secret_of('api_key')}"}
        given = {**key, "Content-Type": "application/json", "Idempotency-Key": '"one"'}
        taken = self.url_open("/sync/v1/orders", data=json.dumps(order).encode(), headers=given)
        self.assertEqual(taken.status_code, 202, taken.text)
        self.run_engine()
        read = self.url_open("/sync/v1/orders", headers=key)
        self.assertEqual(read.status_code, 200, read.text)
        self.assertIn(order["number"], read.text)
        self.assertEqual(self.url_open("/sync/v1/purchase-orders", headers=key).status_code, 404)
        order = self.env["sale.order"].search([("client_order_ref", "=", order["number"])])
        self.assertEqual(f"{order.amount_total:.2f}", "206.91")
