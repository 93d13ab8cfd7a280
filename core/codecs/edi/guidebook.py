"""All guides that are shipped, found by message and version, with a partner's overlays over them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ...faults import Fault
from .guide import Guide, compiled
from .overlay import applied

__all__ = ["guide", "guides", "nearest", "with_overlays"]

FOLDER = Path(__file__).parent / "guides"
_LATER = {"x12": "5010", "edifact": "d01b"}
_EARLIER = {"x12": "4010", "edifact": "d96a"}


@cache
def guides() -> tuple[str, ...]:
    """The names of all guides: ``x12/4010/850``."""
    files = (file.relative_to(FOLDER).with_suffix("") for file in FOLDER.glob("*/*/*.json"))
    return tuple(sorted(name.as_posix() for name in files if name.name != "segments"))


@cache
def guide(name: str) -> Guide:
    """The guide called ``name``; raises :class:`Fault` ``engine.configuration`` where there is none."""
    if name not in guides():
        raise Fault("engine.configuration", f"There is no guide {name!r}.", found=name, subject=f"guide {name}")
    return compiled(_raw(name), _segments(*name.split("/")[:2]), name)


def nearest(standard: str, message: str, version: str, _association: str = "") -> Guide | None:
    """The guide of a message in the version that is nearest to ``version``: ``004010VICS``, ``D.96A``.

    None where no guide is shipped for the message.
    """
    name = f"{standard}/{_shipped_version(standard, version)}/{message}"
    return guide(name) if name in guides() else None


def with_overlays(overlays: Mapping[str, Mapping[str, Any]]) -> Callable[[str, str, str, str], Guide | None]:
    """As :func:`nearest`, with a partner's overlays: by message type (``850``) or by the name of a guide.

    An overlay of a message for which no guide is shipped must say ``content`` itself.
    """
    made: dict[str, Guide | None] = {}

    def find(standard: str, message: str, version: str, _association: str = "") -> Guide | None:
        name = f"{standard}/{_shipped_version(standard, version)}/{message}"
        if name not in made:
            overlay = overlays.get(name) or overlays.get(message)
            if overlay is None:
                made[name] = nearest(standard, message, version)
            else:
                base = _raw(name) if name in guides() else {"content": []}
                made[name] = compiled(applied(base, overlay, name), _segments(*name.split("/")[:2]), name)
        return made[name]

    return find


def _shipped_version(standard: str, version: str) -> str:
    """X12: 4010 up to 4060, 5010 from 5010 on. EDIFACT: D.96A up to D.98B, D.01B from D.99A on."""
    if standard == "x12":
        return _LATER["x12"] if version[:3] >= "005" and version[:6].isdecimal() else _EARLIER["x12"]
    year = version.removeprefix("D.")[:2]
    later = year.isdecimal() and (year == "99" or int(year) < 90)
    return _LATER["edifact"] if later else _EARLIER["edifact"]


@cache
def _read(path: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{path}.json").read_text(encoding="utf-8"))


def _raw(name: str) -> Mapping[str, Any]:
    """A guide's JSON; one that extends another is that one with its changes."""
    raw = _read(name)
    base = raw.get("extends")
    return applied(_raw(base), raw, name) if base else raw


def _segments(standard: str, version: str) -> Mapping[str, Any]:
    """The segments of a version: those of the earlier one, and what is different."""
    segments = dict(_read(f"{standard}/{_EARLIER[standard]}/segments"))
    if version == _LATER[standard]:
        segments |= _read(f"{standard}/{version}/segments")
    return segments
