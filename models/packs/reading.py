"""Packs as files: read and checked before anything is loaded."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ...core.contracts import Validator, compile_schema
from ...core.faults import Fault

FOLDER = Path(__file__).parents[2] / "packs"


@cache
def schema() -> Validator:
    """What a pack may say."""
    return compile_schema(json.loads((FOLDER / "pack.schema.json").read_text(encoding="utf-8"), parse_float=Decimal))


def names() -> list[str]:
    """The names of all packs on this server."""
    return sorted(path.parent.name for path in FOLDER.glob("*/pack.json"))


def read(name: str) -> dict[str, Any]:
    """The pack ``name``, checked.

    :raises Fault: ``engine.configuration`` with every problem, also for a name that is no pack
    """
    if name not in names():
        raise Fault("engine.configuration", f"There is no pack {name!r} on this server.", subject=f"pack {name}")
    pack = json.loads((FOLDER / name / "pack.json").read_text(encoding="utf-8"), parse_float=Decimal)
    problems = [fault.detail for fault in schema().faults(pack)] or list(_loose_ends(pack))
    if problems:
        raise Fault(
            "engine.configuration", f"The pack {name} cannot be used: " + " ".join(problems), subject=f"pack {name}"
        )
    return pack


def text(name: str, file: str) -> str:
    """A file of a pack as it stands."""
    return (FOLDER / name / file).read_text(encoding="utf-8")


def _loose_ends(pack):
    """References inside the pack that lead nowhere."""
    for kind, member, target in (
        ("interfaces", "endpoint", "endpoints"),
        ("interfaces", "contract", "contracts"),
        ("interfaces", "mapping", "mappings"),
        ("interfaces", "policy", "policies"),
        ("policies", "service_level", "service_levels"),
        ("policies", "retention", "retentions"),
    ):
        known = {entry["code"] for entry in pack.get(target, ())}
        for entry in pack.get(kind, ()):
            if entry.get(member) and entry[member] not in known:
                yield f"{entry['code']} names the {member} {entry[member]!r}, which the pack does not have."
    gates = {gate["code"] for gate in pack.get("gates", ())}
    for policy in pack.get("policies", ()):
        for gate in policy.get("gates", ()):
            if gate not in gates:
                yield f"{policy['code']} names the gate {gate!r}, which the pack does not have."
        needed = {"micro_batch": "collect", "window": "window"}.get(policy["timing"])
        if needed and needed not in policy:
            yield f"{policy['code']} has the timing {policy['timing']} and does not say “{needed}”."
