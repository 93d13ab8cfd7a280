"""A CSV of 100 MB, orders of three lines each, is read as a stream; each side in a fresh process, and its memory is
what it took beyond its start. The bare csv module only takes the lines apart; the codec gives documents with numbers
and dates, and the third side validates and translates each of them besides."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from devtools import layout

from .kit import Arena, Measure

QUESTION = "How fast is a large CSV read, and in how much memory?"
SIDES = {"decoded": "codec", "bare csv module": "bare", "decoded, validated, translated": "whole"}
LAYOUT = {
    "kind": "delimited",
    "fields": [
        {"name": "order", "required": True},
        {"name": "date", "type": "date"},
        {"name": "customer"},
        {"name": "sku"},
        {"name": "quantity", "type": "integer"},
        {"name": "price", "type": "decimal"},
        {"name": "currency"},
        {"name": "note"},
    ],
    "documents": {"by": "key", "key": ["order"], "head": ["order", "date", "customer", "currency"]},
}
CONTRACT = {
    "type": "object",
    "required": ["order", "date", "lines"],
    "properties": {
        "order": {"type": "string", "minLength": 1},
        "date": {"type": "string", "format": "date"},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["sku", "quantity"],
                "properties": {"sku": {"type": "string"}, "quantity": {"type": "integer", "minimum": 1}},
            },
        },
    },
}
MAPPING = {
    "mapping": "benchmark.orders",
    "source": "orders of a benchmark",
    "target": "order.create",
    "rules": [
        {"to": "type", "value": "order.create"},
        {"to": "number", "from": "order", "required": True},
        {"to": "currency", "from": "currency"},
        {
            "to": "lines",
            "each": "lines",
            "rules": [
                {"to": "item.name", "from": "sku", "required": True},
                {"to": "quantity.value", "from": "quantity", "convert": ["decimal"]},
                {"to": "unit_price", "from": "price", "convert": ["decimal"]},
            ],
        },
    ],
}


def run(arena: Arena) -> list[Measure]:
    megabytes = 10 if arena.quick else 100
    speed = Measure(f"{megabytes} MB read", "MB per second")
    memory = Measure("Memory beyond the start", "MB")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.csv"
        _write(file, megabytes * 1_000_000)
        for _ in range(arena.rounds):
            for title, side in SIDES.items():
                found = _measured(side, file)
                speed.add(title, megabytes / found["seconds"])
                memory.add(title, found["kilobytes"] / 1024)
    return [speed, memory]


def _write(file: Path, size: int) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        out.write("order,date,customer,sku,quantity,price,currency,note\n")
        number = 0
        while out.tell() < size:
            number += 1
            for line in range(1, 4):
                out.write(
                    f"SO{number:08},2026-11-{number % 28 + 1:02},C{number % 5000:06},"
                    f"SKU-{(number * 7 + line) % 9999:05},{line},{number % 1000}.{number % 100:02},EUR,"
                    '"please, leave at the door"\n'
                )


def _measured(side: str, file: Path) -> dict:
    """Seconds and kilobytes of one side in a process of its own."""
    command = [sys.executable, "-c", f"import benchmarks.files as it; it.inside({side!r}, {str(file)!r})"]
    done = subprocess.run(command, cwd=layout.ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def inside(side: str, file: str) -> None:
    """What the process of one side does: prints its figures."""
    import csv
    import time
    import types

    package = types.ModuleType("sync_governance")  # the core alone, without Odoo
    package.__path__ = [str(layout.ROOT)]
    sys.modules["sync_governance"] = package
    from sync_governance.core.codecs import codec
    from sync_governance.core.contracts import compile, validate
    from sync_governance.core.mapping import Mapping

    contract, mapping, count = compile(CONTRACT), Mapping.parse(MAPPING), 0
    before, started = _most_held(), time.perf_counter()
    if side == "bare":
        with open(file, encoding="utf-8", newline="") as lines:
            count = sum(1 for _row in csv.reader(lines)) // 3
    else:
        with open(file, "rb") as stream:
            for part in codec("flat", LAYOUT).split(stream):
                if part.faults or (side == "whole" and validate(contract, part.document)):
                    raise AssertionError(f"line {part.position}: it should be good")
                if side == "whole" and not mapping.evaluate(part.document).ok:
                    raise AssertionError(f"line {part.position}: it should translate")
                count += 1
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "kilobytes": _most_held() - before, "documents": count}))


def _most_held() -> int:
    """The most memory that this process has held, in kilobytes. Of getrusage it would be that of who started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
