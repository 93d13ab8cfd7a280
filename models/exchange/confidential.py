"""Whose documents are encrypted at rest."""

import time

from odoo import api, fields, models

from ...core.security.keyring import KeyProblem
from .cursor import read_committed
from .sealing import SEALED, reseal, ring_of

CHUNK = 200
"""Bodies that are encrypted anew in one transaction."""
HELP = (
    "What its documents say is encrypted in the database from now on, with the keys of the server's configuration. Who"
    " copies the database reads none of it."
)


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
        return {**super()._profile(), "plain_topics": plain}


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
