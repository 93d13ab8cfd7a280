"""Orders as real partners send them, through the packs on X12 and EDIFACT, with the facts that people wrote down.

The samples are not part of the repository: set SYNC_SAMPLES to their folder, or put them beside the checkout as
``../shared/samples``. Without them these tests are skipped.
"""

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest
from pack_reading import PACKS, packs

FOLDER = Path(os.environ.get("SYNC_SAMPLES") or PACKS.parent.parent / "shared" / "samples")
ROUTES = {
    "x12/850_": ("retail-x12", "retail-x12.order.create"),
    "edifact/orders_": ("retail-edifact", "retail-edifact.order.create"),
}
# What an order is not taken over for, in the words of the fault.
REFUSED = {
    "orders_d96a_wikipedia_de.edi": "prices is missing",
    "orders_d03b_syntax4_repetition.edi": "prices is missing",
    "orders_d96a_two_messages.edi": "divides its lines over places",
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"there are no samples at {FOLDER}")


def cases():
    for path in sorted([*FOLDER.glob("x12/850_*.edi"), *FOLDER.glob("edifact/orders_*.edi")]):
        route = next(value for prefix, value in ROUTES.items() if f"{path.parent.name}/{path.name}".startswith(prefix))
        yield pytest.param(path, *route, id=path.name)


@pytest.mark.parametrize(("path", "name", "code"), list(cases()))
def test_an_order_is_taken_over_with_its_facts_or_refused_with_a_reason(path, name, code):
    pack = packs()[name]
    interface = pack.part("interfaces", code)
    facts = json.loads(Path(f"{path}.expected.json").read_text(encoding="utf-8"))["documents"]
    parts = [part for part in pack.codec(interface).split(path.read_bytes()) if part.document is not None]
    assert len(parts) == len(facts)
    for part, known in zip(parts, facts, strict=True):
        faults, result = pack.translate(interface, part.document)
        if path.name in REFUSED:
            assert REFUSED[path.name] in " ".join(fault.detail for fault in faults)
            continue
        assert [fault.detail for fault in faults] == []
        check(known, result.document)


def check(known, document):
    assert document["number"] == known["number"]
    assert document["placed_at"].startswith(known["date"])
    assert len(document["lines"]) == len(known["lines"])
    for line, fact in zip(document["lines"], known["lines"], strict=True):
        assert Decimal(line["quantity"]["value"]) == Decimal(fact["qty"])
        assert Decimal(line["unit_price"]) == Decimal(fact["price"])
        if fact.get("line"):
            assert line["id"] == fact["line"]
