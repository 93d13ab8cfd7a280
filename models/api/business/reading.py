"""Odoo's business as its partner may read it."""

from odoo import SUPERUSER_ID, api, models
from odoo.tools import ormcache

from ....core.api.business import ADDRESSES, readable
from ....core.api.paging import cursor
from ....core.faults import Fault
from ....core.security.transfers import Crossing

LARGEST_ID = 2**31 - 1


class SyncApi(models.AbstractModel):
    _inherit = "sync.api"

    @api.model
    @api.private
    def _business(self, profile):
        """The operations by which the caller reads Odoo's business."""
        # Real business is for who works with it: what a test partner sends is rolled back, so it has none of its own.
        if profile["environment"] != "production" and self.env["sync.production"]._standing().is_production:
            return ()
        resources = self.env["sync.resource"]
        return readable({one for one in profile["business"] if one in ADDRESSES and resources._for(one) is not None})

    @api.model
    @api.private
    def _records(self, client, document_type, *, before=None, limit=1, since=None, reference=None):
        """A page of the caller's records as documents, the newest first, and the cursor of the next page or None."""
        resource = self._resource(client, document_type)
        domain = resource._own(client.profile)
        if since is not None:
            domain = [*domain, *resource._changed(since)]
        if reference is not None:
            domain = [*domain, *resource._referred(reference)]
        if before is not None:
            domain = [*domain, ("id", "<", before)]
        records = self._searched(resource, domain, limit + 1)
        page = records[:limit]
        return self._entries(client, resource, page), cursor(page[-1].id) if len(records) > limit else None

    @api.model
    @api.private
    def _record(self, client, document_type, named):
        """One of the caller's records as a document.

        :raises Fault: ``request.record_unknown``
        """
        resource = self._resource(client, document_type)
        entries = self._entries(client, resource, self._found(client, resource, named))
        if not entries:
            raise _unknown()
        return entries[0]

    @api.model
    @api.private
    def _parts_of(self, client, document_type, named):
        """What belongs to one of the caller's records, as documents.

        :raises Fault: ``request.record_unknown``
        """
        resource = self._resource(client, document_type)
        whole = self._found(client, self._resource(client, resource._of), named)
        return self._entries(client, resource, resource._parts(client.profile, whole))

    @api.model
    @api.private
    def _asked(self, client, document_type, question):
        """The answer of a resource to a question (see ``core.api.business``)."""
        return self._resource(client, document_type)._answer(client.profile, question)

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _resource(self, client, document_type):
        """The resource, where it sees what the caller's company has and nothing of any other."""
        # sudo: the caller is no user of Odoo; what is his own decides the resource.
        env = self.env(
            user=SUPERUSER_ID,
            su=True,
            context={"lang": "en_US", "tz": "UTC", "allowed_company_ids": [client.profile["company_id"]]},
        )
        return env["sync.resource"]._for(document_type)

    def _searched(self, resource, domain, limit):
        return (
            resource.env[resource._model].with_context(active_test=False).search(domain, order="id desc", limit=limit)
        )

    def _found(self, client, resource, named):
        number = int(named) if named.isascii() and named.isdecimal() and len(named) < 11 else 0
        found = resource.env[resource._model]
        if 0 < number <= LARGEST_ID:
            found = self._searched(resource, [*resource._own(client.profile), ("id", "=", number)], 1)
        if not found:
            raise _unknown()
        return found

    def _entries(self, client, resource, records):
        crossing = self._crossing_of_business(client, resource._document_type)
        documents = resource._documents(client.profile, records) if records else {}
        return [
            {"id": str(id_), "document": self._leaving(crossing, documents[id_])}
            for id_ in records.ids
            if id_ in documents
        ]

    def _crossing_of_business(self, client, document_type):
        """The crossing of what the caller reads of Odoo's business: that of the interface that gives him the type.

        :raises Fault: ``deliver.transfer_not_approved``, also where there is no such interface: then nobody could have
            approved what of it may go to where he reads from
        """
        if document_type in client.gives:
            return self._crossing(client, document_type)
        here, there = self._regions_of_reader(client.profile["id"])
        kind = self.env["sync.document.type"].sudo().search([("code", "=", document_type)])  # sudo: the catalogue
        if not here or here == there or not kind.personal_data:
            return None
        raise Crossing(f"{document_type}, read at {client.profile['code']}", here, there, outbound=True).refusal()

    @api.model
    @ormcache("endpoint_id")
    def _regions_of_reader(self, endpoint_id):
        """(region of the company, region of the endpoint), as codes or None. Kept as profiles are."""
        endpoint = self.env["sync.endpoint"].sudo().browse(endpoint_id)  # sudo: configuration, the same for everybody
        return endpoint.company_id.sync_region_id.name or None, endpoint._region().name or None


def _unknown():
    return Fault("request.record_unknown", "There is no such record for this partner.", subject="record")
