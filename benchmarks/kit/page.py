"""`docs/benchmarks.md`, written from the records."""

from __future__ import annotations

import json
from collections.abc import Sequence

from devtools import layout

from .record import RESULTS

PAGE = layout.ROOT / "docs" / "benchmarks.md"
HEAD = """\
# Benchmarks

How fast it is, measured. This page is written by `./dev bench`; the single rounds are in `benchmarks/results/`.
Numbers are medians. A comparison ran on one machine and one durable PostgreSQL (every commit on disk before it is
answered), its sides in turns. Read ratios rather than numbers: yours will differ with the machine.
"""


def write(names: Sequence[str]) -> None:
    """Write the page from the records of ``names``, in this order; those that were never recorded are left out."""
    records = [
        json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
        for name in names
        if (RESULTS / f"{name}.json").exists()
    ]
    missed = [(r, m) for r in records for m in r["measures"] if m["verdict"] == "missed"]
    parts = [HEAD]
    if missed:
        parts.append("\n## Targets missed\n")
        parts += [f"* {r['question']} {m['title']}: {_ratio(m)}, the target is {m['target']}." for r, m in missed]
    for record in records:
        parts.append(section(record))
    PAGE.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")


def section(record: dict) -> str:
    """One benchmark: what was done, one table per set of sides, and where it ran."""
    lines = [f"\n## {record['question']}\n", record["setup"], ""]
    for sides in dict.fromkeys(tuple(measure["sides"]) for measure in record["measures"]):
        compared = len(sides) > 1
        head = ["", *sides, *(["ratio", "target", ""] if compared else [])]
        lines += ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
        for measure in record["measures"]:
            if tuple(measure["sides"]) == sides:
                cells = [f"{measure['title']}, {measure['unit']}"]
                cells += [number(measure["sides"][side]["median"]) for side in sides]
                if compared:
                    cells += [_ratio(measure), measure["target"] or "", measure["verdict"]]
                lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    machine = record["machine"]
    lines.append(
        f"{record['date']}, `{record['command']}`: {machine['cores']} cores ({machine['processor']}), "
        f"{machine['memory_gb']} GB, PostgreSQL {machine['postgresql']}, Python {machine['python']}, "
        f"Odoo {machine['odoo']}; load before {machine['busy_before']}."
    )
    return "\n".join(lines)


def number(value: float) -> str:
    """Three significant digits, thousands with a comma."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _ratio(measure: dict) -> str:
    return "" if measure["ratio"] is None else f"{number(measure['ratio'])} x"
