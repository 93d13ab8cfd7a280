"""Where the shared samples of EDI files are, if they are there at all, and their facts in our documents.

The samples are other people's files and no part of this repository: set SYNC_SAMPLES to their folder, or put them
beside the checkout as ``../shared/samples``.
"""

import json
import os
from decimal import Decimal, InvalidOperation
from pathlib import Path

import jmespath

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = Path(os.environ.get("SYNC_SAMPLES", ROOT.parent / "shared" / "samples"))


def samples() -> list[Path]:
    return sorted([*FOLDER.glob("x12/*.edi"), *FOLDER.glob("edifact/*.edi")])


def expectation(sample: Path) -> dict:
    return json.loads(Path(f"{sample}.expected.json").read_text(encoding="utf-8"))


# Facts of a document, as a mapping would ask for them (JMESPath).
X12_PARTY = """{role: role, name: name, id: id, qualifier: id_qualifier, street: address[0].street, city: city,
    region: region, postal: postal_code, country: country}"""
X12_LINE = """{line: line, qty: quantity, uom: unit, price: price, pairs: ids, description: descriptions[0].description,
    schedule: schedule[].{qty: quantity, date: date}, acks: acknowledgments[].{code: status, qty: quantity},
    charges: charges[?indicator=='C'].{code: code, amount: amount}}"""
X12_ORDER = {
    "number": "beginning.number",
    "purpose": "beginning.purpose",
    "order_type": "beginning.type",
    "date": "beginning.date",
    "contract": "beginning.contract",
    "release": "beginning.release",
    "pairs": "references",
    "requested_delivery": "dates[?qualifier=='002'].date | [0]",
    "terms": """terms[0].{type: type, discount_percent: discount_percent, discount_days: discount_days,
        net_days: net_days}""",
    "tax": "taxes[0].{id: id, exempt_code: exempt_code, location: locations[0].location}",
    "carrier_routing": "routing[0].routing",
    "parties": f"parties[].{X12_PARTY}",
    "lines": f"lines[].{X12_LINE}",
    "line_count": "totals[0].lines",
    "totals": """{merchandise: totals[0].amounts[?qualifier=='1'].amount | [0],
        total: totals[0].amounts[?qualifier=='TT'].amount | [0]}""",
}
X12_ITEM = """{line: shipped_quantity.line, qty: shipped_quantity.shipped, uom: shipped_quantity.unit,
    pairs: product.ids, description: descriptions[0].description, price: `null`}"""
EDIFACT_PARTY = """{role: role, id: id, qualifier: id_agency, name: names[0] || name_and_address.lines[0],
    street: streets[0], city: city, postal: postal_code, country: country,
    vat: references[?qualifier=='VA'].number | [0],
    communications: contacts[].communications[].channels[].join(':', [number, type])}"""
EDIFACT_LINE = """{line: line, action: action, item: {id: item, qualifier: item_type}, further: further_ids[].ids[],
    qty: (quantities[?qualifier=='21' || qualifier=='1' || qualifier=='12' || qualifier=='47' || qualifier=='145']
        | [0].quantity),
    uom: quantities[0].unit, price: prices[0].price, description: descriptions[0].texts[0] || texts[0].texts[0],
    amount: amounts[?qualifier=='203' || qualifier=='66'].amount | [0], origin: conditions[0].country,
    location: locations[0].id, quantities: quantities, tax_percent: taxes[0].rate,
    delivery: dates[?qualifier=='2'].value | [0],
    available_from: quantities[].dates[] | [?qualifier=='44'].value | [0],
    deliveries: destinations[].{location: id, qty: quantities[0].quantity, date: dates[0].value}}"""
