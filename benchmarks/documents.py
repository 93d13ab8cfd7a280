"""Every example of the canonical catalogue is encoded once; then one core decodes and validates it over and over."""

import time

from .kit import Arena, Measure
from .kit.measure import percentiles

QUESTION = "How many documents a second does one core decode and validate?"


def run(arena: Arena) -> list[Measure]:
    from sync_governance.core.canonical import catalogue, validator
    from sync_governance.core.codecs import codec
    from sync_governance.core.contracts import validate

    json = codec("json")
    seconds = 0.01 if arena.quick else 0.05
    measure = Measure("Median of all document types", "per second")
    for _ in range(arena.rounds):
        rates = []
        for name, entry in catalogue().items():
            raw, check = json.encode(entry.examples[0]), validator(name)
            count, started = 0, time.perf_counter()
            while time.perf_counter() - started < seconds:
                if faults := validate(check, json.decode(raw)):
                    raise AssertionError(f"an example of {name} does not validate: {faults[0]}")
                count += 1
            rates.append(count / (time.perf_counter() - started))
        measure.add("here", percentiles(rates, 50)[0])
    return [measure]
