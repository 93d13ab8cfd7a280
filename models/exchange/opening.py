"""Open files that carry more documents than one transaction holds: in steps, in order, each step one commit.

How far a file is opened stands on its row and commits with the documents of each step, so a process that dies between
two steps, or within one, leaves a file that somebody else reads on from where it stands: no document twice, none lost.
What came while a file was being opened stands behind it in one line and then goes to its own.
"""

import json
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from odoo import SUPERUSER_ID, api

from ...core import queue
from ...core.codecs import codec
from ...core.faults import Fault
from ...core.work import Done
from ..partner.caller import Verdict
from . import filing, inbound, storing
from .blocks import stream
from .cursor import business, read_committed
from .gauge import TurnedAway
from .loading import load
from .prepared import BY_HASH
from .trip import Trip
from .verdicts import verdicts

CHUNK = 500
"""Documents of one step."""
TURN_SECONDS = 1.0
"""How long files are opened before others have their turn."""
KEPT = 2
FULL_SECONDS = 5.0
"""When it is looked again whether there is room, where too many documents wait."""

_FILE = """
    SELECT f.id, f.message_id, f.transmission_id, f.endpoint_id, e.code, f.documents, f.faults, f.scopes,
           f.codec_options, t.headers, t.remote_address, t.credential_id, t.dedupe_key, t.size, t.sha256
      FROM sync_file f JOIN sync_transmission t ON t.id = f.transmission_id JOIN sync_endpoint e ON e.id = f.endpoint_id
     WHERE f.message_id = ANY(%s)"""
# The message is ours as long as its lane is held under the token; locked last of all: who asks something of messages
# locks their lanes first.
_STILL_OURS = """
    SELECT m.id FROM sync_message m JOIN sync_lane l ON l.id = m.lane_id
     WHERE m.id = %s AND m.state = 'ready' AND l.claim = %s FOR NO KEY UPDATE OF m"""
_FURTHER = """
    UPDATE sync_file
       SET documents = documents + %(taken)s, repeated = coalesce(repeated, 0) + %(repeated)s,
           refused = coalesce(refused, 0) + %(refused)s, faults = %(faults)s, codec_options = %(options)s
     WHERE id = %(file)s AND documents = %(before)s"""
_WAITING = """
    SELECT count(*) FROM (
        SELECT FROM sync_message m JOIN sync_lane l ON l.id = m.lane_id
         WHERE m.state = 'ready' AND m.direction = 'inbound' AND l.key <> %(line)s
           AND (%(endpoint)s::int IS NULL OR m.endpoint_id = %(endpoint)s) LIMIT %(most)s) w"""


class Elsewhere(Exception):
    """Somebody else goes on with this file."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that is to be opened; ``documents`` of it are stored already."""

    id: int
    message_id: int
    transmission_id: int
    endpoint_id: int
    endpoint: str
    documents: int
    faults: str | None
    scopes: str | None
    codec_options: str | None
    headers: str
    remote_address: str | None
    credential_id: int | None
    key: str
    size: int
    sha256: str

    def sent(self):
        """How it came, without its bytes."""
        scopes = frozenset(json.loads(self.scopes or "[]"))
        headers = json.loads(self.headers or "{}")
        return filing.Sent(
            b"",
            headers,
            self.headers,
            self.remote_address,
            Verdict(self.credential_id, scopes, ""),
            self.key,
            self.sha256,
        )


def belongs_here(registry, heads):
    """Those of ``heads`` that are files to be opened, or came behind one."""
    lines = {head.message_id for head in heads if head.key == queue.UNOPENED}
    unknown = [head.message_id for head in heads if head.interface_id is None and head.message_id not in lines]
    if unknown:
        with read_committed(registry) as cr:
            cr.execute("SELECT message_id FROM sync_file WHERE message_id = ANY(%s)", [unknown])
            lines |= {row[0] for row in cr.fetchall()}
    return [head for head in heads if head.message_id in lines]


