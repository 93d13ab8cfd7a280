"""The token endpoint: OAuth 2 client credentials (RFC 6749, 4.4), and revocation (RFC 7009)."""

import json
from urllib.parse import parse_qsl, unquote_plus

import psycopg2

from odoo import http
from odoo.http import request

from ..core.delivery.schemes import scheme_of
from ..core.delivery.shown import user
from ..core.faults import Fault
from ..core.security import scopes
from .arrival import arrival_of
from .raw_dispatcher import problem

MAX_BODY_BYTES = 8 * 1024
ROUTE = {
    "type": "sync_raw",
    "auth": "none",
    "methods": ["POST"],
    "csrf": False,
    "save_session": False,
    "readonly": False,
    "max_content_length": MAX_BODY_BYTES,
}
NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class Refusal(Exception):
    """An error of RFC 6749, 5.2: its code, and a sentence for the developer on the other side."""

    def __init__(self, error, description, status=400, headers=None):
        super().__init__(error)
        self.document = {"error": error, "error_description": description}
        self.status, self.headers = status, headers or {}


class TokenController(http.Controller):
    """Machines get short-lived bearer tokens for their client's id and secret."""

    @http.route("/sync/oauth/token", **ROUTE)
    def token(self):
        """A token for ``grant_type=client_credentials``, the client by HTTP Basic or in the body, never both."""
        return _answered(self._token)

    @http.route("/sync/oauth/revoke", **ROUTE)
    def revoke(self):
        """End a token of the client's own. A token that is unknown or not its own is answered the same."""
        return _answered(self._revoke)

    def _token(self, arrival, form):
        profile, verdict = _client(arrival, form)
        grant = form.get("grant_type")
        if not grant:
            raise Refusal("invalid_request", "grant_type is missing.")
        if grant != "client_credentials":
            raise Refusal("unsupported_grant_type", "Only client_credentials is known here.")
        given = scopes.narrowed(form.get("scope", ""), verdict.scopes)
        if given is None:
            raise Refusal("invalid_scope", "The client may not do all of what is asked for.")
        seconds = scheme_of(profile["authentication"], profile["authentication_settings"]).token_seconds
        token = request.env["sync.access.token"]._issue(verdict, profile, given, seconds, arrival.address)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": seconds,
            "scope": " ".join(sorted(given)),
        }

    def _revoke(self, arrival, form):
        _profile, verdict = _client(arrival, form)
        if not form.get("token"):
            raise Refusal("invalid_request", "token is missing.")
        request.env["sync.access.token"]._revoke(form["token"], verdict.credential_id)
        return {}


def _answered(work):
    try:
        if request.env["sync.production"]._standing().reason:
            raise Fault("receive.not_in_use", "This database is not in use for exchange.", subject="database")
        document = work(arrival_of(request.httprequest), _form())
        return request.make_json_response(document, headers=NEVER_KEPT)
    except Refusal as refusal:
        return request.make_json_response(
            refusal.document, status=refusal.status, headers={**NEVER_KEPT, **refusal.headers}
        )
    except Fault as fault:
        return _not_now(problem(request, fault)) if _is_for_later(fault) else problem(request, fault)
    except psycopg2.OperationalError as error:
        return _not_now(problem(request, Fault("receive.unavailable", f"Not done ({error.pgcode}); send it again.")))


def _is_for_later(fault):
    return fault.code.startswith("engine.") or fault.entry.http_status in (429, 503)


def _not_now(response):
    """A refusal for now in the words of OAuth: clients' libraries read no problem documents."""
    description = json.loads(response.get_data()).get("detail") or "Temporarily unavailable."
    return request.make_json_response(
        {"error": "temporarily_unavailable", "error_description": description},
        status=response.status_code,
        headers={**NEVER_KEPT, "Retry-After": response.headers["Retry-After"]},
    )


def _form():
    """The parameters of the body, each there once (RFC 6749, 3.2); one without a value counts as not there."""
    if request.httprequest.mimetype != "application/x-www-form-urlencoded":
        raise Refusal("invalid_request", "Send the parameters as application/x-www-form-urlencoded.")
    if request.httprequest.content_length is None:
        raise Refusal("invalid_request", "Send the length of the body (Content-Length).")
    try:
        text = request.httprequest.get_data().decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=20)
    except ValueError as error:
        raise Refusal("invalid_request", "The parameters cannot be read.") from error
    names = [name for name, _value in pairs]
    if len(set(names)) != len(names):
        raise Refusal("invalid_request", "A parameter is there twice.")
    return {name: value for name, value in pairs if value}


def _client(arrival, form):
    """The client who asks: (profile of its endpoint, verdict).

    :raises Refusal: ``invalid_client``, without saying whether the id or the secret was wrong
    """
    shown = "Authorization" in arrival.headers
    try:
        client_id, secret = (
            _from_header(arrival.headers) if shown else (form.get("client_id"), form.get("client_secret"))
        )
        if shown and (form.get("client_secret") or form.get("client_id") not in (None, client_id)):
            raise Refusal("invalid_request", "Show the client once: in the header or in the body.")
        if not client_id or not secret:
            raise Fault("authentication.missing", "The request does not say which client asks.")
        return request.env["sync.caller"]._recognise_client(client_id, secret, arrival.address, arrival.plain)
    except Fault as fault:
        if fault.code not in ("authentication.credential_invalid", "authentication.missing"):
            raise
        challenge = {"WWW-Authenticate": 'Basic realm="sync", charset="UTF-8"'}
        raise Refusal("invalid_client", "The client is not known by this id and secret.", 401, challenge) from fault


def _from_header(headers):
    """Id and secret of HTTP Basic; both were encoded as in a form before (RFC 6749, 2.3.1)."""
    client_id, secret = user(headers)
    return unquote_plus(client_id), unquote_plus(secret)
