"""A partner that fetches its invoices: it calls with ``self.key`` and nothing is sent to it."""

from odoo import fields

from odoo.addons.sync_governance.core.canonical import catalogue
from odoo.addons.sync_governance.models.exchange.publisher import EventDraft

from .api_fixture import ApiCase


class FeedCase(ApiCase):
    """``self.feed`` is the endpoint of northwind's feed, ``self.invoices`` the interface of its invoices."""

    def setUp(self):
        super().setUp()
        self.feed = self.feed_of(self.northwind)
        self.invoices = self.canonical_interface(self.feed, "invoice.posted", self.finance_approver)

    def feed_of(self, partner, code="northwind-feed", **values):
        """A live endpoint whose documents ``partner`` fetches."""
        door = self.endpoint(
            partner,
            code,
            direction="outbound",
            key_source="event",
            key_value=False,
            topic_source=False,
            topic_value=False,
            pulled=True,
            **values,
        )
        door.action_create_agent()
        door.action_go_live()
        return door

    def stranger(self, **credential):
        """The key of another partner, which fetches its own invoices."""
        other = self.partner("southwind")
        other.action_start_testing()
        northwind, self.northwind = self.northwind, other
        self.door("api_key", "southwind-api", key_value="/number", credential={"may_read": True, **credential})
        self.northwind = northwind
        self.canonical_interface(self.feed_of(other, "southwind-feed"), "invoice.posted", self.finance_approver)
        return self.secret

    def posted(self, *numbers, key=None, partner=None):
        """Invoices that were posted and are ready for whoever fetches them; ``key`` keeps them in one order."""
        example = catalogue()["invoice.posted"].examples[0]
        drafts = [
            (
                None,
                EventDraft(
                    {**example, "number": number},
                    ordering_key=key or number,
                    company_id=self.company.id,
                    occurred_at=fields.Datetime.now(),
                    trading_partner_id=(partner or self.northwind).id,
                ),
            )
            for number in numbers
        ]
        self.env["sync.event"]._insert("invoice.posted", drafts)
        with self.partner_answers():
            self.run_engine()
        self.assertFalse(self.sent, "nothing goes out by itself")

    def fetch(self, query="", **options):
        """The events of a page."""
        response = self.get(f"/events{query}", **options)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def numbers(self, query="", **options):
        return [item["document"]["number"] for item in self.fetch(query, **options)["items"]]

    def acknowledge(self, body, **options):
        """{number or id: what became of it}"""
        response = self.send(body, path="/events:acknowledge", **options)
        self.assertEqual(response.status_code, 200, response.text)
        return [result["status"] for result in response.json()["results"]]

    def time_is_over(self):
        """What is in somebody's hands was there for long enough."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sync_feed_entry SET offered_until = (now() AT TIME ZONE 'UTC') - interval '1 second'"
            " WHERE offered_until IS NOT NULL"
        )

    def message_of(self, number):
        self.env.invalidate_all()
        about = [("interface_id", "=", self.invoices.id), ("event_id.subject", "=", f"invoice/{number}")]
        return self.env["sync.message"].search(about)
