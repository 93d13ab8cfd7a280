"""The feed over HTTP: events are given out, and acknowledged."""

from odoo.http import request

from ...core.api import feeds
from ...core.api.negotiation import CLOUDEVENTS, body_type
from ...core.api.paging import page_size
from ...core.api.resources import PREFIX
from ...core.codecs import codec
from ...core.delivery.cloudevents import batched
from ...core.faults import Fault

NEVER_KEPT = {"Cache-Control": "no-store"}


def give_out(client, parameters, media_type):
    """A page of the caller's feed: (document or bytes, headers). What it holds is in his hands for a while.

    :raises Fault: ``request.parameter_invalid``
    """
    after = parameters.get("after")
    mark, since = feeds.mark_of(after) if after is not None else None, feeds.moment_of(parameters.get("since"))
    if mark and since:
        raise Fault("request.parameter_invalid", "A page begins after a cursor or at a time.", subject="query")
    fetched, end = request.env["sync.api"]._events(
        client,
        types=feeds.types_of(parameters.get("types"), client.readable()),
        limit=page_size(parameters.get("limit")),
        mark=mark,
        since=since,
    )
    if media_type == CLOUDEVENTS:
        headers = {"Link": f'<{PREFIX}/events?after={end}>; rel="next"'} if end else {}
        return batched((one.event, one.document) for one in fetched), {**NEVER_KEPT, **headers}
    page = {"items": [one.told() for one in fetched], "next": end}
    return codec("json").encode(page), NEVER_KEPT


def acknowledge(client):
    """What the caller has is done: (bytes, headers).

    :raises Fault: ``request.*``, ``decode.*``
    """
    body_type(request.httprequest.headers.get("Content-Type"))
    ids, mark = feeds.acknowledged(codec("json").decode(request.httprequest.get_data()))
    results = request.env["sync.api"]._acknowledged(client, ids, mark)
    return codec("json").encode({"results": results}), NEVER_KEPT
