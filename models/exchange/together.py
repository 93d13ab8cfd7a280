"""Several documents leave in one interchange or file, where their endpoint says so, each with a place of its own.

Which documents stand in a file is written down with its bytes before anything is sent. Whatever happens then, the same
bytes leave again under the same number and name, so that the partner can tell the repeat; once it has taken them
nothing is sent again. What is sent anew on purpose leaves alone.
"""

import copy
import hashlib
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from odoo import SUPERUSER_ID, api

from ...core.codecs import codec
from ...core.delivery.http import DeliveryResult
from ...core.faults import Fault
from ..partner.endpoint_together import TOGETHER
from . import failover
from .cursor import nothing_stays, read_committed
from .enveloping import ANSWER
from .sealing import SEALED, opened, ring_of, seal
from .transport import Parcel

BODY = "together"
"""The kind of payload that a file is kept as, at its first message, until the partner has taken it."""

_PLACES = """
    SELECT o.message_id, o.file_uid, o.reference, o.made_at, o.taken_at IS NOT NULL,
           (SELECT f.message_id FROM sync_outbound_place f WHERE f.file_uid = o.file_uid AND f.position = 1)
      FROM sync_outbound_place o WHERE o.message_id = ANY(%s::int[])
"""
# Nobody is sent what a person took back or holds, unless it may have left already.
_DISSOLVED = """
    DELETE FROM sync_outbound_place o
     WHERE o.file_uid = ANY(%s) AND o.taken_at IS NULL AND o.left_at IS NULL
       AND EXISTS (SELECT FROM sync_outbound_place x JOIN sync_message m ON m.id = x.message_id
                    WHERE x.file_uid = o.file_uid AND m.state <> 'ready')
    RETURNING o.message_id
"""
_BODIES = f"""
    SELECT o.file_uid, p.content_type, {SEALED} FROM sync_outbound_place o
      JOIN sync_payload p ON p.message_id = o.message_id AND p.kind = '{BODY}' AND p.erased_at IS NULL
     WHERE o.file_uid = ANY(%s) AND o.position = 1
"""
_KEEP = """
    INSERT INTO sync_outbound_place (file_uid, message_id, position, reference, company_id, made_at)
    SELECT %s, t.id, t.position, %s, %s, %s
      FROM unnest(%s::int[]) WITH ORDINALITY AS t(id, position)
    ON CONFLICT (message_id) DO NOTHING
"""
_KEEP_BODY = f"""
    INSERT INTO sync_payload (message_id, company_id, kind, content, key_id, size, sha256, content_type, created_at)
    VALUES (%s, %s, '{BODY}', %s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC')
    ON CONFLICT (message_id, kind) WHERE message_id IS NOT NULL DO UPDATE
       SET content = EXCLUDED.content, key_id = EXCLUDED.key_id, size = EXCLUDED.size, sha256 = EXCLUDED.sha256,
           content_type = EXCLUDED.content_type, created_at = EXCLUDED.created_at, erased_at = NULL
"""
_LEAVES = "UPDATE sync_outbound_place SET left_at = now() AT TIME ZONE 'UTC' WHERE file_uid = ANY(%s)"
_NOT_TAKEN = "UPDATE sync_outbound_place SET left_at = NULL WHERE file_uid = ANY(%s) AND taken_at IS NULL"
_TAKEN = """
    UPDATE sync_outbound_place SET taken_at = now() AT TIME ZONE 'UTC' WHERE file_uid = ANY(%s) AND taken_at IS NULL
"""
_FORGET = f"""
    DELETE FROM sync_payload WHERE kind = '{BODY}' AND message_id IN (
        SELECT message_id FROM sync_outbound_place WHERE file_uid = ANY(%s))
"""


@dataclass(frozen=True, slots=True)
class OutFile:
    """What a document leaves in with others. ``first`` is the message at its first place; ``body`` is None once the
    partner has taken it."""

    uid: str
    first: int
    reference: str
    made_at: datetime
    body: bytes | None
    content_type: str = ""

    @property
    def taken(self):
        """Whether the partner has it, and nothing is to be sent."""
        return self.body is None


def may_share(batch, works):
    """The works that may leave with others: their format has room for several, and nothing makes them leave alone."""
    if nothing_stays(batch.env.cr):
        return []
    return [work for work in works if work.replay is None and _has_room(batch, work)]


def _has_room(batch, work):
    try:
        interface = batch.interface(work.interface_id)
    except Fault:
        return False  # said where the others are encoded
    if interface.document_type == ANSWER:
        return False  # a sender waits for it
    return interface.codec in TOGETHER and interface.event_form == "document" and not interface.thin


def collect(batch, works, making):
    """Put ``works`` into files: those that stand in one stay there, the others are taken up in their order.

    Leaves ``file``, and in ``encoded`` what is kept of each alone. Returns the works that leave alone: their endpoint
    says so, or they were tried before, under a number or name of their own.
    """
    known = _known(batch.env, works) if works else {}
    rest = []
    for work in works:
        found = known.get(work.message_id)
        if isinstance(found, Fault):
            work.outcome = found
        elif found:
            work.file, work.content_type = found, found.content_type
            with suppress(Fault):  # it leaves as it was written then, whatever its mapping says now
                work.encoded = making.alone(batch.interface(work.interface_id), work, found.reference, found.made_at)
            work.encoded = work.encoded or found.body or b""
        else:
            rest.append(work)
    several = [w for w in rest if not w.attempt and batch.interface(w.interface_id).together > 1]
    numbered = making.numbered(batch.env, [work.message_id for work in several]) if several else set()
    several = [work for work in several if work.message_id not in numbered]
    sharing = {work.message_id for work in several}
    for interface, group in batch.by_interface(several):
        kinds = {}
        for work in group:
            try:
                kinds.setdefault(making.kind(interface, work), []).append(work)
            except Fault as fault:
                work.outcome = fault
        for each in kinds.values():
            for at in range(0, len(each), interface.together):
                _make(batch.env, interface, each[at : at + interface.together], making)
    return [work for work in rest if work.message_id not in sharing]


