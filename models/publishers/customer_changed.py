"""customer.changed: a customer or one of its contacts as it is now."""

from odoo import api, models

from ..exchange.publisher import EventDraft


class CustomerChanged(models.AbstractModel):
    """The same document that a partner reads by the API. A contact of a company names the company beside."""

    _name = "sync.publisher.customer.changed"
    _description = "Customers changed"
    _inherit = "sync.publisher"
    _document_type = "customer.changed"

    @api.private
    def _render(self, records):
        resource = self.env["sync.resource"]._for(self._document_type)
        drafts = {}
        for partner in records.with_context(active_test=False):
            document = resource._document(partner)
            if partner.parent_id:
                document["company"] = {"number": str(partner.parent_id.id)}
            drafts[partner.id] = EventDraft(
                document=document,
                # A company and its contacts stay in order: the contact names a company that is there.
                ordering_key=f"customer/{partner.commercial_partner_id.id}",
                subject=f"customer/{partner.id}",
                company_id=(partner.company_id or self.env.company).id,
                occurred_at=partner.write_date,
            )
        return drafts
