"""The partner's document -> the canonical one, and back on the way out."""

from datetime import timezone

from ....core.canonical import validator
from ....core.contracts import summary, validate
from ..located import located

NAME = "translate"
NUMBERS = ("number", "order_number", "tracking_number", "request_number")


def run(batch, works):
    """Run each interface's mapping over all its documents at once; look-ups go to the database once per domain."""
    for interface, mapping, group in _by_mapping(batch, works):
        inbound = interface.direction == "inbound"
        sources = [work.document if inbound else _leaving(interface, work.canonical) for work in group]
        for work, document in zip(group, _translated(batch, interface, mapping, group, sources), strict=True):
            if not work.live:
                continue
            if inbound:
                take(batch, work, document, validator(interface.document_type))
            else:
                work.document = document


def _by_mapping(batch, works):
    """Works of one interface and one mapping: a replay may ask for the version of then."""
    for interface, group in batch.by_interface(works):
        parts = {}
        for work in group:
            mapping = batch.mapping(work)
            parts.setdefault(id(mapping), (mapping, []))[1].append(work)
        for mapping, part in parts.values():
            yield interface, mapping, part


def _leaving(interface, document):
    """The document as it may leave: into another data region without what nobody allowed."""
    return interface.crossing.shown(document) if interface.crossing else document


def _translated(batch, interface, mapping, group, sources):
    """One document per source; without a mapping the partner speaks our language already."""
    if mapping is None:
        return sources
    environment = interface.environment
    contexts = [_context(work, environment) for work in group]
    results = mapping.evaluate_many(sources, lookup=batch.lookup(interface), contexts=contexts)
    for work, result in zip(group, results, strict=True):
        work.notices += [notice.text for notice in result.notices]
        if result.faults:
            work.outcome = summary(located(batch, work, result.faults), reference=work.reference)
    return [result.document for result in results]


def _context(work, environment):
    """What ``@context`` knows: ``occurred_at`` is when an event became true, of what arrives when it arrived. Of an
    answer also ``request``, the canonical document that it answers."""
    occurred = work.event.time if work.event else work.received_at
    occurred = occurred if occurred.tzinfo else occurred.replace(tzinfo=timezone.utc)
    request = {"request": work.request.document} if work.request and work.request.document else {}
    return {
        "message_id": work.uid,
        "received_at": work.received_at.isoformat(),
        "occurred_at": occurred.isoformat(),
        "environment": environment,
        **request,
    }


def take(batch, work, document, shape):
    """Make ``document`` the canonical one of ``work``; ``shape`` is what it has to be by the catalogue."""
    work.canonical = document
    work.document_type = document.get("type")
    work.reference = work.reference or next((str(document[name]) for name in NUMBERS if document.get(name)), None)
    if faults := validate(shape, document, code="validate.canonical"):
        work.outcome = summary(located(batch, work, faults, canonical=True), reference=work.reference)
