"""A file and its documents -> rows. Plain SQL over one READ COMMITTED cursor, beside what :mod:`.storing` writes."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from ...core import queue
from ...core.delivery import signatures
from ...core.security.masking import mask_headers
from .file import MOST_FAULTS
from .sealing import seal

BLOCK = 1 << 20
"""A file that is opened later is kept in blocks of so many bytes: nobody has to hold all of it."""

_WHOLE = """
    INSERT INTO sync_transmission (direction, endpoint_id, trading_partner_id, company_id, verdict, dedupe_key,
                                   credential_id, remote_address, headers, size, sha256, repeats, occurred_at)
    VALUES ('inbound', %s, %s, %s, 'accepted', %s, %s, %s, %s, %s, %s, 0, now() AT TIME ZONE 'UTC') RETURNING id"""
_PLACES = """
    UPDATE sync_transmission t
       SET file_id = %s, place_first = n.first, place_last = n.last, charset = n.charset, fault_code = n.code,
           fault_detail = n.detail
      FROM unnest(%s::int[], %s::int[], %s::int[], %s::text[], %s::text[], %s::text[])
           AS n(id, first, last, charset, code, detail)
     WHERE t.id = n.id"""
_BLOCK = """
    INSERT INTO sync_payload (transmission_id, company_id, kind, content, key_id, size, sha256, content_type,
                              created_at)
    VALUES (%s, %s, 'file', %s, %s, %s, %s, 'application/octet-stream', now() AT TIME ZONE 'UTC')"""
LINE_IS_AWAKE = f"""
    EXISTS (SELECT FROM sync_lane q
             WHERE q.endpoint_id = %(endpoint)s::int AND q.key = '{queue.UNOPENED}'
               AND (q.next_at IS NOT NULL OR q.claim IS NOT NULL))"""
"""SQL: files of the endpoint wait to be opened, so that what comes now has to stand behind them."""


@dataclass(slots=True)
class Sent:
    """How a file came: ``headers`` tell of its documents what they do not, ``kept`` is the text of them.

    ``key`` recognises the file as a whole, and by their numbers its documents. What carried the file says ``topic`` and
    ``lane`` (the ordering key) of all of them.
    """

    raw: bytes
    headers: Any
    kept: str
    remote_address: str | None
    verdict: Any
    key: str = ""
    sha256: str = ""
    topic: str | None = None
    lane: str | None = None

    @classmethod
    def of(cls, profile, raw, headers, remote_address, verdict):
        """What the request says; the sender's own key where it has one."""
        sha256 = hashlib.sha256(raw).hexdigest()
        kept = json.dumps(mask_headers(dict(headers)))
        key = named_by_sender(profile, headers, None)
        return cls(raw, headers, kept, remote_address, verdict, key or f"sha256:{sha256}", sha256)


def named_by_sender(profile, headers, document):
    """By what the sender lets a document be recognised; None where it does not, or where we fetch."""
    if profile["transport"] != "webhook":
        return None
    return signatures.dedupe_key(
        profile["authentication"], headers, document, settings=profile["authentication_settings"]
    )


def next_file(cr):
    """The id of a file that is about to be stored."""
    cr.execute("SELECT nextval(pg_get_serial_sequence('sync_file', 'id'))")
    return cr.fetchone()[0]


def keep_whole(cr, profile, sent):
    """The transmission of a file whose documents are stored on their own; its id. ``sent`` is a :class:`.Sent`."""
    cr.execute(
        _WHOLE,
        [
            profile["id"],
            profile["trading_partner_id"],
            profile["company_id"],
            sent.key,
            sent.verdict.credential_id,
            sent.remote_address,
            sent.kept,
            len(sent.raw),
            sent.sha256,
        ],
    )
    return cr.fetchone()[0]


def keep_blocks(cr, ring, profile, transmission_id, raw):
    """The bytes of a file that is opened later; ``ring`` seals them, unless it is None."""
    for begin in range(0, len(raw), BLOCK):
        block = raw[begin : begin + BLOCK]
        sha256 = hashlib.sha256(block).hexdigest()
        key_id, content = seal(ring, profile["company_id"], "file", block, sha256) if ring else (None, block)
        cr.execute(_BLOCK, [transmission_id, profile["company_id"], content, key_id, len(block), sha256])


def keep_file(cr, profile, file_id, transmission_id, **values):
    """The row of a file. ``values``: its other columns; ``opened``: whether nothing is left to be read of it."""
    opened = values.pop("opened")
    names = ["id", "transmission_id", "endpoint_id", "company_id", *values]
    row = [file_id, transmission_id, profile["id"], profile["company_id"], *values.values()]
    cr.execute(
        f"""INSERT INTO sync_file ({", ".join(names)}, opened_at)
            VALUES ({", ".join(["%s"] * len(names))}, CASE WHEN %s THEN now() AT TIME ZONE 'UTC' END)""",
        [*row, opened],
    )


def keep_places(cr, file_id, documents):
    """Where in the file the documents stood that were stored just now."""
    placed = [one for one in documents if one.transmission_id is not None]
    if placed:
        cr.execute(
            _PLACES,
            [
                file_id,
                [one.transmission_id for one in placed],
                [one.place.first for one in placed],
                [one.place.last for one in placed],
                [one.place.charset or None for one in placed],
                [one.fault.code if one.fault else None for one in placed],
                [one.fault.detail if one.fault else None for one in placed],
            ],
        )


def told(refused, before=None):
    """Faults as they are kept with the file: pairs of (place, fault), behind those of ``before``."""
    kept = json.loads(before or "[]")
    kept += [{"line": place.first, "code": fault.code, "detail": fault.detail} for place, fault in refused]
    return json.dumps(kept[:MOST_FAULTS], ensure_ascii=False) if kept else None
