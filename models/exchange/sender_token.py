"""Tokens that partners give us, to send with: got once for all workers, before the old one ends."""

import json
import logging
import re
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

from odoo import fields, models

from ...core.delivery import http
from ...core.delivery.schemes import Shown
from ...core.delivery.shown import basic
from ...core.faults import Fault
from ...core.table import arrange
from ..partner.credential_version import server_ring
from .cursor import read_committed
from .engine_record import Setting

_logger = logging.getLogger(__name__)

RENEW_AT = 0.8
"""The part of a token's life after which the next one is got, while it still works."""
LEASE_SECONDS = 90
"""How long one worker has for it; it dies, another one tries."""
LOOK_SECONDS = 0.2
FAILED_SECONDS = 30
"""How long nobody asks again after the partner gave none."""
FRESH_SECONDS = 10
"""A token so new is not replaced because it was refused: the next one would be as well."""
USUAL_SECONDS, LONGEST_SECONDS = 300, 7 * 86_400
_TOKEN = re.compile(r"[!-~]{1,8192}", re.ASCII)
_ERROR = re.compile(r"[a-z_]{1,40}", re.ASCII)


class SyncSenderToken(models.Model):
    """One row per version of a secret: the token that it got, encrypted, and who is renewing it.

    The row's lock is held for single statements only, never while we wait for the partner: whoever renews has a lease.
    """

    _name = "sync.sender.token"
    _description = "Token to send with"
    _inherit = ["sync.engine.record", "sync.sealed"]
    _log_access = False
    _rec_name = "version_id"
    _sealed = {
        "access_sealed": "sync.sender.token:{id}:access",
        "refresh_sealed": "sync.sender.token:{id}:refresh",
    }

    version_id = fields.Many2one("sync.credential.version", required=True, readonly=True, ondelete="cascade")
    company_id = Setting("res.company", readonly=True)
    generation = fields.Integer(readonly=True, help="How many tokens it got.")
    renewed_at = fields.Datetime(string="Got", readonly=True)
    expires_at = fields.Datetime(string="Ends", readonly=True)
    renew_at = fields.Datetime(string="Renewed from", readonly=True)
    renewing_until = fields.Datetime(string="Somebody renews it until", readonly=True)
    failed_at = fields.Datetime(string="Last failure", readonly=True)
    failure = fields.Char(readonly=True)

    _one = models.UniqueIndex("(version_id)")

    def init(self):
        result = super().init()
        arrange(self.env.cr, self._table, columns=dict.fromkeys(self._sealed, "text"))
        return result


class Held(NamedTuple):
    """A token that was taken from the row, and which one it is."""

    token: str
    generation: int


class _Row(NamedTuple):
    id: int
    access_sealed: str | None
    refresh_sealed: str | None
    generation: int
    works: bool
    is_due: bool
    is_fresh: bool
    is_renewing: bool
    failure: str | None


_SEEN = """
    SELECT id, access_sealed, refresh_sealed, generation,
           access_sealed IS NOT NULL AND expires_at > now() AT TIME ZONE 'UTC',
           coalesce(renew_at <= now() AT TIME ZONE 'UTC', true),
           coalesce(renewed_at > (now() AT TIME ZONE 'UTC') - make_interval(secs => %(fresh)s), false),
           coalesce(renewing_until > now() AT TIME ZONE 'UTC', false),
           CASE WHEN failed_at > (now() AT TIME ZONE 'UTC') - make_interval(secs => %(failed)s) THEN failure END
      FROM sync_sender_token WHERE version_id = %(version)s
"""
_HELD = f"""
    INSERT INTO sync_sender_token (version_id, company_id, generation)
    SELECT %(version)s, %(company)s, 0
     WHERE NOT EXISTS (SELECT FROM sync_sender_token WHERE version_id = %(version)s)
    ON CONFLICT (version_id) DO NOTHING;
    {_SEEN} FOR NO KEY UPDATE
"""


