"""One request to the queue while it is executed: which messages come next, and what is done with them."""

import json
from dataclasses import dataclass

from odoo.fields import Domain

from ...core import queue
from . import replay

CHUNK = 500
"""Messages of one request that are moved in one transaction."""
WINDOW = 100_000
"""Ids that are searched at a time for messages that match a filter: bounds the longest statement."""
STATES_BEFORE = {
    "retry": queue.RETRYABLE,
    "cancel": ("ready", "parked", "failed"),
    "hold": ("ready", "parked"),
    "release_held": ("parked",),
    "bring_forward": ("ready",),
    "replay": queue.REPLAYABLE,
    "hurry": ("ready",),
}
"""The states in which each request finds something to do."""


def starting_point(kind):
    """The messages for which a request of this kind has something to do, as a domain."""
    states = Domain("state", "in", STATES_BEFORE[kind])
    if kind == "hold":
        return states & Domain("wait_type", "!=", queue.HELD)
    if kind == "release_held":
        return states & Domain("wait_type", "=", queue.HELD)
    return states


@dataclass(slots=True)
class Request:
    """A row of sync.command. ``cursor_id`` is the last message looked at; ``over`` says that none is left."""

    id: int
    kind: str
    message_ids: list
    domain: list | None
    options: dict
    wait_type: str | None
    refs: list
    user_id: int
    cursor_id: int
    until_id: int
    over: bool = False

    @classmethod
    def of(cls, cr, command_id):
        """The request as it stands now; the caller holds its row."""
        cr.execute(
            """SELECT id, kind, message_ids, domain, options, wait_type, refs, user_id, coalesce(cursor_id, 0),
                      coalesce(until_id, 0) FROM sync_command WHERE id = %s""",
            [command_id],
        )
        row = cr.fetchone()
        message_ids, domain, options, refs = (json.loads(row[n]) if row[n] else None for n in (2, 3, 4, 6))
        return cls(*row[:2], message_ids or [], domain, options or {}, row[5], refs or [], *row[7:])

    def next_ids(self, env, cr):
        """The next messages, in the order of their ids; moves the cursor on."""
        if self.domain is None:
            rest = sorted(message_id for message_id in self.message_ids if message_id > self.cursor_id)
            ids = rest[:CHUNK]
            self.over = len(rest) <= CHUNK
        else:
            ids = self._matching(env, cr)
        if ids:
            self.cursor_id = max(self.cursor_id, ids[-1])
        return ids

    def _matching(self, env, cr):
        """Messages that match the filter, as the asker may see and steer them; looks at one window of ids."""
        asker = env(cr=cr, user=self.user_id, su=False, context={"allowed_company_ids": self.options["companies"]})
        messages = asker["sync.message"]
        end = min(self.cursor_id + WINDOW, self.until_id)
        window = Domain("id", ">", self.cursor_id) & Domain("id", "<=", end)
        found = messages.search(
            window & Domain(self.domain) & starting_point(self.kind) & messages._steerable(self.kind),
            order="id",
            limit=CHUNK,
        )
        if len(found) < CHUNK:
            self.cursor_id, self.over = end, end >= self.until_id
        workable = found.exception_id._filtered_access("write")
        return [message.id for message in found if not message.exception_id or message.exception_id in workable]

    def move(self, cr, ids):
        """Do with these messages what is asked for; returns the ids that moved."""
        if self.kind == "replay":
            return self._replay(cr, ids)
        if self.kind == "hold":
            return queue.hold(cr, ids, stopping=_stopping(cr, ids))
        return getattr(queue, self.kind)(cr, ids)

    def _replay(self, cr, ids):
        moved = []
        for direction, start in sorted(self.options["starts"].items()):
            if start not in replay.STARTS[direction]:
                raise ValueError(f"A {direction} document cannot start at {start}")
            cr.execute(
                f"""SELECT m.id FROM sync_message m
                     WHERE m.id = ANY(%s) AND m.direction = %s AND {replay.CONTENT[start]}""",
                [ids, direction],
            )
            kept = [row[0] for row in cr.fetchall()]
            if kept:
                moved += queue.reopen(cr, kept, start=start, versions=self.options["versions"])
        return moved


def _stopping(cr, ids):
    """Those behind which nothing of their lane may pass: order is promised, unless the policy says otherwise."""
    cr.execute(
        """SELECT m.id FROM sync_message m
             LEFT JOIN sync_interface i ON i.id = m.interface_id
             LEFT JOIN sync_policy p ON p.id = i.policy_id
            WHERE m.id = ANY(%s) AND coalesce(p.head_policy, 'block') = 'block'""",
        [ids],
    )
    return [row[0] for row in cr.fetchall()]
