"""Faults as attempts keep them (see ``Fault.as_dict``), read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

PRODUCT_UNKNOWN = "apply.product_unknown"
REFERENCE_MISSING, REFERENCE_AMBIGUOUS = "translate.reference_missing", "translate.reference_ambiguous"


def leaves(faults: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The single faults behind ``faults``, in their order: one that sums up others gives way to them."""
    found: list[dict[str, Any]] = []
    for fault in faults:
        found.extend(leaves(fault["causes"]) if fault.get("causes") else [dict(fault)])
    return found


def identifier_of(fault: Mapping[str, Any]) -> tuple[str, str] | None:
    """(domain, the partner's code) of a fault that a cross-reference would clear; None if it names none.

    A subject reads ``<domain> <code>``: ``product SKU-9``, ``payment term 30D``.
    """
    domain = fault.get("domain") or ("product" if fault.get("code") == PRODUCT_UNKNOWN else None)
    subject = " ".join(str(fault.get("subject") or "").split())
    if domain is None:
        domain, _, code = subject.partition(" ")
        return (domain, code) if domain and code else None
    spoken = domain.replace("_", " ")
    if subject.startswith(f"{spoken} "):
        return domain, subject[len(spoken) + 1 :]
    found = fault.get("found")
    return (domain, str(found)) if found not in (None, "") else None


def missing_codes(faults: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """{(domain, the partner's code): the first single fault that says so} of codes that no cross-reference explains."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for fault in leaves(faults):
        if fault.get("code") in (PRODUCT_UNKNOWN, REFERENCE_MISSING, REFERENCE_AMBIGUOUS) and (
            named := identifier_of(fault)
        ):
            found.setdefault(named, fault)
    return found
