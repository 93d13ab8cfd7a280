"""The REST API: one door for every call, so that nobody comes in without having said who he is."""

import psycopg2

from odoo import http
from odoo.http import request

from ...core.api import business
from ...core.api import headers as api_headers
from ...core.api.batches import items_of
from ...core.api.negotiation import CLOUDEVENTS, NDJSON, answer_type, body_type
from ...core.api.paging import page_size, position
from ...core.api.problems import is_ours, problem_of
from ...core.api.resources import PREFIX, find
from ...core.codecs import codec
from ...core.faults import Fault
from ..arrival import arrival_of
from ..raw_dispatcher import problem, problem_response
from ..webhook import MAX_BODY_BYTES
from . import events, subscriptions

PAGE = f"{PREFIX}/docs"
DESCRIBING = {"description": "_described", "channels": "_channels"}
PARAMETERS = {
    "list": {"limit", "after", "number"},
    "events": {"limit", "after", "since", "types"},
    **{kind: business.parameters_of(kind) for kind in business.KINDS},
}
NEVER_SHARED = {
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Authorization, Accept",
}


class ApiController(http.Controller):
    """``/sync/v1``: see ``docs/api.md`` for what it promises."""

    @http.route(
        [PREFIX, f"{PREFIX}/<sync_rest:path>"],
        type="sync_raw",
        auth="none",
        csrf=False,
        save_session=False,
        readonly=False,
        max_content_length=MAX_BODY_BYTES,
    )
    def call(self, path=""):
        """Recognise who calls, find what he means, and only then look at what he sends.

        Problem documents: 401 no valid proof, 403 not covered by the credential, 404 no such address for this partner,
        405 another method; and what the single operations say.
        """
        try:
            return _answered("/" + path)
        except Fault as fault:
            return problem(request, fault)
        except psycopg2.OperationalError as error:
            return problem(request, Fault("receive.unavailable", f"Not done ({error.pgcode}); send it again."))


def _answered(path):
    arrival = arrival_of(request.httprequest)
    api = request.env["sync.api"]
    client = api._client(arrival.headers, arrival.address, arrival.certificate, arrival.plain)
    found = find(client.operations, path)
    if not found:
        raise Fault("request.address_unknown", "There is no such address for this partner.", subject="address")
    method = request.httprequest.method
    if method == "HEAD" and "HEAD" in _methods(found):
        method = "GET"
    if method not in found:
        document = problem_of("request.method_not_allowed", "This address knows other methods only.")
        return problem_response(request, 405, document, {"Allow": ", ".join(sorted(_methods(found)))})
    operation, named = found[method]
    if not client.may(operation):
        client.verdict.demand("write" if operation.kind in SENDING else "read", operation.document_type)
    media_type = _answer_type(operation)
    parameters = _parameters(PARAMETERS.get(operation.kind, set()))
    if operation.kind in SENDING:
        return SENDING[operation.kind](client, operation, arrival, media_type)
    if operation.kind == "events":
        return _made(*events.give_out(client, parameters, media_type), media_type)
    if operation.kind == "acknowledge":
        _demand_length()
        return _made(*events.acknowledge(client), media_type)
    if operation.kind == "subscribe":
        _demand_length()
        document, status, headers = subscriptions.subscribe(client)
        return _response(document, media_type, status=status, headers=headers)
    if operation.kind == "unsubscribe":
        return _made(_encoded(api._subscription(client, named, cancel=True)), {}, media_type)
    request.env["sync.gauge"]._admit_read(client.profile)
    return _shown(api, client, operation, named, parameters, media_type)


def _methods(found):
    # Whoever asks for the headers of the feed only would be given events without seeing them.
    only_shown = "GET" in found and found["GET"][0].kind != "events"
    return {*found, "HEAD"} if only_shown else set(found)


def _answer_type(operation):
    if operation.kind == "raw":
        return None
    others = (CLOUDEVENTS,) if operation.kind == "events" else ()
    return answer_type(request.httprequest.headers.get("Accept"), others)


def _parameters(known):
    """The query's parameters, each once.

    :raises Fault: ``request.parameter_invalid``
    """
    given = request.httprequest.args
    for name, values in given.lists():
        if name not in known or len(values) > 1:
            said = "is there twice" if name in known else "is not known here"
            raise Fault("request.parameter_invalid", f"The parameter “{name[:40]}” {said}.", subject="query")
    return given


# -- sending ---------------------------------------------------------------------------------------------------------


def _send(client, operation, arrival, media_type):
    """Take a document in. 201 or 200 with what it changed, 202 while it is not done, 422 with what is wrong with it."""
    body_type(request.httprequest.headers.get("Content-Type"))
    _demand_length()
    key = api_headers.idempotency_key(request.httprequest.headers.get("Idempotency-Key"))
    raw = request.httprequest.get_data()
    receipt = request.env["sync.intake"]._take(client, operation.document_type, raw, key, arrival)
    headers = {**_standing(client, operation), "Idempotency-Replayed": "true" if receipt.repeated else "false"}
    message = request.env["sync.api"]._message(client, receipt.message_uid)
    if message is None:
        # A repeat of what retention has removed: it was finished long ago.
        message = {"id": receipt.message_uid, "status": "done", "direction": "inbound"}
    address = f"{PREFIX}/messages/{receipt.message_uid}"
    if receipt.conflict:
        document = problem_of("receive.key_reused_with_other_body", "This key was used for another document.")
        return problem_response(request, 422, {**document, "message": address}, headers)
    fault = message.get("problem")
    if fault and not is_ours(fault["code"]):
        return problem_response(request, 422, {**fault, "status": 422, "message": address}, headers)
    if message["status"] in ("ready", "parked", "failed"):
        # What failed for a reason of ours is ours to put right: the sender has done his part.
        return _response(message, media_type, status=202, headers={**headers, "Location": address})
    created = any(change["kind"] == "created" for change in message.get("changes", ()))
    return _response(message, media_type, status=201 if created else 200, headers=headers)


