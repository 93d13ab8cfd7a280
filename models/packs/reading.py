"""Packs as files: read and checked before anything is loaded.

They stand in the addon, in further folders that the server names in ``SYNC_GOVERNANCE_PACKS`` (separated as in PATH),
or are lent for a while: a pack from a folder that is only applied, or one that was made of a partner in this database.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ...core.contracts import Validator, compile_schema
from ...core.faults import Fault

FOLDER = Path(__file__).parents[2] / "packs"
FOLDERS = "SYNC_GOVERNANCE_PACKS"


@dataclass(frozen=True, slots=True)
class PackFiles:
    """A pack outside the folders of packs: its name, and its files by their paths inside it."""

    name: str
    files: dict[str, bytes]


_LENT: ContextVar[PackFiles | None] = ContextVar("a pack that is lent", default=None)


@contextmanager
def lent(pack: PackFiles) -> Iterator[str]:
    """Within this, the pack can be read by its name, before one of a folder that has the same; gives the name."""
    before = _LENT.set(pack)
    try:
        yield pack.name
    finally:
        _LENT.reset(before)


def from_folder(folder: Path) -> PackFiles:
    """The pack in any folder.

    :raises OSError: when there is none
    :raises Fault: ``engine.configuration`` when its description is no JSON with a name
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    if "pack.json" not in files:
        raise FileNotFoundError(f"There is no pack.json in {folder}.")
    try:
        name = json.loads(files["pack.json"])["name"]
    except (ValueError, KeyError, TypeError) as error:
        raise Fault("engine.configuration", f"{folder}/pack.json is not the description of a pack.") from error
    return PackFiles(str(name), files)


@cache
def schema() -> Validator:
    """What a pack may say."""
    return compile_schema(json.loads((FOLDER / "pack.schema.json").read_text(encoding="utf-8"), parse_float=Decimal))


def names() -> list[str]:
    """The names of all packs on this server."""
    found = {path.parent.name for folder in _folders() for path in folder.glob("*/pack.json")}
    return sorted(found | ({pack.name} if (pack := _LENT.get()) else set()))


def _folders() -> list[Path]:
    return [FOLDER, *(Path(each) for each in os.environ.get(FOLDERS, "").split(os.pathsep) if each)]


def _folder(name: str) -> Path:
    return next(folder for folder in _folders() if (folder / name / "pack.json").is_file()) / name


def read(name: str) -> dict[str, Any]:
    """The pack ``name``, checked.

    :raises Fault: ``engine.configuration`` with every problem, also for a name that is no pack
    """
    if name not in names():
        raise Fault("engine.configuration", f"There is no pack {name!r} on this server.", subject=f"pack {name}")
    pack = json.loads(content(name, "pack.json"), parse_float=Decimal)
    problems = [fault.detail for fault in schema().faults(pack)] or list(_loose_ends(pack))
    if problems:
        raise Fault(
            "engine.configuration", f"The pack {name} cannot be used: " + " ".join(problems), subject=f"pack {name}"
        )
    return pack


def text(name: str, file: str) -> str:
    """A file of a pack as it stands."""
    return content(name, file).decode()


def content(name: str, file: str) -> bytes:
    """A file of a pack, byte for byte: samples are in the partner's own character set."""
    pack = _LENT.get()
    if pack is not None and pack.name == name:
        if file not in pack.files:
            raise Fault("engine.configuration", f"The pack {name} has no file {file}.", subject=f"pack {name}")
        return pack.files[file]
    return (_folder(name) / file).read_bytes()


def direction_of(pack: dict[str, Any], entry: dict[str, Any]) -> str:
    """Which way the documents of an interface of a pack go: that of its endpoint; what is answered comes in."""
    if entry.get("reply_to"):
        return "inbound"
    return next(door["direction"] for door in pack["endpoints"] if door["code"] == entry["endpoint"])


def _loose_replies(pack):
    sending = {entry["code"]: entry for entry in pack["interfaces"] if not entry.get("reply_to")}
    for entry in pack["interfaces"]:
        if not entry.get("reply_to"):
            continue
        request = sending.get(entry["reply_to"])
        if request is None or request["endpoint"] != entry["endpoint"] or direction_of(pack, request) != "outbound":
            yield f"{entry['code']} replies to {entry['reply_to']!r}, which sends nothing at its endpoint."


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
    yield from _loose_replies(pack)
    gates = {gate["code"] for gate in pack.get("gates", ())}
    for policy in pack.get("policies", ()):
        for gate in policy.get("gates", ()):
            if gate not in gates:
                yield f"{policy['code']} names the gate {gate!r}, which the pack does not have."
        needed = {"micro_batch": "collect", "window": "window"}.get(policy["timing"])
        if needed and needed not in policy:
            yield f"{policy['code']} has the timing {policy['timing']} and does not say “{needed}”."
    doors = {entry["code"] for entry in pack["endpoints"]}
    for ask in pack.get("asks", ()):
        for place in ask["goes_to"]:
            if place.get("endpoint", pack["endpoints"][0]["code"]) not in doors:
                yield f"{ask['code']} asks for the endpoint {place['endpoint']!r}, which the pack does not have."


def needed(pack: dict[str, Any], endpoints: Iterable[str]) -> dict[str, Any]:
    """The pack without the contracts, mappings and policies, and what those point to, that only other endpoints use.

    :param endpoints: the codes of those that its partner has
    """
    chosen = set(endpoints)
    lines = [entry for entry in pack["interfaces"] if entry["endpoint"] in chosen]

    def used(kind: str, codes: set[str | None]) -> list[dict[str, Any]]:
        return [entry for entry in pack.get(kind, ()) if entry["code"] in codes]

    policies = used("policies", {entry["policy"] for entry in lines})
    return {
        **pack,
        "interfaces": lines,
        "contracts": used("contracts", {entry.get("contract") for entry in lines}),
        "mappings": used("mappings", {entry.get("mapping") for entry in lines}),
        "policies": policies,
        "service_levels": used("service_levels", {entry["service_level"] for entry in policies}),
        "retentions": used("retentions", {entry["retention"] for entry in policies}),
        "gates": used("gates", {code for entry in policies for code in entry.get("gates", ())}),
    }
