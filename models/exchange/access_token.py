"""Access tokens of our own token endpoint."""

from typing import NamedTuple

from odoo import api, fields, models

from ...core.security import hashing
from ...core.table import arrange
from .cursor import read_committed
from .engine_record import Setting

MOST_PER_CREDENTIAL = 20
"""Tokens of one credential that are valid at once; a further one ends the oldest."""


class FoundToken(NamedTuple):
    """A token that is valid now: under which version of a secret it was given, for what, and for which endpoint."""

    version_id: int
    scopes: frozenset
    endpoint_code: str


class SyncAccessToken(models.Model):
    """One row per token (RFC 6749, 4.4): opaque, short-lived, its SHA-256 in a column that is no field.

    A token lives no longer than the version of the secret it was given for, which the look-up asks each time: what is
    revoked, archived, suspended or expired ends its tokens at once, in every process.
    """

    _name = "sync.access.token"
    _description = "Access token"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"
    _rec_name = "hint"

    credential_id = fields.Many2one("sync.credential", required=True, readonly=True, index=True, ondelete="cascade")
    version_id = fields.Many2one("sync.credential.version", required=True, readonly=True, ondelete="cascade")
    company_id = Setting("res.company", readonly=True)
    hint = fields.Char(string="Begins with", readonly=True)
    scopes = fields.Char(readonly=True, help="What it was given for.")
    remote_address = fields.Char(string="Remote address", readonly=True)
    issued_at = fields.Datetime(string="Given", readonly=True)
    expires_at = fields.Datetime(string="Ends", required=True, readonly=True, index=True)

    def init(self):
        result = super().init()
        arrange(
            self.env.cr,
            self._table,
            columns={"token_hash": "text NOT NULL"},
            unique={"sync_access_token_hash_uniq": "(token_hash)"},
        )
        return result

    @api.model
    @api.private
    def _issue(self, verdict, profile, scopes, seconds, remote_address):
        """A new token for who proved himself as ``verdict``; returns the token, which nobody can get again."""
        token = hashing.generate_key("sgt")
        with read_committed(self.env.registry) as cr:
            cr.execute(
                """INSERT INTO sync_access_token (credential_id, version_id, company_id, hint, scopes, remote_address,
                                                  issued_at, expires_at, token_hash)
                   VALUES (%s, %s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC',
                           (now() AT TIME ZONE 'UTC') + make_interval(secs => %s), %s)""",
                [
                    verdict.credential_id,
                    verdict.version_id,
                    profile["company_id"],
                    hashing.hint(token),
                    " ".join(sorted(scopes)),
                    remote_address,
                    seconds,
                    hashing.digest(token),
                ],
            )
            cr.execute(
                """DELETE FROM sync_access_token
                    WHERE id IN (SELECT id FROM sync_access_token
                                  WHERE credential_id = %(credential)s
                                    AND (expires_at <= now() AT TIME ZONE 'UTC'
                                         OR id NOT IN (SELECT id FROM sync_access_token
                                                        WHERE credential_id = %(credential)s
                                                        ORDER BY id DESC LIMIT %(most)s))
                                    FOR UPDATE SKIP LOCKED)""",
                {"credential": verdict.credential_id, "most": MOST_PER_CREDENTIAL},
            )
            self.env["sync.credential"]._used(cr, [verdict.credential_id])
        return token

    @api.model
    @api.private
    def _look_up(self, token):
        """The :class:`FoundToken` of ``token`` if it is valid now, else None."""
        self.env.cr.execute(
            """SELECT t.version_id, t.scopes, e.code
                 FROM sync_access_token t
                 JOIN sync_credential_version v ON v.id = t.version_id
                 JOIN sync_credential c ON c.id = t.credential_id
                 JOIN sync_endpoint e ON e.id = c.endpoint_id
                WHERE t.token_hash = %s AND t.expires_at > now() AT TIME ZONE 'UTC'
                  AND v.state IN ('active', 'overlap')
                  AND (v.valid_until IS NULL OR v.valid_until > now() AT TIME ZONE 'UTC')
                  AND c.active AND c.suspended_at IS NULL""",
            [hashing.digest(token)],
        )
        row = self.env.cr.fetchone()
        return FoundToken(row[0], frozenset((row[1] or "").split()), row[2]) if row else None

    @api.model
    @api.private
    def _revoke(self, token, credential_id):
        """End ``token`` if it belongs to this credential (RFC 7009)."""
        with read_committed(self.env.registry) as cr:
            cr.execute(
                "DELETE FROM sync_access_token WHERE token_hash = %s AND credential_id = %s",
                [hashing.digest(token), credential_id],
            )

    @api.autovacuum
    def _gc_expired(self):
        """Tokens that have ended are of no use to anybody."""
        with read_committed(self.env.registry) as cr:
            cr.execute("DELETE FROM sync_access_token WHERE expires_at < (now() AT TIME ZONE 'UTC')")
