"""Documents from the wire -> keys, transmissions, bodies and messages, many at a time.

Plain SQL over one READ COMMITTED cursor. The order of locks is the same for everybody: keys in their order, then lanes,
then the messages' numbers.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import psycopg2

from ...core import queue
from .filing import LINE_IS_AWAKE
from .prepared import PLANNED_ONCE
from .synchronous import Result
from .wake import WHO_IS_THERE

CONFLICT = "receive.key_reused_with_other_body"
LOCK_SECONDS = 2
"""How long a sender waits for another one of the same document; then it is to send again."""


@dataclass(slots=True)
class Incoming:
    """One document that its sender proved to be his.

    ``headers`` is the text that is kept of them, secrets masked; ``sealed`` are the bytes encrypted with the key
    ``key_id``, where they are confidential; ``patience`` the seconds its sender waits for a result. A ``whole`` is a
    file that is opened later, with its bytes in blocks; ``behind_files``: it waits until those before it are opened.
    ``place`` is where in a file this was one document, ``fault`` what only that file shows to be wrong with it. ``uid``
    is what the message will be called, unless the same document is known already.
    """

    raw: bytes
    sha256: str
    sender_key: str
    topic: str | None
    lane_key: str
    interface_id: int | None
    document_type_id: int | None
    pool: str
    headers: str
    remote_address: str | None
    credential_id: int | None
    uid: str = field(default_factory=lambda: f"msg_{uuid.uuid4().hex}")
    transmission_id: int | None = None
    patience: int = 0
    timing: queue.Timing | None = None
    key_id: str | None = None
    sealed: bytes | None = None
    whole: bool = False
    behind_files: bool = False
    place: Any = None
    fault: Any = None

    @property
    def stored(self) -> bytes | None:
        """The bytes as they are kept: encrypted with the key ``key_id``, where there is one; None if not here."""
        if self.whole:
            return None
        return self.raw if self.key_id is None else self.sealed


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is answered: the stored message's id, and whether it was there before.

    ``conflict``: the key was used before with another body, and a person decides. ``lane_id`` and ``message_id`` are
    known of what was stored just now and waits in a lane, ``result`` when the sender waited for it. ``ending`` is the
    interface's entry (see ``endpoint_profile.py``) where the form of the document is deprecated.
    """

    message_uid: str
    repeated: bool = False
    conflict: bool = False
    lane_id: int | None = None
    message_id: int | None = None
    result: Result | None = None
    ending: Any = None


def store(cr, profile, documents: list[Incoming], *, opening: bool = False) -> list[Receipt]:
    """Store what is new in the order given and count what is a repeat; a receipt for each.

    While files of the endpoint wait to be opened, nobody knows yet what lines their documents belong to: what comes
    meanwhile stands behind them, except what is taken out of the first of them (``opening``).
    """
    known, files_wait = _recognise(cr, profile, documents)
    receipts, different, counted = {}, [], []
    for one in documents:
        if one.transmission_id is None:
            sha256, uid, transmission_id = known[one.sender_key]
            if sha256 == one.sha256:
                receipts[id(one)] = Receipt(uid, repeated=True)
                counted.append(transmission_id)
            else:
                different.append(one)
    _count(cr, counted)
    if different:
        _keep_conflicts(cr, profile, different)
    stored = [one for one in documents if id(one) not in receipts]
    if stored:
        conflicts = {id(one) for one in different}
        if files_wait and not opening:
            _stand_behind_files(cr, [one for one in stored if id(one) not in conflicts and not one.whole])
        for one, message_id, lane_id in _enqueue(cr, profile, stored, conflicts):
            receipts[id(one)] = Receipt(one.uid, conflict=id(one) in conflicts, lane_id=lane_id, message_id=message_id)
    return [receipts[id(one)] for one in documents]


def _recognise(cr, profile, documents):
    """Keep the new ones, which gives them their transmission's number.

    Returns what is known of the keys of all others, and whether files wait that were stored before.
    """
    known, files_wait = {}, False
    while documents:
        files_wait = _keep_new(cr, profile, documents)
        documents = [one for one in documents if one.transmission_id is None]
        if documents:
            known |= _known(cr, profile, documents)
        # Retention may take a key between the two statements: then it is new.
        documents = [one for one in documents if one.sender_key not in known]
    return known, files_wait


def _stand_behind_files(cr, documents):
    for one in documents:
        one.behind_files = True
    cr.execute(
        """UPDATE sync_transmission t SET lane_key = n.key FROM unnest(%s::int[], %s::text[]) AS n(id, key)
            WHERE t.id = n.id""",
        [[one.transmission_id for one in documents], [one.lane_key for one in documents]],
    )


