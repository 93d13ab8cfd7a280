"""What kind of file it looks like, told from how it begins: for people and commands, never for production."""

from __future__ import annotations

import re

_X12 = re.compile(rb"ISA[^\w\s]")
_EDIFACT = re.compile(rb"UN[AB][^\w\s]")
_UBL = re.compile(rb"urn:oasis:names:specification:ubl:schema:xsd:")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
LOOKED_AT = 65_536


def recognised(data: bytes) -> str | None:
    """``JSON``, ``JSON lines``, ``XML``, ``UBL``, ``X12``, ``EDIFACT`` or ``text``; None for what is empty.

    :param data: the file, or its first :data:`LOOKED_AT` bytes
    """
    head = data[:LOOKED_AT]
    for mark in _MARKS:
        head = head.removeprefix(mark)
    begin = head.replace(b"\0", b"").lstrip()
    if not begin:
        return None
    if begin.startswith(b"<"):
        return "UBL" if _UBL.search(head) else "XML"
    if _X12.match(begin):
        return "X12"
    if _EDIFACT.match(begin):
        return "EDIFACT"
    if begin.startswith(b"["):
        return "JSON"
    if begin.startswith(b"{"):
        first, _end, rest = begin.partition(b"\n")
        return "JSON lines" if first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{") else "JSON"
    return "text"
