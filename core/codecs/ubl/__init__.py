"""UBL 2.0 and 2.1: Order, OrderResponse, OrderResponseSimple, DespatchAdvice, Invoice and CreditNote.

A document has the members of :mod:`.shapes`, and ``document``, the name of its type. Amounts are ``{value, currency}``,
quantities ``{value, unit}``, both with the value as decimal text; an identifier has its scheme beside it
(``endpoint_id`` and ``endpoint_id_scheme``). Extensions and signatures are left out. See docs/files.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from ...contracts import validate
from ...faults import Fault
from ..markup.tree import Reader
from ..markup.writer import unfit
from ..one_document import only_part
from ..origins import Origins
from ..parts import Part, Place
from . import reading, writing

__all__ = ["UblCodec"]

_OPTIONS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"indent": {"type": "boolean", "description": "Whether what is written is laid out for people."}},
}


class UblCodec:
    """The codec ``ubl``; ``options`` may ask for ``indent``.

    :raises Fault: ``engine.configuration`` for other options
    """

    name = "ubl"
    media_type = "application/xml"

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        if faults := validate(_OPTIONS, options or {}, code="engine.configuration"):
            raise faults[0]
        self._indent = (options or {}).get("indent", False)

    def decode(self, data: bytes, *, charset: str | None = None) -> dict[str, Any]:
        """The document; the XML itself says its character set unless the transport does (``charset``)."""
        return only_part(_split(data, charset)).document

    def encode(self, document: Any) -> bytes:
        """The document in UTF-8.

        :raises Fault: ``encode.value`` or ``encode.character`` for what UBL has no place for
        """
        return writing.xml_of(document, indent=self._indent)

    def split(self, data: BinaryIO | bytes, options: Mapping[str, Any] | None = None) -> Iterator[Part]:
        """See :class:`~sync_governance.core.codecs.parts.Splitter`: a file is one document."""
        return _split(data, None)

    def locate(self, data: bytes, place: Place | None = None) -> tuple[Part, Origins, str]:
        """The document again, where its objects stood, and what a file is counted by; see :mod:`..origins`."""
        origins = Origins()
        return only_part(_split(data, None, origins)), origins, "line"

    # pylint: disable-next=method-required-super
    def write(self, documents: Iterable[Any], options: Mapping[str, Any] | None = None) -> Iterator[bytes]:
        """The one document that a file has room for."""
        for number, document in enumerate(documents):
            if number:
                raise unfit("the file has room for one document", "document")
            yield self.encode(document)


def _split(data: BinaryIO | bytes, charset: str | None, origins: Origins | None = None) -> Iterator[Part]:
    reader = Reader(charset=charset)
    try:
        for _record in reader.read(data):
            raise AssertionError("no record was asked for")
        assert reader.root is not None  # noqa: S101  else it would be malformed
        document = reading.document_of(reader.root, origins)
    except Fault as fault:
        yield Part(None, (fault,))
        return
    references = {"number": document["id"]} if "id" in document else {}
    yield Part(document, references={"type": document["document"], **references}, position=reader.root.line)
