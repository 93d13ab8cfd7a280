"""Documents -> interchanges: each message gets its control number once, and keeps it on every try."""

import json
from dataclasses import dataclass
from datetime import datetime

from ...core.codecs import codec
from ...core.codecs.edi.enveloping import answer_of, enclosed
from ...core.faults import Fault
from .control_number import draw
from .cursor import nothing_stays, read_committed

ANSWER = "interchange.acknowledgement"

_KNOWN = """
    SELECT i.message_id, i.sender, i.receiver, i.number, i.made_at, i.position > 0 OR EXISTS (
           SELECT FROM sync_acknowledgement a
            WHERE a.message_id = i.message_id AND a.level = 'syntax' AND a.state = 'rejected')
      FROM sync_interchange i WHERE i.message_id = ANY(%s::int[])
"""
# Only what it was when it was looked at: another worker that was quicker has decided.
_KEEP = """
    INSERT INTO sync_interchange AS i (direction, standard, sender, receiver, reference, number, group_kind,
                                       document_kind, message_id, endpoint_id, trading_partner_id, company_id, position,
                                       made_at)
    VALUES ('outbound', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC')
    ON CONFLICT (message_id) WHERE message_id IS NOT NULL DO UPDATE
       SET standard = EXCLUDED.standard, sender = EXCLUDED.sender, receiver = EXCLUDED.receiver,
           reference = EXCLUDED.reference, number = EXCLUDED.number, group_kind = EXCLUDED.group_kind,
           document_kind = EXCLUDED.document_kind, made_at = EXCLUDED.made_at, position = EXCLUDED.position
     WHERE i.number = %s
"""
_ANEW = """
    UPDATE sync_acknowledgement SET state = 'awaited', due_at = NULL, answered_at = NULL, detail = NULL,
           answer_message_id = NULL
     WHERE message_id = ANY(%s) AND level = 'syntax' AND state = 'rejected'
"""


@dataclass(frozen=True, slots=True)
class Allotted:
    """The control number of a message's interchange, and the moment (naive UTC) that stands in it."""

    number: int
    made_at: datetime


def envelop(batch, works):
    """Write each work's document into an interchange of its own; leaves ``encoded``, or a Fault as outcome."""
    pairs = []
    for work in works:
        try:
            pairs.append((work, _enclosed(batch.interface(work.interface_id), work)))
        except Fault as fault:
            work.outcome = fault
    if not pairs:
        return
    allotted = _as_in_a_trial(batch, pairs) if nothing_stays(batch.env.cr) else _allot(batch.env, pairs)
    for work, content in pairs:
        given = allotted.get(work.message_id)
        if not isinstance(given, Allotted):
            work.outcome = given or Fault("engine.serialization", "Another worker numbers this document just now.")
            continue
        try:
            interface = batch.interface(work.interface_id)
            writing = codec(interface.codec, interface.codec_options)
            day, clock = given.made_at.strftime("%Y-%m-%d"), given.made_at.strftime("%H:%M")
            work.encoded = writing.enclose(content.documents, content.envelope(given.number, day, clock))
            work.content_type = writing.media_type
        except Fault as fault:
            work.outcome = fault


def reopened(batch, works):
    """Documents that left with others and are sent as they were: each is put into an interchange of its own.

    Under the number of all, it would be taken for the repeat of an interchange that it is not.
    """
    with_others = _left_together(batch.env.cr, [work.message_id for work in works]) if works else set()
    again = [work for work in works if work.message_id in with_others]
    for work in again:
        try:
            interface = batch.interface(work.interface_id)
            work.document = codec(interface.codec, interface.codec_options).decode(work.encoded)
        except Fault as fault:
            work.outcome = fault
    envelop(batch, [work for work in again if work.live])


def _left_together(cr, message_ids):
    cr.execute("SELECT message_id FROM sync_interchange WHERE position > 0 AND message_id = ANY(%s)", [message_ids])
    return {row[0] for row in cr.fetchall()}


def _enclosed(interface, work):
    if interface.document_type == ANSWER:
        content = answer_of(interface.edi, work.document)
        kind = content.documents[-1]["message"]["type"]
        work.reference = f"{kind} {work.document['subject']['number']}"
        return content
    return enclosed(interface.edi, work.document)


def _as_in_a_trial(batch, pairs):
    """The numbers that messages have; 0 for those that have none, for nothing is drawn in a trial."""
    now = batch.env.cr.now()
    known, _stale = _known(batch.env.cr, pairs)
    return {work.message_id: known.get(work.message_id) or Allotted(0, now) for work, _content in pairs}


