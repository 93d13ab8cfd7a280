"""The one door for whoever calls: who is it, how did he prove it, and what may he do."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from odoo import api, models

from ...core.delivery import certificates, shown, signatures
from ...core.delivery.schemes import kind_of, scheme_of
from ...core.faults import Fault
from ...core.security import hashing, scopes
from ...core.security.failures import Failures
from ...core.security.networks import within

# How many wrong passwords or clients' secrets one address may show for one endpoint, and in how many seconds.
FAILURES = Failures(10, 60.0)
# How long a password that was right is not hashed again: revoking it works at once all the same, its hash is gone then.
VERIFIED = hashing.Verified(300.0)
BASIC, BEARER = 'Basic realm="sync", charset="UTF-8"', 'Bearer realm="sync"'
# A sender whose secret has ended is told so, and renews it instead of searching.
DOUBTFUL = ("authentication.signature_invalid", "authentication.credential_invalid", "engine.configuration")


class TooManyFailures(Fault):
    """A refusal for now; ``retry_after`` is when to come back, in seconds."""

    def __init__(self, retry_after):
        super().__init__("authentication.too_many_failures", "Too many wrong attempts. Come back later.")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Verdict:
    """Somebody who proved who he is.

    ``scopes`` is what his credential covers (see ``core/security/scopes.py``), ``proof`` the scheme of the endpoint by
    which he proved it. ``version_id`` is the version of the secret, where one is known.
    """

    credential_id: int
    scopes: frozenset
    proof: str
    version_id: int | None = None

    def allows(self, action, document_type=None):
        """Whether he may ``read`` or ``write`` documents of this kind (a code of the catalogue, or None)."""
        return scopes.allows(self.scopes, action, document_type)

    def demand(self, action, document_type=None):
        """As :meth:`allows`.

        :raises Fault: ``authentication.scope_missing``
        """
        if not self.allows(action, document_type):
            raise Fault(
                "authentication.scope_missing",
                f"The credential does not cover: {action} {document_type or 'this kind of document'}.",
                subject=f"{action} {document_type or 'of an unknown kind'}",
            )


@dataclass(frozen=True, slots=True)
class Call:
    """One request while it is looked at. ``rows`` are the secrets it may be proved with."""

    endpoint: Any
    profile: Any
    raw: bytes
    headers: Any
    address: str | None
    certificate: Any
    rows: list
    ended: bool = False

    @property
    def scheme(self):
        """How this endpoint recognises who calls."""
        return scheme_of(self.profile["authentication"], self.profile["authentication_settings"])


class SyncCaller(models.AbstractModel):
    """Every request from outside passes here: webhooks, the API, the token endpoint.

    A scheme of another module is a method ``_by_<kind>``: it gets a :class:`Call` and answers with a row of the
    endpoint's secrets, or raises a fault. It runs again with secrets that have ended, to tell their sender.
    """

    _name = "sync.caller"
    _description = "Who calls"

    @api.model
    @api.private
    def _recognise(self, profile, raw, headers, remote_address, certificate=None, plain=False):
        """Who sends this to the endpoint of ``profile`` (see ``_intake_profile``): a :class:`Verdict`.

        :param raw: the body as it arrived
        :param certificate: of the client, as a trusted proxy has passed it on; a header alone is never believed
        :param plain: it came over the network unencrypted
        :raises Fault: ``authentication.*``; ``engine.configuration`` when the endpoint has no secret to verify with
        """
        if profile["transport"] != "webhook":
            # We fetch what comes in there: nobody calls it, whatever he shows.
            raise Fault(
                "receive.endpoint_unknown", "Nobody calls this endpoint.", subject=f"endpoint {profile['code']}"
            )
        _refuse_plain(profile, plain)
        if profile["allowed_sources"] and not within(remote_address, profile["allowed_sources"]):
            raise Fault(
                "authentication.address_not_allowed",
                "This endpoint takes nothing from the address of the request.",
                subject=f"endpoint {profile['code']}",
            )
        endpoint = self.env["sync.endpoint"].sudo().browse(profile["id"])  # sudo: the caller has no user yet
        rows = endpoint._valid_rows("verify")
        call = Call(endpoint, profile, raw, headers, remote_address, certificate, rows)
        prove = getattr(self, f"_by_{kind_of(profile['authentication'])}")
        try:
            row = prove(call)
        except Fault as fault:
            raise _challenging(self._ended(call, prove, fault) or fault, profile) from None
        return Verdict(row.credential_id, row.scopes, profile["authentication"], row.version_id)

    @api.model
    @api.private
    def _recognise_bearer(self, headers, remote_address, certificate=None, plain=False):
        """Who calls an address that names no endpoint: (profile of his endpoint, :class:`Verdict`).

        By an API key, a token, a user with a password, or a client certificate; a signature names nobody.

        :raises Fault: as :meth:`_recognise`, and ``receive.endpoint_not_live``
        """
        try:
            code = self._code_by(headers, remote_address, certificate)
        except Fault as fault:
            raise _challenging(fault, None) from None
        profile = self.env["sync.endpoint"].sudo()._intake_profile(code) if code else None  # sudo: no user yet
        if profile is None:
            raise _challenging(shown.invalid(), None)
        if not profile["live"]:
            raise Fault("receive.endpoint_not_live", "This endpoint is not live.", subject=f"endpoint {code}")
        return profile, self._recognise(profile, b"", headers, remote_address, certificate, plain)

    @api.model
    @api.private
    def _recognise_client(self, client_id, secret, remote_address, plain=False):
        """The OAuth 2 client with this id and secret: (profile of its endpoint, :class:`Verdict`).

        :raises Fault: ``authentication.*``, ``receive.endpoint_not_live``
        """
        code = self._handles().users.get(client_id)
        who = ("client", client_id if code else None, remote_address)
        seconds = FAILURES.wait(who)
        if seconds:
            raise TooManyFailures(seconds)
        profile = self.env["sync.endpoint"].sudo()._intake_profile(code) if code else None  # sudo: no user yet
        rows = []
        if profile and kind_of(profile["authentication"]) == "oauth2":
            endpoint = self.env["sync.endpoint"].sudo().browse(profile["id"])  # sudo: the caller has no user yet
            rows = [row for row in endpoint._valid_rows("verify") if row.username == client_id and row.hashed]
        if profile and profile["allowed_sources"] and not within(remote_address, profile["allowed_sources"]):
            rows = []
        row = next((row for row in rows if hashing.is_digest_of(row.hashed, secret)), None)
        if row is None:
            FAILURES.count(who)
            raise shown.invalid()
        _refuse_plain(profile, plain)
        if not profile["live"]:
            raise Fault("receive.endpoint_not_live", "This endpoint is not live.", subject=f"endpoint {code}")
        return profile, Verdict(row.credential_id, row.scopes, profile["authentication"], row.version_id)

    # -- whose request is this ---------------------------------------------------------------------------------------

    def _handles(self):
        return self.env["sync.endpoint"].sudo()._handles()  # sudo: the caller has no user yet

    def _code_by(self, headers, remote_address, certificate):
        """The code of the endpoint to which what is shown belongs, not yet believed; None when nobody's."""
        handles, word = self._handles(), shown.word(headers)
        if word == "bearer":
            token = shown.bearer(headers)
            if hashing.is_key(token, "sgt"):
                found = self.env["sync.access.token"]._look_up(token)
                return found.endpoint_code if found else None
            return handles.keys.get(hashing.hint(token))
        if word == "basic":
            name, password = shown.user(headers)
            return handles.users.get(name) or self._nobodys(password, remote_address)
        given = {name.lower(): value for name, value in headers.items()}
        for name in handles.headers & given.keys():
            key = given[name].rpartition(" ")[2]
            if hashing.hint(key) in handles.keys:
                return handles.keys[hashing.hint(key)]
        if certificate is not None:
            return self._code_by_certificate(certificate)
        if word or handles.headers & given.keys():
            return None
        raise Fault(
            "authentication.missing",
            "The request does not say who sends it. Send the header Authorization: Bearer with an API key or a token,"
            " or Authorization: Basic with a user and a password, whichever was agreed.",
        )

    def _nobodys(self, password, remote_address):
        """Refuse a user whom nobody knows as slowly as a wrong password, and all of them together as seldom."""
        self._slowly([hashing.NOBODYS], password, ("user", None, remote_address))

    def _code_by_certificate(self, certificate):
        now = datetime.now(timezone.utc)
        endpoints = self.env["sync.endpoint"].sudo()  # sudo: the caller has no user yet
        for code, profile in endpoints._intake_profiles().items():
            if kind_of(profile["authentication"]) == "mtls":
                secrets = endpoints.browse(profile["id"])._secrets("verify")
                if any(certificates.matches(secret.value, certificate, now) for secret in secrets):
                    return code
        return None

    # -- by what it is proved ----------------------------------------------------------------------------------------

    def _by_signature(self, call):
        verdict = signatures.verify(
            call.raw,
            call.headers,
            profile=call.profile["authentication"],
            secrets=call.endpoint._secrets("verify", expired=call.ended),
            now=datetime.now(timezone.utc),
            settings=call.profile["authentication_settings"],
        )
        if not verdict.ok:
            raise verdict.fault
        return _of_credential(call, verdict.key_id)

    def _by_api_key(self, call):
        key = shown.key(call.headers, call.scheme)
        return _one(row for row in _hashed(call) if hashing.is_digest_of(row.hashed, key))

    def _by_basic(self, call):
        name, password = shown.user(call.headers)
        mine = [row for row in _hashed(call) if hmac.compare_digest((row.username or "").encode(), name.encode())]
        known = next((row for row in mine if VERIFIED.knows(row.hashed, password)), None)
        if known:
            return known
        # Both of a rotation are tried; a wrong name takes as long.
        # Made-up names are one: with each of its own, a stranger could keep the server busy for ever.
        who = ("ended" if call.ended else "user", name if mine else None, call.address)
        kept = self._slowly([row.hashed for row in mine] or [hashing.NOBODYS], password, who)
        return _one(row for row in mine if row.hashed == kept)

    def _slowly(self, hashes, password, who):
        """The one of ``hashes`` that ``password`` is of.

        :raises Fault: when it is of none; :class:`TooManyFailures` when ``who`` has been wrong too often
        """
        seconds = FAILURES.wait(who)
        if seconds:
            raise TooManyFailures(seconds)
        for kept in hashes:
            if hashing.is_password_of(kept, password):
                VERIFIED.remember(kept, password)
                return kept
        FAILURES.count(who)
        raise shown.invalid()

    def _by_oauth2(self, call):
        token = shown.bearer(call.headers)
        found = self.env["sync.access.token"]._look_up(token) if hashing.is_key(token, "sgt") else None
        row = found and next((row for row in call.rows if row.version_id == found.version_id), None)
        if not row:
            raise shown.invalid()
        # What the credential covers now counts as well as what the token was given for.
        covered = frozenset(one for one in found.scopes if scopes.narrowed(one, row.scopes))
        return row._replace(scopes=covered)

    def _by_mtls(self, call):
        if call.certificate is None:
            raise Fault("authentication.missing", "No client certificate came with the request by a trusted proxy.")
        now = datetime.now(timezone.utc)
        secrets = call.endpoint._secrets("verify", expired=call.ended)
        if not secrets:
            raise _unconfigured()
        found = _one(one for one in secrets if certificates.matches(one.value, call.certificate, now))
        return _of_credential(call, found.key_id)

    def _ended(self, call, prove, fault):
        """The fault of somebody who proved himself by a secret that has run out or is suspended, or None."""
        rows = call.endpoint._valid_rows("verify", expired=True) if fault.code in DOUBTFUL else []
        if not rows:
            return None
        again = Call(
            call.endpoint, call.profile, call.raw, call.headers, call.address, call.certificate, rows, ended=True
        )
        try:
            row = prove(again)
        except Fault:
            return None  # the first one tells what is wrong
        subject = f"endpoint {call.profile['code']}"
        if row.suspended:
            return Fault("authentication.credential_suspended", "The credential is suspended.", subject=subject)
        return Fault("authentication.credential_expired", "The secret that proves this has expired.", subject=subject)


