"""Every example of the canonical catalogue is encoded once; then one core decodes and validates it over and over. An
order as Shopify sends it, of 1, 10 and 200 lines, is decoded, held against its contract, translated by the mapping of
its pack and held against the canonical schema, as a worker does it before anything is applied. The floor is
`json.loads` over the same bytes; the codec alone, which reads strictly and exactly, stands beside it."""

import json
import time

from devtools import layout

from .kit import Arena, Measure
from .kit.measure import percentiles, rate_of

QUESTION = "How many documents a second does one core decode, validate and translate?"
PACK = layout.ROOT / "packs" / "shopify"


def run(arena: Arena) -> list[Measure]:
    from sync_governance.core.canonical import catalogue, validator
    from sync_governance.core.codecs import codec
    from sync_governance.core.contracts import validate

    reader = codec("json")
    seconds = 0.01 if arena.quick else 0.05
    measure = Measure("Median of all document types, decoded and validated", "per second")
    for _ in range(arena.rounds):
        rates = []
        for name, entry in catalogue().items():
            raw, check = reader.encode(entry.examples[0]), validator(name)
            count, started = 0, time.perf_counter()
            while time.perf_counter() - started < seconds:
                if faults := validate(check, reader.decode(raw)):
                    raise AssertionError(f"an example of {name} does not validate: {faults[0]}")
                count += 1
            rates.append(count / (time.perf_counter() - started))
        measure.add("here", percentiles(rates, 50)[0])
    return [measure, *(_shopify(arena, lines) for lines in (1, 10, 200))]


def _shopify(arena: Arena, lines: int) -> Measure:
    from sync_governance.core.canonical import validator
    from sync_governance.core.codecs import codec
    from sync_governance.core.contracts import compile, validate
    from sync_governance.core.mapping import Mapping

    reader, raw = codec("json"), _order(lines)
    contract = compile(_part("contracts/order.json"))
    mapping, canonical = Mapping.parse(_part("mappings/order.create.json")), validator("order.create")

    def whole():
        document = reader.decode(raw)
        faults = validate(contract, document)
        found = mapping.evaluate(document)
        faults = faults or list(found.faults) or validate(canonical, found.document)
        if faults:
            raise AssertionError(f"the order should be good: {faults[0]}")

    sides = {
        "decoded, validated, translated": whole,
        "json.loads": lambda: json.loads(raw),
        "decoded alone": lambda: reader.decode(raw),
    }
    measure = Measure(f"Shopify order of {lines} line{'s' if lines > 1 else ''}", "per second")
    for _ in range(arena.rounds):
        for title, work in sides.items():
            measure.add(title, rate_of(work, 0.05 if arena.quick else 1.0))
    return measure


def _part(name: str) -> dict:
    return json.loads((PACK / name).read_text(encoding="utf-8"))


def _order(lines: int) -> bytes:
    """A sample of the pack with so many lines."""
    order = json.loads((PACK / "samples" / "order_tax_included.json").read_text(encoding="utf-8"))
    first = order["line_items"][0]
    order["line_items"] = [{**first, "id": first["id"] + number} for number in range(lines)]
    return json.dumps(order).encode()
