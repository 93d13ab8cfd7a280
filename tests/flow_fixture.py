"""A trading company with stock, and the canonical documents of one order, for tests of handlers and processes."""

from contextlib import contextmanager
from datetime import UTC, datetime
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged

from ..core.faults import Fault
from ..core.work import Done, Wait, Work

# The rights of the agents of the partner packs.
AGENTS = {
    "shop": ("sales_team.group_sale_salesman_all_leads", "base.group_partner_manager"),
    "marketplace": ("sales_team.group_sale_salesman_all_leads", "base.group_partner_manager"),
    "3pl": ("stock.group_stock_user",),
    "carrier": (),
    "payment": ("account.group_account_invoice",),
    "internal": (
        "account.group_account_invoice",
        "sales_team.group_sale_salesman_all_leads",
        "stock.group_stock_user",
    ),
}


@tagged("post_install", "-at_install")
class FlowCase(TransactionCase):
    """Documents are handed to handlers as the engine does: one agent, one company, canonical documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.company = cls.env["res.company"].create(
            {
                "name": "Northwind Test",
                "currency_id": cls.env.ref("base.EUR").id,
                "country_id": cls.env.ref("base.be").id,
            }
        )
        cls.env.user.company_ids |= cls.company
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids})
        cls.company = cls.company.with_env(cls.env)
        cls.env["account.chart.template"].try_loading("generic_coa", company=cls.company, install_demo=False)
        cls.company.currency_id = cls.env.ref("base.EUR")  # the chart came with its own
        # The other currency of the tests has to be unknown to the books.
        cls.env.ref("base.CHF").active = False
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.tax_included = cls._tax("BTW 21 %", 21.0, "tax_included")
        cls.tax_excluded = cls._tax("Sales tax 10 %", 10.0, "tax_excluded")
        cls.shop = cls._trading_partner("shop", "Test shop")
        cls.threepl = cls._trading_partner("3pl", "Test 3PL")
        cls.carrier = cls._trading_partner("carrier", "Test carrier")
        cls.gateway = cls._trading_partner("payment", "Test gateway")
        cls.headset = cls._product("Wireless headset", "NW-2210", 10)
        cls.dock = cls._product("Docking station", "NW-4075", 5)
        cls.inside = cls._trading_partner("internal", "Inside Odoo")
        cls.agents = {kind: cls._agent(kind) for kind in AGENTS}

    @classmethod
    def _agent(cls, kind):
        groups = ("base.group_user", "sync_governance.group_agent", *AGENTS[kind])
        return (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": f"Agent of the {kind}",
                    "login": f"sync.agent.test.{kind}",
                    "email": "agent@example.com",
                    "company_id": cls.company.id,
                    "company_ids": [(6, 0, cls.company.ids)],
                    "group_ids": [(6, 0, [cls.env.ref(group).id for group in groups])],
                }
            )
        )

    # -- records ---------------------------------------------------------------------------------------------------

    @classmethod
    def _tax(cls, name, amount, price_include):
        return cls.env["account.tax"].create(
            {
                "name": name,
                "amount": amount,
                "type_tax_use": "sale",
                "price_include_override": price_include,
                "company_id": cls.company.id,
            }
        )

    @classmethod
    def _trading_partner(cls, kind, name):
        return cls.env["sync.trading.partner"].create(
            {"name": name, "code": f"test-{kind}", "kind": kind, "company_id": cls.company.id}
        )

    @classmethod
    def _product(cls, name, sku, on_hand, tracking="none"):
        product = cls.env["product.product"].create(
            {
                "name": name,
                "default_code": sku,
                "is_storable": True,
                "tracking": tracking,
                "list_price": 999.0,
                "invoice_policy": "delivery",
                "company_id": cls.company.id,
            }
        )
        if on_hand and tracking == "none":
            cls._stock(product, on_hand)
        return product

    @classmethod
    def _stock(cls, product, quantity, lot=None):
        cls.env["stock.quant"]._update_available_quantity(product, cls.warehouse.lot_stock_id, quantity, lot_id=lot)

    # -- documents -------------------------------------------------------------------------------------------------

    def order_document(self, number="#1001", **changes):
        """Three headsets with a discount and a docking station, tax included, with shipping: 193.26 EUR."""
        tax = {"title": "BTW 21 %", "rate": "0.21"}
        return {
            "type": "order.create",
            "number": number,
            "partner_reference": "5093384710211",
            "placed_at": "2026-03-05T21:14:07+01:00",
            "currency": "EUR",
            "buyer": {
                "identifiers": [{"scheme": "partner", "value": "C-88213"}],
                "name": "Lieve Janssens",
                "email": "lieve.janssens@mail.example",
                "phone": "+32 9 555 01 47",
                "address": {"street": "Kouter 27", "city": "Gent", "postal_code": "9000", "country": "BE"},
            },
            "ship_to": {
                "name": "Bram Peeters",
                "address": {"street": "Vrijdagmarkt 5", "city": "Gent", "postal_code": "9000", "country": "BE"},
            },
            "prices_include_tax": True,
            "lines": [
                {
                    "id": "1",
                    "item": {"identifiers": [{"scheme": "sku", "value": "NW-2210"}], "description": "Wireless headset"},
                    "quantity": {"value": "3", "unit": "EA"},
                    "unit_price": "24.95",
                    "discounts": [{"amount": "7.49", "description": "SPRING10"}],
                    "taxes": [{**tax, "amount": "11.69"}],
                },
                {
                    "id": "2",
                    "item": {"identifiers": [{"scheme": "sku", "value": "NW-4075"}], "description": "Docking station"},
                    "quantity": {"value": "1", "unit": "EA"},
                    "unit_price": "119.00",
                    "discounts": [],
                    "taxes": [{**tax, "amount": "20.65"}],
                },
            ],
            "charges": [
                {
                    "kind": "shipping",
                    "description": "Standard delivery",
                    "amount": "6.90",
                    "taxes": [{**tax, "amount": "1.20"}],
                }
            ],
            "totals": {
                "lines": "193.85",
                "discounts": "7.49",
                "shipping": "6.90",
                "tax": "33.54",
                "grand_total": "193.26",
            },
            "payment": {"status": "paid", "method": "card", "reference": "pi_1"},
            **changes,
        }

    def shipment_document(self, request, quantities, number="SHP-1", final=False, tracking="TRACK-1", by_line=True):
        """A confirmation of ``{sku: quantity}`` for a request (a transfer)."""
        moves = {move.product_id.default_code: move for move in request.move_ids}
        return {
            "type": "shipment.confirmed",
            "number": number,
            "request_number": request.name,
            "shipped_at": "2026-03-06T15:48:30+01:00",
            "carrier": {"code": "bpost"},
            "parcels": [{"tracking_number": tracking}],
            "lines": [
                {
                    **({"request_line_id": str(moves[sku].id)} if by_line and sku in moves else {}),
                    "item": {"identifiers": [{"scheme": "sku", "value": sku}]},
                    "quantity": {"value": quantity, "unit": "EA"},
                }
                for sku, quantity in quantities.items()
            ],
            "final": final,
        }

    def tracking_document(self, status, occurred_at, tracking="TRACK-1"):
        return {
            "type": "tracking.event",
            "tracking_number": tracking,
            "carrier": {"code": "bpost"},
            "status": status,
            "occurred_at": occurred_at,
        }

    def payment_document(self, amount="193.26", number="pi_1", order_number="#1001", currency="EUR"):
        return {
            "type": "payment.received",
            "number": number,
            "order_number": order_number,
            "amount": {"amount": amount, "currency": currency},
            "received_at": "2026-03-05T20:14:22+00:00",
            "method": "card",
        }

    # -- acting ----------------------------------------------------------------------------------------------------

    def apply(self, handler, partner, *documents):
        """Hand documents to a handler as its agent; returns the outcomes, one alone for one document."""
        agent = self.agents[partner.kind]
        env = self.env(user=agent, su=False, context={"allowed_company_ids": self.company.ids, "lang": "en_US"})
        works = [
            Work(
                message_id=0,
                uid=f"msg_{index}",
                direction="inbound",
                endpoint_id=0,
                interface_id=None,
                trading_partner_id=partner.id,
                company_id=self.company.id,
                document_type=document.get("type"),
                attempt=1,
                received_at=datetime.now(UTC),
                canonical=document,
            )
            for index, document in enumerate(documents)
        ]
        outcomes = env["sync.handler"]._for(handler, None)._apply(works)
        self.env.invalidate_all()
        return outcomes if len(documents) > 1 else outcomes[0]

    def done(self, handler, partner, document):
        outcome = self.apply(handler, partner, document)
        self.assertIsInstance(outcome, Done, getattr(outcome, "detail", outcome))
        return outcome

    def fault(self, handler, partner, document, code):
        outcome = self.apply(handler, partner, document)
        self.assertIsInstance(outcome, Fault, outcome)
        self.assertEqual(outcome.code, code, outcome.detail)
        return outcome

    def waits(self, handler, partner, document, wait_type, wait_ref):
        outcome = self.apply(handler, partner, document)
        self.assertIsInstance(outcome, Wait, outcome)
        self.assertEqual((outcome.wait_type, outcome.wait_ref), (wait_type, wait_ref))
        return outcome

    def place_order(self, **changes):
        """An order of the shop in Odoo; returns (order, process)."""
        outcome = self.done("order.create", self.shop, self.order_document(**changes))
        process = self.env["sync.process"].browse(outcome.process_id)
        return process._linked("sale.order"), process

    @contextmanager
    def everything_is_carried(self):
        """Events are published although no interface is live."""
        events = type(self.env["sync.event"])
        with patch.object(events, "_carried", lambda self, document_type, company_id: True):
            yield

    def state_of(self, process, code, subject=None):
        """The state of a milestone, None where it is not expected."""
        self.env.invalidate_all()
        milestones = process.milestone_ids.filtered(
            lambda m: m.code == code and (not subject or (m.subject_model, m.subject_id) == (subject._name, subject.id))
        )
        return milestones[:1].state or None