def _known(cr, pairs):
    """({message id: what it was allotted}, {message id: its number that will not do any more}).

    Under another identity there are other numbers; and what a partner has rejected is written anew, with other content:
    under its old number the partner would take it for a repeat. So it would what left with others and leaves alone now.
    """
    wanted = {work.message_id: (content.sender, content.receiver) for work, content in pairs}
    cr.execute(_KNOWN, [list(wanted)])
    known, stale = {}, {}
    for message_id, sender, receiver, number, made_at, over in cr.fetchall():
        if wanted[message_id] == (sender, receiver) and not over:
            known[message_id] = Allotted(number, made_at)
        else:
            stale[message_id] = number
    return known, stale


def _allot(env, pairs):
    """{message id: Allotted or Fault}. Committed before anything is sent: what a partner has seen is never lost.

    In a transaction of its own: numbers are drawn from rows that all workers share, and held for a moment only.
    """
    with read_committed(env.registry) as cr:
        known, stale = _known(cr, pairs)
        missing = [(work, content) for work, content in pairs if work.message_id not in known]
        if not missing:
            return known
        refused = _draw_all(cr, missing, stale)
        cr.execute(_ANEW, [sorted(stale.keys() - refused.keys())])
        return {**known, **_known(cr, missing)[0], **refused}


def _draw_all(cr, pairs, stale):
    """Draw for those that have none, line by line in one order for everybody; {message id: Fault} of the others."""
    lines, refused = {}, {}
    for work, content in pairs:
        line = (work.company_id, content.header["standard"], content.sender, content.receiver)
        lines.setdefault(line, []).append((work, content))
    for line, group in sorted(lines.items(), key=lambda item: item[0]):
        try:
            first = draw(cr, *line, len(group))
        except Fault as fault:
            refused.update({work.message_id: fault for work, _content in group})
            continue
        for number, (work, content) in enumerate(group, first):
            _keep(cr, work, content, number, 0, stale.get(work.message_id, -1))
    return refused


def _keep(cr, work, content, number, position, stale):
    """Write down under which number a message leaves, and at which place (0: alone)."""
    sent = content.sent(number)
    cr.execute(
        _KEEP,
        [
            content.header["standard"],
            content.sender,
            content.receiver,
            sent.interchange,
            number,
            sent.group_kind or None,
            sent.type,
            work.message_id,
            work.endpoint_id,
            work.trading_partner_id,
            work.company_id,
            position,
            stale,
        ],
    )


class Interchanges:
    """Interchanges of several documents, see :mod:`.together`: of one type, between the same identities."""

    @staticmethod
    def numbered(env, message_ids):
        """Which messages have a number that they alone leave under, and may have left under."""
        with read_committed(env.registry) as cr:
            cr.execute("SELECT message_id FROM sync_interchange WHERE message_id = ANY(%s)", [message_ids])
            return {row[0] for row in cr.fetchall()}

    @staticmethod
    def media_type(interface):
        """What the bytes are."""
        return codec(interface.codec, interface.codec_options).media_type

    @staticmethod
    def kind(interface, work):
        """What must be alike, so that all stand in one envelope and one group."""
        content = _enclosed(interface, work)
        sent = content.sent(0)
        return (
            f"{sent.type} {sent.group_kind} {json.dumps([content.header, content.group], sort_keys=True, default=str)}"
        )

    @classmethod
    def alone(cls, interface, work, reference, made_at):
        """The interchange with this document alone, under the number of all."""
        content = _enclosed(interface, work)
        return _written(interface, content, content.documents, int(reference), made_at)

    @classmethod
    def file(cls, cr, interface, group, made_at):
        """(reference, bytes, the works that are in it); what cannot be written has a fault. Draws the number."""
        inside = []
        for work in group:
            try:
                content = _enclosed(interface, work)
                _written(interface, content, content.documents, 0, made_at)
                inside.append((work, content))
            except Fault as fault:
                work.outcome = fault
        if not inside:
            return "", b"", []
        first = inside[0][1]
        number = draw(cr, interface.company_id, first.header["standard"], first.sender, first.receiver)
        documents = [document for _work, content in inside for document in content.documents]
        body = _written(interface, first, documents, number, made_at)
        for position, (work, content) in enumerate(inside, 1):
            work.encoded = _written(interface, content, content.documents, number, made_at)
            _keep(cr, work, content, number, position, -1)
        return first.sent(number).interchange, body, [work for work, _content in inside]


def _written(interface, content, documents, number, made_at):
    day, clock = made_at.strftime("%Y-%m-%d"), made_at.strftime("%H:%M")
    writing = codec(interface.codec, interface.codec_options)
    return writing.enclose(documents, content.envelope(number, day, clock))
