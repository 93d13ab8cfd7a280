"""Which faults have one cause."""

from __future__ import annotations

import hashlib
import json


def fingerprint(code: str, subject: str | None, *, company_id: int, place: str) -> str:
    """The same text for every fault that one repair would clear, and another text for every other.

    :param code: the fault's code in the taxonomy
    :param subject: the stable text of what exactly is missing or wrong; its case and spacing do not matter
    :param place: where it happens: the interface, or the endpoint where no interface is known (``interface:7``)
    """
    plain = " ".join((subject or "").split()).casefold()
    material = json.dumps([code, plain, company_id, place], ensure_ascii=False)
    return hashlib.sha256(material.encode()).hexdigest()[:40]
