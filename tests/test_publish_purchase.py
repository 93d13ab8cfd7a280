"""A buyer's order leaves for its supplier, and for nobody else: placed, changed, cancelled."""

from odoo import Command
from odoo.exceptions import ValidationError

from odoo.addons.sync_governance.core.canonical import validator
from odoo.addons.sync_governance.core.contracts import validate

from .outward_fixture import OutwardCase
from .pack_fixture import listening

PLACED = "purchase_order.placed"


class TestPublishPurchase(OutwardCase):
    def setUp(self):
        super().setUp()
        self.buyer = self.person("bea", "purchase.group_purchase_user", "stock.group_stock_user")
        self.headset = self.storable("Wireless headset", "NW-2210", barcode="9524000221018")
        self.dock = self.storable("Docking station", "NW-4075")

    def supplier(self, pack="supplier-csv"):
        partner = self.live(pack)
        self.env["product.supplierinfo"].create(
            {
                "partner_id": partner.partner_id.id,
                "product_tmpl_id": self.headset.product_tmpl_id.id,
                "product_code": "LTA-H22B",
                "price": 9.85,
                "currency_id": self.env.ref("base.EUR").id,
            }
        )
        return partner

    def line_of(self, partner):
        return partner.interface_ids.filtered(lambda line: line.document_type == PLACED)

    def order(self, contact, **quantities):
        by_name = {"headset": self.headset, "dock": self.dock}
        return (
            self.env["purchase.order"]
            .with_user(self.buyer)
            .create(
                {
                    "partner_id": contact.id,
                    "currency_id": self.env.ref("base.EUR").id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": by_name[name].id,
                                "product_qty": quantity,
                                "price_unit": 9.85,
                                "date_planned": "2026-03-18 11:00:00",
                                "tax_ids": [Command.clear()],
                            }
                        )
                        for name, quantity in quantities.items()
                    ],
                }
            )
        )

    def confirmed(self, contact, **quantities):
        order = self.order(contact, **quantities)
        order.button_confirm()
        self.assertEqual(order.state, "purchase")
        return order

    # -- end to end ----------------------------------------------------------------------------------------------------

    def test_an_order_its_change_and_its_cancellation_are_files_of_the_supplier(self):
        partner = self.supplier()
        outbox = self.line_of(partner).endpoint_id
        order = self.confirmed(partner.partner_id, headset=200, dock=3)
        self.run_engine()
        (placed,) = self.texts(outbox)
        head, first, second = placed.splitlines()
        self.assertEqual(head.split(";")[-1], "Change")
        day = order.date_approve.strftime("%d.%m.%Y")
        line = order.order_line[0]
        self.assertTrue(first.startswith(f"{order.name};{day};"), first)
        self.assertTrue(
            first.endswith(
                f"18.03.2026;EUR;{line.id};LTA-H22B;NW-2210;9524000221018;Wireless headset;200;ST;9,85;1970,00;0"
            ),
            first,
        )
        self.assertIn(f";{order.order_line[1].id};;NW-4075;;Docking station;3;", second)
        self.happens_later()
        order.order_line[0].product_qty = 150
        order.order_line[1].product_qty = 0
        self.run_engine()
        _placed, changed = self.texts(outbox)
        self.assertEqual(len(changed.splitlines()), 2, "a line of which nothing is wanted is gone")
        self.assertTrue(changed.splitlines()[1].endswith(";150;ST;9,85;1477,50;1"), changed)
        self.happens_later()
        order.button_cancel()
        self.run_engine()
        *_before, cancelled = self.texts(outbox)
        self.assertEqual(len(cancelled.splitlines()), 3, "of each line nothing is wanted any more")
        self.assertTrue(cancelled.splitlines()[1].endswith(";0;ST;9,85;0,00;2"), cancelled)

    def test_an_order_and_its_cancellation_are_850_at_a_real_server(self):
        with listening((200, b"{}")) as (address, received):
            partner = self.live("supplier-x12", address)
            order = self.confirmed(partner.partner_id, headset=200)
            self.run_engine()
            self.happens_later()
            order.button_cancel()
            self.run_engine()
            messages = self.env["sync.message"].search([("trading_partner_id", "=", partner.id)])
        self.assertEqual([(one.state, one.fault_code) for one in messages], [("done", False)] * 2)
        placed, cancelled = (body.decode() for _path, _headers, body in received)
        self.assertIn(f"BEG*00*SA*{order.name}**", placed)
        self.assertIn(f"PO1*{order.order_line.id}*200*EA*9.85*", placed)
        self.assertIn(f"BEG*01*SA*{order.name}**", cancelled)
        self.assertIn(f"PO1*{order.order_line.id}*0*EA*9.85*", cancelled)

    def happens_later(self):
        """What comes now is another transaction: all of a test are one for the database."""
        self.happened()
        self.env.cr.execute("UPDATE sync_told SET txid = 0")

    # -- to whom -------------------------------------------------------------------------------------------------------

    def test_each_supplier_gets_its_own_orders_alone(self):
        csv, x12 = self.supplier(), self.live("supplier-x12")
        branch = self.env["res.partner"].create({"name": "Branch", "parent_id": csv.partner_id.id, "is_company": True})
        stranger = self.env["res.partner"].create({"name": "No partner of ours", "is_company": True})
        self.confirmed(csv.partner_id, headset=1)
        self.confirmed(branch, headset=2)
        self.confirmed(x12.partner_id, headset=3)
        self.confirmed(stranger, headset=4)
        self.assertEqual(len(self.events(PLACED)), 3, "nobody is told of the stranger's")
        with self.partner_answers():
            self.run_engine()
        messages = self.env["sync.message"].search([("document_type_id.code", "=", PLACED)], order="id")
        self.assertEqual(
            [message.trading_partner_id.code for message in messages], ["supplier-csv", "supplier-csv", "supplier-x12"]
        )

    def test_who_is_told_of_everything_is_told_of_the_strangers_too(self):
        partner = self.supplier()
        line = self.line_of(partner)
        self.env.flush_all()
        self.env.cr.execute("UPDATE sync_interface SET own_only = false WHERE id = %s", [line.id])
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.confirmed(self.env["res.partner"].create({"name": "Stranger"}), headset=1)
        self.assertEqual(len(self.events(PLACED)), 1)

    def test_without_a_contact_its_interface_cannot_go_live(self):
        partner = self.supplier()
        line = self.line_of(partner)
        line.with_user(self.author).action_suspend()
        partner.with_user(self.author).partner_id = False
        with self.assertRaisesRegex(ValidationError, "A contact of the trading partner"):
            line.with_user(self.author).action_resume()

    # -- what is said --------------------------------------------------------------------------------------------------

    def test_one_transaction_says_one_thing_and_what_is_not_new_is_not_said(self):
        partner = self.supplier()
        order = self.confirmed(partner.partner_id, headset=5)
        order.order_line.product_qty = 6
        with self.env.cr.savepoint():
            order.order_line.product_qty = 7
        (document,) = self.documents(PLACED)
        self.assertEqual(validate(validator(PLACED), document), [])
        self.assertEqual((document["revision"], document["status"]), (0, "confirmed"))
        self.assertEqual(document["lines"][0]["quantity"], {"value": "7", "unit": "EA"})
        self.assertEqual(
            document["lines"][0]["item"]["identifiers"],
            [
                {"scheme": "sku", "value": "NW-2210"},
                {"scheme": "gtin", "value": "9524000221018"},
                {"scheme": "partner", "value": "LTA-H22B"},
            ],
        )
        self.run_engine()
        self.happens_later()
        order.order_line.product_qty = 7
        order.write({"date_planned": order.date_planned})
        order.order_line.name = "Only for us"
        self.assertEqual(len(self.events(PLACED)), 1)

    def test_what_was_undone_was_never_said(self):
        partner = self.supplier()
        order = self.order(partner.partner_id, headset=5)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            order.button_confirm()
            self.happened()
            raise ZeroDivisionError
        self.assertFalse(self.events(PLACED))
        order.button_cancel()
        self.assertFalse(self.events(PLACED), "the supplier never heard of it")

    def test_what_the_supplier_said_itself_is_not_told_back(self):
        partner = self.supplier()
        order = self.confirmed(partner.partner_id, headset=5)
        self.run_engine()
        self.happens_later()
        order.order_line.with_context(sync_supplier_answer=True).date_planned = "2026-03-20 11:00:00"
        self.assertEqual(len(self.events(PLACED)), 1)

    def test_where_nobody_is_told_an_order_costs_nothing_more(self):
        contact = self.env["res.partner"].create({"name": "Nobody's supplier"})
        order = self.confirmed(contact, headset=5)
        self.env["sync.event"]._carried(PLACED, None)
        self.env.flush_all()
        with self.assertQueryCount(0):
            order._tell_supplier()
            self.happened()
        self.assertFalse(self.events(PLACED))


