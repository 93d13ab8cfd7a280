"""The shop speaks as Shopify documents it, and misbehaves when told to."""

import json
from decimal import Decimal

import pytest
from sync_governance.simulators.partner import ControlError
from sync_governance.simulators.shop import FAULTS, Shop

LINES = [{"sku": "LAMP", "quantity": 3}, {"sku": "BOOK", "quantity": 1}]
AMOUNTS = ("subtotal_price", "total_price", "total_tax", "total_discounts", "total_line_items_price")


def document(odoo):
    return odoo.documents("shop-orders")[-1]


def test_an_order_arrives_with_every_documented_header(started, odoo):
    order = started(Shop).control_orders(lines=LINES)
    received = odoo.received[0]
    assert (order["status"], order["accepted"], received["ok"]) == (202, True, True)
    names = {name.lower() for name in received["headers"]}
    assert names >= {
        "x-shopify-topic", "x-shopify-hmac-sha256", "x-shopify-shop-domain", "x-shopify-api-version",
        "x-shopify-webhook-id", "x-shopify-event-id", "x-shopify-triggered-at",
    }  # fmt: skip
    assert document(odoo)["name"] == order["name"]
    assert document(odoo)["total_price"] == order["total"]


def test_taxes_come_on_top_of_prices_without_tax(started, odoo):
    started(Shop).control_orders(lines=LINES, shipping="4.90", discount="5.00")
    found = {name: Decimal(document(odoo)[name]) for name in AMOUNTS}
    # 174.60 less 5.00: 145.41 and 24.19 after the discount is spread; taxes 27.63 + 1.69, and 0.93 on shipping
    assert found == {
        "total_line_items_price": Decimal("174.60"),
        "total_discounts": Decimal("5.00"),
        "subtotal_price": Decimal("169.60"),
        "total_tax": Decimal("30.25"),
        "total_price": Decimal("204.75"),
    }
    assert [line["discount_allocations"][0]["amount"] for line in document(odoo)["line_items"]] == ["4.29", "0.71"]
    assert {line["total_discount"] for line in document(odoo)["line_items"]} == {"0.00"}


def test_taxes_are_within_prices_with_tax(started, odoo, settings):
    shop = started(Shop)
    object.__setattr__(shop.settings, "taxes_included", True)
    shop.control_orders(lines=[{"sku": "LAMP", "quantity": 1}], shipping="0")
    found = document(odoo)
    assert (found["total_price"], found["total_tax"], found["taxes_included"]) == ("49.90", "7.97", True)
    assert found["shipping_lines"] == []


@pytest.mark.parametrize("discount", ["0", "0.01", "5.00", "100.00"])
def test_the_parts_always_add_up_to_the_total(started, odoo, discount):
    started(Shop).control_orders(lines=[*LINES, {"sku": "CELL", "quantity": 7}], discount=discount)
    found = document(odoo)
    lines = sum(Decimal(line["price"]) * line["quantity"] for line in found["line_items"])
    allocated = sum(Decimal(a["amount"]) for line in found["line_items"] for a in line["discount_allocations"])
    taxes = sum(
        Decimal(t["price"]) for part in ("line_items", "shipping_lines") for x in found[part] for t in x["tax_lines"]
    )
    shipping = sum(Decimal(line["price"]) for line in found["shipping_lines"])
    assert allocated == Decimal(discount)
    assert lines - allocated + shipping + taxes == Decimal(found["total_price"])
    assert found["total_price_set"]["shop_money"] == {"amount": found["total_price"], "currency_code": "EUR"}
    assert sum(Decimal(tax["price"]) for tax in found["tax_lines"]) == Decimal(found["total_tax"])


def test_a_repeat_has_the_same_ids_and_bytes_and_is_recognised(started, odoo):
    shop = started(Shop)
    order = shop.control_orders(fault="duplicate")
    shop.control_resend(name=order["name"])
    assert len({received["body"] for received in odoo.received}) == 1
    assert (len(odoo.received), len(odoo.handled)) == (3, 1)


def test_a_forged_signature_is_refused_and_not_tried_again(started, odoo):
    shop = started(Shop)
    assert shop.control_orders(fault="wrong_signature")["status"] == 401
    assert shop.state()["deliveries"][0]["state"] == "failed"
    assert [received["ok"] for received in odoo.received] == [False]


def test_broken_json_is_signed_all_the_same(started, odoo):
    assert started(Shop).control_orders(fault="broken_json")["accepted"]
    assert odoo.received[0]["ok"]
    with pytest.raises(ValueError):
        json.loads(odoo.received[0]["body"])


def test_the_other_faults_are_in_the_document(started, odoo):
    shop = started(Shop)
    shop.control_orders(lines=LINES, fault="unknown_sku")
    assert document(odoo)["line_items"][0]["sku"].startswith("NEW-")
    shop.control_orders(lines=LINES, fault="unknown_currency")
    assert document(odoo)["currency"] == "XTS"
    shop.control_orders(lines=LINES, shipping="0")
    right = Decimal(document(odoo)["total_price"])
    shop.control_orders(lines=LINES, shipping="0", fault="wrong_total")
    assert Decimal(document(odoo)["total_price"]) == right + 1


def test_an_answer_that_is_no_success_is_tried_again(started, odoo, eventually):
    odoo.status = 503
    shop = started(Shop)
    assert not shop.control_orders()["accepted"]
    odoo.status = 202
    eventually(lambda: shop.state()["deliveries"][0]["state"] == "delivered")
    first, *others = odoo.received
    assert all(other["body"] == first["body"] for other in others)


def test_it_gives_up_at_last(started, odoo, eventually):
    odoo.status = 503
    shop = started(Shop)
    shop.control_orders()
    eventually(lambda: shop.state()["deliveries"][0]["state"] == "failed")
    assert len(odoo.received) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        {"fault": "fire"},
        {"lines": []},
        {"lines": [{"sku": "NOTHING"}]},
        {"lines": [{"sku": "LAMP", "quantity": 0}]},
        {"lines": [{"sku": "LAMP"}], "discount": "1000"},
        {"shipping": "free"},
        {"nonsense": 1},
    ],
)
def test_what_cannot_be_ordered_is_refused(started, arguments):
    with pytest.raises(ControlError):
        started(Shop).control("orders", arguments)


def test_unknown_orders_and_verbs_are_not_found(started):
    shop = started(Shop)
    for verb, arguments in (("resend", {"name": "#1"}), ("fly", {})):
        with pytest.raises(ControlError) as caught:
            shop.control(verb, arguments)
        assert caught.value.status == 404


def test_order_numbers_go_up_and_orders_without_arguments_are_possible(started):
    shop = started(Shop)
    numbers = [int(shop.control_orders()["name"][1:]) for _ in range(5)]
    assert numbers == list(range(numbers[0], numbers[0] + 5))
    assert len(FAULTS) == 6
