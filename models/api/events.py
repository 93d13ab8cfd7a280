"""The events that a partner fetches, and what it says it has."""

import secrets
from dataclasses import dataclass

from odoo import api, models

from ...core.api.feeds import Mark, written
from ...core.canonical import catalogue
from ...core.codecs import codec
from ...core.delivery.cloudevents import Event
from ...core.queue import feed
from ..exchange.cursor import read_committed
from ..exchange.sealing import EVENT, SEALED, event_text, opened
from .reading import moment

_CONTENT = f"""
    SELECT m.id, e.uid, e.document_type, e.occurred_at, e.subject, e.sequence, e.ordering_key, {SEALED}
      FROM sync_message m JOIN sync_event e ON e.id = m.event_id
      JOIN sync_payload p ON p.message_id = m.id AND p.kind = 'sent'
     WHERE m.id = ANY(%s)
"""
_MINE = """
      FROM sync_feed_entry f JOIN sync_message m ON m.id = f.message_id JOIN sync_event e ON e.id = m.event_id
     WHERE f.trading_partner_id = %(partner)s AND f.company_id = %(company)s AND e.document_type = ANY(%(types)s)"""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One event as it is given out: its attributes, the bytes of its document, and when it was acknowledged (UTC)."""

    event: Event
    document: bytes
    acknowledged_at: str | None

    def told(self):
        """As the API tells it."""
        event = self.event
        item = {
            "id": event.id,
            "type": event.type,
            "time": moment(event.time),
            "subject": event.subject,
            "sequence": event.sequence,
            "key": event.key,
            "acknowledged_at": self.acknowledged_at,
            "document": codec("json").decode(self.document),
        }
        return {name: value for name, value in item.items() if value is not None}


class SyncApi(models.AbstractModel):
    _inherit = "sync.api"

    @api.model
    @api.private
    def _events(self, client, *, types, limit, mark=None, since=None):
        """A page of the caller's feed: what waits for him, or, from a mark or a time on, what there was and is.

        :param types: document types that his credential covers
        :param since: naive UTC
        :return: a list of :class:`Fetched` in their order, and the cursor at which the page ends, or None
        """
        reader = mark.reader if mark else secrets.token_hex(8)
        asked = {**_whose(client), "types": types, "limit": limit, "reader": reader}
        with read_committed(self.env.registry, durable=False) as cr:
            cr.execute("SET LOCAL lock_timeout = '2s'")
            if mark or since:
                entries = feed.read(cr, **asked, after=mark.position if mark else None, since=since)
            else:
                entries = feed.offer(cr, **asked)
            fetched = self._fetched(cr, entries)
            self.env["sync.credential"]._used(cr, [client.verdict.credential_id])
        end = Mark(entries[-1].position, reader) if entries else mark
        return fetched, end and written(end)

    def _fetched(self, cr, entries):
        cr.execute(_CONTENT, [[entry.message_id for entry in entries]])
        source, found = self.env["sync.event"]._source(), {}
        for message_id, uid, kind, occurred, subject, sequence, key, *sealed in cr.fetchall():
            event = Event(uid, source, kind, occurred, subject, sequence, key)
            found[message_id] = event, opened(self.env, *sealed)
        return [
            Fetched(*found[entry.message_id], moment(entry.acknowledged_at))
            for entry in entries
            if entry.message_id in found
        ]

    def _announced(self, client, document_type, uid):
        """The document of an event that the caller was given in his feed and has not acknowledged, as a list."""
        with read_committed(self.env.registry) as cr:
            cr.execute(
                f"SELECT e.uid, e.occurred_at, {EVENT} {_MINE} AND e.uid = %(uid)s AND f.offers > 0"
                f" AND {feed.WAITS} AND e.erased_at IS NULL LIMIT 1",
                {**_whose(client), "types": [document_type], "uid": uid},
            )
            rows = cr.fetchall()
        crossing = self._crossing(client, document_type)
        return [
            {
                "id": one,
                "occurred_at": moment(at),
                "document": self._leaving(crossing, self._decoded(event_text(self.env, *stored))),
            }
            for one, at, *stored in rows
        ]

    @api.model
    @api.private
    def _acknowledged(self, client, ids, mark):
        """What the caller says he has is done.

        :param ids: of events; or
        :param mark: a :class:`Mark`: all that this reading was given up to there
        :return: for each event {``id``, ``status``}: ``acknowledged`` now, ``repeated`` (it was before), ``waiting``
            (it cannot be done now: say it again), ``unknown`` (there is none for him)
        """
        known = self._mine_of(client, ids, mark)
        done = self.env["sync.feed"]._acknowledge(
            [message_id for message_id, _uid, before in known if not before], client.verdict.credential_id
        )
        told = {}
        for message_id, uid, before in known:
            status = "repeated" if before else "acknowledged" if message_id in done else "waiting"
            # Of one event that he was given at two endpoints the one that is left counts.
            told[uid] = "waiting" if "waiting" in (status, told.get(uid)) else told.get(uid, status)
        wanted = ids if mark is None else list(told)
        return [{"id": uid, "status": told.get(uid, "unknown")} for uid in wanted]

    def _mine_of(self, client, ids, mark):
        """(message id, event id, whether it was acknowledged before), in the order of the feed."""
        # Also of a kind that is not given just now: he may have it since before.
        types = [one for one in catalogue() if client.verdict.allows("read", one)]
        parameters = {**_whose(client), "types": types, "ids": ids}
        condition = "e.uid = ANY(%(ids)s)"
        if mark is not None:
            parameters |= {"position": mark.position, "reader": mark.reader}
            condition = "f.reader = %(reader)s AND f.position <= %(position)s"
        with read_committed(self.env.registry) as cr:
            cr.execute(
                f"SELECT m.id, e.uid, f.acknowledged_at IS NOT NULL {_MINE} AND {condition} ORDER BY f.position",
                parameters,
            )
            return cr.fetchall()


def _whose(client):
    return {"partner": client.profile["trading_partner_id"], "company": client.profile["company_id"]}