def drive(registry, claim, heads):
    """Open what stands at the heads of their lanes, as far as it comes in this turn, and settle the lanes."""
    until = time.monotonic() + TURN_SECONDS
    with read_committed(registry) as cr:
        cr.execute(_FILE, [[head.message_id for head in heads]])
        files = {row[1]: File(*row) for row in cr.fetchall()}
    ended, stopped, waits = [], set(), {}
    for head in heads:
        if head.lane_id in stopped:
            continue
        file = files.get(head.message_id)
        try:
            if file is None:
                inbound.retrying(lambda head=head: _to_its_line(registry, claim, head))
                continue
            outcome = _open(registry, claim, file, until)
        except Elsewhere:
            outcome = None
        except TurnedAway as fault:
            outcome, waits[head.message_id] = fault, fault.retry_after
        except Fault as fault:
            outcome = fault
        if outcome is None or isinstance(outcome, TurnedAway):
            stopped.add(head.lane_id)
        if outcome is not None:
            ended.append((head, outcome))
    _settle(registry, claim, heads, ended, waits)


def _settle(registry, claim, heads, ended, waits):
    with business(registry) as cr:
        works = load(api.Environment(cr, SUPERUSER_ID, {}), [head for head, _outcome in ended])  # journal only
    for work, (_head, outcome) in zip(works, ended, strict=True):
        work.stage, work.outcome = "receive", outcome
    done = [work for work in works if isinstance(work.outcome, Done)]
    inbound.retrying(lambda: inbound._finish(registry, {}, done, claim))
    rest = [work for work in works if not isinstance(work.outcome, Done)]
    verdicts(registry, {}, rest, claim, heads, waits=waits)


# -- a file ----------------------------------------------------------------------------------------------------------


def _open(registry, claim, file, until):
    """Open a file further: Done when nothing is left of it, None when its turn is over.

    :raises Fault: when it cannot be read; TurnedAway where there is no room for more documents just now
    """
    with read_committed(registry) as cr:
        profile = api.Environment(cr, SUPERUSER_ID, {})["sync.endpoint"]._intake_profile(file.endpoint)
    if file.documents:
        profile = {**profile, "codec_options": file.codec_options or ""}
    reading, faults = Reading.of(registry, file, profile), file.faults
    while True:
        try:
            size = _room(registry, profile)
        except TurnedAway:
            reading.keep()
            raise
        pieces = list(islice(reading.pieces, size))
        taken = reading.position + sum(piece.raw is not None for piece in pieces)
        if not taken:
            raise pieces[0].faults[0] if pieces else Fault("decode.malformed", "The file holds no document.")
        step = Step(registry, claim, file, profile, pieces, reading.position, faults)
        if pieces:
            faults = inbound.retrying(step.store)
            step.tell()
        reading.position = taken
        if len(pieces) < size:
            return _opened(registry, file)
        if time.monotonic() > until:
            reading.keep()
            return None


def _opened(registry, file):
    with read_committed(registry) as cr:
        cr.execute(
            """UPDATE sync_file SET opened_at = now() AT TIME ZONE 'UTC' WHERE id = %s
            RETURNING documents, repeated, refused""",
            [file.id],
        )
        documents, repeated, refused = cr.fetchone()
    note = (
        f"The file was opened: {documents} documents, of which {repeated} had come before and {refused} were refused."
    )
    return Done(note=note)


def _room(registry, profile):
    """How many documents may be stored now. Files, and what stands behind them, do not count as waiting here: a file
    would wait for itself.

    :raises TurnedAway: when there is no room
    """
    size = min(CHUNK, profile["rate_per_minute"] or CHUNK, profile["max_waiting"] or CHUNK)
    with read_committed(registry) as cr:
        gauge = api.Environment(cr, SUPERUSER_ID, {})["sync.gauge"]  # counters alone
        limits = (
            (profile["max_waiting"], profile["id"], "of this endpoint"),
            (gauge._most_in_total(), None, "of all partners"),
        )
        for most, endpoint_id, whose in limits:
            if not most:
                continue
            cr.execute(_WAITING, {"endpoint": endpoint_id, "line": queue.UNOPENED, "most": most})
            if cr.fetchone()[0] + min(size, most) > most:
                raise TurnedAway(
                    "receive.too_many",
                    f"{most} documents {whose} may wait to be worked, and as many do: the file goes on later.",
                    subject=f"endpoint {profile['code']}",
                    retry_after=FULL_SECONDS,
                )
    gauge._admit(profile, size, by_rate_alone=True)
    return size


