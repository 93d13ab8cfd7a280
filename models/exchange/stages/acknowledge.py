"""Tell the sender what became of its document, where its policy asks for that."""

from datetime import datetime, timezone

from ....core.work import Done
from ..publisher import EventDraft

NAME = "acknowledge"


def run(batch, works):
    """Publish a business acknowledgement for each work that is done; commits with the business change."""
    drafts = []
    for work in works:
        interface = batch.interface(work.interface_id)
        if interface.acknowledgement != "business" or not isinstance(work.outcome, Done) or work.left_to_steward:
            continue
        document = {
            "type": "acknowledgement",
            "subject": {
                "type": work.document_type,
                "number": work.outcome.reference or work.reference or work.uid,
                "message_id": work.uid,
            },
            "level": "business",
            "status": verdict_of(work.outcome.lines),
            "answered_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "faults": [],
        }
        if work.outcome.lines:
            document["lines"] = work.outcome.lines
        document |= parties(batch.env, work.canonical or {}, work.company_id)
        drafts.append(
            (
                None,
                EventDraft(
                    document=document,
                    ordering_key=work.ordering_key or work.uid,
                    company_id=work.company_id,
                    occurred_at=datetime.now(timezone.utc).replace(tzinfo=None),
                    process_id=work.outcome.process_id,
                    trading_partner_id=work.trading_partner_id,
                    subject=f"message/{work.uid}",
                ),
            )
        )
    batch.env["sync.event"]._insert("acknowledgement", drafts)


def verdict_of(lines):
    """The verdict on the whole: that of its lines, where they agree."""
    statuses = {line["status"] for line in lines}
    if statuses <= {"accepted"}:
        return "accepted"
    return "rejected" if statuses == {"rejected"} else "accepted_with_changes"


def parties(env, canonical, company_id):
    """Who ordered and who answers, and the currency, where the document that is answered names a buyer.

    The sender knows how to reach its people, and an answer is not about them: companies are only named.

    :param canonical: the document that is answered
    :param company_id: whose document it is
    :returns: members of an acknowledgement: ``buyer``, ``seller`` and ``currency``, or none
    """
    buyer = _company(canonical.get("buyer") or {})
    if not buyer:
        return {}
    seller = _company(canonical.get("seller") or env["res.company"].browse(company_id)._sync_party())
    named = {"buyer": buyer, "seller": seller, "currency": canonical.get("currency")}
    return {name: value for name, value in named.items() if value}


def _company(party):
    return {name: party[name] for name in ("identifiers", "company_name") if party.get(name)}
