"""A dispatcher for partners: the body is never parsed, and errors are problem documents (RFC 9457).

Odoo's own HTTP dispatcher reads the form first, after which the raw body of a form-encoded request is gone and no
signature can be checked.
"""

import json
import logging
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date

from odoo import http

from ..core.api.problems import TYPE as PROBLEM_TYPE
from ..core.api.problems import problem_of
from ..core.faults import Fault

_logger = logging.getLogger(__name__)


class RawDispatcher(http.Dispatcher):
    """Routes of ``type='sync_raw'``."""

    routing_type = "sync_raw"
    mimetypes = ("*/*",)

    @classmethod
    def is_compatible_with(cls, request):
        return True

    def dispatch(self, endpoint, args):
        self.request.params = dict(args)
        return http.Response.load(self.request.registry["ir.http"]._dispatch(endpoint))

    def handle_error(self, exc):
        if isinstance(exc, Fault):
            return problem(self.request, exc)
        if isinstance(exc, HTTPException) and exc.code:
            return problem_response(
                self.request,
                exc.code,
                {"type": "about:blank", "title": exc.name, "status": exc.code},
            )
        _logger.error("A partner's request failed", exc_info=exc)
        return unavailable(self.request)


def problem(request, fault):
    """The problem document of a fault; says nothing that an unauthenticated caller should not learn.

    A fault of our own is told to the log: its text names settings and keys of the server.
    """
    if fault.code.startswith("engine."):
        _logger.error("A partner's request failed: %s", fault.detail)
        return unavailable(request)
    document = problem_of(fault.code, fault.detail)
    again = getattr(fault, "retry_after", 30 if fault.entry.http_status in (429, 503) else None)
    headers = {"Retry-After": str(again)} if again else {}
    challenge = getattr(fault, "challenge", None)
    if challenge and fault.entry.http_status == 401:
        headers["WWW-Authenticate"] = challenge
    if fault.code == "receive.content_encoding":
        headers["Accept-Encoding"] = "identity"  # RFC 9110, 12.5.3: what would be taken
    if sunset := getattr(fault, "sunset", None):
        headers["Sunset"] = http_date(datetime.combine(sunset + timedelta(days=1), datetime.min.time(), timezone.utc))
    if successor := getattr(fault, "successor", None):
        document["successor"] = successor
        headers["Link"] = successor_link(successor)
    return problem_response(request, fault.entry.http_status, document, headers)


def successor_link(successor):
    """The value of ``Link`` that names the version of a contract that follows (RFC 5829)."""
    urn = "urn:sync-governance:contract:" + quote(successor.replace(" ", ":"), safe=":")
    return f'<{urn}>; rel="successor-version"'


def unavailable(request):
    """Come back later, without a reason."""
    return problem_response(
        request,
        503,
        {"type": PROBLEM_TYPE + "receive.unavailable", "title": "Temporarily unavailable", "status": 503},
        {"Retry-After": "30"},
    )


def problem_response(request, status, document, headers=None):
    """A response of type ``application/problem+json``."""
    return request.make_response(
        json.dumps(document, ensure_ascii=False),
        headers=[
            ("Content-Type", "application/problem+json"),
            *(headers or {}).items(),
        ],
        status=status,
    )
