"""Messages that a partner fetches: a numbered list for each partner, of which it is given what it has not acknowledged.

A message that was made ready is parked (``wait_type`` :data:`FEED`) and placed in the list. Positions are given under
the lock of the partner's row, so they become visible in their order: who has read up to one has missed nothing before
it. What was given to a reader is not given again before its time is over or it was acknowledged, and nothing behind it
in its lane either: the order of a key is kept among several readers too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .parking import stop_deadlines
from .sql import ENDLESS, UTC_NOW, Cursor

FEED = "feed"
"""What a message waits for that its partner fetches."""
MOST_BYTES = 4_000_000
"""How much a page holds, unless a single document is larger."""
WAITING_CODE = "deliver.to_be_fetched"
"""The fault of a message that waits to be fetched, and still its own when that took too long and a person was told."""
WAITS = f"(m.state = 'parked' AND m.wait_type = '{FEED}' OR m.state = 'failed' AND m.fault_code = '{WAITING_CODE}')"
"""SQL: message ``m`` waits to be fetched; also when its deadline has passed and there is an exception."""

# The partner is given it: the endpoint is on the wire, the interface in use, the content kept, and nothing in its line
# that must not be overtaken stands before it.
_ENTRY = """
      FROM sync_feed_entry f
      JOIN sync_message m ON m.id = f.message_id
      JOIN sync_endpoint e ON e.id = f.endpoint_id
      JOIN sync_interface i ON i.id = m.interface_id
      JOIN sync_payload p ON p.message_id = m.id AND p.kind = 'sent' AND p.content IS NOT NULL AND p.erased_at IS NULL
      LEFT JOIN sync_lane l ON l.id = m.lane_id
     WHERE f.trading_partner_id = %(partner)s AND f.company_id = %(company)s
       AND f.document_type_id IN (SELECT id FROM sync_document_type WHERE code = ANY(%(types)s))"""
_GIVEN = f"""f.acknowledged_at IS NULL AND {WAITS} AND e.state = 'live' AND e.active AND NOT e.paused
       AND i.state = 'live' AND i.active AND m.id < coalesce(l.blocked_message_id, {ENDLESS})"""
_IN_HANDS = f"coalesce(f.offered_until > {UTC_NOW}, false)"
_BEHIND_OTHERS = f"""EXISTS (
           SELECT FROM sync_feed_entry o JOIN sync_message m ON m.id = o.message_id
            WHERE o.lane_id = f.lane_id AND o.acknowledged_at IS NULL AND o.position < f.position
              AND o.offered_until > {UTC_NOW} AND {WAITS})"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One place of the list, as its reader is given it."""

    message_id: int
    position: int
    acknowledged_at: datetime | None


def place(cr: Cursor, message_ids: Sequence[int]) -> list[int]:
    """Put messages that wait to be fetched at the end of their partners' lists; returns their ids.

    One that stands there already keeps its place, unless it had been acknowledged: then it is a replay. Runs in the
    transaction that parks them.
    """
    if not message_ids:
        return []
    cr.execute(
        """INSERT INTO sync_feed (trading_partner_id, company_id, last_position)
           SELECT DISTINCT trading_partner_id, company_id, 0 FROM sync_message WHERE id = ANY(%s)
           ON CONFLICT (trading_partner_id) DO NOTHING""",
        [list(message_ids)],
    )
    cr.execute(
        """SELECT id FROM sync_feed
            WHERE trading_partner_id IN (SELECT trading_partner_id FROM sync_message WHERE id = ANY(%s))
            ORDER BY id FOR NO KEY UPDATE""",
        [list(message_ids)],
    )
    cr.execute(
        f"""WITH placed AS MATERIALIZED (
                SELECT m.id, m.trading_partner_id, m.company_id, m.endpoint_id, m.document_type_id, m.lane_id,
                       row_number() OVER (PARTITION BY m.trading_partner_id ORDER BY m.id) AS number
                  FROM sync_message m WHERE m.id = ANY(%s) AND m.state = 'parked' AND m.wait_type = '{FEED}'),
            moved AS (
                UPDATE sync_feed f SET last_position = f.last_position + c.count
                  FROM (SELECT trading_partner_id, count(*) FROM placed GROUP BY trading_partner_id) c
                 WHERE f.trading_partner_id = c.trading_partner_id
             RETURNING f.trading_partner_id, f.last_position - c.count AS before)
            INSERT INTO sync_feed_entry AS f (message_id, trading_partner_id, company_id, endpoint_id, document_type_id,
                                              lane_id, position, available_at)
            SELECT placed.id, placed.trading_partner_id, company_id, endpoint_id, document_type_id, lane_id,
                   before + number, {UTC_NOW}
              FROM placed JOIN moved ON moved.trading_partner_id = placed.trading_partner_id ORDER BY placed.id
            ON CONFLICT (message_id) DO UPDATE
               SET position = CASE WHEN f.acknowledged_at IS NULL THEN f.position ELSE EXCLUDED.position END,
                   available_at = CASE WHEN f.acknowledged_at IS NULL THEN f.available_at
                                       ELSE EXCLUDED.available_at END,
                   lane_id = EXCLUDED.lane_id, acknowledged_at = NULL, offered_until = NULL, reader = NULL
         RETURNING message_id""",
        [list(message_ids)],
    )
    return [row[0] for row in cr.fetchall()]


