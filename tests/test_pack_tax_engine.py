"""The tax engine: orders and invoices are asked for, the answer is beside Odoo's own taxes, at a real server."""

import json
from base64 import b64encode
from decimal import Decimal

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.sync_governance.models.packs import reading

from .common import SyncCase
from .reply_fixture import JSON, answering

DOOR = "tax-transactions"
SECRET = "1100012345:a-licence-key-of-the-tests"


def determined(request, rate, **changes):
    """What the engine answers to a request (its JSON) when each line has one tax of this rate."""
    sign = -1 if request["type"] == "ReturnInvoice" else 1
    lines = []
    for line in request["lines"]:
        amount = Decimal(str(line["amount"]))
        tax = (amount * Decimal(rate)).quantize(Decimal("0.01"))
        details = [{"jurisName": "LAND", "taxName": "VAT", "rate": float(rate), "tax": float(tax)}]
        lines.append(
            {"lineNumber": line["number"], "tax": float(tax), "taxableAmount": float(amount), "details": details}
        )
    total = sum(line["tax"] for line in lines)
    assert total * sign >= 0
    common = {name: request[name] for name in ("code", "type", "currencyCode")}
    return {**common, "id": 77, "totalTax": round(total, 2), "lines": lines, **changes}


@tagged("post_install", "-at_install")
class TestTaxEngine(SyncCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.country_id = cls.env.ref("base.us")
        cls.customer = cls.env["res.partner"].create(
            {"name": "Marlow Camps", "ref": "C-1", "city": "Seattle", "country_id": cls.env.ref("base.us").id}
        )
        taxes = cls.env["account.tax"]
        cls.ten, cls.twenty = (
            taxes.create(
                {
                    "name": f"Tax of {rate} % of the tests",
                    "amount": rate,
                    "amount_type": "percent",
                    "type_tax_use": "sale",
                    "price_include_override": "tax_excluded",
                    "company_id": cls.company.id,
                }
            )
            for rate in (10.37, 20.37)
        )
        cls.tent = cls.env["product.product"].create(
            {"name": "Tent", "default_code": "TENT-4", "type": "consu", "taxes_id": [Command.set(cls.ten.ids)]}
        )

    def engine_at(self, address, handler=None, **policy):
        pack = reading.from_folder(reading.FOLDER / "tax-engine")
        data = json.loads(pack.files["pack.json"])
        if handler:
            data["interfaces"][1]["handler"] = handler
        data["policies"][0] |= policy
        files = {**pack.files, "pack.json": json.dumps(data).encode()}
        with reading.lent(reading.PackFiles("tax-engine", files)):
            self.partner = self.live_partner("tax-engine", secrets={DOOR: SECRET}, urls={DOOR: address})
        self.asks = self.partner.interface_ids.filtered(lambda line: not line.replies_to_id)

    def order(self, **values):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [
                    Command.create({"product_id": self.tent.id, "product_uom_qty": 3, "price_unit": 249.9}),
                    Command.create({"display_type": "line_note", "name": "With care"}),
                ],
                **values,
            }
        )
        order.action_confirm()
        self.env.flush_all()
        self.env.cr.flush()
        return order

    def request(self):
        return self.env["sync.message"].search([("interface_id", "=", self.asks.id)], order="id")

    def asked_and_answered(self, rate, handler=None):
        """(order, request message, answer message, what the engine was sent) when it taxes everything at this rate."""
        said = []

        def answer(body):
            said.append(json.loads(body, parse_float=Decimal))
            return determined(json.loads(body), rate)

        with answering((200, JSON, answer)) as (address, self.received):
            self.engine_at(address, handler)
            order = self.order()
            self.run_engine()
        request = self.request()
        return order, request, request.answer_ids, said

    # -- compared ------------------------------------------------------------------------------------------------------

    def test_an_order_is_asked_for_and_the_same_taxes_change_nothing(self):
        order, request, answer, said = self.asked_and_answered("0.1037")
        self.assertEqual((request.state, answer.state), ("done", "done"), answer.fault_code)
        self.assertEqual(len(said), 1)
        line = order.order_line[0]
        self.assertEqual(said[0]["code"], order.name)
        self.assertEqual((said[0]["type"], said[0]["commit"], said[0]["customerCode"]), ("SalesOrder", False, "C-1"))
        self.assertEqual(
            said[0]["lines"],
            [
                {
                    "number": str(line.id),
                    "quantity": 3,
                    "amount": Decimal("749.70"),
                    "itemCode": "TENT-4",
                    "description": line.name,
                    "taxIncluded": False,
                }
            ],
        )
        headers = self.received[0][0]
        self.assertEqual(headers["authorization"], f"Basic {b64encode(SECRET.encode()).decode()}")
        self.assertEqual((answer.effect_ids.res_model, answer.effect_ids.res_id), ("sale.order", order.id))
        self.assertIn("same taxes", answer.attempt_ids.detail)
        self.assertEqual(line.tax_ids, self.ten)

    def test_a_difference_is_an_exception_with_both_figures(self):
        order, request, answer, _said = self.asked_and_answered("0.2037")
        self.assertEqual((request.state, answer.state), ("done", "failed"))
        self.assertEqual(answer.fault_code, "apply.tax_differs")
        detail = answer.exception_id.detail
        for part in (order.name, "TENT-4", "152.71", "20.37 %", "77.74"):
            self.assertIn(part, detail)
        self.assertEqual(order.order_line[0].tax_ids, self.ten, "Odoo's own taxes stand")
        self.time_comes("answer.due")
        self.run_engine()
        self.assertEqual(request.answer_ids, answer, "it was understood: that a person must decide needs no fallback")
        order.order_line[0].with_context(sync_taxes_determined=True).tax_ids = self.twenty
        answer.exception_id.action_retry()
        self.run_engine()
        self.assertEqual(answer.state, "done", "it is compared with what Odoo has then")

    def test_the_smallest_unit_of_the_currency_is_no_difference(self):
        def answer(body):
            said = determined(json.loads(body), "0.1037")
            said["lines"][0]["details"][0]["tax"] += 0.01
            return said

        with answering((200, JSON, answer)) as (address, _received):
            self.engine_at(address)
            self.order()
            self.run_engine()
        self.assertEqual(self.request().answer_ids.state, "done")

    def test_what_has_changed_meanwhile_is_asked_for_anew(self):
        with answering((503, None, b""), (200, JSON, lambda body: determined(json.loads(body), "0.1037"))) as (
            address,
            _received,
        ):
            self.engine_at(address)
            order = self.order()
            self.run_engine()
            first = self.request()
            order.order_line[0].product_uom_qty = 4
            self.env.flush_all()
            self.env.cr.flush()
            self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC'")
            self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE next_at IS NOT NULL")
            self.env.invalidate_all()
            self.run_engine()
        self.assertEqual(len(self.request()), 2)
        self.assertEqual(self.request().answer_ids.mapped("state"), ["done", "done"])
        self.assertIn("has changed", first.answer_ids.attempt_ids.detail)
        self.assertIn("same taxes", (self.request() - first).answer_ids.attempt_ids.detail)

    # -- applied -------------------------------------------------------------------------------------------------------

    def test_the_taxes_of_an_order_are_set_where_odoo_has_them(self):
        order, request, answer, said = self.asked_and_answered("0.2037", "tax.applied")
        self.assertEqual(answer.state, "done", answer.fault_code)
        self.assertEqual(order.order_line[0].tax_ids, self.twenty)
        self.assertEqual(f"{order.amount_tax:.2f}", "152.71")
        self.assertEqual((len(request), len(said)), (1, 1), "what the service said is not asked for again")
        self.assertEqual(answer.effect_ids.kind, "updated")

    def test_a_rate_that_odoo_has_not_is_for_a_person(self):
        order, _request, answer, _said = self.asked_and_answered("0.0711", "tax.applied")
        self.assertEqual((answer.state, answer.fault_code), ("failed", "apply.tax_differs"))
        self.assertIn("no taxes of these rates", answer.exception_id.detail)
        self.assertEqual(order.order_line[0].tax_ids, self.ten)

    # -- invoices ------------------------------------------------------------------------------------------------------

    def test_an_invoice_and_its_credit_note_are_recorded(self):
        said = []

        def answer(body):
            said.append(json.loads(body))
            return determined(said[-1], "0.1037")

        with answering((200, JSON, answer)) as (address, _received):
            self.engine_at(address)
            invoice = self.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "invoice_date": "2026-05-06",
                    "invoice_line_ids": [
                        Command.create({"product_id": self.tent.id, "quantity": 2, "price_unit": 100.0})
                    ],
                }
            )
            invoice.action_post()
            refund = invoice._reverse_moves([{"invoice_date": "2026-06-02"}])
            refund.action_post()
            self.env.flush_all()
            self.env.cr.flush()
            self.run_engine()
        by_type = {each["type"]: each for each in said}
        self.assertEqual(set(by_type), {"SalesInvoice", "ReturnInvoice"})
        sold = by_type["SalesInvoice"]
        self.assertEqual((sold["commit"], sold["lines"][0]["amount"]), (True, 200.0))
        returned = by_type["ReturnInvoice"]
        self.assertEqual((returned["lines"][0]["amount"], returned["taxOverride"]["taxDate"]), (-200.0, "2026-05-06"))
        answers = self.request().answer_ids
        self.assertEqual(answers.mapped("state"), ["done", "done"], answers.mapped("fault_code"))
        self.assertTrue(all("same taxes" in each.attempt_ids.detail for each in answers))

    # -- fallback ------------------------------------------------------------------------------------------------------

    def test_odoos_own_taxes_stand_until_the_engine_answers(self):
        with answering((503, None, b""), (200, JSON, lambda body: determined(json.loads(body), "0.2037"))) as (
            address,
            _received,
        ):
            self.engine_at(address)
            order = self.order()
            self.run_engine()
            self.time_comes("answer.due")
            self.run_engine()
            request = self.request()
            fallback = request.answer_ids
            self.assertEqual((fallback.fallback, fallback.state), (True, "done"), fallback.fault_code)
            payload = fallback.payload_ids.filtered(lambda each: each.kind == "canonical")
            document = json.loads(bytes(payload._contents()[payload.id]))
            self.assertEqual((document["number"], document["total_tax"]), (order.name, "77.74"))
            self.assertEqual(document["lines"][0]["taxes"][0]["rate"], "0.1037")
            self.env.cr.execute("UPDATE sync_message SET run_at = now() AT TIME ZONE 'UTC'")
            self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE next_at IS NOT NULL")
            self.env.invalidate_all()
            self.run_engine()
        late = request.answer_ids - fallback
        self.assertEqual((late.state, late.fault_code), ("failed", "apply.tax_differs"), "the true answer counts")

    def test_an_error_of_the_engine_is_no_answer(self):
        error = {"error": {"code": "DocStatusError", "message": "Document status is invalid.", "details": []}}
        with answering((400, JSON, error)) as (address, _received):
            self.engine_at(address)
            self.order()
            self.run_engine()
            self.time_comes("answer.due")
            self.run_engine()
        request = self.request()
        self.assertEqual((request.state, request.fault_code), ("failed", "deliver.rejected"))
        self.assertIn("DocStatusError", request.response_text or "")
        self.assertEqual(request.answer_ids.mapped("fallback"), [True])

    def test_nobody_asks_where_no_interface_carries_it(self):
        self.order()
        self.env["sync.event"].flush_model()
        self.assertFalse(self.env["sync.event"].search([("document_type", "=", "tax_determination.request")]))