class TestPublishToWarehouse(OutwardCase):
    """A logistics provider is asked to ship what leaves from its own warehouses."""

    def setUp(self):
        super().setUp()
        self.here = self.env["stock.warehouse"].search([("company_id", "=", self.company.id)], limit=1)
        self.there = self.env["stock.warehouse"].create({"name": "Antwerp", "code": "ANR"})

    def asked(self, warehouse):
        """The trading partners that are asked to ship a transfer from this warehouse."""
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.out_type_id.id,
                "location_id": warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "partner_id": self.company.partner_id.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.storable("Lamp", "LAMP-1").id,
                            "product_uom_qty": 1,
                            "location_id": warehouse.lot_stock_id.id,
                            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                        }
                    )
                ],
            }
        )
        self.env["sync.event"]._mark("fulfilment.request", picking)
        self.happened()
        with self.partner_answers():
            self.run_engine()
        return (
            self.env["sync.message"]
            .search([("reference", "=", picking.name)])
            .trading_partner_id.sorted("code")
            .mapped("code")
        )

    def test_each_provider_is_asked_from_its_own_warehouses_alone(self):
        self.live("threepl", warehouse_ids=[Command.set(self.here.ids)])
        self.live("threepl-x12", warehouse_ids=[Command.set(self.there.ids)])
        own = self.env["stock.warehouse"].create({"name": "Our own", "code": "OWN"})
        self.assertEqual(self.asked(self.here), ["threepl"])
        self.assertEqual(self.asked(self.there), ["threepl-x12"])
        self.assertEqual(self.asked(own), [], "nobody runs it for us")
