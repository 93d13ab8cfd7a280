"""A benchmark's record: what was measured, when, by which command, on which machine."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from devtools import layout
from devtools.console import DevError
from devtools.host import series_of

from .arena import Arena
from .measure import Measure

RESULTS = layout.ROOT / "benchmarks" / "results"
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


def machine(arena: Arena) -> dict:
    """Cores, memory, processor and versions; how busy others keep it (load of the last minute, before anything ran).

    :raises DevError: when the database server does not write its commits to disk
    """
    rows = arena.rows("postgres", "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(DURABLE)])
    if dict(rows) != DURABLE:
        raise DevError(f"benchmarks need a durable PostgreSQL; this one has {dict(rows)}")
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "processor": _processor(),
        "busy_before": round(os.getloadavg()[0], 1),
        "system": f"{platform.system()} {platform.release()}",
        "postgresql": arena.rows("postgres", "SHOW server_version")[0][0].split()[0],
        "python": platform.python_version(),
        "odoo": series_of(arena.bench.host.home),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def save(name: str, question: str, setup: str, measures: Sequence[Measure], *, machine: dict, command: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    record = {
        "name": name,
        "question": question,
        "setup": setup,
        "date": datetime.now(timezone.utc).date().isoformat(),
        "command": command,
        "machine": machine,
        "measures": [measure.as_dict() for measure in measures],
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