# What is kept of a document: its transmission and its body, in one statement with whatever names their ids.
_GIVEN = """
    given AS (
    SELECT * FROM unnest(%(uids)s::text[], %(keys)s::text[], %(topics)s::text[], %(credentials)s::int[],
                         %(addresses)s::text[], %(headers)s::text[], %(bodies)s::bytea[], %(key_ids)s::text[],
                         %(sizes)s::int[], %(sha256s)s::text[])
             WITH ORDINALITY AS t(uid, key, topic, credential_id, remote_address, headers, body, key_id, size, sha256,
                                  position))"""
_KEPT = """
    stored AS (
    INSERT INTO sync_transmission (id, direction, endpoint_id, trading_partner_id, company_id, verdict, dedupe_key,
                                   topic, credential_id, remote_address, headers, size, sha256, repeats, occurred_at)
    SELECT n.transmission_id, 'inbound', %(endpoint)s::int, %(partner)s::int, %(company)s::int, %(verdict)s::text, key,
           topic, credential_id, remote_address, headers, size, sha256, 0, now() AT TIME ZONE 'UTC'
      FROM given JOIN named n USING (uid)),
    kept AS (
    INSERT INTO sync_payload (transmission_id, company_id, kind, content, key_id, size, sha256, content_type,
                              created_at)
    SELECT n.transmission_id, %(company)s::int, 'received', body, key_id, size, sha256, 'application/json',
           now() AT TIME ZONE 'UTC'
      FROM given JOIN named n USING (uid) WHERE body IS NOT NULL)"""
_NEXT_ID = "nextval(pg_get_serial_sequence('sync_transmission', 'id'))"
# Sorted by key, so that two requests with the same ones never wait for each other in a circle; of one key the first
# document takes it. The key takes its transmission's number with it, so that it names it.
_ANY_NAMED = f"""
    named AS (
    INSERT INTO sync_dedupe (endpoint_id, company_id, key, sha256, message_uid, seen_at, transmission_id)
    SELECT %(endpoint)s::int, %(company)s::int, key, sha256, uid, now() AT TIME ZONE 'UTC', {_NEXT_ID}
      FROM given {{condition}} ORDER BY key, position
    ON CONFLICT (endpoint_id, key) DO NOTHING RETURNING message_uid AS uid, transmission_id)"""
_NAMED = _ANY_NAMED.format(condition="")
_NAMED_UNLESS_FILES_WAIT = _ANY_NAMED.format(condition=f"WHERE NOT {LINE_IS_AWAKE}")
_KEEP_NEW = queue.Frequent(f"WITH {_GIVEN}, {_NAMED}, {_KEPT} SELECT uid, transmission_id, {LINE_IS_AWAKE} FROM named")
_KEEP_CONFLICTS = f"""
    WITH {_GIVEN},
    named AS MATERIALIZED (SELECT uid, {_NEXT_ID} AS transmission_id FROM given ORDER BY position),
    {_KEPT} SELECT uid, transmission_id FROM named"""


_GIVEN_ONE = """
    given AS (
    SELECT %(uid)s::text AS uid, %(key)s::text AS key, %(topic)s::text AS topic, %(credential)s::int AS credential_id,
           %(address)s::text AS remote_address, %(headers)s::text AS headers, %(body)s::bytea AS body,
           %(key_id)s::text AS key_id, %(size)s::int AS size, %(sha256)s::text AS sha256, 1 AS position)"""
_MESSAGE_OF_IT = """
    SELECT %(line)s::text AS line, %(pool)s::text AS pool, uid, 'inbound' AS direction,
           %(endpoint)s::int AS endpoint_id, %(partner)s::int AS trading_partner_id, %(company)s::int AS company_id,
           %(interface)s::int AS interface_id, %(document_type)s::int AS document_type_id, transmission_id,
           NULL::int AS event_id, NULL::int AS process_id, %(credential)s::int AS credential_id, NULL AS reference,
           NULL AS fault_code
      FROM named"""
# All of a new document in one round trip, with the commit. Nothing is made where its key is known; the last statement
# says whether the message was.
_AT_ONCE = queue.Frequent(f"""
    BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL lock_timeout = '{LOCK_SECONDS}s';
    {PLANNED_ONCE};
    WITH {_GIVEN_ONE}, {_NAMED_UNLESS_FILES_WAIT}, {_KEPT}, {queue.placing_one(_MESSAGE_OF_IT)};
    COMMIT;
    SELECT m.id, m.lane_id, who.* FROM ({WHO_IS_THERE}) who LEFT JOIN sync_message m ON m.uid = %(uid)s::text""")


