"""The stages of a document's way, each in one place.

Inbound:  receive -> decode -> validate -> translate -> enrich -> sequence -> apply -> acknowledge
Outbound: publish -> route -> sequence -> gate -> translate -> encode -> deliver -> confirm

A stage takes the works that are still live, fills in what it learned, and leaves an outcome where the way ends. It
never reaches back, and a document never skips one. ``receive`` is ``intake.py``, ``publish`` is ``event.py``: both run
in somebody else's transaction.
"""

from . import (
    acknowledge,
    apply,
    confirm,
    decode,
    deliver,
    encode,
    enrich,
    gate,
    route,
    sequence,
    translate,
    validate,
)

INBOUND = (decode, validate, translate, enrich, sequence)
INTERNAL = (gate,)
OUTBOUND = (sequence, gate, translate, validate, encode)

__all__ = [
    "INBOUND",
    "INTERNAL",
    "OUTBOUND",
    "acknowledge",
    "apply",
    "confirm",
    "decode",
    "deliver",
    "encode",
    "enrich",
    "gate",
    "route",
    "sequence",
    "translate",
    "validate",
]
