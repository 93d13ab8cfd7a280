"""What must be known before the document may act: its process, and who owns what it says."""

from ....core.canonical import validator
from ....core.contracts import summary, validate
from ....core.faults import Fault
from ....core.ownership import parts, without
from ....core.work import Done, ForeignWrite

NAME = "enrich"


def run(batch, works):
    """Attach each document to the process it belongs to, and take out of it what another system owns."""
    for interface, group in batch.by_interface(works):
        processes = batch.env["sync.process"]._find_by_document(
            interface.company_id, [work.canonical for work in group]
        )
        for work, process_id in zip(group, processes, strict=True):
            work.process_id = work.process_id or process_id
            decision = _writes(batch, interface) and batch.ownership(interface, work.canonical)
            if decision:
                _weigh(batch, interface, work, decision)


def _weigh(batch, interface, work, decision):
    """What the ownership matrix leaves of a document, by the verdict on each of its parts."""
    if decision.refused:
        work.outcome = Fault(
            "enrich.owned_elsewhere",
            f"{decision.reason} The document says: {', '.join(decision.refused)}.",
            reference=work.reference,
            subject=f"ownership {interface.code}",
        )
        return
    said, domain = parts(decision.domain, work.canonical), decision.domain
    out = [*decision.ignored, *decision.proposed]
    partial = _partial(batch, interface)
    whole = bool(decision.proposed) and (not partial or set(out) == set(said))
    if out and not whole and set(out) == set(said):
        work.outcome = Done(reference=work.reference, process_id=work.process_id, note=decision.reason)
        return
    rest = without(work.canonical, decision.ignored if whole else out) if out else work.canonical
    if not partial and out and (faults := validate(validator(work.document_type), rest)):
        work.outcome = _incomplete(work, decision, interface, faults)
        return
    if decision.ignored:
        work.notices.append(f"Left out: {', '.join(decision.ignored)}. {decision.reason}")
    for rule, paths in _by_rule(decision, decision.proposed):
        document = rest if whole else without(work.canonical, [path for path in said if path not in paths])
        work.foreign.append(_write("proposed", domain, rule, decision, paths, document, whole))
        work.notices.append(f"Proposed to {rule.steward_name or 'an integration manager'}: {rule.what}.")
    if not whole:
        for rule, paths in _by_rule(decision, decision.told):
            work.foreign.append(_write("told", domain, rule, decision, paths, work.canonical, False))
    work.left_to_steward = whole
    if out:
        work.translated, work.canonical = work.canonical, rest


def _writes(batch, interface):
    handler = _handler(batch, interface)
    return handler is None or handler._writes


def _partial(batch, interface):
    handler = _handler(batch, interface)
    return handler is not None and handler._partial


def _handler(batch, interface):
    try:
        return batch.env["sync.handler"]._for(interface.handler, interface.document_type)
    except Fault:
        return None  # apply says that there is no handler


def _incomplete(work, decision, interface, faults):
    cause = summary(faults, reference=work.reference)
    return Fault(
        "enrich.ownership_incomplete",
        f"{decision.reason} The document cannot be applied without {', '.join(decision.ignored)}.",
        reference=work.reference,
        subject=f"ownership {interface.code}",
        causes=(cause,),
    )


def _by_rule(decision, paths):
    """(rule, its paths) of those ``paths``, each rule once."""
    found = {}
    for path in paths:
        found.setdefault(decision.rules[path], []).append(path)
    return found.items()


def _write(state, domain, rule, decision, paths, document, whole):
    return ForeignWrite(
        state=state,
        domain=domain,
        what=rule.what,
        owner=rule.owner_name,
        steward_id=rule.steward,
        version=decision.version,
        paths=tuple(paths),
        document=document,
        whole=whole,
    )
