"""What an exception says, in the words of the people who read it."""

import json
from datetime import timedelta

from markupsafe import Markup

from ...core.faults import FaultType, taxonomy
from ...core.triage import leaves

SPOKEN = {
    "fulfilment.request": "Fulfilment request",
    "order.cancel": "Cancellation of order",
    "order.change": "Change of order",
    "return.requested": "Return request",
    "risk.assessed": "Risk assessment of order",
    "risk.request": "Risk assessment of order",
    "tax_determination.reply": "Tax of order",
    "tax_determination.request": "Tax of order",
    "tracking.event": "Tracking of parcel",
}
# What any document can meet: the domain is the document's, not the taxonomy's.
ANY_DOCUMENT = {"apply.refused", "apply.not_supported"}
EXPIRED = {"gate.waiting": "gate.deadline_passed", "deliver.to_be_fetched": "deliver.not_fetched"}
SEVERITIES = [("info", "Note"), ("warning", "Warning"), ("error", "Error"), ("critical", "Critical")]
RANK = {severity: rank for rank, (severity, _label) in enumerate(SEVERITIES)}
URGENCY = {"info": 4.0, "warning": 2.0, "error": 1.0, "critical": 0.25}
RESOLVE_HOURS = 8.0
LONGEST_TABLE = 50


def fault_type(code: str) -> FaultType:
    """The entry of the taxonomy; a code that it does not know counts as an internal error."""
    return taxonomy().get(code) or taxonomy()["engine.internal"]


def severity(entry: FaultType) -> str:
    """Nobody is called for a note: what became an exception is a warning at least."""
    return entry.severity if RANK[entry.severity] >= RANK["warning"] else "warning"


def domain(entry: FaultType, document_domain: str | None) -> str:
    """Whose work it is: of the document's domain where the fault itself says nothing about the business."""
    general = not entry.code.startswith("apply.") or entry.code in ANY_DOCUMENT
    if entry.nature == "business" and general and document_domain:
        return document_domain
    return entry.domain


def due_after(level: str, resolve_hours: float | None) -> timedelta:
    """How long a person has: the service level's hours for an error, a quarter of them for what is critical."""
    return timedelta(hours=(resolve_hours or RESOLVE_HOURS) * URGENCY[level])


def document_label(code: str | None, reference: str | None, partner: str | None, direction: str | None) -> str:
    """``Order 1001 from Web shop``."""
    noun = SPOKEN.get(code or "") or (code or "document").split(".")[0].replace("_", " ").capitalize()
    text = f"{noun} {reference}" if reference else f"A document ({noun.lower()})" if code else "A document"
    way = {"outbound": "to", "inbound": "from"}.get(direction or "")
    return f"{text} {way} {partner}" if way and partner else text


def sentence(document: str, entry_title: str, subject: str | None, documents: int) -> str:
    """``Order 1001 from Web shop and 2 more: the product is not known (product SKU-9)``."""
    who = f"{document} and {documents - 1} more" if documents > 1 else document
    what = entry_title[:1].lower() + entry_title[1:]
    about = " ".join((subject or "").split())
    told = not about or about.casefold() in f"{who}: {what}".casefold() or about.casefold().startswith("interface ")
    if told or len(about) > 80:
        return f"{who}: {what}"
    return f"{who}: {what} ({about})"


def fault_table(faults: str | None) -> Markup:
    """The single faults as a table for people; values are escaped."""
    found = leaves(json.loads(faults or "[]"))
    if not found:
        return Markup("")
    rows = [
        Markup("<tr><td>%s</td><td class='text-nowrap'><code>%s</code></td><td>%s</td><td>%s</td></tr>")
        % (
            fault.get("detail", ""),
            " ".join(filter(None, [fault.get("origin"), fault.get("pointer")])),
            _shown(fault.get("expected")),
            _shown(fault.get("found")),
        )
        for fault in found[:LONGEST_TABLE]
    ]
    if len(found) > LONGEST_TABLE:
        rows.append(Markup("<tr><td colspan='4'>… and %s more</td></tr>") % (len(found) - LONGEST_TABLE))
    return Markup(
        "<table class='table table-sm table-striped mb-0'><thead><tr><th>What is wrong</th><th>Where</th>"
        "<th>Expected</th><th>Found</th></tr></thead><tbody>%s</tbody></table>"
    ) % Markup("").join(rows)


def _shown(value):
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
