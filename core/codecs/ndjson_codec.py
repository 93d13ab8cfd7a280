"""JSON lines: one JSON document on each line. One line that is no JSON stops no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from ..contracts import summary
from ..faults import Fault
from .json_codec import JsonCodec
from .lines import Lines
from .parts import Part

_JSON = JsonCodec()


class NdjsonCodec:
    """The codec ``ndjson``. Decoded as one document, a file is the list of its lines."""

    name = "ndjson"
    media_type = "application/x-ndjson"

    def decode(self, data: bytes, *, charset: str = "utf-8") -> list[Any]:
        """See :class:`~sync_governance.core.codecs.Codec`."""
        parts = list(self.split(data, {"charset": charset}))
        if faults := [fault for part in parts for fault in part.faults]:
            raise summary(faults)
        return [part.document for part in parts]

    def encode(self, document: Any) -> bytes:
        """See :class:`~sync_governance.core.codecs.Codec`; a list gives one line for each entry, anything else one."""
        return b"".join(self.write(document if isinstance(document, list) else [document]))

    def split(self, data: BinaryIO | bytes, options: Mapping[str, Any] | None = None) -> Iterator[Part]:
        """See :class:`~sync_governance.core.codecs.parts.Splitter`; of the options ``charset`` counts."""
        try:
            lines = Lines(data, [(options or {}).get("charset", "utf-8")])
        except Fault as fault:
            yield Part(None, (fault,))
            return
        for line in lines:
            if isinstance(line, Fault):
                yield Part(None, (_at_line(lines.number, line),), position=lines.number)
            elif line.strip():
                yield _part(lines.number, line)

    # pylint: disable-next=method-required-super
    def write(self, documents: Iterable[Any], options: Mapping[str, Any] | None = None) -> Iterator[bytes]:
        """One line for each document."""
        for document in documents:
            yield _JSON.encode(document) + b"\n"


def _part(number: int, line: str) -> Part:
    try:
        return Part(_JSON.decode(line.encode("utf-8")), position=number)
    except Fault as fault:
        return Part(None, (_at_line(number, fault),), position=number)


def _at_line(number: int, fault: Fault) -> Fault:
    detail = fault.detail.replace("at line 1, column", "at column")
    return Fault(
        fault.code,
        f"Line {number}: {detail.rstrip('.')}.",
        expected=fault.expected,
        found=fault.found,
        subject=fault.subject,
    )
