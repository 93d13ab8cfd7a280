"""Whether a new version of a contract may take the place of the versions before it.

>>> before = {"properties": {"currency": {"enum": ["EUR", "CHF"]}}}
>>> after = {"properties": {"currency": {"enum": ["EUR"]}}}
>>> verdict = check(after, [("1.0.0", before)], "backward")
>>> verdict.compatible, [found.text for found in verdict.breaking]
(False, ["Currency: 'CHF' allowed in version 1.0.0, not allowed in the new version."])

The modes are those of Confluent's schema registry. BACKWARD: what was written under the version before is valid under
the new one; FORWARD: the reverse; FULL: both. Transitive: not only against the last version before it, but against all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .comparison import Comparison, Difference
from .compilation import Validator, compile_schema
from .sides import root

__all__ = ["MODES", "Difference", "Found", "Mode", "Verdict", "check", "compare"]

Mode = Literal["none", "backward", "backward_transitive", "forward", "forward_transitive", "full", "full_transitive"]
MODES: tuple[Mode, ...] = (
    "none",
    "backward",
    "backward_transitive",
    "forward",
    "forward_transitive",
    "full",
    "full_transitive",
)
Schema = Mapping[str, Any] | Validator


@dataclass(frozen=True, slots=True)
class Found:
    """A difference to one version before. ``breaks``: ``backward``, ``forward`` or nothing."""

    version: str
    pointer: str
    kind: str
    text: str
    breaks: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of the check. ``found`` holds every difference to each version that was compared, those that break
    something first.
    """

    mode: Mode
    compared: tuple[str, ...]
    found: tuple[Found, ...]

    @property
    def breaking(self) -> tuple[Found, ...]:
        """The differences that the mode does not allow."""
        return tuple(each for each in self.found if each.breaks)

    @property
    def compatible(self) -> bool:
        """Whether the mode allows the new version to take the place of every version that was compared."""
        return not self.breaking

    def against(self, version: str) -> bool:
        """Whether it may take the place of this one version."""
        return not any(each.version == version for each in self.breaking)


def compare(
    old: Schema,
    new: Schema,
    *,
    tolerant: bool = False,
    writer: str = "the old version",
    reader: str = "the new version",
) -> list[Difference]:
    """Every difference between two contracts, and whether what was written under ``old`` is still valid under ``new``.

    :param tolerant: a document holds nothing that its contract does not declare; see :class:`Comparison`
    :raises Fault: ``engine.configuration`` if one of the schemas cannot be used
    """
    return list(
        dict.fromkeys(Comparison(tolerant=tolerant, writer=writer, reader=reader).between(_side(old), _side(new)))
    )


def check(
    new: Schema, before: Sequence[tuple[str, Schema]], mode: Mode, *, tolerant: bool = False, name: str = ""
) -> Verdict:
    """Hold a new version against those before it.

    :param before: (version, schema), the newest first; without a transitive mode only the first counts
    :param name: the new version's number, for the sentences
    """
    if mode == "none" or not before:
        return Verdict(mode, (), ())
    compared = before if mode.endswith("_transitive") else before[:1]
    reader = f"version {name}" if name else "the new version"
    found: list[Found] = []
    for version, schema in compared:
        found += _against(f"version {version}", reader, version, schema, new, mode, tolerant)
    found.sort(key=lambda each: each.breaks is None)
    return Verdict(mode, tuple(version for version, _schema in compared), tuple(found))


def _against(
    writer: str, reader: str, version: str, old: Schema, new: Schema, mode: Mode, tolerant: bool
) -> list[Found]:
    backward = mode.startswith(("backward", "full"))
    found = [
        Found(version, each.pointer, each.kind, each.text, None if each.compatible or not backward else "backward")
        for each in compare(old, new, tolerant=tolerant, writer=writer, reader=reader)
    ]
    if mode.startswith(("forward", "full")):
        found += [
            Found(version, each.pointer, each.kind, each.text, "forward")
            for each in compare(new, old, tolerant=tolerant, writer=reader, reader=writer)
            if not each.compatible
        ]
    return found


def _side(schema: Schema):
    return root(schema if isinstance(schema, Validator) else compile_schema(schema))
