"""Codecs: bytes on the wire <-> documents in memory.

A document is made of dict, list, str, int, :class:`~decimal.Decimal`, bool and None; binary floating point and
datetimes never occur. Each codec keeps the limits of :mod:`.limits`, so that no input can exhaust the stack or the
memory. Those that take any document as it is must pass the conformance tests in ``tests_core/test_codecs.py``; the
others are made for the options of one endpoint (a layout, say) and take what these have a place for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, Protocol

from ..faults import Fault
from .edi.codec import EdiCodec
from .flat import FlatCodec
from .json_codec import JsonCodec
from .markup import XmlCodec
from .ndjson_codec import NdjsonCodec
from .parts import Part, Piece, Place, Splitter
from .ubl import UblCodec

__all__ = ["Codec", "Part", "Piece", "Place", "Splitter", "codec", "codec_names", "codecs", "read_one"]


class Codec(Protocol):
    """What a codec promises."""

    name: str
    media_type: str

    def decode(self, data: bytes, *, charset: str = "utf-8") -> dict[str, Any] | list[Any]:
        """The document in ``data``; raises :class:`Fault` ``decode.*`` for whatever is wrong with it."""

    def encode(self, document: Any) -> bytes:
        """``document`` as bytes (UTF-8, or the character set that its envelope names), the same for the same document;
        raises :class:`Fault` ``engine.internal`` for a value that is no part of a document, because then one of our own
        parts has made it, or ``encode.*`` for one that the partner's format has no room for."""


_CODECS: Mapping[str, Codec] = MappingProxyType({each.name: each for each in (JsonCodec(),)})
_LINES = NdjsonCodec()
_CONFIGURED: Mapping[str, Callable[[Mapping[str, Any]], Codec]] = MappingProxyType(
    {
        "ndjson": lambda options: _without_options(_LINES, options),
        "flat": FlatCodec,
        "xml": XmlCodec,
        "ubl": UblCodec,
        "x12": partial(EdiCodec, "x12"),
        "edifact": partial(EdiCodec, "edifact"),
    }
)


def codecs() -> Mapping[str, Codec]:
    """Every codec that takes any document as it is, by its name; read-only."""
    return _CODECS


def codec_names() -> tuple[str, ...]:
    """Every codec that an endpoint may have."""
    return (*_CODECS, *_CONFIGURED)


def codec(name: str, options: Mapping[str, Any] | str | None = None) -> Codec:
    """The codec called ``name``, made for the ``options`` of an endpoint, which may be JSON text.

    :raises Fault: ``engine.configuration`` for an unknown one, or for options that it cannot use
    """
    if name in _CODECS:
        return _without_options(_CODECS[name], options)
    if name not in _CONFIGURED:
        raise Fault("engine.configuration", f"There is no codec {name!r}.", found=name, subject=f"codec {name}")
    return _configured(name, options if isinstance(options, str) else json.dumps(options or {}))


def read_one(found: Codec, data: bytes, place: Place | None = None) -> Part:
    """The one document in ``data``, with what is odd about it; with a ``place``, one that was taken out of its file.

    :raises Fault: ``decode.*`` for whatever is wrong with it
    """
    reader = getattr(found, "part_of", None)
    return Part(found.decode(data)) if reader is None else reader(data, place)


@lru_cache(maxsize=256)
def _configured(name: str, options: str) -> Codec:
    try:
        read = json.loads(options or "{}")
    except ValueError as error:
        text = f"The options of the codec {name} are not JSON: {error}."
        raise Fault("engine.configuration", text, subject=f"codec {name}") from error
    if not isinstance(read, dict):
        text = f"The options of the codec {name} are a JSON object."
        raise Fault("engine.configuration", text, subject=f"codec {name}")
    return _CONFIGURED[name](read)


def _without_options(found: Codec, options: Mapping[str, Any] | str | None) -> Codec:
    if options not in (None, "", "{}") and options:
        text = f"The codec {found.name} has no options."
        raise Fault("engine.configuration", text, subject=f"codec {found.name}")
    return found
