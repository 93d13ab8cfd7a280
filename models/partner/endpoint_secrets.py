"""The secrets of an endpoint in memory, for whoever verifies and signs."""

from datetime import datetime, timezone
from types import MappingProxyType
from typing import NamedTuple

from odoo import api, models
from odoo.tools import ormcache

from ...core.delivery.schemes import scheme_of
from ...core.delivery.signatures import Secret
from ...core.faults import Fault
from ...core.security import scopes
from .credential_version import aad_of


class SecretRow(NamedTuple):
    """One version of a secret that was not revoked. What is ``sealed`` can be opened, what is ``hashed`` cannot.

    ``ends`` is naive UTC. ``scopes`` is what its credential may do.
    """

    version_id: int
    credential_id: int
    sealed: str | None
    hashed: str | None
    ends: datetime | None
    suspended: bool
    username: str | None
    scopes: frozenset


class Handles(NamedTuple):
    """Where a credential belongs whose request names no endpoint.

    ``keys``: beginning of an API key -> code of its endpoint; ``users``: user's name or client's id -> code;
    ``headers``: names of headers besides Authorization in which some endpoint expects a key.
    """

    keys: MappingProxyType
    users: MappingProxyType
    headers: frozenset


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    _SECRETS = """
        SELECT v.id, c.id, v.secret_encrypted, v.secret_hash, v.valid_until, c.suspended_at IS NOT NULL, c.username,
               c.may_write, c.may_read,
               ARRAY(SELECT t.code FROM sync_credential_sync_document_type_rel r
                       JOIN sync_document_type t ON t.id = r.sync_document_type_id
                      WHERE r.sync_credential_id = c.id)
          FROM sync_credential_version v JOIN sync_credential c ON c.id = v.credential_id
         WHERE c.endpoint_id = %s AND c.purpose = %s AND c.active AND v.state IN ('active', 'overlap')
           AND (v.secret_encrypted IS NOT NULL OR v.secret_hash IS NOT NULL)
         ORDER BY v.id DESC
    """

    @api.private
    def _secrets(self, purpose, expired=False):
        """The secrets that can be opened and are valid now (or those that are not any more), newest first.

        ``key_id`` is the credential's id. In memory they stay encrypted: opening costs microseconds.

        :raises KeyProblem: a fault, when the key that encrypted one is not configured or another
        """
        version = self.env["sync.credential.version"]
        return [
            Secret(key_id=str(row.credential_id), value=version._unseal(row.sealed, aad_of(row.version_id)))
            for row in self._valid_rows(purpose, expired)
            if row.sealed
        ]

    @api.private
    def _has_valid_credential(self):
        """Whether a secret for the endpoint's direction is valid now."""
        self.ensure_one()
        return self.authentication == "none" or bool(self._valid_rows("sign" if self._connects() else "verify"))

    @api.private
    def _valid_rows(self, purpose, expired=False):
        """The rows that are valid now; ``expired``: those that have ended or are suspended instead."""
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        return [
            row
            for row in self._secret_rows(self._origin.id or 0, purpose)
            if (row.suspended or (row.ends is not None and row.ends <= now)) == expired
        ]

    @api.model
    @ormcache("endpoint_id", "purpose")
    def _secret_rows(self, endpoint_id, purpose):
        """A :class:`SecretRow` for each version that was not revoked, newest first."""
        self.env["sync.credential.version"].flush_model()
        self.env["sync.credential"].flush_model()
        self.env.cr.execute(self._SECRETS, [endpoint_id, purpose])
        return tuple(
            SecretRow(*row[:7], scopes.granted(_actions(may_write, may_read), document_types))
            for *row, may_write, may_read, document_types in self.env.cr.fetchall()
        )

    @api.model
    @api.private
    @ormcache()
    def _handles(self):
        """:class:`Handles` of all endpoints that receive: one entry in the cache, so that made-up names push out none.

        Among them are those whose secrets have ended: who shows one is told so.
        """
        keys, users, headers = {}, {}, set()
        for endpoint in self.sudo().search([("transport", "=", "webhook")]):  # sudo: a caller has no user yet
            for credential in endpoint.credential_ids:
                if credential.username:
                    users[credential.username] = endpoint.code
                for version in credential.version_ids.filtered(lambda v: v.hint and v.state != "revoked"):
                    keys[version.hint] = endpoint.code
            if endpoint.authentication == "api_key":
                headers.add(_header_of(endpoint))
        return Handles(MappingProxyType(keys), MappingProxyType(users), frozenset(headers - {"authorization"}))


def _actions(may_write, may_read):
    return [action for action, may in (("write", may_write), ("read", may_read)) if may]


def _header_of(endpoint):
    try:
        return scheme_of(endpoint.authentication, endpoint._settings()).header.lower()
    except Fault:
        return "authorization"  # its own callers are told so; the other endpoints go on
