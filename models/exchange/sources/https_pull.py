"""Documents that a partner offers over HTTPS: page by page, only what is new."""

from datetime import datetime, timezone

from odoo import api, models

from ....core.delivery import pulling
from ....core.faults import Fault
from ..collecting import Received, Session
from ..transport import Parcel
from ..transports.https import SyncTransportHttps

PAGE_BYTES = 8 * 1024 * 1024
"""What one answer may have at most; of it each entry is a document with the endpoint's own limit."""

FORGOTTEN = (400, 404, 410, 422)
"""What partners answer who do not know a place in the middle of a list any more."""


class _PlaceForgotten(Exception):
    """The place at which a look should go on is not known any more; ``fault`` is what was answered."""

    def __init__(self, fault):
        super().__init__(fault.detail)
        self.fault = fault


class SyncSourceHttpsPull(models.AbstractModel):
    """Each page is taken over in one transaction with where to go on; see ``core/delivery/pulling.py``."""

    _name = "sync.source.https.pull"
    _description = "Source: HTTPS pull"
    _inherit = ["sync.source"]
    _transport = "https_pull"
    _proofs = ("api_key", "basic", "oauth2", "mtls")

    @api.private
    def _door(self, endpoint):
        https = self.env["sync.transport.https"]
        door = https._door(endpoint)
        whole = endpoint.pull_content == "whole"
        return {
            "credential_id": int(door["secrets"][0].key_id),
            "rules": endpoint._pull_rules(),
            "most_bytes": endpoint.max_body_bytes,
            "parcel": Parcel(
                message_id=0,
                endpoint_id=endpoint.id,
                url=endpoint.url,
                body=b"",
                headers={
                    "Accept": "*/*" if whole else "application/json",
                    "User-Agent": "sync-governance/1.0",
                    **getattr(https, f"_prove_{door['kind']}")(None, door),
                },
                settings={
                    **door["sending"],
                    "method": "GET",
                    "body_limit": endpoint.max_body_bytes if whole else PAGE_BYTES,
                },
            ),
        }

    @staticmethod
    def _session(door, position, memory):
        return PullSession(door, position)


class PullSession(Session):
    """``position`` is where the list was read to: the watermark, or the next page in the middle of a look."""

    metered = True

    def __init__(self, door, position):
        self.door = door
        self.rules = door["rules"]
        self.position = position

    def batches(self):
        state, again = self._begun(self.position), False
        while True:
            try:
                page = self._page(state)
            except _PlaceForgotten as error:
                if again:
                    raise error.fault from error
                # It begins where the look began; what comes twice by that is recognised.
                state, again = self._begun({name: state.get(name) for name in ("watermark", "known")}), True
                self.position = state
                yield []  # the next request waits for its turn like any other
                continue
            self.position = state = page.state
            yield [self._received(*one) for one in page.documents]
            if page.is_last:
                return

    def settle(self, items):
        """There is nothing to tell the partner: where we are stands with the documents."""

    def _begun(self, position):
        return pulling.begin(self.rules, position, datetime.now(timezone.utc))

    def _page(self, state):
        url = pulling.address(self.rules, state)
        asked = pulling.conditions(state, url)
        given = self.door["parcel"]
        parcel = Parcel(0, given.endpoint_id, url, b"", {**given.headers, **asked}, given.settings)
        result = SyncTransportHttps._send(parcel)
        if result.status == 304 and asked:
            return pulling.unchanged(self.rules, state)
        if result.fault is not None:
            result.fault.retry_after = result.retry_after
            if state["next"] is not None and result.status in FORGOTTEN:
                raise _PlaceForgotten(result.fault)
            raise result.fault
        if result.truncated:
            raise Fault(
                "receive.page_unreadable",
                f"The partner's answer broke off, or is longer than {given.settings['body_limit']} bytes.",
            )
        return pulling.read(self.rules, state, url, result.body, result.headers)

    def _received(self, at, body):
        fault = None
        if len(body) > self.door["most_bytes"]:
            fault = Fault(
                "receive.too_large",
                f"The entry has {len(body)} bytes; this endpoint takes {self.door['most_bytes']}.",
            )
        return Received(b"" if fault else body, name=at or "the answer", fault=fault)
