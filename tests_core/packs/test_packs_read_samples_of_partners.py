"""The JSON samples of real partners go through the packs that read them, with the facts that people wrote down.

The samples are not part of the repository; where they are not beside it, these tests are skipped.
"""

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest
from pack_reading import decoded, packs

SAMPLES = Path(os.environ.get("SYNC_SAMPLES") or Path(__file__).resolve().parents[3] / "shared" / "samples") / "json"
ROUTES = {
    "shopify_order": ("shopify", "shopify.order.create"),
    "stripe_payment_intent": ("stripe", "stripe.payment.received"),
    "easypost_event": ("carrier", "carrier.tracking.event"),
}
# What must not become a document, and why: shipped already; a payment that names no order.
REFUSED = {
    "shopify_order_fulfilled.json": "translate.not_taken_over",
    "stripe_payment_intent_succeeded.json": "validate.contract",
}
CONTEXT = {"message_id": "1", "received_at": "2026-11-21T10:00:00+00:00", "environment": "test"}

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"there are no samples at {SAMPLES}")


def cases():
    paths = sorted(SAMPLES.glob("*.json")) if SAMPLES.is_dir() else []
    known = [path for path in paths if path.name.startswith(tuple(ROUTES)) and ".expected." not in path.name]
    return [pytest.param(path, id=path.name) for path in known]


def sku_of(line):
    return next((each["value"] for each in line["item"]["identifiers"] if each["scheme"] == "sku"), None)


def facts_of_order(document):
    lines = [
        {
            "external_id": line["id"],
            "sku": sku_of(line),
            "description": line["description"],
            "qty": Decimal(line["quantity"]["value"]),
            "price": Decimal(line["unit_price"]),
            "discount": sum(Decimal(each["amount"]) for each in line["discounts"]),
            "tax": [Decimal(each["amount"]) for each in line["taxes"]],
        }
        for line in document["lines"]
    ]
    place = {name: document[name]["name"] for name in ("ship_to", "bill_to") if name in document}
    return document["number"], document["currency"], Decimal(document["totals"]["grand_total"]), lines, place


def expected_of_order(wanted):
    lines = [
        {
            **{name: line[name] for name in ("external_id", "sku", "description")},
            **{name: Decimal(line[name]) for name in ("qty", "price", "discount")},
            "tax": [Decimal(each["amount"]) for each in line["tax"]],
        }
        for line in wanted["lines"]
    ]
    place = {name: wanted[name]["name"] for name in ("ship_to", "bill_to") if name in wanted}
    return wanted["number"], wanted["currency"], Decimal(wanted["totals"]["total"]), lines, place


@pytest.mark.parametrize("path", cases())
def test_a_sample_becomes_the_document_or_is_refused(path):
    name, code = next(route for prefix, route in ROUTES.items() if path.name.startswith(prefix))
    pack = packs()[name]
    faults, result = pack.translate(pack.part("interfaces", code), decoded(path), context=CONTEXT)
    if path.name in REFUSED:
        assert [fault.code for fault in faults] == [REFUSED[path.name]]
        return
    assert not [fault.detail for fault in faults]
    expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text(encoding="utf-8"))
    (wanted,) = expected["documents"]
    if wanted["kind"] == "order":
        assert facts_of_order(result.document) == expected_of_order(wanted)
    else:
        found = result.document
        assert (found["event_id"], found["tracking_number"], found["status"]) == (
            wanted["event_id"],
            wanted["tracking"],
            wanted["status"],
        )
        assert found["carrier"]["code"] == wanted["carrier"]
        assert found["occurred_at"].replace("+00:00", "Z") == wanted["last_event"]
