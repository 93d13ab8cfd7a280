"""A file of interchanges -> its messages, one by one. X12 and EDIFACT may even follow each other in one file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from .edifact_reading import EdifactReader
from .problems import EdiFault, Place
from .report import EdiPart, ReadOptions
from .segments import SegmentSource
from .x12_reading import X12Reader

__all__ = ["read_interchanges"]

_READERS = (X12Reader, EdifactReader)


def read_interchanges(
    data: BinaryIO | bytes, options: ReadOptions | None = None, *, standard: str | None = None
) -> Iterator[EdiPart]:
    """Every message of every interchange in ``data``, and after the last one of each the end of its envelope.

    A part with ``message`` set is a message: with a document, or with the faults that refuse it. A part with
    ``interchange`` set ends an interchange: its faults are those of the envelopes, and it may have none.

    :param standard: ``x12`` or ``edifact``, where the other one is not agreed
    """
    options = options or ReadOptions()
    source = SegmentSource(data)
    readers = [reader for reader in _READERS if standard in (None, reader.standard)]
    first = True
    while True:
        head = source.peek(3)
        if not head and not first:
            return
        reader = next((each for each in readers if head in each.begins), None)
        if reader is None:
            yield _nothing_begins(head, source.number, readers)
            return
        yield from reader(source, options).parts()
        first = False


def _nothing_begins(head: str, number: int, readers: list) -> EdiPart:
    begins = " or ".join(word for reader in readers for word in reader.begins)
    words = "the file is empty" if not head else f"an interchange begins with {begins}"
    fault = EdiFault("envelope_broken", Place(number + 1), words, expected=begins)
    return EdiPart(None, (fault,), (), {}, number + 1)
