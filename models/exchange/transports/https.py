"""HTTPS push."""

import time
from datetime import datetime, timezone
from urllib.parse import urlsplit

from odoo import api, models

from ....core.delivery import answers, cloudevents, http, secret_forms, shown, signatures
from ....core.delivery.schemes import kind_of, scheme_of
from ....core.faults import Fault
from ...partner.endpoint_encryption import plain_networks
from ..failover import route_of
from ..sender_token import TokenSource
from ..transport import Parcel


class SyncTransportHttps(models.AbstractModel):
    """POST of the encoded document to the endpoint's URL, with the proof that its authentication asks for.

    The proof of a scheme of another module is a method ``_prove_<kind>``: it gets the work and the door, and answers
    with headers.
    """

    _name = "sync.transport.https"
    _description = "Transport: HTTPS"
    _inherit = ["sync.transport"]
    _transport = "https"

    @api.private
    def _door(self, endpoint):
        """The endpoint's address, secrets and settings, the same for all that goes out together."""
        rows = [row for row in endpoint._valid_rows("sign") if row.sealed]
        secrets = endpoint._secrets("sign")
        if not secrets:
            raise Fault(
                "deliver.credential_missing",
                f"{endpoint.name} has no valid credential to send with.",
                subject=f"endpoint {endpoint.code}",
            )
        sending = {
            "allowed_hosts": tuple(endpoint._private_hosts()),
            "connect_timeout": float(endpoint.connect_timeout),
            "read_timeout": float(endpoint.read_timeout),
            "pool_key": str(endpoint.id),
            "authorities": endpoint.authorities or "",
            # A production endpoint is not sent to in clear, whatever its form says and however that came to be.
            "encrypted": endpoint.environment == "production",
            "plain_networks": plain_networks(),
            **endpoint._proxied(),
        }
        door = {
            "endpoint_id": endpoint.id,
            "url": endpoint.url,
            "profile": endpoint.authentication,
            "kind": kind_of(endpoint.authentication),
            "event_form": endpoint.event_form,
            "secrets": secrets,
            "username": rows[0].username or "",
            "signing": endpoint._settings(),
            "sending": sending,
            "endpoint": endpoint,
            "answers": endpoint.answer_rules or "",
        }
        if door["kind"] == "oauth2":
            sending["bearer"] = self._source(endpoint, rows[0], secrets[0].value, dict(sending))
        elif door["kind"] == "mtls":
            sending["client_certificate"] = secrets[0].value
        return door

    def _source(self, endpoint, row, secret, sending):
        scheme = scheme_of(endpoint.authentication, endpoint._settings())
        if not scheme.token_url:
            raise Fault(
                "engine.configuration",
                f"{endpoint.name} does not say where it gets a token (token_url in its authentication settings).",
                subject=f"endpoint {endpoint.code}",
            )
        client_secret, refresh = secret_forms.client_secret(secret)
        return TokenSource(
            registry=self.env.registry,
            version_id=row.version_id,
            company_id=endpoint.company_id.id,
            scheme=scheme,
            client_id=row.username or "",
            secret=client_secret,
            refresh=refresh,
            sending=sending,
        )

    @api.private
    def _prepare(self, work, door):
        """The bytes as they will leave, with their proof; the time signed is this attempt's, the id the message's."""
        headers = {
            "Content-Type": work.content_type,
            "User-Agent": "sync-governance/1.0",
        }
        if door["event_form"] == "binary" and work.event:
            headers |= cloudevents.headers(work.event)
        if door["kind"] != "signature":
            # What a signature carries in its own headers: the same on every try, so that a repeat is recognised.
            headers |= {"webhook-id": work.uid, "Idempotency-Key": f'"{work.uid}"'}
        headers |= getattr(self, f"_prove_{door['kind']}")(work, door)
        return Parcel(
            message_id=work.message_id,
            endpoint_id=door["endpoint_id"],
            url=door["url"],
            body=work.encoded,
            headers=headers,
            credential_id=int(door["secrets"][0].key_id),
            settings={**door["sending"], **_read_of_the_answer(work), "answers": door["answers"]},
            route=route_of(door["endpoint"]),
        )

    def _prove_signature(self, work, door):
        return signatures.sign(
            work.encoded,
            profile=door["profile"],
            secrets=door["secrets"],
            message_id=work.uid,
            now=datetime.now(timezone.utc),
            settings=door["signing"],
        )

    def _prove_api_key(self, _work, door):
        scheme = scheme_of(door["profile"], door["signing"])
        return {scheme.header: scheme.prefix + door["secrets"][0].value}

    def _prove_basic(self, _work, door):
        return {"Authorization": shown.basic(door["username"], door["secrets"][0].value)}

    def _prove_oauth2(self, _work, _door):
        return {}  # the token is got when it is sent: there may be a newer one by then

    def _prove_mtls(self, _work, _door):
        return {}  # the connection shows the certificate

    @staticmethod
    def _send(parcel):
        settings = dict(parcel.settings)
        source = settings.pop("bearer", None)
        rules = answers.rules_of(settings.pop("answers", ""))
        if source is None:
            result = http.deliver(http.Request(url=parcel.url, body=parcel.body, headers=parcel.headers, **settings))
        else:
            result = _sent_with_token(parcel, settings, source)
        return answers.judged(result, rules, place=urlsplit(parcel.url).netloc)


def _read_of_the_answer(work):
    return {"body_limit": work.answer_limit} if work.answer_limit else {}


def _sent_with_token(parcel, settings, source):
    """Send with a token; when the partner does not know it any more, once again with another one."""
    started = time.monotonic()
    try:
        held = source.held()
        result = _deliver(parcel, settings, held)
        if result.status != 401:
            return result
        another = source.held(refused=held)
        return result if another is None else _deliver(parcel, settings, another)
    except Fault as fault:
        return http.DeliveryResult(None, {}, b"", time.monotonic() - started, fault)


def _deliver(parcel, settings, held):
    headers = {**parcel.headers, "Authorization": f"Bearer {held.token}"}
    return http.deliver(http.Request(url=parcel.url, body=parcel.body, headers=headers, **settings))