EDIFACT = {
    "number": "beginning.number",
    "function": "beginning.function",
    "date": "dates[?qualifier=='137' || qualifier=='3'].value | [0]",
    "delivery_date": "dates[?qualifier=='4'].value | [0]",
    "delivery_latest": "dates[?qualifier=='63'].value | [0]",
    "delivery_earliest": "dates[?qualifier=='64'].value | [0]",
    "despatch": "dates[?qualifier=='11'].value | [0]",
    "delivery_estimated": "dates[?qualifier=='358'].value | [0]",
    "stock_date": "dates[?qualifier=='366'].value | [0]",
    "po_number": "references[?qualifier=='ON'].number | [0]",
    "po_date": "references[?qualifier=='ON'].dates[] | [0].value",
    "currency": "currencies[0].currencies[0].currency",
    "target_currency": "currencies[0].currencies[1].currency",
    "exchange_rate": "currencies[0].rate",
    "pairs": "references",
    "parties": f"parties[].{EDIFACT_PARTY}",
    "lines": f"lines[].{EDIFACT_LINE}",
    "line_count": "counts[?qualifier=='2'].value | [0]",
    "tax": "summary_taxes[].{percent: rate}",
    "totals": """{net: amounts[?qualifier=='79'].amount | [0], tax: amounts[?qualifier=='124'].amount | [0],
        gross: amounts[?qualifier=='128' || qualifier=='39'].amount | [0],
        charges: summary_charges[].amounts[] | [0].amount}""",
    "packs": f"""packaging[].contains[].{{cps: number, parent: parent,
        sscc: packages[].marks[].numbers[].numbers[] | [0].number,
        weight: packages[0].measurements[?dimension=='AAB'].join(' ', [to_string(value), unit]) | [0],
        lines: lines[].{EDIFACT_LINE}}}""",
}
FACTS = {
    "850": X12_ORDER,
    "855": {
        **X12_ORDER,
        "po_number": "beginning.po_number",
        "ack_code": "beginning.status",
    },
    "810": {
        "number": "beginning.number",
        "date": "beginning.date",
        "po_number": "beginning.order_number",
        "po_date": "beginning.order_date",
        "currency": "currency.currency",
        "parties": f"parties[].{X12_PARTY}",
        "lines": f"lines[].{X12_LINE}",
        "charges": "charges[?indicator=='C'].{code: code, amount: amount}",
        "totals": "{invoice: total.amount, subtotal: amounts[?qualifier=='1'].amount | [0]}",
    },
    "846": {
        "number": "beginning.number",
        "date": "beginning.date",
        "parties": f"parties[].{X12_PARTY}",
        "lines": """lines[].{line: line, qty: quantities[0].quantity, uom: quantities[0].unit, pairs: ids,
            quantities: quantities, available_from: quantities[].dates[] | [?qualifier=='018'].date | [0]}""",
        "line_count": "totals.lines",
    },
    "856": {
        "number": "beginning.number",
        "purpose": "beginning.purpose",
        "date": "beginning.date",
        "time": "beginning.time",
        "structure": "beginning.structure",
        "carrier": "shipments[0].routing[0].carrier",
        "pairs": "shipments[0].references",
        "shipped": "shipments[0].dates[?qualifier=='011'].date | [0]",
        "estimated_delivery": "shipments[0].dates[?qualifier=='017'].date | [0]",
        "weight": "shipments[0].quantities[0].{value: weight, uom: weight_unit}",
        "packages": "shipments[0].quantities[0].quantity",
        "parties": f"shipments[0].parties[].{X12_PARTY}",
        "hl_count": "totals.lines",
        "hash_total": "totals.hash_total",
        "orders": f"""shipments[0].orders[].{{po_number: order.po_number, po_date: order.date,
            invoice: references[?qualifier=='IV'].value | [0], buyer: parties[?role=='BY'].id | [0],
            packs: packs[].{{sscc: marks[0].number, lines: items[].{X12_ITEM}}}, lines: items[].{X12_ITEM}}}""",
    },
    "940": {
        "number": "beginning.number",
        "po_number": "beginning.po_number",
        "master_order": "beginning.master_number",
        "parties": f"parties[].{X12_PARTY}",
        "pairs": "references",
        "requested_ship": "dates[?qualifier=='10'].date | [0]",
        "requested_delivery": "dates[?qualifier=='02'].date | [0]",
        "note": "notes[0].text",
        "carrier_routing": "carrier.routing",
        "lines": """lines[].{line: line, qty: items[0].quantity, uom: items[0].unit, pairs: items[0].ids,
            upc_case: items[0].upc_case, description: items[0].descriptions[0].description}""",
        "totals": """{qty: totals.quantity, weight: join(' ', [to_string(totals.weight), totals.weight_unit || '']),
            volume: join(' ', [to_string(totals.volume), totals.volume_unit || ''])}""",
    },
    "945": {
        "number": "beginning.number",
        "reporting": "beginning.reporting",
        "ship_date": "beginning.ship_date",
        "shipment_id": "beginning.shipment_number",
        "po_number": "beginning.po_number",
        "carrier": "carrier.carrier",
        "parties": f"parties[].{X12_PARTY}",
        "lines": """lines[].{line: line, qty: items[0].shipped, uom: items[0].unit,
            pairs: [{qualifier: items[0].id_qualifier, id: items[0].id}],
            description: items[0].descriptions[0].description, status: items[0].status, ordered: items[0].ordered,
            shipped: items[0].shipped, difference: items[0].difference, lot: items[0].lot,
            lpn: items[0].references[?qualifier=='LV'].value | [0]}""",
        "totals": "{qty: totals.quantity, weight: join(' ', [to_string(totals.weight), totals.weight_unit || ''])}",
    },
    "997": {
        "group": "{code: answered_group.group, control: answered_group.reference}",
        "group_status": "result.status",
        "counts": "{included: result.included, received: result.received, accepted: result.accepted}",
        "sets": """sets[].{type: type, control: reference, status: result.status, set_errors: result.codes,
            segment_errors: segments[].{segment: tag, position: position, code: code,
                elements: elements[].{position: position, ref: element, code: code, bad_value: value}}}""",
    },
    "CONTRL": {
        "interchange": "answered_interchange.reference",
        "action": "answered_interchange.action",
        "messages": "messages[].{ref: reference, type: type, action: action}",
    },
}
# What the expectations conclude from several facts, or state about the file and not about the document.
CONCLUDED = {"doc_type", "kind", "ack", "status", "checks", "price", "refs", "ids"}
_COMPILED: dict[str, jmespath.parser.ParsedResult] = {}


