"""Webhooks of trading partners."""

from datetime import date

import psycopg2

from odoo import http
from odoo.http import request

from ..core.api.headers import deprecation
from ..core.api.problems import is_ours
from ..core.api.resources import PREFIX
from ..core.faults import Fault
from .arrival import arrival_of
from .raw_dispatcher import PROBLEM_TYPE, problem, problem_response, successor_link

MAX_BODY_BYTES = 16 * 1024 * 1024
ROUTE = {
    "type": "sync_raw",
    "auth": "none",
    "methods": ["POST"],
    "csrf": False,
    "save_session": False,
    "readonly": False,
    "max_content_length": MAX_BODY_BYTES,
}


class WebhookController(http.Controller):
    """POST only, raw body first, stored and committed before the 202."""

    @http.route("/sync/in/<string:code>", **ROUTE)
    def receive(self, code):
        """Take one transmission for the endpoint ``code``.

        202 with the message's id; a repeat gets the original's. 200 for whoever only asks if somebody is there. An
        interchange of several documents becomes a message for each and is answered like a batch. Where the sender
        waits for the result: 200 with it, or 422 with what is wrong. Problem documents: 401 no valid proof, 403 not
        from this address or not this kind of document, 404 no such endpoint, 411 no length, 413 too large, 429 and 503
        come back later.
        """

        def receive(intake, raw, *arguments):
            if intake._is_greeted(code, raw):
                return request.make_json_response({"status": "ready"}, status=200)
            received = intake._receive(code, raw, *arguments)
            return _deprecating(answer_all(received), outcomes_of(received))

        return self._answered(receive)

    @http.route("/sync/in/<string:code>/batch", **ROUTE)
    def receive_many(self, code):
        """Take many documents for the endpoint ``code`` in one signed request: envelopes in a JSON array or NDJSON.

        202 with a result for each, in their order. Problem documents as for one, and 400 for what is no batch; then
        nothing is stored.
        """

        def receive(intake, *arguments):
            results = intake._receive_many(code, *arguments)
            return _deprecating(answers(results), [outcome for _id, outcome in results])

        return self._answered(receive)

    def _answered(self, receive):
        if request.httprequest.content_length is None:
            # A chunked body would be cut at the limit without a word: refuse it instead.
            return problem(
                request,
                Fault("receive.length_required", "Send the length of the body (Content-Length)."),
            )
        try:
            arrival = arrival_of(request.httprequest)
            return receive(
                request.env["sync.intake"],
                request.httprequest.get_data(),
                arrival.headers,
                arrival.address,
                arrival.certificate,
                arrival.plain,
            )
        except Fault as fault:
            return problem(request, fault)
        except psycopg2.OperationalError as error:
            return problem(request, Fault("receive.unavailable", f"Not stored ({error.pgcode}); send it again."))


def outcomes_of(received):
    """What became of each document of one transmission."""
    return [outcome for _called, outcome in received] if isinstance(received, list) else [received]


def answer_all(received):
    """The response to one transmission: of one document, or of an interchange of several."""
    return answers(received) if isinstance(received, list) else answer(received)


def _deprecating(response, outcomes):
    """The response, with the headers for a sender who uses a form of document that is deprecated; of several, the one
    that ends first."""
    endings = [ending for outcome in outcomes if (ending := getattr(outcome, "ending", None))]
    if endings:
        first = min(endings, key=lambda one: one.sunset or date.max)
        headers = deprecation(first.deprecated_at, first.sunset, f"{PREFIX}/docs")
        if first.successor:
            headers["Link"] += f", {successor_link(first.successor)}"
        response.headers.update(headers)
    return response


def answer(receipt):
    """The response to one document."""
    result = receipt.result
    told = {"message_id": receipt.message_uid, "repeat": receipt.repeated}
    code = (result and result.fault or {}).get("code", "engine.internal")
    # An error of ours is nothing that the sender could mend, and its text names what is ours: people here are told.
    if result is None or result.state in ("ready", "parked") or (result.state == "failed" and is_ours(code)):
        return request.make_json_response({"status": "accepted", **told}, status=202)
    if result.state == "failed":
        fault = result.fault or {}
        shown = {name: fault[name] for name in ("title", "detail", "pointer", "expected", "found") if name in fault}
        return problem_response(request, 422, {"type": PROBLEM_TYPE + code, "status": 422, **shown, **told})
    document = {
        "status": result.state,
        **told,
        "reference": result.reference,
        "effects": [{name: one[name] for name in ("kind", "model", "label")} for one in result.effects],
        "response": result.response,
    }
    return request.make_json_response(document, status=200)


def answers(results):
    """The response to many documents."""
    told = []
    for number, (given_id, outcome) in enumerate(results, start=1):
        one = {"number": number, "id": given_id}
        if isinstance(outcome, Fault):
            one |= {"status": "refused", "problem": PROBLEM_TYPE + outcome.code, "detail": outcome.detail}
        else:
            status = "repeated" if outcome.repeated else "conflict" if outcome.conflict else "accepted"
            one |= {"status": status, "message_id": outcome.message_uid}
        told.append(one)
    return request.make_json_response({"results": told}, status=202)