def _refuse_plain(profile, plain):
    """:raises Fault: ``authentication.not_encrypted``, at a production endpoint"""
    if plain and profile["environment"] == "production":
        raise Fault(
            "authentication.not_encrypted",
            "This endpoint is for production and takes nothing that is not encrypted (https).",
            subject=f"endpoint {profile['code']}",
        )


def _hashed(call):
    rows = [row for row in call.rows if row.hashed]
    if not rows:
        raise _unconfigured()
    return rows


def _one(rows):
    row = next(iter(rows), None)
    if row is None:
        raise shown.invalid()
    return row


def _of_credential(call, key_id):
    """The row of a secret that was opened: of which version it is was not asked."""
    row = next(row for row in call.rows if str(row.credential_id) == key_id)
    return row._replace(version_id=None)


def _unconfigured():
    return Fault("engine.configuration", "The endpoint has no active secret.", subject="secret of the endpoint")


def _challenging(fault, profile):
    """``fault`` with what a caller without a valid proof is told to show (RFC 9110, 11.6.1); of a stranger's endpoint
    nothing is known, so he is told everything that there is."""
    kind = kind_of(profile["authentication"]) if profile else None
    if kind == "api_key":
        header = scheme_of(profile["authentication"], profile["authentication_settings"]).header
        # A key in a header of its own has no scheme of HTTP: then the problem document says what to send.
        bearer = BEARER if header.lower() == "authorization" else None
    else:
        bearer = BEARER
    if bearer and fault.code != "authentication.missing":
        bearer += ', error="invalid_token"'  # RFC 6750, 3.1
    fault.challenge = {
        None: f"{bearer}, {BASIC}",
        "basic": BASIC,
        "oauth2": bearer,
        "api_key": bearer,
    }.get(kind)
    return fault
