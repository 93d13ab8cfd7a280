"""The API of one caller as an OpenAPI document, and as an AsyncAPI document."""

import json
from urllib.parse import urlsplit

from odoo import api, models

from ...core.api import asyncapi, openapi
from ...core.api.shapes import THIN


class SyncApi(models.AbstractModel):
    _inherit = "sync.api"

    @api.model
    @api.private
    def _described(self, client, address):
        """The OpenAPI 3.1 document of what the caller may use.

        :param address: of this server, without a path
        """
        mine = self._mine(client)
        contracts = self._contracts(client, mine, "send")
        return openapi.describe(
            mine,
            contracts,
            address,
            client.verdict.proof,
            client.profile["max_body_bytes"],
            fetched=self._fetched_contracts(client),
            askable=client.askable(),
        )

    @api.model
    @api.private
    def _channels(self, client, address):
        """The AsyncAPI 3 document of what the caller may send and is sent; parameters as :meth:`_described`."""
        mine, place = self._mine(client), urlsplit(address)
        sends, gives = (self._contracts(client, mine, kind) for kind in ("send", "list"))
        fetched = self._fetched_contracts(client)
        return asyncapi.describe(sends, {**gives, **fetched}, place.netloc, place.scheme, frozenset(fetched))

    def _mine(self, client):
        return [operation for operation in client.operations if client.may(operation)]

    def _fetched_contracts(self, client):
        """{document type: (version, schema)} of what waits in the caller's feed, as far as his credential covers it."""
        found = {}
        for document_type in sorted(client.readable()):
            contract = self._contract_of(client.fetches[document_type])
            thin = self.env["sync.engine"]._profile(client.fetches[document_type]).thin
            found[document_type] = contract.version, THIN if thin else json.loads(contract.schema)
        return found

    def _contracts(self, client, operations, kind):
        """{document type: (version, schema)} of the operations of a kind."""
        found = {}
        for operation in operations:
            if operation.kind == kind:
                contract = self._contract(client, operation)
                found[operation.document_type] = contract.version, json.loads(contract.schema)
        return found
