"""One document where a file may carry several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..contracts import summary
from ..faults import Fault
from .parts import Part


def only_document(parts: Iterable[Part]) -> Any:
    """The document of a file that carries one.

    :raises Fault: ``decode.*``: what is wrong with it, or that there are several, which must be split
    """
    document, faults = None, []
    for number, part in enumerate(parts):
        faults += part.faults
        if number and part.document is not None:
            raise Fault(
                "decode.malformed",
                "The file carries several documents where one is expected.",
                expected="one document",
                subject="several documents",
            )
        document = document if part.document is None else part.document
    if faults:
        raise summary(faults)
    if document is None:
        raise Fault("decode.malformed", "The file holds no document.", subject="empty")
    return document
