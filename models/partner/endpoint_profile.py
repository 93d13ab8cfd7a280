"""What the intake needs to know of an endpoint, in memory."""

from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from odoo import api, models
from odoo.tools import ormcache

from ...core.contracts.pointer import at
from ...core.delivery.schemes import scheme_of
from ...core.faults import Fault
from ...core.queue import UNREAD
from .trading_partner import CONNECTABLE


class Entry(NamedTuple):
    """What the intake knows of an interface; ``patience`` is how many seconds the sender waits for the result, or 0.

    ``sunset`` is the last day (UTC) of its contract where that has ended or will, ``successor`` the version that
    follows. ``crossing``: of personal data from another data region, or None. ``deprecated_at`` (naive UTC) is since
    when the contract is deprecated.
    """

    interface_id: int | None = None
    document_type_id: int | None = None
    pool: str = "standard"
    patience: int = 0
    document_type: str | None = None
    sunset: date | None = None
    successor: str | None = None
    crossing: Any = None
    deprecated_at: datetime | None = None


UNKNOWN = Entry()


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    @api.model
    @api.private
    def _intake_profile(self, code):
        """The profile of the inbound endpoint ``code``, or None if there is none. Never a secret in it.

        Members: ``id``, ``code``, ``company_id``, ``trading_partner_id``, ``environment``, ``live``, ``transport``,
        ``codec``, ``authentication``, ``authentication_settings`` (a dict), ``allowed_sources`` (networks),
        ``max_body_bytes``,
        ``key_source``, ``key_value``, ``topic_source``, ``topic_value``, ``user_id``, ``reads_body`` (whether the
        sender's key, the topic or the ordering key stands in the body), ``hold_unread``, ``rate_per_minute``,
        ``max_waiting``; ``interfaces``: topic -> :class:`Entry` of its live interfaces; ``timed``: interface id ->
        policy id of those whose documents wait for their time. Read-only: it is shared by all requests of the process.
        """
        return self._intake_profiles().get(code)

    @api.model
    @ormcache()
    def _intake_profiles(self):
        """All inbound endpoints by code: one entry in the cache, so that made-up codes cannot push others out."""
        endpoints = self.sudo().search([("direction", "=", "inbound")])  # sudo: a caller of the intake has no user
        return MappingProxyType({endpoint.code: MappingProxyType(endpoint._profile()) for endpoint in endpoints})

    def _profile(self):
        self.ensure_one()
        return {
            "id": self.id,
            "code": self.code,
            "company_id": self.company_id.id,
            "trading_partner_id": self.trading_partner_id.id,
            "environment": self.environment,
            "live": self.state == "live" and self.trading_partner_id.state in CONNECTABLE,
            "transport": self.transport,
            "codec": self.codec,
            "authentication": self.authentication,
            "authentication_settings": self._settings(),
            "allowed_sources": self.allowed_sources or "",
            "max_body_bytes": self.max_body_bytes,
            "key_source": self.key_source,
            "key_value": self.key_value,
            "topic_source": self.topic_source,
            "topic_value": self.topic_value,
            "user_id": self.user_id.id,
            "reads_body": self._reads_body(),
            "hold_unread": self.hold_unread,
            "rate_per_minute": self.rate_per_minute,
            "max_waiting": self.max_waiting,
            "interfaces": {
                interface.topic: Entry(
                    interface.id,
                    interface.document_type_id.id,
                    interface.policy_id.worker_pool,
                    interface.policy_id.patience if interface.policy_id.timing == "synchronous" else 0,
                    interface.document_type_id.code,
                    *interface.contract_id._ending(),
                    interface._crossing(),
                    interface.contract_id._deprecated_since(),
                )
                for interface in self.interface_ids
                if interface.state == "live" and interface.topic
            },
            "timed": {
                interface.id: interface.policy_id.id
                for interface in self.interface_ids
                if interface.state == "live" and interface.policy_id.timing in ("micro_batch", "window")
            },
        }

    def _reads_body(self):
        try:
            alternatives = scheme_of(self.authentication, self._settings()).dedupe
        except Fault:
            return True  # its own senders are told so when they sign; the other endpoints go on
        return "pointer" in (self.topic_source, self.key_source) or any(
            source.startswith("body:") for sources in alternatives for source in sources
        )

    @api.private
    def _topic_from(self, profile, headers, document):
        """What kind of document this is, as the endpoint finds it; None when it does not say.

        Of a kind that is said in several places (``860/01``) it is the longest beginning that an interface takes.
        """
        found = _found(profile["topic_source"], profile["topic_value"], headers, document)
        if profile["topic_source"] != "pointer" or " " not in profile["topic_value"] or not found:
            return found
        topic = found
        while topic not in profile["interfaces"] and "/" in topic:
            topic = topic.rpartition("/")[0]
        return topic if topic in profile["interfaces"] else found

    @api.private
    def _lane_key(self, profile, headers, document):
        """The ordering key. Documents that show none share one line: order is kept rather than guessed."""
        return _found(profile["key_source"], profile["key_value"], headers, document) or UNREAD


def _found(source, value, headers, document):
    """The text at a header, a JSON pointer (RFC 6901) or a constant; None when there is none.

    Of several pointers with a blank between them: their texts with a slash between, up to the first that has none.
    """
    if source == "constant":
        return value
    if source == "header":
        wanted = value.lower()
        text = next((text for name, text in headers.items() if name.lower() == wanted), None)
    elif source == "pointer":
        several = value.split()
        text = at(document, value) if len(several) < 2 else _joined(document, several)
    else:
        return None
    return str(text)[:255] if text not in (None, "") and not isinstance(text, (dict, list)) else None


def _joined(document, pointers):
    texts = []
    for pointer in pointers:
        text = at(document, pointer)
        if text in (None, "") or isinstance(text, (dict, list)):
            break
        texts.append(str(text))
    return "/".join(texts) or None
