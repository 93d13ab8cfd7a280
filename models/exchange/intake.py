"""Receive: the first inbound stage, in front of the queue.

Stored, deduplicated by a database constraint and committed before the sender is answered 2xx. A new document takes one
round trip for all of that, see ``storing.py``; what is known already, waits for its time or comes with others takes a
few.
"""

import hashlib
import json
import math
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timezone

from odoo import api, models

from ...core.codecs import codec, read_one
from ...core.delivery import signatures
from ...core.delivery.envelopes import Envelope, open_envelopes
from ...core.delivery.profiles import profiles
from ...core.faults import Fault
from ...core.queue import UNREAD
from ...core.security.masking import mask_headers
from ..partner.endpoint_profile import UNKNOWN
from .acknowledged import LANE, is_answer
from .cursor import read_committed
from .filing import Sent
from .interchange import TOO_MANY, opened
from .sealing import ring_of, seal
from .storing import LOCK_SECONDS, Incoming, Receipt, store, store_at_once
from .synchronous import AtOnce
from .trip import request_cursor, stashed_cursor
from .wake import WHO_IS_THERE

__all__ = ["Receipt", "SyncIntake"]

REJECTED_KEPT_PER_MINUTE = 30
TELL_EVERY_SECONDS = 30.0
MANY = 20  # documents of one request, from where its statements are planned for how many they are
# When this process told last: lost with it, and then told once more.
_TOLD: dict[tuple[str, int], float] = {}


