"""Subscriptions over HTTP."""

from odoo.http import request

from ...core.api import feeds
from ...core.api.negotiation import body_type
from ...core.codecs import codec


def subscribe(client):
    """Keep what the caller asks for: (document, status, headers). 201 for a new one, 200 for one that waits already.

    :raises Fault: ``request.*``, ``decode.*``
    """
    body_type(request.httprequest.headers.get("Content-Type"))
    wish = feeds.wish_of(codec("json").decode(request.httprequest.get_data()), client.askable())
    told, new = request.env["sync.api"]._subscribe(client, wish)
    return told, 201 if new else 200, {"Location": told["links"]["self"]}
