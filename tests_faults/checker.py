"""Says what is not as promised, from what the senders remember and what the database holds. No input or output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sent:
    """One document as its sender remembers it.

    ``line`` is the ordering key and ``number`` its place there. ``accepted`` holds the message ids of all 2xx answers,
    repeats included; it is empty for a document that was refused every time. ``person`` says that a person is to be
    asked instead of an effect; ``may_pass`` that it is not held to the order of its line (it waited, or failed first).
    """

    key: str
    line: str
    number: int
    accepted: frozenset[str]
    person: bool = False
    may_pass: bool = False


@dataclass(frozen=True)
class Stored:
    """A message in the database. ``explained``: it is part of an exception that somebody owns."""

    uid: str
    state: str
    explained: bool = False
    fault: str | None = None


@dataclass(frozen=True)
class Effect:
    """What a message changed, in the order in which it happened."""

    uid: str
    line: str
    number: int


@dataclass(frozen=True)
class Facts:
    """What is in the database when all has come to rest."""

    messages: Mapping[str, Stored]
    effects: Iterable[Effect]
    claimed_lanes: int = 0
    lanes_due: int = 0
    lost_wakeups: int = 0
    half_stored: int = 0
    undelivered: Sequence[str] = ()


@dataclass
class Report:
    """What was looked at, and every broken promise in a sentence."""

    accepted: int = 0
    refused: int = 0
    effects: int = 0
    exceptions: int = 0
    broken: list[str] = field(default_factory=list)


def check(sent: Iterable[Sent], facts: Facts) -> Report:
    """Compare what was promised to the senders with what happened."""
    sent, effects = list(sent), list(facts.effects)
    report = Report(effects=len(effects))
    of_message = Counter(effect.uid for effect in effects)
    known: dict[str, Sent] = {}
    for document in sent:
        report.accepted += bool(document.accepted)
        report.refused += not document.accepted
        for uid in document.accepted:
            known[uid] = document
        report.broken += _one_document(document, facts.messages, of_message, report)
    for uid in sorted(set(of_message) - set(known)):
        report.broken.append(f"{uid} has an effect and was accepted from nobody")
    for uid in sorted(set(facts.messages) - set(known)):
        report.broken.append(f"{uid} is stored and its sender was never told so")
    report.broken += _order(effects, known)
    report.broken += _rest(facts)
    return report


def _one_document(document, messages, of_message, report):
    """One effect or one exception; one message, however often it was sent."""
    if not document.accepted:
        return
    if len(document.accepted) > 1:
        yield f"{document.key} was sent once more and became {len(document.accepted)} messages"
    for uid in document.accepted:
        stored, count = messages.get(uid), of_message[uid]
        if stored is None:
            yield f"{document.key} was accepted as {uid} and is not stored"
        elif document.person:
            report.exceptions += 1
            if count:
                yield f"{document.key} ({uid}) has an effect although a person was to decide"
            if stored.state not in ("failed", "cancelled") or not stored.explained:
                yield f"{document.key} ({uid}) is {stored.state} and nobody was told"
        elif stored.state != "done":
            why = f" ({stored.fault})" if stored.fault else ""
            yield f"{document.key} ({uid}) is {stored.state}{why} and not done"
        elif count != 1:
            yield f"{document.key} ({uid}) is done with {count} effects"


def _order(effects, known):
    """Of one line the effects come in the order in which the documents were sent."""
    last: dict[str, Effect] = {}
    passing = {uid for uid, document in known.items() if document.may_pass}
    for effect in effects:
        if effect.uid in passing:
            continue
        before = last.get(effect.line)
        if before and effect.number < before.number:
            yield f"line {effect.line}: number {effect.number} came after {before.number}"
        last[effect.line] = effect


def _rest(facts):
    """Nothing is at work, due or forgotten."""
    for count, what in (
        (facts.claimed_lanes, "lanes are still claimed"),
        (facts.lanes_due, "lanes are due and nobody takes them"),
        (facts.lost_wakeups, "lanes slept with open work: lost wake-ups"),
        (facts.half_stored, "transmissions were accepted without body or message"),
    ):
        if count:
            yield f"{count} {what}"
    for document in facts.undelivered:
        yield f"a document for a partner was not delivered: {document}"
