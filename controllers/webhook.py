"""Webhooks of trading partners."""

import psycopg2

from odoo import http
from odoo.http import request

from ..core.faults import Fault
from .raw_dispatcher import problem

MAX_BODY_BYTES = 16 * 1024 * 1024


class WebhookController(http.Controller):
    """POST only, raw body first, stored and committed before the 202."""

    @http.route(
        "/sync/in/<string:code>",
        type="sync_raw",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
        max_content_length=MAX_BODY_BYTES,
    )
    def receive(self, code):
        """Take one transmission for the endpoint ``code``.

        202 with the message's id; a repeat gets the original's. Problem documents: 401 signature, 404 no such
        endpoint, 411 no length, 413 too large, 503 come back later.
        """
        if request.httprequest.content_length is None:
            # A chunked body would be cut at the limit without a word: refuse it instead.
            return problem(
                request,
                Fault(
                    "receive.length_required",
                    "Send the length of the body (Content-Length).",
                ),
            )
        raw = request.httprequest.get_data()
        try:
            receipt = request.env["sync.intake"]._receive(
                code,
                raw,
                dict(request.httprequest.headers),
                request.httprequest.remote_addr,
            )
        except Fault as fault:
            return problem(request, fault)
        except psycopg2.OperationalError as error:
            return problem(
                request,
                Fault(
                    "receive.unavailable",
                    f"Not stored ({error.pgcode}); send it again.",
                ),
            )
        return request.make_json_response(
            {
                "status": "accepted",
                "message_id": receipt.message_uid,
                "repeat": receipt.repeated,
            },
            status=202,
        )