def offer(cr: Cursor, *, partner: int, company: int, types: Collection[str], limit: int, reader: str) -> list[Entry]:
    """Give ``reader`` (a name made for this reading) the first ``limit`` entries that nobody has in hand.

    They are in its hands for as long as their endpoint says. One reader of a partner at a time.
    """
    parameters = _parameters(cr, partner, company, types, limit)
    cr.execute(
        f"""SELECT coalesce(p.size, 0), f.message_id, f.position {_ENTRY}
               AND {_GIVEN} AND NOT {_IN_HANDS} AND NOT {_BEHIND_OTHERS}
             ORDER BY f.position LIMIT %(limit)s""",
        parameters,
    )
    found = [Entry(message_id, position, None) for message_id, position in _fitting(cr.fetchall())]
    _hand_out(cr, [entry.message_id for entry in found], reader)
    return found


def read(
    cr: Cursor,
    *,
    partner: int,
    company: int,
    types: Collection[str],
    limit: int,
    reader: str,
    after: int | None = None,
    since: datetime | None = None,
) -> list[Entry]:
    """The entries behind a position, or from a time (naive UTC) on, in their order: also those acknowledged before.

    What waits and is in nobody's hands is in those of ``reader`` now.
    """
    parameters = {**_parameters(cr, partner, company, types, limit), "after": after, "since": since}
    cr.execute(
        f"""SELECT coalesce(p.size, 0), f.message_id, f.position, f.acknowledged_at, NOT {_IN_HANDS} {_ENTRY}
               AND (f.acknowledged_at IS NOT NULL OR {_GIVEN})
               AND (%(after)s::int IS NULL OR f.position > %(after)s::int)
               AND (%(since)s::timestamp IS NULL OR f.available_at >= %(since)s::timestamp)
             ORDER BY f.position LIMIT %(limit)s""",
        parameters,
    )
    rows = _fitting(cr.fetchall())
    _hand_out(cr, [row[0] for row in rows if row[2] is None and row[3]], reader)
    return [Entry(*row[:3]) for row in rows]


def _fitting(rows: Sequence[tuple]) -> list[tuple]:
    """The first of ``rows`` (bytes, ...) that fit into a page, one at least, without their size."""
    found: list[tuple] = []
    total = 0
    for size, *rest in rows:
        total += size
        if found and total > MOST_BYTES:
            break
        found.append(tuple(rest))
    return found


def _parameters(cr: Cursor, partner: int, company: int, types: Collection[str], limit: int) -> dict[str, Any]:
    # Readers of one partner come one after the other: two would be given the same.
    cr.execute("SELECT id FROM sync_feed WHERE trading_partner_id = %s FOR NO KEY UPDATE", [partner])
    return {"partner": partner, "company": company, "types": sorted(types), "limit": limit}


def _hand_out(cr: Cursor, message_ids: Sequence[int], reader: str) -> None:
    cr.execute(
        f"""UPDATE sync_feed_entry f
               SET offers = coalesce(f.offers, 0) + 1, reader = %s,
                   offered_until = {UTC_NOW} + make_interval(secs => coalesce(e.feed_seconds, 60))
              FROM sync_endpoint e WHERE e.id = f.endpoint_id AND f.message_id = ANY(%s)""",
        [reader, list(message_ids)],
    )


def take_back(cr: Cursor, message_ids: Sequence[int]) -> list[int]:
    """Open messages that wait to be fetched, so that they can be finished in this very transaction; returns their ids.

    Their lanes stay as they are: nobody else sees them open.
    """
    cr.execute(
        f"""UPDATE sync_message m
               SET state = 'ready', fault_code = NULL, stops_lane = NULL,
                   wait_type = NULL, wait_ref = NULL, wait_until = NULL
             WHERE m.id = ANY(%s) AND {WAITS} AND m.lane_id IS NOT NULL RETURNING m.id""",
        [list(message_ids)],
    )
    taken = sorted(row[0] for row in cr.fetchall())
    stop_deadlines(cr, taken)
    cr.execute(
        f"UPDATE sync_feed_entry SET acknowledged_at = {UTC_NOW}, offered_until = NULL WHERE message_id = ANY(%s)",
        [taken],
    )
    return taken
