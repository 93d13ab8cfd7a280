"""Publishers that turn a contact into a small canonical document."""

from odoo import api, fields, models

from odoo.addons.sync_governance.models.exchange.publisher import EventDraft


class Inside(models.AbstractModel):
    _name = "sync.publisher.bench.inside"
    _description = "Benchmark: an event that Odoo itself acts on"
    _inherit = ["sync.publisher"]
    _document_type = "location.changed"

    @api.private
    def _render(self, records):
        now = fields.Datetime.now()
        company = self.env.company.id
        return {
            record.id: EventDraft(
                document={
                    "type": self._document_type,
                    "changed_at": f"{now.isoformat()}+00:00",
                    **self._content({"identifiers": [{"scheme": "own", "value": str(record.id)}]}),
                    "active": True,
                },
                ordering_key=str(record.id),
                company_id=company,
                occurred_at=now,
            )
            for record in records
        }

    def _content(self, identity):
        return {"location": {**identity, "name": "Bench"}, "kind": "warehouse"}


class ToPartners(models.AbstractModel):
    _name = "sync.publisher.bench.partners"
    _description = "Benchmark: an event that is delivered"
    _inherit = ["sync.publisher.bench.inside"]
    _document_type = "product.changed"

    def _content(self, identity):
        return {"item": {**identity, "description": "Bench"}, "kind": "goods", "unit": "EA"}
