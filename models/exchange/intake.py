"""Receive: the first inbound stage, in front of the queue.

Stored, deduplicated by a database constraint and committed before the sender is answered 2xx. Six statements when all
is well, see ``tests/test_engine.py``: the secrets, the key, transmission with body, lane, message, and whether a worker
is awake.
"""

import hashlib
import json
import math
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone

from odoo import api, models

from ...core import queue
from ...core.codecs import codec
from ...core.delivery import signatures
from ...core.faults import Fault
from ...core.security.masking import mask_headers
from .cursor import read_committed

REJECTED_KEPT_PER_MINUTE = 30
TELL_EVERY_SECONDS = 30.0
# When this process told last: lost with it, and then told once more.
_TOLD: dict[tuple[str, int], float] = {}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is answered: the stored message's id, and whether this was a repeat."""

    message_uid: str
    repeated: bool


class SyncIntake(models.AbstractModel):
    """Takes bytes and headers from a controller or a poller, and leaves a message in its lane."""

    _name = "sync.intake"
    _description = "Intake"

    @api.model
    @api.private
    def _receive(self, code, raw, headers, remote_address=None):
        """Verify, deduplicate and store one transmission; returns a :class:`Receipt`.

        :param raw: the body, byte for byte as it arrived
        :param headers: the request's headers
        :raises Fault: ``receive.*`` or ``authentication.*``; nothing but the rejection was stored
        """
        if self.env["sync.production"]._standing().reason:
            raise Fault("receive.not_in_use", "This database is not in use for exchange.", subject="database")
        profile = self.env["sync.endpoint"].sudo()._intake_profile(code)  # sudo: the caller has no user yet
        if profile is None:
            raise Fault("receive.endpoint_unknown", "There is no such endpoint.", subject=f"endpoint {code}")
        if not profile["live"]:
            raise Fault(
                "receive.endpoint_not_live",
                "This endpoint is not live.",
                subject=f"endpoint {code}",
            )
        if len(raw) > profile["max_body_bytes"]:
            raise Fault(
                "receive.too_large",
                f"The body has {len(raw)} bytes; this endpoint takes {profile['max_body_bytes']}.",
                subject=f"endpoint {code}",
            )
        endpoint = self.env["sync.endpoint"].sudo().browse(profile["id"])  # sudo: the caller has no user yet
        verdict = signatures.verify(
            raw,
            headers,
            profile=profile["authentication"],
            secrets=endpoint._secrets("verify"),
            now=datetime.now(timezone.utc),
            settings=profile["authentication_settings"],
        )
        if not verdict.ok:
            fault = self._expired(endpoint, profile, raw, headers, verdict.fault) or verdict.fault
            self._keep_rejection(profile, raw, headers, remote_address, fault)
            raise fault
        document = self._peek(profile, raw)
        sha256 = hashlib.sha256(raw).hexdigest()
        sender_key = (
            signatures.dedupe_key(
                profile["authentication"],
                headers,
                document,
                settings=profile["authentication_settings"],
            )
            or f"sha256:{sha256}"
        )
        topic = endpoint._topic_from(profile, headers, document)
        interface_id, document_type_id, pool = profile["interfaces"].get(topic, (None, None, "standard"))
        return self._store(
            profile,
            raw,
            headers,
            remote_address,
            sender_key=sender_key,
            sha256=sha256,
            topic=topic,
            interface_id=interface_id,
            document_type_id=document_type_id,
            pool=pool,
            lane_key=endpoint._lane_key(profile, headers, document),
            credential_id=int(verdict.key_id) if verdict.key_id else None,
        )

    def _expired(self, endpoint, profile, raw, headers, fault):
        """The fault of a sender who signed with a secret that has run out: he renews it instead of searching."""
        # Without any valid secret the verdict is that the endpoint cannot verify at all.
        doubtful = fault.code in ("authentication.signature_invalid", "engine.configuration")
        secrets = endpoint._secrets("verify", expired=True) if doubtful else ()
        verdict = secrets and signatures.verify(
            raw,
            headers,
            profile=profile["authentication"],
            secrets=secrets,
            now=datetime.now(timezone.utc),
            settings=profile["authentication_settings"],
        )
        if not verdict or not verdict.ok:
            return None
        return Fault(
            "authentication.credential_expired",
            "The secret that signed this has expired.",
            subject=f"endpoint {profile['code']}",
        )

    def _peek(self, profile, raw):
        """The document, only to read the sender's key, the topic and the ordering key; None when it cannot be read.

        An unreadable body from a sender who proved who he is is not refused: it is stored, and ``decode`` says what is
        wrong with it where people see it.
        """
        try:
            return codec(profile["codec"]).decode(raw)
        except Fault:
            return None

    def _store(
        self,
        profile,
        raw,
        headers,
        remote_address,
        *,
        sender_key,
        sha256,
        topic,
        interface_id,
        document_type_id,
        pool,
        lane_key,
        credential_id,
    ):
        uid = f"msg_{uuid.uuid4().hex}"
        with read_committed(self.env.registry) as cr:
            # One round trip. The transmission takes its id here, so that the key names it without a second statement.
            cr.execute(
                """SET LOCAL lock_timeout = '2s';
                   INSERT INTO sync_dedupe (endpoint_id, company_id, key, sha256, message_uid, seen_at, transmission_id)
                   VALUES (%s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC',
                           nextval(pg_get_serial_sequence('sync_transmission', 'id')))
                   ON CONFLICT (endpoint_id, key) DO NOTHING RETURNING transmission_id""",
                [profile["id"], profile["company_id"], sender_key, sha256, uid],
            )
            inserted = cr.fetchone()
            fresh = inserted is not None
            if not fresh:
                cr.execute(
                    "SELECT sha256, message_uid, transmission_id FROM sync_dedupe WHERE endpoint_id = %s AND key = %s",
                    [profile["id"], sender_key],
                )
                known_sha256, known_uid, known_transmission = cr.fetchone()
                if known_sha256 == sha256:
                    cr.execute(
                        "UPDATE sync_transmission SET repeats = coalesce(repeats, 0) + 1 WHERE id = %s",
                        [known_transmission],
                    )
                    return Receipt(known_uid, True)
            transmission_id = self._insert_transmission(
                cr,
                profile,
                raw,
                headers,
                remote_address,
                verdict="accepted" if fresh else "conflict",
                dedupe_key=sender_key,
                sha256=sha256,
                topic=topic,
                credential_id=credential_id,
                transmission_id=inserted[0] if fresh else None,
                body=raw,
            )
            queue.enqueue(
                cr,
                [
                    queue.NewMessage(
                        uid=uid,
                        direction="inbound",
                        endpoint_id=profile["id"],
                        trading_partner_id=profile["trading_partner_id"],
                        company_id=profile["company_id"],
                        key=lane_key,
                        pool=pool,
                        interface_id=interface_id,
                        document_type_id=document_type_id,
                        transmission_id=transmission_id,
                        credential_id=credential_id,
                        state="ready" if fresh else "failed",
                        fault_code=None if fresh else "receive.key_reused_with_other_body",
                        timing=self._timing(profile, interface_id),
                    )
                ],
            )
            self._used(cr, credential_id)
        self.env["sync.engine"]._wake()
        return Receipt(uid, False)

    def _timing(self, profile, interface_id):
        policy_id = profile["timed"].get(interface_id)
        policies = self.env["sync.policy"].sudo()  # sudo: the caller of the intake has no user yet
        return policies.browse(policy_id)._timing() if policy_id else None

    def _insert_transmission(
        self,
        cr,
        profile,
        raw,
        headers,
        remote_address,
        *,
        verdict,
        sha256,
        dedupe_key=None,
        topic=None,
        credential_id=None,
        fault=None,
        transmission_id=None,
        body=None,
    ):
        """Store a transmission, with its body if it has one, in one statement; returns its id."""
        cr.execute(
            """WITH stored AS (
               INSERT INTO sync_transmission (id, direction, endpoint_id, trading_partner_id, company_id, verdict,
                                              dedupe_key, topic, credential_id, remote_address, headers, size, sha256,
                                              repeats, fault_code, fault_detail, occurred_at)
               VALUES (coalesce(%s, nextval(pg_get_serial_sequence('sync_transmission', 'id'))), 'inbound',
                       %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, %s, %s, now() AT TIME ZONE 'UTC')
               RETURNING id, company_id, size, sha256, occurred_at),
               kept AS (
               INSERT INTO sync_payload (transmission_id, company_id, kind, content, size, sha256, content_type,
                                         created_at)
               SELECT id, company_id, 'received', body, size, sha256, 'application/json', occurred_at
                 FROM stored, (VALUES (%s::bytea)) AS b(body) WHERE body IS NOT NULL)
               SELECT id FROM stored""",
            [
                transmission_id,
                profile["id"],
                profile["trading_partner_id"],
                profile["company_id"],
                verdict,
                dedupe_key,
                topic,
                credential_id,
                remote_address,
                json.dumps(mask_headers(dict(headers))),
                len(raw),
                sha256,
                fault.code if fault else None,
                fault.detail if fault else None,
                body,
            ],
        )
        return cr.fetchone()[0]

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
            self._insert_transmission(
                cr,
                profile,
                raw,
                headers,
                remote_address,
                verdict="rejected",
                sha256=hashlib.sha256(raw).hexdigest(),
                fault=fault,
            )
        self.env["sync.engine"]._wake()
