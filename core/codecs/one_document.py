"""One document where a file may carry several."""

from __future__ import annotations

from collections.abc import Iterable

from ..contracts import summary
from ..faults import Fault
from .parts import Part


def only_part(parts: Iterable[Part]) -> Part:
    """The part of a file that carries one document, with the findings of the file as a whole.

    :raises Fault: ``decode.*``: what is wrong with it, or that there are several, which must be split
    """
    found, faults, findings = None, [], []
    for number, part in enumerate(parts):
        faults += part.faults
        findings += part.findings
        if number and part.document is not None:
            raise Fault(
                "decode.malformed",
                "The file carries several documents where one is expected.",
                expected="one document",
                subject="several documents",
            )
        found = found if part.document is None else part
    if faults:
        raise summary(faults)
    if found is None:
        raise Fault("decode.malformed", "The file holds no document.", subject="empty")
    return Part(found.document, (), tuple(findings), found.references, found.position, found.extent)