def fact(document: dict, name: str):
    kind = document["message"]["type"]
    expression = FACTS.get(kind, EDIFACT).get(name)
    assert expression, f"no way to ask a {kind} for {name}"
    if expression not in _COMPILED:
        _COMPILED[expression] = jmespath.compile(expression)
    return _COMPILED[expression].search(_searchable(document))


def _searchable(value):
    """JMESPath's own functions know text and no decimals."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return {name: _searchable(member) for name, member in value.items()}
    return [_searchable(entry) for entry in value] if isinstance(value, list) else value


def differences(expected, found, where: str = "") -> list[str]:
    """Where ``found`` is not as expected; members that are not expected do not count."""
    if isinstance(expected, dict):
        if where.endswith((".ids", ".refs", ".quantities")) and isinstance(found, list):
            found = _by_qualifier(found)
        if not isinstance(found, dict):
            return [f"{where}: {found!r} is not {expected!r}"]
        return [
            difference
            for name, value in expected.items()
            if name not in CONCLUDED or name in found
            for difference in differences(value, found.get(name), f"{where}.{name}")
        ]
    if isinstance(expected, list):
        found = found if isinstance(found, list) else []
        if len(found) < len(expected) or (where.endswith("lines") and len(found) > len(expected)):
            return [f"{where}: {found!r} has not the entries {expected!r}"]
        return [
            difference
            for at, value in enumerate(expected)
            for difference in differences(value, _entry(found, value, at), f"{where}[{at}]")
        ]
    return [] if _same(expected, found) else [f"{where}: {found!r} is not {expected!r}"]


def _entry(found: list, expected, at: int):
    """Of parties the one with the role, else the entry at the same place."""
    if isinstance(expected, dict) and "role" in expected:
        return next((entry for entry in found if entry.get("role") == expected["role"]), None)
    return found[at]


def _by_qualifier(found: list) -> dict:
    return {
        entry.get("qualifier", entry.get("type")): entry.get(
            "id", entry.get("value", entry.get("number", entry.get("quantity")))
        )
        for entry in reversed(found)
        if entry
    }


def _same(expected, found) -> bool:
    if expected is None or found is None:
        return expected is found
    if str(expected) == str(found):
        return True
    try:
        return Decimal(str(expected)) == Decimal(str(found))
    except InvalidOperation:
        return False


def ids_of(line: dict) -> dict:
    """All identifiers of a line by their qualifier."""
    found = _by_qualifier(line.get("pairs") or [])
    if line.get("upc_case"):
        found["upc_case"] = line["upc_case"]
    item = line.get("item") or {}
    if item.get("id"):
        found[item.get("qualifier") or ""] = item["id"]
    return found | _by_qualifier([each for each in line.get("further") or [] if each])