def store_at_once(cr, profile, document):
    """Store a document that is new, and commit; its receipt, and who is awake now.

    :param cr: a cursor in autocommit
    :return: None for the receipt where nothing was stored: the document is not new, or lost a race; see :func:`store`
    """
    try:
        cr.execute(_AT_ONCE, _one(profile, document), log_exceptions=False)
    except psycopg2.errors.CheckViolation:
        cr.execute("ROLLBACK")
        return None, None
    rows = cr.fetchall()
    message_id, lane_id = rows[0][:2]
    receipt = Receipt(document.uid, lane_id=lane_id, message_id=message_id) if message_id else None
    return receipt, [row[2:] for row in rows]


def _one(profile, document):
    return {
        "uid": document.uid,
        "key": document.sender_key,
        "topic": document.topic,
        "credential": document.credential_id,
        "address": document.remote_address,
        "headers": document.headers,
        "body": document.stored,
        "key_id": document.key_id,
        "size": len(document.raw),
        "sha256": document.sha256,
        "line": document.lane_key,
        "pool": document.pool,
        "interface": document.interface_id,
        "document_type": document.document_type_id,
        **_of_all(profile, "accepted"),
    }


def _keep_new(cr, profile, documents):
    """Take the keys that nobody has used, and store their transmissions with their bodies; whether files wait."""
    cr.execute(_KEEP_NEW, _kept(profile, documents, "accepted"))
    rows = cr.fetchall()
    _name(documents, rows)
    return bool(rows) and rows[0][2]


def _keep_conflicts(cr, profile, documents):
    """Store what came under a key that another body has taken; their keys stay whose they are."""
    cr.execute(_KEEP_CONFLICTS, _kept(profile, documents, "conflict"))
    _name(documents, cr.fetchall())


def _name(documents, rows):
    named = {row[0]: row[1] for row in rows}
    for one in documents:
        one.transmission_id = named.get(one.uid)


def _kept(profile, documents, verdict):
    return {
        "uids": [one.uid for one in documents],
        "keys": [one.sender_key for one in documents],
        "topics": [one.topic for one in documents],
        "credentials": [one.credential_id for one in documents],
        "addresses": [one.remote_address for one in documents],
        "headers": [one.headers for one in documents],
        "bodies": [one.stored for one in documents],
        "key_ids": [one.key_id for one in documents],
        "sizes": [len(one.raw) for one in documents],
        "sha256s": [one.sha256 for one in documents],
        **_of_all(profile, verdict),
    }


def _of_all(profile, verdict):
    return {
        "endpoint": profile["id"],
        "partner": profile["trading_partner_id"],
        "company": profile["company_id"],
        "verdict": verdict,
    }


def _known(cr, profile, documents):
    """{key: (sha256, message uid, transmission id)} of keys that are in use."""
    cr.execute(
        "SELECT key, sha256, message_uid, transmission_id FROM sync_dedupe WHERE endpoint_id = %s AND key = ANY(%s)",
        [profile["id"], [one.sender_key for one in documents]],
    )
    return {row[0]: row[1:] for row in cr.fetchall()}


def _count(cr, transmission_ids):
    """Count repeats, in one order for everybody."""
    if transmission_ids:
        cr.execute(
            """UPDATE sync_transmission t SET repeats = coalesce(t.repeats, 0) + n.times
                 FROM (SELECT l.id, c.times FROM sync_transmission l
                         JOIN (SELECT id, count(*) AS times FROM unnest(%s::int[]) AS id GROUP BY id) c ON c.id = l.id
                        ORDER BY l.id FOR NO KEY UPDATE OF l) n
                WHERE t.id = n.id""",
            [transmission_ids],
        )


def _enqueue(cr, profile, documents, different):
    """Put messages into their lanes; rows of (document, message id, lane id)."""
    barrier = queue.UNREAD if profile["hold_unread"] else None
    placed = queue.place(
        cr,
        [
            queue.NewMessage(
                uid=one.uid,
                direction="inbound",
                endpoint_id=profile["id"],
                trading_partner_id=profile["trading_partner_id"],
                company_id=profile["company_id"],
                key=queue.UNOPENED if one.behind_files else one.lane_key,
                pool=one.pool,
                interface_id=one.interface_id,
                document_type_id=one.document_type_id,
                transmission_id=one.transmission_id,
                credential_id=one.credential_id,
                state="failed" if id(one) in different else "ready",
                fault_code=CONFLICT if id(one) in different else None,
                behind=None if one.behind_files or one.whole else barrier,
                timing=None if one.behind_files else one.timing,
            )
            for one in documents
        ],
    )
    return [(one, message_id, lane_id) for one, (message_id, lane_id) in zip(documents, placed, strict=True)]