@dataclass
class Step:
    """Some documents of a file, which are stored together. ``before``: so many of it are stored already."""

    registry: Any
    claim: Any
    file: File
    profile: Any
    pieces: list
    before: int
    faults: str | None
    refused: list = field(default_factory=list)

    def store(self):
        """Store them and say so with the file; returns the faults that are kept with it.

        :raises Elsewhere: when the file is not ours any more; then nothing is stored
        """
        with read_committed(self.registry) as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})  # as at the door: who sent it has proved who he is
            intake = env["sync.intake"]
            taken = intake._taken_apart(self.profile, self.pieces, self.file.sent(), self.before + 1)
            incoming = [one for _piece, one in taken if isinstance(one, storing.Incoming)]
            self.refused = [(piece, one) for piece, one in taken if isinstance(one, Fault)]
            many = Trip(cr, many=True)
            many.execute(BY_HASH)
            receipts = storing.store(many, self.profile, incoming, opening=True) if incoming else []
            filing.keep_places(cr, self.file.id, incoming)
            faults = filing.told([(piece.place, fault) for piece, fault in self.refused], self.faults)
            cr.execute(
                _FURTHER,
                {
                    "file": self.file.id,
                    "before": self.before,
                    "taken": sum(piece.raw is not None for piece in self.pieces),
                    "repeated": sum(receipt.repeated for receipt in receipts),
                    "refused": len(self.refused),
                    "faults": faults,
                    "options": self.profile["codec_options"],
                },
            )
            ours = cr.rowcount
            cr.execute(_STILL_OURS, [self.file.message_id, self.claim.token])
            if not ours or not cr.fetchone():
                raise Elsewhere
        return faults

    def tell(self):
        """Keep what was refused as the door does, so that it becomes an exception."""
        if self.refused:
            with read_committed(self.registry) as cr:
                intake = api.Environment(cr, SUPERUSER_ID, {})["sync.intake"]  # the journal of what was turned away
                sent = self.file.sent()
                for piece, fault in self.refused:
                    intake._keep_rejection(self.profile, piece.raw or b"", sent.headers, sent.remote_address, fault)


class Reading:
    """A file that is being read; ``position`` of its documents are stored."""

    _kept = OrderedDict()

    def __init__(self, key, pieces):
        self.key, self.pieces, self.position = key, pieces, 0

    @classmethod
    def of(cls, registry, file, profile):
        """Where this process stopped reading, else from the beginning, past what is stored."""
        key = (registry.db_name, file.id)
        kept = cls._kept.pop(key, None)  # whatever goes wrong from here on, it is read anew
        if kept is not None and kept.position == file.documents:
            return kept
        reading = cls(
            key,
            codec(profile["codec"], profile["codec_options"]).pieces(
                lambda: stream(registry, file.transmission_id, file.size)
            ),
        )
        while reading.position < file.documents:
            piece = next(reading.pieces, None)
            if piece is None:
                raise Fault("receive.content_gone", "Of the file less is left than was opened of it already.")
            reading.position += piece.raw is not None
        return reading

    def keep(self):
        """Remember it for the next turn; of many files the last ones."""
        self._kept[self.key] = self
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


# -- what came behind ------------------------------------------------------------------------------------------------


def _to_its_line(registry, claim, head):
    """Everything before it is opened: what came meanwhile takes its place in its own line, under the same name."""
    with read_committed(registry) as cr:
        cr.execute(_STILL_OURS, [head.message_id, claim.token])
        if not cr.fetchone():
            raise Elsewhere
        env = api.Environment(cr, SUPERUSER_ID, {})  # configuration alone
        profile = env["sync.endpoint"]._intake_profile(env["sync.endpoint"].browse(head.endpoint_id).code)
        cr.execute(
            """SELECT t.lane_key, t.topic, m.credential_id FROM sync_message m
                 JOIN sync_transmission t ON t.id = m.transmission_id WHERE m.id = %s""",
            [head.message_id],
        )
        lane_key, topic, credential_id = cr.fetchone()
        # A number of its own now: within a line the smallest comes first, and those of the files were given later.
        cr.execute("DELETE FROM sync_message WHERE id = %s", [head.message_id])
        entry = profile["interfaces"].get(topic)
        queue.enqueue(
            cr,
            [
                queue.NewMessage(
                    uid=head.uid,
                    direction="inbound",
                    endpoint_id=head.endpoint_id,
                    trading_partner_id=head.trading_partner_id,
                    company_id=head.company_id,
                    key=lane_key or queue.UNREAD,
                    pool=entry.pool if entry else "standard",
                    interface_id=head.interface_id,
                    document_type_id=head.document_type_id,
                    transmission_id=head.transmission_id,
                    credential_id=credential_id,
                    behind=queue.UNREAD if profile["hold_unread"] else None,
                    timing=env["sync.intake"]._timing(profile, head.interface_id),
                )
            ],
        )
