"""Whose documents are encrypted at rest."""

import json
import time

from odoo import api, fields, models

from ...core.security.keyring import KeyProblem
from ...core.security.masking import MASK
from .cursor import read_committed
from .sealing import EVENT, SEALED, event_text, reseal, ring_of, seal_event

CHUNK = 200
"""Bodies that are encrypted anew in one transaction."""
HELP = (
    "What its documents say is encrypted in the database from now on, with the keys of the server's configuration. Who"
    " copies the database reads none of it."
)

WITHOUT_CONTENT = {"content-type", "content-length", "user-agent"}
"""Headers that say nothing of what a document says."""


class SyncIntake(models.AbstractModel):
    _inherit = "sync.intake"

    @api.model
    @api.private
    def _headers_beside(self, profile, kept, key_id):
        """The text of the headers that is kept beside a body: where that is encrypted, only those that are needed.

        :param kept: JSON
        """
        if key_id is None:
            return kept
        needed = profile["needed_headers"]
        return json.dumps({name: value if name.lower() in needed else MASK for name, value in json.loads(kept).items()})


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    confidential = fields.Boolean(tracking=True, help=HELP)

    def write(self, vals):
        result = super().write(vals)
        if "confidential" in vals:
            self.env.registry.clear_cache()
        return result

    def _profile(self):
        """``plain_topics``: the kinds of document that are stored as they are; None when all are."""
        lines = self.interface_ids.filtered(lambda interface: interface.state == "live" and interface.topic)
        secret = lines.filtered(lambda interface: interface._is_confidential())
        plain = None if not (self.confidential or secret) else frozenset((lines - secret).mapped("topic"))
        return {**super()._profile(), "plain_topics": plain, "needed_headers": self._needed_headers()}

    def _needed_headers(self):
        """Names, in small letters, of the headers without which its documents cannot be worked."""
        sources = [(self.topic_source, self.topic_value), (self.key_source, self.key_value)]
        sources += [self._test_flag()[:2]] if self._test_flag() else []
        return frozenset(WITHOUT_CONTENT | {value.lower() for source, value in sources if source == "header" and value})


class SyncInterface(models.Model):
    _inherit = "sync.interface"

    confidential = fields.Boolean(tracking=True, help=HELP)

    def _is_confidential(self):
        self.ensure_one()
        return self.confidential or self.endpoint_id.confidential

    @api.private
    def _why_not_runnable(self):
        reasons = super()._why_not_runnable()
        if self._is_confidential():
            try:
                ring_of(self.env)
            except KeyProblem as problem:
                reasons.append(problem.detail.split("\n", 1)[0])
        return reasons


class SyncPayload(models.Model):
    _inherit = "sync.payload"

    @api.model
    @api.private
    def _keys_in_use(self):
        """{key id: how many confidential bodies it encrypts}."""
        self.env.cr.execute(
            "SELECT key_id, count(*) FROM sync_payload WHERE key_id IS NOT NULL AND content IS NOT NULL GROUP BY key_id"
        )
        return dict(self.env.cr.fetchall())

    @api.model
    @api.private
    def _reencrypt(self, seconds=None):
        """Encrypt with the newest key what another one encrypts; returns how many bodies.

        In short transactions, so that it runs beside everything else, and may be ended and begun again.

        :param seconds: how long at most; without it, until all is done
        :raises KeyProblem: when a key that is still needed is not configured
        """
        ring, done, deadline = ring_of(self.env), 0, seconds and time.monotonic() + seconds
        while True:
            with read_committed(self.env.registry) as cr:
                cr.execute(
                    f"""SELECT p.id, {SEALED} FROM sync_payload p
                         WHERE p.key_id IS NOT NULL AND p.key_id <> %s AND p.content IS NOT NULL
                         ORDER BY p.id LIMIT %s FOR UPDATE SKIP LOCKED""",
                    [ring.primary, CHUNK],
                )
                rows = [(row[0], *reseal(ring, *row[1:])) for row in cr.fetchall()]
                cr.execute(
                    """UPDATE sync_payload p SET key_id = t.key_id, content = t.content
                         FROM unnest(%s::int[], %s::text[], %s::bytea[]) AS t(id, key_id, content) WHERE p.id = t.id""",
                    [[row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]],
                )
            done += len(rows)
            if len(rows) < CHUNK or (deadline and time.monotonic() > deadline):
                return done


class SyncEvent(models.Model):
    _inherit = "sync.event"

    @api.model
    @api.private
    def _keys_in_use(self):
        """{key id: how many documents of events it encrypts}."""
        self.env.cr.execute(
            "SELECT split_part(document, '.', 2), count(*) FROM sync_event WHERE document LIKE 'v1.%' GROUP BY 1"
        )
        return dict(self.env.cr.fetchall())

    @api.model
    @api.private
    def _reencrypt(self):
        """As that of bodies."""
        ring, done = ring_of(self.env), 0
        while True:
            with read_committed(self.env.registry) as cr:
                cr.execute(
                    f"""SELECT e.id, {EVENT} FROM sync_event e
                         WHERE e.document LIKE 'v1.%%' AND split_part(e.document, '.', 2) <> %s
                         ORDER BY e.id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED""",
                    [ring.primary, CHUNK],
                )
                rows = [
                    (event_id, seal_event(ring, event_text(self.env, *row), *row[1:]))
                    for event_id, *row in cr.fetchall()
                ]
                cr.execute(
                    """UPDATE sync_event e SET document = t.document
                         FROM unnest(%s::int[], %s::text[]) AS t(id, document) WHERE e.id = t.id""",
                    [[row[0] for row in rows], [row[1] for row in rows]],
                )
            done += len(rows)
            if len(rows) < CHUNK:
                return done
