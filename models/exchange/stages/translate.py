"""The partner's document -> the canonical one, and back on the way out."""

from ....core.canonical import validator
from ....core.contracts import validate
from ....core.mapping import evaluate_many
from .validate import summed_up

NAME = "translate"


def run(batch, works):
    """Run each interface's mapping over all its documents at once; look-ups go to the database once per domain."""
    for interface, group in batch.by_interface(works):
        inbound = interface.direction == "inbound"
        if interface.mapping is None:
            for work in group:
                _take(work, work.document if inbound else work.canonical, inbound)
        else:
            sources = [work.document if inbound else work.canonical for work in group]
            results = evaluate_many(interface.mapping, sources, lookup=batch.lookup(interface))
            for work, result in zip(group, results, strict=True):
                if result.faults:
                    work.outcome = summed_up("translate.mapping_failed", result.faults)
                else:
                    _take(work, result.document, inbound)
        if inbound:
            for work in group:
                if work.live and (faults := validate(validator(interface.document_type), work.canonical)):
                    work.outcome = summed_up("validate.canonical", faults)


def _take(work, document, inbound):
    if inbound:
        work.canonical = document
        work.document_type = document.get("type") if isinstance(document, dict) else None
        work.reference = work.reference or _reference(document)
    else:
        work.document = document


def _reference(document):
    """What people search for: the document's own number, else the order's."""
    for name in ("number", "order_number", "tracking_number", "request_number"):
        if document.get(name):
            return str(document[name])
    return None
