"""Who calls the API, and what it is for him."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from odoo import api, models
from odoo.tools import ormcache

from ...core.api.resources import Operation, operations
from ...core.faults import Fault

FETCHING = ("events", "acknowledge")
SUBSCRIBING = ("subscribe", "subscriptions", "subscription", "unsubscribe")


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who proved who he is, and the operations that exist for his endpoint and its trading partner.

    ``profile`` and ``verdict`` as ``sync.caller`` gives them. ``sends`` names for each document type that is taken from
    him the topic of the interface it travels, ``gives`` for each that he is given the interface, ``fetches`` for each
    that waits for him in his feed the interface. ``offered`` are the types that he may ask for.
    """

    profile: Any
    verdict: Any
    operations: tuple[Operation, ...]
    sends: dict[str, str]
    gives: Mapping[str, int]
    fetches: Mapping[str, int] = field(default_factory=dict)
    offered: frozenset[str] = frozenset()

    def readable(self):
        """The document types of his feed that his credential covers."""
        return frozenset(one for one in self.fetches if self.verdict.allows("read", one))

    def askable(self):
        """The document types that he may ask for and his credential covers."""
        return frozenset(one for one in self.offered if self.verdict.allows("read", one))

    def may(self, operation):
        """Whether his credential covers the operation; what is of no certain kind is decided when it is found."""
        if operation.kind == "batch":
            return any(self.verdict.allows("write", document_type) for document_type in self.sends)
        if operation.kind in FETCHING:
            return bool(self.readable())
        if operation.kind in SUBSCRIBING:
            return bool(self.askable())
        if operation.document_type is None:
            return True
        return self.verdict.allows("write" if operation.kind == "send" else "read", operation.document_type)


class SyncApi(models.AbstractModel):
    """The REST API: canonical documents in, canonical documents out, and what became of them.

    Company and trading partner come from the caller's endpoint and from nowhere else.
    """

    _name = "sync.api"
    _description = "REST API"

    @api.model
    @api.private
    def _client(self, headers, remote_address, certificate, plain=False):
        """The :class:`Client` who calls.

        :raises Fault: ``authentication.*``, ``receive.*``: he is not let in, or not now
        """
        if self.env["sync.production"]._standing().reason:
            raise Fault("receive.not_in_use", "This database is not in use for exchange.", subject="database")
        profile, verdict = self.env["sync.caller"]._recognise_bearer(headers, remote_address, certificate, plain)
        self.env["sync.intake"]._refuse_other_environment(profile)
        sends = self._sends(profile)
        gives = self._gives(profile["trading_partner_id"], profile["company_id"])
        fetches = self._fetches(profile["trading_partner_id"], profile["company_id"])
        offered = operations(sends, gives, self._business(profile), fetches)
        return Client(profile, verdict, offered, sends, gives, fetches, self._offered())

    def _sends(self, profile):
        """{document type: topic}: what the endpoint takes in its canonical form, and something in Odoo applies."""
        found = {}
        for topic, entry in sorted(profile["interfaces"].items(), reverse=True):
            try:
                interface = self.env["sync.engine"]._profile(entry.interface_id)
                self.env["sync.handler"]._for(interface.handler, interface.document_type)
            except Fault:
                continue  # what could not be worked now has no address now
            if interface.mapping is None:
                found[interface.document_type] = topic
        return found

    @ormcache("trading_partner_id", "company_id")
    def _gives(self, trading_partner_id, company_id):
        """{document type: interface id}: what the trading partner is given by Odoo itself. Kept until the configuration
        changes."""
        mine, rendered = self._outbound(trading_partner_id, company_id), self._rendered()
        return MappingProxyType({one.document_type: one.id for one in mine if one.document_type in rendered})

    @ormcache("trading_partner_id", "company_id")
    def _fetches(self, trading_partner_id, company_id):
        """{document type: interface id}: what waits in the feed of the trading partner. Kept as :meth:`_gives`."""
        mine = self._outbound(trading_partner_id, company_id)
        return MappingProxyType({one.document_type: one.id for one in mine if one.endpoint_id.transport == "feed"})

    def _outbound(self, trading_partner_id, company_id):
        """The live interfaces by which a trading partner is given documents."""
        interfaces = self.env["sync.interface"].sudo()  # sudo: the caller has no user; his own partner's only
        return interfaces.search(
            [
                ("trading_partner_id", "=", trading_partner_id),
                ("company_id", "=", company_id),
                ("direction", "=", "outbound"),
                ("state", "=", "live"),
            ],
            order="id desc",
        )

    @ormcache()
    def _offered(self):
        """The document types that partners may ask for: what a publisher renders."""
        return frozenset(self._rendered())

    def _rendered(self):
        """The document types that a publisher renders."""
        names = self.env.registry.descendants(["sync.publisher"], "_inherit")
        return {self.env[name]._document_type for name in names} - {None}

    @api.private
    def _contract(self, client, operation):
        """The version of the contract under which the documents of an operation travel; none where none is named."""
        contracts = self.env["sync.contract"].sudo()  # sudo: the caller has no user; what his interface names
        if operation.kind == "send":
            entry = client.profile["interfaces"][client.sends[operation.document_type]]
            return contracts.browse(self.env["sync.engine"]._profile(entry.interface_id).contract_id or [])
        interface_id = client.gives.get(operation.document_type)
        return self._contract_of(interface_id) if interface_id else contracts

    @api.private
    def _contract_of(self, interface_id):
        """The version of the contract that an interface names."""
        contracts = self.env["sync.contract"].sudo()  # sudo: the caller has no user; what his interface names
        return contracts.browse(self.env["sync.engine"]._profile(interface_id).contract_id or [])
