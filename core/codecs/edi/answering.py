"""A file of interchanges -> the canonical syntax acknowledgement of each that is to be answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .acknowledged import is_acknowledgement
from .acknowledging import acknowledgements, envelope_acknowledgement, reply_envelope, verdict_of
from .enveloping import party
from .report import EdiPart, InterchangeReport

__all__ = ["Answer", "Wanted", "answers"]

Wanted = Literal["always", "errors"]


@dataclass(frozen=True)
class Answer:
    """What is told about one interchange: ``document`` is an ``interchange.acknowledgement``.

    ``header`` is that of the interchange as it came. ``told`` is False where the sender is told nothing: all is well
    and only errors are told, or nothing can be said.
    """

    reference: str
    sender: str
    receiver: str
    status: str
    document: dict[str, Any]
    told: bool
    header: Mapping[str, Any] = field(default_factory=dict)


def answers(parts: Iterable[EdiPart], *, wanted: Wanted = "always", implementation: bool = False) -> Iterator[Answer]:
    """One answer for each interchange of a file, none for one of acknowledgements or without a readable header.

    :param parts: as :meth:`.codec.EdiCodec.split` gives them
    :param implementation: X12: a 999 in the place of a 997
    """
    business = acknowledging = 0
    for part in parts:
        if part.message is not None:
            answers_ours = is_acknowledgement({"message": {"type": part.message.type}})
            acknowledging += answers_ours
            business += not answers_ours
        if part.interchange is None:
            continue
        if part.interchange.reference and (business or not acknowledging):
            yield _answer(part.interchange, wanted, implementation)
        business = acknowledging = 0


def _answer(report: InterchangeReport, wanted: Wanted, implementation: bool) -> Answer:
    status, findings = verdict_of(report)
    envelope = envelope_acknowledgement(report)
    documents = [*([envelope] if envelope else []), *acknowledgements(report, implementation=implementation)]
    # The moment is that of the answer, and set when it is sent.
    header = reply_envelope(report, reference="0", date="2000-01-01", time="00:00").interchange
    kept = {name: value for name, value in header.items() if name not in ("reference", "date", "time")}
    sender, receiver = party(report.header.get("sender")), party(report.header.get("receiver"))
    document = {
        "type": "interchange.acknowledgement",
        "subject": {
            "standard": report.standard,
            "number": report.reference,
            "sender": sender or "UNKNOWN",
            "receiver": receiver or "UNKNOWN",
        },
        "status": status,
        "documents": findings,
        "extensions": {"edi": {"header": kept, "documents": documents}},
    }
    told = bool(documents and sender and receiver) and (wanted == "always" or status != "accepted")
    return Answer(report.reference, sender, receiver, status, document, told, report.header)