def _known(env, works):
    """{message id: the file it stands in, or Fault}."""
    with read_committed(env.registry) as cr:
        cr.execute(_PLACES, [[work.message_id for work in works]])
        rows = cr.fetchall()
        if not rows:
            return {}
        cr.execute(_DISSOLVED, [sorted({row[1] for row in rows})])
        free = {row[0] for row in cr.fetchall()}
        rows = [row for row in rows if row[0] not in free]
        cr.execute(_BODIES, [sorted({row[1] for row in rows})])
        bodies = {file_uid: (form, row) for file_uid, form, *row in cr.fetchall()}
    found = {}
    for message_id, file_uid, reference, made_at, taken, first in rows:
        form, row = bodies.get(file_uid, ("", None))
        try:
            body = None if taken or row is None else opened(env, *row)
        except Fault as fault:
            found[message_id] = fault
            continue
        if body is None and not taken:
            words = f"The file {reference or file_uid} that it is to leave in is not kept any more. Replay it."
            found[message_id] = Fault("receive.content_gone", words, subject="file that leaves")
            continue
        found[message_id] = OutFile(file_uid, first, reference or "", made_at, body, form or "")
    return found


def _make(env, interface, group, making):
    """One file of ``group``, written down with its bytes before anything of it is sent."""
    try:
        with read_committed(env.registry) as cr:
            cr.execute("SELECT date_trunc('second', now() AT TIME ZONE 'UTC')")
            (made_at,) = cr.fetchone()
            reference, body, group = making.file(cr, interface, group, made_at)
            if not group:
                return
            ids = [work.message_id for work in group]
            uid = f"file_{uuid.uuid4().hex}"
            file = OutFile(uid, ids[0], reference, made_at, body, making.media_type(interface))
            sha256 = hashlib.sha256(body).hexdigest()
            key_id, content = None, body
            if interface.confidential:
                ring = ring_of(api.Environment(cr, SUPERUSER_ID, {}))  # the server's own keys
                key_id, content = seal(ring, interface.company_id, BODY, body, sha256)
            cr.execute(_KEEP, [file.uid, reference, interface.company_id, made_at, ids])
            if cr.rowcount != len(ids):
                raise Fault("engine.serialization", "Another worker puts this document into a file just now.")
            cr.execute(
                _KEEP_BODY, [ids[0], interface.company_id, content, key_id, len(body), sha256, file.content_type]
            )
    except Fault as fault:
        for work in group:
            work.outcome = work.outcome or fault
        return
    for work in group:
        work.file, work.content_type = file, file.content_type


class Flat:
    """Files of an ordinary format: the documents one after the other."""

    @staticmethod
    def numbered(env, message_ids):
        """Which messages have a number that they alone leave under: none."""
        return set()

    @staticmethod
    def media_type(interface):
        """What the bytes are."""
        return codec(interface.codec, interface.codec_options).media_type

    @staticmethod
    def kind(interface, work):
        """Documents of one kind stand together: all of an interface are."""
        return ""

    @staticmethod
    def alone(interface, work, reference, made_at):
        """The document as if it left alone."""
        return codec(interface.codec, interface.codec_options).encode(work.document)

    @classmethod
    def file(cls, cr, interface, group, made_at):
        """(reference, bytes, the works that are in it); what cannot be written has a fault."""
        for work in group:
            try:
                work.encoded = cls.alone(interface, work, "", made_at)
            except Fault as fault:
                work.outcome = fault
        inside = [work for work in group if work.live]
        writing = codec(interface.codec, interface.codec_options)
        return "", b"".join(writing.write([work.document for work in inside])), inside


# -- on the wire -------------------------------------------------------------------------------------------------------


def as_one(work):
    """``work`` as its transport sees it: bytes, ids and name are those of the file, whoever of it is due first."""
    carrier = copy.copy(work)
    carrier.message_id = work.file.first
    carrier.encoded, carrier.content_type, carrier.uid = work.file.body, work.file.content_type, work.file.uid
    carrier.reference = carrier.ordering_key = work.file.reference or work.file.uid[-12:]
    carrier.received_at = work.file.made_at
    return carrier


def nothing(parcel):
    """The result for a document that the partner got with the others of its file."""
    return DeliveryResult(status=None, headers={}, body=b"", elapsed=0.0, fault=None)


def empty_parcel(work):
    """A parcel that is not sent."""
    return Parcel(message_id=work.message_id, endpoint_id=work.endpoint_id, url="", body=b"")


def leaves(cr, flights):
    """Write down, immediately before the network, that these files leave."""
    if uids := _files(flights):
        cr.execute(_LEAVES, [uids])


def not_taken(cr, flights):
    """What certainly was not taken may be made anew without one that was taken back."""
    if uids := _files(flight for flight in flights if not failover.may_be_taken(flight.result)):
        cr.execute(_NOT_TAKEN, [uids])


def taken(cr, flights):
    """In the transaction that turns the first of a file done: the partner has all of it."""
    if uids := _files(flights):
        cr.execute(_TAKEN, [uids])
        cr.execute(_FORGET, [uids])


def _files(flights):
    return sorted({flight.work.file.uid for flight in flights if flight.work.file and not flight.work.file.taken})
