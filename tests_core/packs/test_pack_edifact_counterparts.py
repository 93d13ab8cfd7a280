"""Packs on EDIFACT that are each other's counterpart: what one sends, the other reads with the same facts."""

import pytest
from counterparts import interface_of, read, sample_of, sent
from test_pack_interchanges import LINES
from test_pack_shared_interchanges import FOLDER


def test_an_order_to_a_supplier_is_what_a_seller_takes_as_an_order():
    ours = sample_of("supplier-edifact.purchase_order.placed", "order.json")
    theirs = read("retail-edifact.order.create", sent("supplier-edifact.purchase_order.placed", ours))
    assert (theirs["number"], theirs["currency"], theirs["totals"]["grand_total"]) == ("P00091", "EUR", "2000.00")
    assert [(line["id"], line["quantity"]) for line in theirs["lines"]] == [
        (line["id"], line["quantity"]) for line in ours["lines"]
    ]
    # Their own article number is theirs again, and ours is the number of their customer.
    assert {entry["scheme"]: entry["value"] for entry in theirs["lines"][0]["item"]["identifiers"]} == {
        "gtin": "9524000221018",
        "sku": "SE-H22B",
        "partner": "NW-2210",
    }
    assert theirs["ship_to"]["address"]["street2"] == "Tor 4"
    assert theirs["note"] == "Pallets of 100.\nNo mixed pallets."


def test_the_answer_of_a_seller_is_what_a_buyer_reads():
    found = read("supplier-edifact.acknowledgement", sent("retail-edifact.acknowledgement", LINES))
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


def test_the_invoice_of_a_seller_is_what_a_buyer_reads():
    ours = sample_of("retail-edifact.invoice.posted", "invoice.json")
    found = read("supplier-edifact.supplier_invoice.received", sent("retail-edifact.invoice.posted", ours))
    assert (found["number"], found["kind"], found["totals"]) == (ours["number"], "invoice", ours["totals"])
    assert found["purchase_order_numbers"] == ours["partner_order_numbers"]
    assert [line["net_amount"] for line in found["lines"]] == [
        line["net_amount"] for line in ours["lines"] if "item" in line
    ]
    assert [charge["amount"] for charge in found["charges"]] == ["9.90"]


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"there are no samples at {FOLDER}")
def test_an_answer_of_a_real_supplier_is_read():
    found = read("supplier-edifact.acknowledgement", (FOLDER / "edifact" / "ordrsp_d96a_line_actions.edi").read_bytes())
    assert (found["subject"]["number"], found["status"]) == ("652744", "accepted_with_changes")
    assert found["answered_at"].startswith("2002-03-30")
    assert [(line["id"], line["status"]) for line in found["lines"]] == [
        ("1", "accepted"),
        ("2", "accepted_with_changes"),
        ("3", "rejected"),
    ]
    assert found["lines"][1]["quantity"]["value"] == "48"
    assert (found["lines"][1]["unit_price"], found["lines"][1]["delivery_on"]) == ("550", "2002-09-10")
    assert found["seller"]["identifiers"][0] == {"scheme": "gln", "value": "4012345500004"}


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"there are no samples at {FOLDER}")
def test_a_despatch_advice_of_a_real_supplier_is_read_with_its_pallets():
    found = read(
        "supplier-edifact.shipment.announced", (FOLDER / "edifact" / "desadv_d96a_sscc_hierarchy.edi").read_bytes()
    )
    assert (found["number"], found["purchase_order_numbers"]) == ("DES587441", ["12332"])
    assert [(each["sscc"], each["weight"]["value"]) for each in found["packages"]] == [
        ("354107380000001051", "263.2"),
        ("354107380000001068", "305.1"),
    ]
    assert [(line["id"], line["quantity"]["value"], line["sscc"]) for line in found["lines"]] == [
        ("1", "20", "354107380000001051"),
        ("2", "5", "354107380000001068"),
        ("3", "3", "354107380000001068"),
        ("4", "12", "354107380000001068"),
    ]


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"there are no samples at {FOLDER}")
@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("invoic_d93a_decimal_comma.edi", "Currency"),
        ("invoic_d97b_utf8_in_unoa.edi", "what it comes to"),
    ],
)
def test_an_invoice_of_another_guide_is_refused_in_words(file, says):
    pack, interface = interface_of("supplier-edifact.supplier_invoice.received")
    document = pack.codec(interface).decode((FOLDER / "edifact" / file).read_bytes())
    faults, _result = pack.translate(interface, document)
    assert says.lower() in " ".join(fault.detail for fault in faults).lower()
