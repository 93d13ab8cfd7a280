"""Every CSV and UBL sample of trading partners is read with the facts that people wrote down, or refused as they say.

The samples are not part of the repository; where they are not beside it, these tests are skipped.
"""

import json
from decimal import Decimal

import pytest
from sample_layouts import LAYOUTS, SAMPLES
from sync_governance.core.codecs import codec
from sync_governance.core.codecs.flat import FlatCodec
from sync_governance.core.codecs.ubl import UblCodec

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"there are no samples at {SAMPLES}")


def cases(folder, pattern):
    paths = sorted((SAMPLES / folder).glob(pattern)) if SAMPLES.is_dir() else []
    return [pytest.param(path, id=path.name) for path in paths if not path.name.endswith(".expected.json")]


def expected_of(path):
    return json.loads(path.with_name(f"{path.name}.expected.json").read_text(encoding="utf-8"))


def documents(parts):
    found = list(parts)
    assert not [fault.detail for part in found for fault in part.faults]
    return [part.document for part in found]


def same(found, expected):
    """Whether two values say the same; numbers by their value, and what is not expected is not looked at."""
    if isinstance(expected, dict):
        return all(same(found.get(name), value) for name, value in expected.items())
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, str) and isinstance(found, (int, Decimal)) and not isinstance(found, bool):
        return Decimal(found) == Decimal(expected)
    return found == expected


# -- CSV -------------------------------------------------------------------------------------------------------------


def shaped(name, found):
    """What was read, in the words of the expectation."""
    if name.startswith("parcels"):
        return [{**document, "at": f"{document['date']}T{document['time']}"} for document in found]
    if name.startswith("shopify_inventory"):
        items = {}
        for line in found[0]["lines"]:
            items.setdefault(line["inventory_item"], {})[line["state"]] = line["quantity"]
        return [{"lines": [{"inventory_item": item, "states": states} for item, states in items.items()]}]
    return found


@pytest.mark.parametrize("path", cases("csv", "*.csv"))
def test_a_csv_sample_is_read_with_its_facts(path):
    expected = expected_of(path)
    reader = FlatCodec(LAYOUTS[path.name])
    found = documents(reader.split(path.read_bytes()))
    odd = [finding for part in reader.split(path.read_bytes()) for finding in part.findings]
    told = " ".join(each["detail"] for each in expected["findings"])
    assert all(finding.found in told for finding in odd)
    assert bool(odd) == bool(expected["findings"])
    wanted = [{name: value for name, value in each.items() if name != "kind"} for each in expected["documents"]]
    assert same(shaped(path.name, found), wanted)
    assert documents(reader.split(b"".join(reader.write(found)))) == found


# -- UBL -------------------------------------------------------------------------------------------------------------

PARTIES = {name: name for name in ("buyer", "seller", "supplier", "customer", "despatch_from", "deliver_to")}
REFUSED = {"XML_ENTITY_EXPANSION": "decode.markup_refused"}


def value_of(measured):
    return measured and measured["value"]


def party(role, found):
    shown = {"role": role, "name": (found.get("names") or [None])[0]}
    shown["ids"] = [{"scheme": each.get("id_scheme"), "id": each["id"]} for each in found.get("ids", [])]
    if "endpoint_id" in found:
        shown["endpoint"] = {"scheme": found.get("endpoint_id_scheme"), "id": found["endpoint_id"]}
    return shown


def line(found):
    item, price = found.get("item", {}), found.get("price", {})
    quantity = found.get("quantity") or found.get("delivered_quantity") or {}
    ids = {name.removesuffix("s"): item[name]["id"] for name in ("sellers", "buyers") if name in item}
    if standard := item.get("standard"):
        ids[f"standard:{standard['id_scheme']}"] = standard["id"]
    references = found.get("order_line_references", [])
    shown = {
        "line": found["id"],
        "qty": quantity.get("value"),
        "uom": quantity.get("unit"),
        "amount": value_of(found.get("line_extension_amount")),
        "price": value_of(price.get("amount")),
        "price_base_qty": value_of(price.get("base_quantity")),
        "description": item.get("name") or (item.get("descriptions") or [None])[0],
        "order_line": references[0]["line_id"] if references else None,
        "status": found.get("line_status_code"),
        "backorderQuantity": value_of(found.get("backorder_quantity")),
        "ids": ids,
    }
    return {name: value for name, value in shown.items() if value is not None}


def camel(key):
    return "".join(word.capitalize() for word in key.split("_"))


def facts(found):
    """A UBL document in the words of the expectations."""
    reference = found.get("order_reference") or (found.get("order_references") or [{}])[0]
    periods = found.get("validity_periods") or [{}]
    shown = {
        "doc_type": found["document"],
        "number": found["id"],
        "date": found["issue_date"],
        "currency": found.get("document_currency_code"),
        "type_code": found.get("invoice_type_code"),
        "valid_until": periods[0].get("end_date"),
        "ubl_version": found.get("ubl_version_id"),
        "customization": found.get("customization_id"),
        "po_number": reference.get("id"),
        "parties": [party(role, found[role]) for role in PARTIES if role in found],
        "lines": [line(each) for each in found.get("lines", [])],
        "totals": {camel(name): amount["value"] for name, amount in found.get("totals", {}).items()},
        "allowances_charges": [
            {
                "charge": each["charge_indicator"],
                "amount": each["amount"]["value"],
                "reason": (each.get("reasons") or [None])[0],
            }
            for each in found.get("allowance_charges", [])
        ],
        "tax": [
            {
                "tax": total["tax_amount"]["value"],
                "currency": total["tax_amount"]["currency"],
                "subtotals": [
                    {
                        "taxable": value_of(each.get("taxable_amount")),
                        "tax": value_of(each.get("tax_amount")),
                        "percent": each.get("percent") or each.get("tax_category", {}).get("percent"),
                    }
                    for each in total.get("subtotals", [])
                ],
            }
            for total in found.get("tax_totals", [])
        ],
    }
    if "accepted_indicator" in found:
        shown["ack"] = "accepted" if found["accepted_indicator"] else "rejected"
    return shown


@pytest.mark.parametrize("path", cases("ubl", "*.xml"))
def test_a_ubl_sample_is_read_with_its_facts_or_refused(path):
    expected = expected_of(path)
    (part,) = UblCodec().split(path.read_bytes())
    if expected["parse"] == "reject":
        assert [fault.code for fault in part.faults] == [REFUSED[each["code"]] for each in expected["findings"]]
        assert part.document is None
        return
    (wanted,) = expected["documents"]
    found = facts(part.document)
    assert same(found, {name: value for name, value in wanted.items() if name != "kind"}), (found, wanted)
    assert len(found["lines"]) == len(wanted["lines"])
    assert UblCodec().decode(UblCodec().encode(part.document)) == part.document


# -- JSON ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", cases("json", "*.json"))
def test_a_json_sample_is_read_and_written_as_it_was(path):
    document = codec("json").decode(path.read_bytes())
    assert codec("json").decode(codec("json").encode(document)) == document