class SyncIntake(models.AbstractModel):
    """Takes bytes and headers from a controller or a poller, and leaves a message in its lane."""

    _name = "sync.intake"
    _description = "Intake"

    @api.model
    @api.private
    def _is_greeted(self, code, raw):
        """Whether a sender only asks an open endpoint if somebody is there: nothing is said, kept or believed."""
        profile = self.env["sync.endpoint"].sudo()._intake_profile(code)  # sudo: the caller has no user yet
        known = profiles().get(profile["authentication"]) if profile and profile["live"] else None
        return known is not None and known.greets(raw)

    @api.model
    @api.private
    def _receive(self, code, raw, headers, remote_address=None, certificate=None, plain=False):
        """Verify, deduplicate and store one transmission; returns a :class:`Receipt`.

        :param raw: the body, byte for byte as it arrived
        :param headers: the request's headers
        :param certificate: of the client, as a trusted proxy has passed it on
        :param plain: it came over the network unencrypted
        :return: for a file of several documents what :meth:`_receive_many` returns; for one of more documents than are
            stored at once the receipt of the file, which the engine opens
        :raises Fault: ``receive.*`` or ``authentication.*``; nothing but the rejection was stored
        """
        profile, verdict = self._admitted(code, raw, headers, remote_address, certificate, plain)
        pieces = opened(profile["codec"], profile["codec_options"], raw)
        if pieces:
            sent = Sent.of(profile, raw, headers, remote_address, verdict)
            return (
                self._receive_file(profile, sent) if pieces is TOO_MANY else self._receive_parts(profile, pieces, sent)
            )
        try:
            document = self._document(
                profile, Envelope(raw), headers, remote_address, verdict, json.dumps(mask_headers(dict(headers)))
            )
        except Fault as fault:
            self._keep_rejection(profile, raw, headers, remote_address, fault)
            raise
        waits = document.patience
        receipt = self._store_and_wait(profile, document) if waits else self._store(profile, [document])[0]
        return _ending(profile, document, receipt)

    @api.model
    @api.private
    def _receive_many(self, code, raw, headers, remote_address=None, certificate=None, plain=False):
        """Verify one transmission, and store the many documents in it, in their order and in one transaction.

        :param raw: envelopes, see :mod:`~sync_governance.core.delivery.envelopes`
        :return: for each envelope its id or None, and a :class:`Receipt` or a Fault, in their order
        :raises Fault: as :meth:`_receive`; then nothing is stored of the whole
        """
        profile, verdict = self._admitted(code, raw, headers, remote_address, certificate, plain, whole=True)
        parts = open_envelopes(raw)
        if len(parts) > 1:
            self.env["sync.gauge"]._admit(profile, len(parts) - 1)
        kept = self._headers_of_many(profile, headers)
        faults, documents = {}, []
        for place, part in enumerate(parts):
            fault = part if isinstance(part, Fault) else self._too_large(profile, part.body)
            if not fault:
                try:
                    documents.append(self._document(profile, part, {}, remote_address, verdict, kept(part)))
                except Fault as refused:
                    self._keep_rejection(profile, part.body, headers, remote_address, refused)
                    fault = refused
            if fault:
                faults[place] = fault
        stored = zip(documents, self._store(profile, documents) if documents else (), strict=True)
        receipts = (_ending(profile, document, receipt) for document, receipt in stored)
        return [
            (getattr(part, "id", None), faults[place] if place in faults else next(receipts))
            for place, part in enumerate(parts)
        ]

    # -- who sends ---------------------------------------------------------------------------------------------------

    def _admitted(self, code, raw, headers, remote_address, certificate, plain, whole=False):
        """The profile of the endpoint and who sends; ``whole``: a batch, whose parts have the limit.

        :raises Fault: when the sender is not let in, or not now
        """
        if self.env["sync.production"]._standing().reason:
            raise Fault("receive.not_in_use", "This database is not in use for exchange.", subject="database")
        profile = self.env["sync.endpoint"].sudo()._intake_profile(code)  # sudo: the caller has no user yet
        if profile is None:
            raise Fault("receive.endpoint_unknown", "There is no such endpoint.", subject=f"endpoint {code}")
        self._refuse_other_environment(profile)
        if not profile["live"]:
            raise Fault("receive.endpoint_not_live", "This endpoint is not live.", subject=f"endpoint {code}")
        fault = None if whole else self._too_large(profile, raw)
        if fault:
            raise fault
        try:
            verdict = self.env["sync.caller"]._recognise(profile, raw, headers, remote_address, certificate, plain)
        except Fault as fault:
            self._keep_rejection(profile, raw, headers, remote_address, fault)
            raise
        self.env["sync.gauge"]._admit(profile, 1)
        return profile, verdict

    @api.private
    def _refuse_other_environment(self, profile):
        """:raises Fault: ``receive.wrong_environment``, for a production endpoint of a database that is not"""
        if self.env["sync.production"]._refuses(profile["environment"]):
            raise Fault(
                "receive.wrong_environment",
                "This is not the production database.",
                subject=f"endpoint {profile['code']}",
            )

    def _too_large(self, profile, raw):
        if len(raw) <= profile["max_body_bytes"]:
            return None
        return Fault(
            "receive.too_large",
            f"The body has {len(raw)} bytes; this endpoint takes {profile['max_body_bytes']}.",
            subject=f"endpoint {profile['code']}",
        )

    # -- what it is --------------------------------------------------------------------------------------------------

    def _document(self, profile, item, headers, remote_address, verdict, kept, *, document=None):
        """What is stored of one document. ``headers`` tell what its envelope does not; ``kept`` is the text of them.

        :param document: what the body holds, where it was read already

        :raises Fault: ``authentication.scope_missing``, ``receive.version_ended`` where its contract's last day is over
        """
        if document is None:
            document = self._peek(profile, item.body)
        sha256 = hashlib.sha256(item.body).hexdigest()
        sender_key = item.id or signatures.dedupe_key(
            profile["authentication"], headers, document, settings=profile["authentication_settings"]
        )
        endpoint = self.env["sync.endpoint"]
        topic = item.topic or endpoint._topic_from(profile, headers, document)
        entry = profile["interfaces"].get(topic, UNKNOWN)
        verdict.demand("write", entry.document_type)
        self._refuse_entry(profile, entry)
        key_id, sealed = self._sealed(profile, topic, item.body, sha256)
        sender_key = sender_key or f"sha256:{sha256}"
        return Incoming(
            raw=item.body,
            sha256=sha256,
            sender_key=sender_key,
            topic=topic,
            lane_key=item.key or self._line_of(profile, headers, document, sender_key),
            interface_id=entry.interface_id,
            document_type_id=entry.document_type_id,
            pool=entry.pool,
            headers=self._headers_beside(profile, kept, key_id),
            remote_address=remote_address,
            credential_id=verdict.credential_id,
            patience=entry.patience,
            key_id=key_id,
            sealed=sealed,
        )

    def _line_of(self, profile, headers, document, sender_key):
        """The ordering key; a partner's acknowledgement waits behind no document.

        A document that cannot be read has none. Where nobody asked for more, it stands in a line of its own and holds
        up no other that cannot be read.
        """
        if is_answer(profile["codec"], document):
            return LANE
        key = self.env["sync.endpoint"]._lane_key(profile, headers, document)
        if key == UNREAD and document is None and profile["reads_body"] and not profile["hold_unread"]:
            return f"{UNREAD} {hashlib.sha256(sender_key.encode()).hexdigest()}"
        return key

    @api.private
    def _refuse_entry(self, profile, entry):
        """:raises Fault: ``receive.version_ended``, where the last day of the contract is over;
        ``receive.transfer_not_approved``, where personal data would come from another data region
        """
        if refusal := entry.crossing and entry.crossing.refusal():
            raise refusal
        if not entry.sunset or datetime.now(timezone.utc).date() <= entry.sunset:
            return
        follows = f" Send {entry.successor}." if entry.successor else ""
        fault = Fault(
            "receive.version_ended",
            f"Documents of this kind ended in this form on {entry.sunset.isoformat()}.{follows}",
            subject=f"endpoint {profile['code']}",
        )
        fault.sunset, fault.successor = entry.sunset, entry.successor
        raise fault

    def _sealed(self, profile, topic, raw, sha256):
        """Key id and encrypted bytes of what is confidential, or of what may be because nobody knows it; else Nones.

        :raises KeyProblem: when there is no key: then it is refused, and not stored for everybody to read
        """
        plain = profile["plain_topics"]
        if plain is None or topic in plain:
            return None, None
        return seal(ring_of(self.env), profile["company_id"], "received", raw, sha256)

    def _peek(self, profile, raw, place=None):
        """The document, only to read the sender's key, the topic and the ordering key; None when it cannot be read.

        Not even tried where all of them stand in headers. An unreadable body from a sender who proved who he is is not
        refused: it is stored, and ``decode`` says what is wrong with it where people see it.
        """
        if not profile["reads_body"]:
            return None
        try:
            return read_one(codec(profile["codec"], profile["codec_options"]), raw, place).document
        except Fault:
            return None

    def _headers_of_many(self, profile, headers):
        """From an envelope to the headers kept with it: the request's, and those it would have come with alone."""
        masked = mask_headers(dict(headers))
        names = {
            place: profile[f"{place}_value"].lower()
            for place in ("topic", "key")
            if profile[f"{place}_source"] == "header"
        }
        shared = {name: value for name, value in masked.items() if name.lower() not in names.values()}

        def kept(item):
            own = {"topic": item.topic, "key": item.key}
            return json.dumps({**shared, **{name: own[place] for place, name in names.items() if own[place]}})

        return kept

    # -- keeping it --------------------------------------------------------------------------------------------------

    def _store(self, profile, documents):
        for document in documents:
            document.timing = self._timing(profile, document.interface_id)
        if len(documents) == 1 and not documents[0].timing and not profile["hold_unread"]:
            receipt = self._store_at_once(profile, documents[0])
            if receipt:
                return [receipt]
        many = len(documents) >= MANY
        with request_cursor(self.env, then=WHO_IS_THERE, lock_seconds=LOCK_SECONDS, many=many) as cr:
            receipts = store(cr, profile, documents)
            self._used(cr, documents[0].credential_id)
        self.env["sync.engine"]._wake(cr.seen)
        return receipts

    def _store_at_once(self, profile, document):
        """The usual case, a new document, in one round trip; None for all others."""
        receipt = seen = None
        with stashed_cursor(self.env) as cr:
            if cr is not None:
                receipt, seen = store_at_once(cr, profile, document)
                if receipt:
                    self._used(cr, document.credential_id)
        if receipt:
            self.env["sync.engine"]._wake(seen)
        return receipt

    def _timing(self, profile, interface_id):
        policy_id = profile["timed"].get(interface_id)
        policies = self.env["sync.policy"].sudo()  # sudo: the caller of the intake has no user yet
        return policies.browse(policy_id)._timing() if policy_id else None

    def _store_and_wait(self, profile, document):
        """Store, work it at once if its line is free, and wait for what becomes of it, as long as the sender does."""
        with ExitStack() as until_taken:
            place = until_taken.enter_context(AtOnce(self.env.registry))
            with request_cursor(self.env, then=WHO_IS_THERE, lock_seconds=LOCK_SECONDS) as cr:
                (receipt,) = store(cr, profile, [document])
                self._used(cr, document.credential_id)
                token = receipt.lane_id and self.env["sync.engine"]._take_at_once(cr, receipt, place.worker)
            if token:
                until_taken.pop_all()  # the thread ends what it works under
                place.work(token, receipt.lane_id)
            else:
                self.env["sync.engine"]._wake(cr.seen)
        return replace(receipt, result=place.result(receipt.message_uid, document.patience))

    def _used(self, cr, credential_id):
        """Tell of a credential's use, at most twice a minute from each process."""
        now = time.monotonic()
        if credential_id and now - _TOLD.get((self.env.cr.dbname, credential_id), -math.inf) > TELL_EVERY_SECONDS:
            _TOLD[self.env.cr.dbname, credential_id] = now
            self.env["sync.credential"]._used(cr, [credential_id])

    def _keep_rejection(self, profile, raw, headers, remote_address, fault):
        """Keep that somebody was turned away, without the body and at most so many a minute: anybody can cause it."""
        with read_committed(self.env.registry) as cr:
            cr.execute(
                """SELECT count(*) FROM sync_transmission
                    WHERE endpoint_id = %s AND verdict = 'rejected'
                      AND occurred_at > (now() AT TIME ZONE 'UTC') - interval '1 minute'""",
                [profile["id"]],
            )
            if cr.fetchone()[0] >= REJECTED_KEPT_PER_MINUTE:
                return
            cr.execute(
                """INSERT INTO sync_transmission (direction, endpoint_id, trading_partner_id, company_id, verdict,
                                                  remote_address, headers, size, sha256, repeats, fault_code,
                                                  fault_detail, occurred_at)
                   VALUES ('inbound', %s, %s, %s, 'rejected', %s, %s, %s, %s, 0, %s, %s, now() AT TIME ZONE 'UTC')""",
                [
                    profile["id"],
                    profile["trading_partner_id"],
                    profile["company_id"],
                    remote_address,
                    json.dumps(mask_headers(dict(headers))),
                    len(raw),
                    hashlib.sha256(raw).hexdigest(),
                    fault.code,
                    fault.detail,
                ],
            )
        self.env["sync.engine"]._wake()


def _ending(profile, document, receipt):
    """The receipt, which says so where the form of the document is deprecated."""
    entry = profile["interfaces"].get(document.topic)
    return replace(receipt, ending=entry) if entry and entry.deprecated_at else receipt
