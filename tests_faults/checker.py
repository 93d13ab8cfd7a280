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


@dataclass(frozen=True)
class Fetched:
    """What a partner that calls nobody had for us, and what became of it. A document is a (line, number).

    ``brought`` says how often a file with it was brought, ``archived`` how many such files are in the archive; ``left``
    are the names of files elsewhere. ``messages`` counts them by state. ``late`` is how often a file was late, and
    ``late_told`` and ``repeats_told`` how often people were told.
    """

    brought: Mapping[tuple[str, int], int]
    listed: Iterable[tuple[str, int]]
    messages: Mapping[str, int]
    effects: Iterable[tuple[str, int]]
    archived: Mapping[tuple[str, int], int]
    left: Iterable[str] = ()
    late: int = 0
    late_told: int = 0
    repeats_told: int = 0


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


def check_fetched(facts: Fetched) -> list[str]:
    """What is not as promised of files and lists that we fetch: taken once, archived once, told once."""
    return list(_fetched(facts))


def _fetched(facts):
    effects = list(facts.effects)
    of_document = Counter(effects)
    wanted = {**facts.brought, **dict.fromkeys(facts.listed, 1)}
    for document in sorted(wanted.keys() | of_document.keys()):
        count = of_document[document]
        if document not in wanted:
            yield f"{_named(document)} has an effect and nobody had it for us"
        elif count != 1:
            yield f"{_named(document)} was fetched and has {count} effects"
    for document, count in sorted(facts.brought.items()):
        archived = facts.archived.get(document, 0)
        if archived != count:
            yield f"{_named(document)} was brought {count} times and is {archived} times archived"
    for document in sorted(facts.archived.keys() - facts.brought.keys()):
        yield f"{_named(document)} is archived and nobody brought it"
    yield from (f"the file {name} was left behind" for name in facts.left)
    if facts.messages != ({"done": len(wanted)} if wanted else {}):
        yield f"{len(wanted)} documents were fetched and became messages {dict(facts.messages)}"
    last: dict[str, int] = {}
    for line, number in effects:
        if number < last.get(line, 0):
            yield f"line {line}: number {number} came after {last[line]}"
        last[line] = number
    if facts.late_told != facts.late:
        yield f"a file was late {facts.late} times and people were told {facts.late_told} times"
    repeats = sum(facts.brought.values()) - len(facts.brought)
    if facts.repeats_told > repeats:
        yield f"{repeats} files came again and people were told of {facts.repeats_told}: some were deaths of ours"


def _named(document):
    return f"{document[0]}/{document[1]}"


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
