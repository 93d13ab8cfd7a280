"""A document comes by the API: through the intake like every other."""

import hashlib
import json

from odoo import api, models

from ...core.codecs import codec
from ...core.faults import Fault
from ...core.security.masking import mask_headers
from ..exchange.cursor import read_committed
from ..exchange.gauge import TurnedAway
from ..exchange.storing import Incoming


class SyncIntake(models.AbstractModel):
    _inherit = "sync.intake"

    @api.model
    @api.private
    def _take(self, client, document_type, raw, key, arrival):
        """Store a canonical document of the caller's; returns a :class:`~.storing.Receipt`.

        :param client: see ``client.py``; its credential covers the document type
        :param key: the Idempotency-Key of the request, or None: then a repeat is known by its body
        :param arrival: headers and address of the request
        :raises Fault: ``receive.*``, ``decode.*``, ``request.in_progress``; then nothing but the refusal was stored
        """
        profile = client.profile
        try:
            fault = self._too_large(profile, raw)
            if fault:
                raise fault
            document = codec("json").decode(raw)
            if not isinstance(document, dict):
                raise Fault("decode.malformed", "The document is no object.", expected="an object", subject="list")
            self.env["sync.gauge"]._admit(profile, 1)
            incoming = self._sent(client, document_type, raw, document, key and f"key:{key}", arrival)
            self._refuse_in_progress(profile, incoming)
        except Fault as fault:
            if fault.code.startswith(("decode.", "receive.too_large")):
                self._keep_rejection(profile, raw, arrival.headers, arrival.address, fault)
            raise
        return self._store_and_wait(profile, incoming) if incoming.patience else self._store(profile, [incoming])[0]

    @api.model
    @api.private
    def _take_many(self, client, items, arrival):
        """Store the documents of a batch, in their order and in one transaction; nobody waits for a result.

        :param items: what ``core.api.batches.items_of`` found
        :return: for each a :class:`~.storing.Receipt` or the Fault for which it is refused
        :raises Fault: ``receive.*`` of the whole; then nothing is stored
        """
        profile = client.profile
        self.env["sync.gauge"]._admit(profile, len(items))
        outcomes = [self._sent_or_fault(client, item, arrival) for item in items]
        documents = [outcome for outcome in outcomes if not isinstance(outcome, Fault)]
        receipts = iter(self._store(profile, documents) if documents else ())
        return [outcome if isinstance(outcome, Fault) else next(receipts) for outcome in outcomes]

    def _sent_or_fault(self, client, item, arrival):
        if isinstance(item, Fault):
            return item
        try:
            fault = self._too_large(client.profile, item.body)
            if fault:
                raise fault
            document = codec("json").decode(item.body)
            if not isinstance(document, dict):
                raise Fault("decode.malformed", "The document is no object.", expected="an object", subject="list")
            kind = item.document_type or document.get("type")
            if not isinstance(kind, str) or kind not in client.sends:
                raise Fault("receive.interface_unknown", "Documents of this kind are not taken.", subject="kind")
            client.verdict.demand("write", kind)
            return self._sent(client, kind, item.body, document, item.key, arrival, line=item.line)
        except Fault as fault:
            return fault

    def _sent(self, client, document_type, raw, document, key, arrival, line=None):
        """What is stored of a document. ``key`` is what a repeat is known by, ``line`` its ordering key, if told."""
        profile, topic = client.profile, client.sends[document_type]
        entry = profile["interfaces"][topic]
        self._refuse_entry(profile, entry)
        sha256 = hashlib.sha256(raw).hexdigest()
        key_id, sealed = self._sealed(profile, topic, raw, sha256)
        return Incoming(
            raw=raw,
            sha256=sha256,
            # A key is one of this endpoint, for this kind of document.
            sender_key=f"api:{document_type}:{key or f'sha256:{sha256}'}",
            topic=topic,
            lane_key=line or self.env["sync.endpoint"]._lane_key(profile, arrival.headers, document),
            interface_id=entry.interface_id,
            document_type_id=entry.document_type_id,
            pool=entry.pool,
            headers=self._headers_beside(profile, json.dumps(mask_headers(dict(arrival.headers))), key_id),
            remote_address=arrival.address,
            credential_id=client.verdict.credential_id,
            patience=entry.patience,
            key_id=key_id,
            sealed=sealed,
        )

    def _refuse_in_progress(self, profile, incoming):
        """Refuse to wait twice for the result of one document: its first sender may still be waiting.

        :raises Fault: ``request.in_progress``
        """
        if not incoming.patience:
            return
        with read_committed(self.env.registry) as cr:
            cr.execute(
                """SELECT ceil(%s - extract(epoch FROM (now() AT TIME ZONE 'UTC') - m.created_at))::int
                     FROM sync_dedupe d JOIN sync_message m ON m.uid = d.message_uid
                    WHERE d.endpoint_id = %s AND d.key = %s AND d.sha256 = %s AND m.state = 'ready'
                      AND m.created_at > (now() AT TIME ZONE 'UTC') - make_interval(secs => %s)""",
                [incoming.patience, profile["id"], incoming.sender_key, incoming.sha256, incoming.patience],
            )
            running = cr.fetchone()
        if running:
            raise TurnedAway(
                "request.in_progress",
                "The first call with this document is being worked on.",
                subject=f"endpoint {profile['code']}",
                retry_after=max(1, running[0]),
            )
