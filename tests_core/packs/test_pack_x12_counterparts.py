"""Packs on X12 that are each other's counterpart: what one sends, the other reads with the same facts."""

import pytest
from counterparts import interface_of, read, sample_of, sent
from test_pack_interchanges import LINES
from test_pack_shared_interchanges import FOLDER


def test_an_order_to_a_supplier_is_what_a_seller_takes_as_an_order():
    ours = sample_of("supplier-x12.purchase_order.placed", "order.json")
    theirs = read("retail-x12.order.create", sent("supplier-x12.purchase_order.placed", ours))
    assert (theirs["number"], theirs["currency"], theirs["totals"]["grand_total"]) == ("P00077", "USD", "2000.00")
    assert [(line["id"], line["quantity"]) for line in theirs["lines"]] == [
        (line["id"], line["quantity"]) for line in ours["lines"]
    ]
    assert theirs["ship_to"]["address"]["street2"] == "Gate 4"
    assert theirs["requested_delivery_on"] == "2026-03-18"


def test_the_answer_of_a_seller_is_what_a_buyer_reads():
    found = read("supplier-x12.acknowledgement", sent("retail-x12.acknowledgement", LINES))
    assert (found["subject"]["number"], found["status"], found["reference"]) == (
        "4500123456",
        LINES["status"],
        LINES["reference"],
    )
    assert [(line["id"], line["status"]) for line in found["lines"]] == [
        (line["id"], line["status"]) for line in LINES["lines"]
    ]
    assert found["lines"][1]["delivery_on"] == "2026-03-30"
    assert found["lines"][1]["reason"]["text"] == "Two of four are in stock."


def test_what_is_asked_for_by_lot_is_asked_for_in_full_under_the_ids_of_our_lines():
    ours = sample_of("threepl-x12.fulfilment.request", "request.json")
    pack, interface = interface_of("threepl-x12.fulfilment.request")
    items = [
        item
        for line in pack.codec(interface).decode(sent("threepl-x12.fulfilment.request", ours))["lines"]
        for item in line["items"]
    ]
    asked = {}
    for item in items:
        (line_id,) = [each["value"] for each in item["references"] if each["qualifier"] == "LI"]
        asked[line_id] = asked.get(line_id, 0) + item["quantity"]
    assert asked == {line["id"]: float(line["quantity"]["value"]) for line in ours["lines"]}


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"there are no samples at {FOLDER}")
@pytest.mark.parametrize(
    ("file", "code", "number"),
    [
        ("945_trimmed_isa_wrong_se_count.edi", "threepl-x12.shipment.confirmed", "IF102"),
        ("855_dropship_two_lines.edi", "supplier-x12.acknowledgement", "365465413"),
        ("855_header_accept_no_lines.edi", "supplier-x12.acknowledgement", "XX-1234"),
        ("855_ship_schedule_sch.edi", "supplier-x12.acknowledgement", "XX-1234"),
    ],
)
def test_documents_of_real_partners_are_read(file, code, number):
    document = read(code, (FOLDER / "x12" / file).read_bytes())
    assert number in (document.get("request_number"), document.get("subject", {}).get("number"))
    if code == "threepl-x12.shipment.confirmed":
        assert [(line["quantity"]["value"], line["lots"][0]["lot"]) for line in document["lines"]] == [
            ("3000", "LOT12314")
        ]
        assert (document["final"], document["carrier"]["code"]) == (True, "NPLT")
    else:
        assert document["status"] == "accepted"