@dataclass(frozen=True, slots=True)
class TokenSource:
    """Where a delivery gets its token, in a thread without a transaction.

    ``secret`` and ``refresh`` are the client's, in clear, in memory for as long as the delivery. ``sending`` is what
    :class:`~sync_governance.core.delivery.http.Request` takes besides.
    """

    registry: Any = field(repr=False)
    version_id: int
    company_id: int
    scheme: Shown
    client_id: str
    secret: str = field(repr=False)
    refresh: str = field(repr=False)
    sending: dict

    def held(self, refused=None):
        """The token to send with; a :class:`Held`.

        :param refused: the one that the partner has just refused: a newer one is wanted
        :return: None when the refused one is so fresh that another would be refused as well
        :raises Fault: ``deliver.*`` when none is to be had
        """
        until = time.monotonic() + self.sending["connect_timeout"] + self.sending["read_timeout"] + 5.0
        while True:
            row, mine = self._look(refused)
            usable = row.works and (refused is None or row.generation > refused.generation)
            if mine:
                return self._renewed(row, usable)
            if usable:
                return self._opened(row)
            if refused is not None and row.is_fresh:
                return None
            if row.failure and not row.is_renewing:
                raise Fault("deliver.token_refused", row.failure, subject="token")
            if time.monotonic() > until:
                raise Fault("deliver.token_refused", "Another worker did not get a token in time.", subject="token")
            time.sleep(LOOK_SECONDS)

    def _look(self, refused):
        """The row as it is, and whether it is ours to renew now."""
        given = {
            "version": self.version_id,
            "company": self.company_id,
            "fresh": FRESH_SECONDS,
            "failed": FAILED_SECONDS,
        }
        with read_committed(self.registry) as cr:
            # Usually that is all: nobody waits for anybody.
            cr.execute(_SEEN, given)
            found = cr.fetchone()
            if found and not self._is_wanted(_Row(*found), refused):
                return _Row(*found), False
            cr.execute(_HELD, given)
            row = _Row(*cr.fetchone())
            mine = self._is_wanted(row, refused) and not row.is_renewing and not row.failure
            if mine:
                cr.execute(
                    """UPDATE sync_sender_token
                          SET renewing_until = (now() AT TIME ZONE 'UTC') + make_interval(secs => %s)
                        WHERE id = %s""",
                    [LEASE_SECONDS, row.id],
                )
        return row, mine

    @staticmethod
    def _is_wanted(row, refused):
        """Whether somebody should get another token."""
        refused_now = refused is not None and row.generation == refused.generation and not row.is_fresh
        return row.is_due or not row.works or refused_now

    def _renewed(self, row, usable):
        """Ask the partner, with nothing of the database held, and keep what it gave."""
        try:
            answer = self._asked(row)
        except Exception as error:
            # Whatever it was, the others do not wait for the end of the lease.
            fault = error if isinstance(error, Fault) else Fault("deliver.token_refused", "No token could be got.")
            with read_committed(self.registry) as cr:
                cr.execute(
                    """UPDATE sync_sender_token
                          SET renewing_until = NULL, failed_at = now() AT TIME ZONE 'UTC', failure = %s
                        WHERE id = %s AND generation = %s""",
                    [fault.detail, row.id, row.generation],
                )
            if fault is not error:
                raise
            if usable:
                _logger.warning("A token to send with could not be renewed yet: %s", fault.detail)
                return self._opened(row)
            raise
        ring = server_ring()
        seconds, refresh = answer["seconds"], answer["refresh"]
        bound = {column: aad.format(id=row.id) for column, aad in SyncSenderToken._sealed.items()}
        with read_committed(self.registry) as cr:
            cr.execute(
                """UPDATE sync_sender_token
                      SET access_sealed = %(access)s, refresh_sealed = coalesce(%(refresh)s, refresh_sealed),
                          generation = generation + 1, renewing_until = NULL, failed_at = NULL, failure = NULL,
                          renewed_at = now() AT TIME ZONE 'UTC',
                          expires_at = (now() AT TIME ZONE 'UTC') + make_interval(secs => %(seconds)s),
                          renew_at = (now() AT TIME ZONE 'UTC') + make_interval(secs => %(seconds)s * %(part)s)
                    WHERE id = %(id)s AND generation = %(generation)s""",
                {
                    "access": ring.encrypt(answer["token"], bound["access_sealed"]),
                    "refresh": ring.encrypt(refresh, bound["refresh_sealed"]) if refresh else None,
                    "seconds": seconds,
                    "part": RENEW_AT,
                    "id": row.id,
                    "generation": row.generation,
                },
                log_exceptions=False,
            )
        return Held(answer["token"], row.generation + 1)

    def _opened(self, row):
        aad = SyncSenderToken._sealed["access_sealed"].format(id=row.id)
        return Held(server_ring().decrypt(row.access_sealed, aad), row.generation)

    def _asked(self, row):
        """What the partner's token endpoint gives: ``token``, ``seconds``, ``refresh`` (RFC 6749, 4.4 and 6)."""
        form = {"grant_type": self.scheme.grant}
        if self.scheme.grant == "refresh_token":
            form["refresh_token"] = self._refresh_token(row)
        if self.scheme.scope:
            form["scope"] = self.scheme.scope
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if self.scheme.client_authentication == "basic":
            # Both are encoded as in a form before (RFC 6749, 2.3.1).
            encoded = [urlencode({"": text})[1:] for text in (self.client_id, self.secret)]
            headers["Authorization"] = basic(*encoded)
        else:
            form |= {"client_id": self.client_id, "client_secret": self.secret}
        settings = {**self.sending, "pool_key": f"{self.sending['pool_key']}:token"}
        result = http.deliver(
            http.Request(url=self.scheme.token_url, body=urlencode(form).encode(), headers=headers, **settings)
        )
        return _read(result)

    def _refresh_token(self, row):
        if not row.refresh_sealed:
            return self.refresh
        aad = SyncSenderToken._sealed["refresh_sealed"].format(id=row.id)
        return server_ring().decrypt(row.refresh_sealed, aad)


def _read(result):
    """What a token endpoint answered; nothing of it is ever told but a short code of the specification."""
    if result.fault is not None and result.fault.code != "deliver.rejected":
        raise result.fault
    try:
        answer = json.loads(result.body)
    except ValueError:
        answer = None
    answer = answer if isinstance(answer, dict) else {}
    if result.fault is not None:
        error = answer.get("error")
        code = f" ({error})" if isinstance(error, str) and _ERROR.fullmatch(error) else ""
        raise Fault("deliver.token_refused", f"The partner's token endpoint gives no token{code}.", subject="token")
    token, seconds, refresh = answer.get("access_token"), answer.get("expires_in"), answer.get("refresh_token")
    if str(answer.get("token_type", "bearer")).lower() != "bearer" or not _is_token(token):
        raise Fault(
            "deliver.token_refused", "The partner's token endpoint answers with no bearer token.", subject="token"
        )
    if not str(seconds).isdecimal() or not 0 < int(seconds) < 10**9:
        seconds = USUAL_SECONDS
    return {
        "token": token,
        "seconds": min(int(seconds), LONGEST_SECONDS),
        "refresh": refresh if _is_token(refresh) else None,
    }


def _is_token(text):
    return isinstance(text, str) and _TOKEN.fullmatch(text) is not None
