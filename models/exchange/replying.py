"""What a partner answers to a request becomes a document of its own, in the transaction that settles the delivery.

The answer travels the interface that replies to the one of the request (``catalog/interface_replies.py``). Its key is
made of the request's message id and of what it says: the same answer counts once, whoever dies when; another one, to a
request that was sent once more, is another document.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from odoo import api, models

from ...core.faults import Fault
from ...core.security.keyring import KeyProblem
from ...core.security.masking import mask_headers
from ...core.work import Done, Request
from .confidential import WITHOUT_CONTENT
from .sealing import EVENT, event_text, ring_of, seal
from .storing import Incoming, store

INCOMPLETE = "receive.answer_incomplete"
_LONGEST_KEY = 255

_TIE = """
    UPDATE sync_message m SET answers_id = t.request, process_id = t.process, reference = coalesce(m.reference, t.said)
      FROM unnest(%s::int[], %s::int[], %s::int[], %s::text[]) AS t(id, request, process, said) WHERE m.id = t.id
"""
_TELL = """
    UPDATE sync_transmission x SET status = t.status, fault_code = t.code, fault_detail = t.detail
      FROM unnest(%s::int[], %s::int[], %s::text[], %s::text[]) AS t(id, status, code, detail) WHERE x.id = t.id
"""
_FORM = """
    UPDATE sync_payload p SET content_type = t.form
      FROM unnest(%s::int[], %s::text[]) AS t(id, form) WHERE p.transmission_id = t.id AND p.kind = 'received'
