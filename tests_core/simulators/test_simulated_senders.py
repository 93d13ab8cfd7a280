"""The carrier and the gateway speak as EasyPost and Stripe document it."""

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sync_governance.simulators.carrier import Carrier
from sync_governance.simulators.gateway import Gateway, minor_units
from sync_governance.simulators.partner import ControlError


def results(odoo):
    return [document["result"] for document in odoo.documents("carrier-tracking")]


def test_a_scan_tells_the_whole_tracker(started, odoo):
    carrier = started(Carrier)
    for step in ("label", "accepted"):
        carrier.control_scan(tracking_number="DP1", step=step)
    assert all(received["ok"] for received in odoo.received)
    document = odoo.documents("carrier-tracking")[1]
    assert document["description"] == "tracker.updated"
    assert document["previous_attributes"] == {"status": "pre_transit"}
    tracker = document["result"]
    assert (tracker["tracking_code"], tracker["status"], len(tracker["tracking_details"])) == ("DP1", "in_transit", 2)
    assert carrier.state()["trackers"][0]["status"] == "in_transit"


def test_a_journey_arrives_in_order_or_not(started, odoo):
    carrier = started(Carrier)
    carrier.control_journey(tracking_number="DP1")
    carrier.control_journey(tracking_number="DP2", shuffled=True)
    statuses = [result["status"] for result in results(odoo)]
    assert statuses[:5] == ["pre_transit", "in_transit", "in_transit", "out_for_delivery", "delivered"]
    assert statuses[5:] == ["in_transit", "pre_transit", "out_for_delivery", "in_transit", "delivered"]
    times = [result["tracking_details"][-1]["datetime"] for result in results(odoo)[:5]]
    assert times == sorted(set(times))


def test_a_journey_goes_on_where_it_stopped_and_lies_between_shipping_and_now(started, odoo):
    carrier = started(Carrier)
    since = datetime.now(timezone.utc) - timedelta(seconds=3)
    carrier.control_journey(tracking_number="DP1", until="accepted", since=since.isoformat())
    carrier.control_journey(tracking_number="DP1", since=since.isoformat())
    assert [result["status"] for result in results(odoo)][2:] == ["in_transit", "out_for_delivery", "delivered"]
    for result in results(odoo):
        assert (
            since <= datetime.fromisoformat(result["updated_at"].replace("Z", "+00:00")) <= datetime.now(timezone.utc)
        )


def test_twice_is_the_same_event_twice(started, odoo):
    carrier = started(Carrier)
    carrier.control_scan(tracking_number="DP1", step="delivered", twice=True)
    carrier.control_journey(tracking_number="DP2", until="label", twice=True)
    assert (len(odoo.received), len(odoo.handled)) == (4, 2)


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("scan", {"tracking_number": "x", "step": "lost"}),
        ("scan", {"tracking_number": "x", "step": "label", "occurred_at": "2026-01-01T00:00:00"}),
        ("scan", {"tracking_number": "x", "step": "label", "occurred_at": "yesterday"}),
        ("journey", {"tracking_number": "x", "until": "moon"}),
    ],
)
def test_what_a_carrier_does_not_know_is_refused(started, verb, arguments):
    with pytest.raises(ControlError):
        started(Carrier).control(verb, arguments)


def test_a_payment_is_an_event_in_minor_units(started, odoo):
    payment = started(Gateway).control_payments(order_number="#1001", amount="204.75")
    assert (payment["accepted"], payment["amount"], payment["currency"]) == (True, 20475, "eur")
    event = odoo.documents("gateway-payments")[0]
    assert (event["type"], event["object"]) == ("payment_intent.succeeded", "event")
    intent = event["data"]["object"]
    assert (intent["amount_received"], intent["metadata"]) == (20475, {"order_number": "#1001"})
    assert json.loads(odoo.received[0]["body"])["id"] == payment["event_id"]


def test_a_wrong_amount_and_a_repeat_on_demand(started, odoo):
    gateway = started(Gateway)
    assert gateway.control_payments(order_number="#1", amount="10.00", fault="wrong_amount")["amount"] == 900
    payment = gateway.control_payments(order_number="#2", amount="10.00", fault="duplicate")
    gateway.control_resend(payment_id=payment["payment_id"])
    assert (len(odoo.received), len(odoo.handled)) == (4, 2)
    assert len(gateway.state()["payments"]) == 2


@pytest.mark.parametrize(
    ("amount", "currency", "expected"), [("12.50", "EUR", 1250), ("1200", "jpy", 1200), ("1.5", "KWD", 1500)]
)
def test_the_smallest_unit_depends_on_the_currency(amount, currency, expected):
    assert minor_units(Decimal(amount), currency) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        {"order_number": "1", "amount": "1.005"},
        {"order_number": "1", "amount": "-5"},
        {"order_number": "1", "amount": "much"},
        {"order_number": "1", "amount": "1", "fault": "fire"},
        {"amount": "1"},
    ],
)
def test_what_cannot_be_paid_is_refused(started, arguments):
    with pytest.raises(ControlError):
        started(Gateway).control("payments", arguments)


def test_an_unknown_payment_is_not_found(started):
    with pytest.raises(ControlError):
        started(Gateway).control_resend(payment_id="pi_1")
