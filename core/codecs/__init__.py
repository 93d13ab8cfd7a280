"""Codecs: bytes on the wire <-> documents in memory.

A document is made of dict, list, str, int, :class:`~decimal.Decimal`, bool and None; binary floating point and
datetimes never occur. Each codec keeps the limits of :mod:`.limits`, so that no input can exhaust the stack or the
memory, and each must pass the conformance tests in ``tests_core/test_codecs.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

from ..faults import Fault
from .json_codec import JsonCodec

__all__ = ["Codec", "codec", "codecs"]


class Codec(Protocol):
    """What a codec promises."""

    name: str
    media_type: str

    def decode(self, data: bytes, *, charset: str = "utf-8") -> dict[str, Any] | list[Any]:
        """The document in ``data``; raises :class:`Fault` ``decode.*`` for whatever is wrong with it."""

    def encode(self, document: Any) -> bytes:
        """``document`` as UTF-8 bytes, the same for the same document; raises :class:`Fault` ``engine.internal``
        for a value that is no part of a document, because then one of our own parts has made it."""


_CODECS: Mapping[str, Codec] = MappingProxyType({each.name: each for each in (JsonCodec(),)})


def codecs() -> Mapping[str, Codec]:
    """Every codec by its name; read-only."""
    return _CODECS


def codec(name: str) -> Codec:
    """The codec called ``name``; raises :class:`Fault` ``engine.configuration`` for an unknown one."""
    try:
        return _CODECS[name]
    except KeyError:
        raise Fault(
            "engine.configuration", f"There is no codec {name!r}.", found=name, subject=f"codec {name}"
        ) from None