"""
_ASKED = f"""
    SELECT m.id, coalesce(m.fallback, false), q.id, q.uid, e.res_model, e.res_id, {EVENT}
      FROM sync_message m JOIN sync_message q ON q.id = m.answers_id LEFT JOIN sync_event e ON e.id = q.event_id
     WHERE m.id = ANY(%s::int[])
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the interface of a request needs to know of the one that takes its answers. ``limit``: bytes; ``crossing``:
    of personal data from another data region, or None."""

    interface_id: int
    document_type_id: int
    pool: str
    limit: int
    confidential: bool
    timing: Any = field(compare=False)
    crossing: Any = field(compare=False)


class SyncInterface(models.Model):
    _inherit = "sync.interface"

    @api.private
    def _reply_profile(self):
        """The :class:`Reply` of what takes the answers to what this interface sends, or None."""
        taking = self._reply()
        if not taking:
            return None
        policy = taking.policy_id
        return Reply(
            interface_id=taking.id,
            document_type_id=taking.document_type_id.id,
            pool=policy.worker_pool,
            limit=self.endpoint_id.max_body_bytes,
            confidential=taking._is_confidential(),
            timing=policy._timing() if policy.timing in ("micro_batch", "window") else None,
            crossing=taking._crossing(),
        )


class SyncEngine(models.AbstractModel):
    _inherit = "sync.engine"

    @api.model
    @api.private
    def _keep_answers(self, batch, flights):
        """Store what was answered to those of ``flights`` that are done; what cannot be read is the answer's own fault.

        Runs in the transaction that turns the requests done.
        """
        answered = {}
        for flight in flights:
            reply = batch.interface(flight.work.interface_id).reply
            if reply and isinstance(flight.work.outcome, Done) and (flight.result.body or flight.result.truncated):
                answered.setdefault(flight.work.endpoint_id, []).append((flight, reply))
        for endpoint_id in sorted(answered):
            _keep(self.env, answered[endpoint_id])
        if answered:
            self._wake_after_commit()  # who delivers may not serve the pools in which answers wait

    @api.model
    @api.private
    def _tell_requests(self, works):
        """Give works that are answers what they answer (:class:`~sync_governance.core.work.Request`)."""
        replying = self.env["sync.interface"]._replying()
        mine = {work.message_id: work for work in works if work.interface_id in replying}
        if not mine:
            return
        self.env.cr.execute(_ASKED, [list(mine)])
        for message_id, fallback, request_id, uid, model, res_id, *stored in self.env.cr.fetchall():
            mine[message_id].fallback = fallback
            try:
                text = event_text(self.env, *stored)
            except Fault as fault:
                mine[message_id].notices.append(fault.detail)
                text = None
            mine[message_id].request = Request(request_id, uid, json.loads(text) if text else None, model, res_id)


def _keep(env, answered):
    cr, work = env.cr, answered[0][0].work
    profile = {
        "id": work.endpoint_id,
        "trading_partner_id": work.trading_partner_id,
        "company_id": work.company_id,
        "hold_unread": False,
    }
    documents, faults = [], []
    for flight, reply in answered:
        document, fault = _incoming(env, flight, reply)
        documents.append(document)
        faults.append(fault)
    receipts = store(cr, profile, documents)
    new = []
    for (flight, reply), document, fault, receipt in zip(answered, documents, faults, receipts, strict=True):
        if fault is None or fault.code != INCOMPLETE or reply.confidential:
            flight.work.response = None  # it is kept once, with the answer's own message
        before = ", which came before" if receipt.repeated else ""
        flight.work.outcome.note = f"Answered by {receipt.message_uid}{before}."
        if not receipt.repeated:
            new.append((flight, document, fault, receipt.message_id))
    if not new:
        return
    cr.execute(
        _TIE,
        [
            [message_id for *_rest, message_id in new],
            [flight.work.message_id for flight, *_rest in new],
            [flight.work.process_id for flight, *_rest in new],
            [flight.work.reference for flight, *_rest in new],
        ],
    )
    transmissions = [document.transmission_id for _flight, document, *_rest in new]
    cr.execute(
        _TELL,
        [
            transmissions,
            [flight.result.status for flight, *_rest in new],
            [fault and fault.code for *_rest, fault, _message in new],
            [fault and fault.detail for *_rest, fault, _message in new],
        ],
    )
    cr.execute(_FORM, [transmissions, [_media_type(flight.result.headers) for flight, *_rest in new]])


def _incoming(env, flight, reply):
    """(the answer as it is stored, the fault that only its transport shows or None)"""
    work, result = flight.work, flight.result
    fault = _incomplete(flight, reply) if result.truncated else reply.crossing and reply.crossing.refusal()
    body = b"" if fault else result.body
    sha256 = hashlib.sha256(result.body).hexdigest()
    key_id = sealed = None
    if reply.confidential:
        try:
            key_id, sealed = seal(ring_of(env), work.company_id, "received", body, sha256)
        except KeyProblem as problem:  # the delivery was made: that it cannot be kept is no reason to make it again
            fault, body = problem, b""
    headers = json.dumps(mask_headers(dict(result.headers)))
    document = Incoming(
        raw=body,
        sha256=sha256,
        sender_key=f"answer:{work.uid}:{sha256}",
        topic=None,
        lane_key=f"answer {work.ordering_key}"[:_LONGEST_KEY],
        interface_id=reply.interface_id,
        document_type_id=reply.document_type_id,
        pool=reply.pool,
        headers=env["sync.intake"]._headers_beside({"needed_headers": WITHOUT_CONTENT}, headers, key_id),
        remote_address=None,
        credential_id=flight.parcel.credential_id,
        timing=reply.timing,
        key_id=key_id,
        sealed=sealed,
        whole=fault is not None,  # then there are no bytes to be kept
    )
    return document, fault


def _incomplete(flight, reply):
    place = urlsplit(flight.parcel.url).hostname or "The partner"
    if len(flight.result.body) >= reply.limit:
        detail = f"{place} took the document, and its answer has more than {reply.limit} bytes. Its beginning is kept."
    else:
        detail = f"{place} took the document, and its answer broke off."
    return Fault(INCOMPLETE, detail, subject=place)


def _media_type(headers):
    return headers.get("content-type", "").partition(";")[0].strip().lower()[:100] or "application/octet-stream"