def _send_many(client, operation, arrival, media_type):
    """Take many documents in. 202 with a result for each, in their order."""
    given = body_type(request.httprequest.headers.get("Content-Type"), (NDJSON, CLOUDEVENTS))
    _demand_length()
    items = items_of(request.httprequest.get_data(), given)
    outcomes = request.env["sync.intake"]._take_many(client, items, arrival)
    results = [_result(number, *pair) for number, pair in enumerate(zip(items, outcomes, strict=True), start=1)]
    return _response({"results": results}, media_type, status=202, headers=_standing(client, operation))


def _result(number, item, outcome):
    told = {"number": number}
    if getattr(item, "id", None):
        told["id"] = item.id
    if isinstance(outcome, Fault):
        return {**told, "status": "refused", "problem": problem_of(outcome.code, outcome.detail)}
    status = "conflict" if outcome.conflict else "repeated" if outcome.repeated else "accepted"
    return {**told, "status": status, "message": f"{PREFIX}/messages/{outcome.message_uid}"}


def _demand_length():
    if request.httprequest.content_length is None:
        # A chunked body would be cut at the limit without a word: refuse it instead.
        raise Fault("receive.length_required", "Send the length of the body (Content-Length).")


SENDING = {"send": _send, "batch": _send_many}


# -- reading ---------------------------------------------------------------------------------------------------------


def _shown(api, client, operation, named, parameters, media_type):
    headers = _standing(client, operation)
    if operation.kind == "raw":
        body, content_type = api._raw(client, named)
        return _conditional(body, content_type, {**headers, "Content-Disposition": "attachment"})
    if operation.kind == "query":
        return _response(_figures(api, client, operation), media_type, status=200, headers=headers)
    if operation.kind in DESCRIBING:
        document = getattr(api, DESCRIBING[operation.kind])(client, request.httprequest.host_url.rstrip("/"))
    elif operation.kind == "subscriptions":
        document = {"items": api._subscriptions(client)}
    elif operation.kind == "subscription":
        document = api._subscription(client, named)
    elif operation.kind == "message":
        document = api._message(client, named)
        if document is None:
            raise Fault("request.record_unknown", "There is no such record for this partner.", subject="message")
    elif operation.kind == "read":
        document = api._document(client, operation.document_type, named)
    elif operation.kind in business.KINDS:
        document = _business(api, client, operation, named, parameters)
    else:
        document = _page(api, client, operation, parameters)
    return _conditional(_encoded(document), media_type, headers)


def _business(api, client, operation, named, parameters):
    if operation.kind == "record":
        return api._record(client, operation.document_type, named)
    if operation.kind == "parts":
        return {"items": api._parts_of(client, operation.document_type, named)}
    items, after = api._records(
        client,
        operation.document_type,
        before=position(parameters.get("after")),
        limit=page_size(parameters.get("limit")),
        since=business.since(parameters.get("changed_since")),
        reference=business.words(parameters.get("reference"), "reference"),
    )
    return {"items": items, "next": after}


def _figures(api, client, operation):
    """The answer to a question that stands in the body."""
    body_type(request.httprequest.headers.get("Content-Type"))
    _demand_length()
    raw = request.httprequest.get_data()
    if len(raw) > client.profile["max_body_bytes"]:
        raise Fault("receive.too_large", f"The body has {len(raw)} bytes; that is more than agreed.", subject="body")
    return api._asked(client, operation.document_type, business.question(codec("json").decode(raw)))


def _page(api, client, operation, parameters):
    items, after = api._documents(
        client,
        operation.document_type,
        before=position(parameters.get("after")),
        limit=page_size(parameters.get("limit")),
        number=business.words(parameters.get("number"), "number"),
    )
    return {"items": items, "next": after}


# -- answers ---------------------------------------------------------------------------------------------------------


def _standing(client, operation):
    """The headers that tell how much may still come, and that what was called is going to end."""
    left = request.env["sync.gauge"].sudo()._left(client.profile)  # sudo: the caller has no user; a count
    told = api_headers.rate_limit(*left) if left else {}
    if operation.document_type and operation.kind not in business.KINDS:
        contract = request.env["sync.api"]._contract(client, operation)
        if contract.state == "deprecated":
            told |= api_headers.deprecation(contract.deprecated_at, contract.sunset_date or None, PAGE)
    return told


def _encoded(document):
    return codec("json").encode(document)


def _made(body, headers, media_type):
    given = {**NEVER_SHARED, **headers, "Content-Type": media_type}
    return request.make_response(body, headers=list(given.items()))


def _response(document, media_type, *, status, headers):
    given = [("Content-Type", media_type), *NEVER_SHARED.items(), *headers.items()]
    return request.make_response(_encoded(document), headers=given, status=status)


def _conditional(body, media_type, headers):
    """200 with the representation, or 304 to who has it already."""
    tag = api_headers.entity_tag(body)
    told = [("ETag", tag), *NEVER_SHARED.items(), *headers.items()]
    if api_headers.is_known(tag, request.httprequest.headers.get("If-None-Match")):
        return request.make_response(b"", headers=told, status=304)
    return request.make_response(body, headers=[("Content-Type", media_type), *told])
