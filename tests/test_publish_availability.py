"""What can be promised is told when it changed, once, as it is when it is told."""

import json

from odoo import Command
from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.canonical import validator
from odoo.addons.sync_governance.core.contracts import validate
from odoo.addons.sync_governance.models.exchange import drawing

from .outward_fixture import OutwardCase
from .pack_fixture import listening

AVAILABILITY = "availability.changed"


class TestPublishAvailability(OutwardCase):
    def setUp(self):
        super().setUp()
        self.keeper = self.person("kim", "stock.group_stock_user")
        self.warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.company.id)], limit=1)
        self.headset = self.storable("Wireless headset", "NW-2210")
        self.dock = self.storable("Docking station", "NW-4075")

    def counts(self, product, quantity):
        """A person of the warehouse enters what was counted."""
        quants = self.env["stock.quant"].with_user(self.keeper).with_context(inventory_mode=True)
        quants.create(
            {
                "product_id": product.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "inventory_quantity": quantity,
            }
        ).action_apply_inventory()

    def moved(self, quantities, to=None):
        """A transfer out of stock, validated by a person of the warehouse."""
        picking = (
            self.env["stock.picking"]
            .with_user(self.keeper)
            .create(
                {
                    "picking_type_id": self.warehouse.out_type_id.id,
                    "location_id": self.warehouse.lot_stock_id.id,
                    "location_dest_id": (to or self.env.ref("stock.stock_location_customers")).id,
                    "move_ids": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "product_uom_qty": quantity,
                                "location_id": self.warehouse.lot_stock_id.id,
                                "location_dest_id": (to or self.env.ref("stock.stock_location_customers")).id,
                            }
                        )
                        for product, quantity in quantities.items()
                    ],
                }
            )
        )
        picking.action_confirm()
        picking.action_assign()
        return picking

    def marks(self):
        self.happened()
        return self.env["sync.mark"].search([("document_type", "=", AVAILABILITY)])

    def messages(self, partner):
        return self.env["sync.message"].search(
            [("trading_partner_id", "=", partner.id), ("document_type_id.code", "=", AVAILABILITY)], order="id"
        )

    # -- end to end ----------------------------------------------------------------------------------------------------

    def test_what_a_person_counts_and_ships_is_what_the_marketplace_offers(self):
        with listening((200, b"{}")) as (address, received):
            self.live("marketplace-json", address)
            self.counts(self.headset, 41)
            self.run_engine()
            picking = self.moved({self.headset: 5})
            self.run_engine()
            picking.button_validate()
            self.run_engine()
        said = [json.loads(body) for _path, _headers, body in received]
        self.assertEqual([(each["sku"], each["available"]) for each in said], [("NW-2210", 41), ("NW-2210", 36)])
        self.assertTrue(said[0]["as_of"])

    def test_it_is_a_row_of_a_file_of_the_marketplace_too(self):
        partner = self.live("marketplace-csv")
        line = partner.interface_ids.filtered(lambda each: each.document_type == AVAILABILITY)
        self.counts(self.headset, 7)
        self.run_engine()
        (text,) = self.texts(line.endpoint_id)
        self.assertIn("NW-2210", text)
        self.assertIn("7", text.splitlines()[1])

    # -- once, and as it is --------------------------------------------------------------------------------------------

    def test_however_many_moves_there_are_it_is_one_event_for_each_product(self):
        self.live("marketplace-json")
        for quantity in range(1, 20):
            self.counts(self.headset, quantity)
            self.counts(self.dock, quantity)
        self.assertEqual(len(self.marks()), 2, "one transaction marks each product once")
        with self.partner_answers():
            self.run_engine()
        documents = self.documents(AVAILABILITY)
        self.assertEqual(len(documents), 2)
        for document in documents:
            self.assertEqual(validate(validator(AVAILABILITY), document), [])
            (here,) = [
                place
                for place in document["locations"]
                if place["location"]["identifiers"][0]["value"] == self.warehouse.code
            ]
            self.assertEqual(here["available"], {"value": "19", "unit": "EA"})
        self.assertFalse(self.marks())

    def test_what_comes_to_the_same_is_not_told(self):
        self.live("marketplace-json")
        self.counts(self.headset, 10)
        with self.partner_answers():
            self.run_engine()
            picking = self.moved({self.headset: 4})
            picking.do_unreserve()
            self.assertTrue(self.marks())
            self.run_engine()
        self.assertEqual(len(self.events(AVAILABILITY)), 1)

    def test_what_is_gone_is_told_as_nothing(self):
        self.live("marketplace-json")
        self.counts(self.headset, 3)
        with self.partner_answers():
            self.run_engine()
            self.moved({self.headset: 3}).button_validate()
            self.env["stock.quant"]._unlink_zero_quants()
            self.run_engine()
        values = [document["locations"][0]["available"]["value"] for document in self.documents(AVAILABILITY)]
        self.assertEqual(values, ["3", "0"])

    def test_what_is_not_sold_is_not_told(self):
        self.live("marketplace-json")
        self.headset.sale_ok = False
        self.counts(self.headset, 3)
        with self.partner_answers():
            self.run_engine()
        self.assertFalse(self.events(AVAILABILITY))
        self.assertFalse(self.marks())

    # -- only the newest -----------------------------------------------------------------------------------------------

    def test_of_what_waits_for_a_marketplace_that_is_down_only_the_newest_is_sent(self):
        with listening((200, b"{}")) as (address, received):
            partner = self.live("marketplace-json", address)
            line = partner.interface_ids.filtered(lambda each: each.document_type == AVAILABILITY)
            line.endpoint_id.with_user(self.author).action_pause()
            for quantity in (1, 2, 3):
                self.counts(self.headset, quantity)
                self.run_engine()
            self.assertEqual(self.messages(partner).mapped("state"), ["ready"] * 3)
            line.endpoint_id.with_user(self.author).action_unpause()
            self.run_engine()
            self.assertEqual(self.messages(partner).mapped("state"), ["superseded", "superseded", "done"])
            self.assertEqual([json.loads(body)["available"] for _path, _headers, body in received], [3])
            old = self.messages(partner)[0]
            self.env.cr.execute(
                """UPDATE sync_message SET state = 'ready', done_at = NULL, fault_code = NULL,
                          run_at = now() AT TIME ZONE 'UTC' WHERE id = %s""",
                [old.id],
            )
            self.env.cr.execute("UPDATE sync_lane SET next_at = now() AT TIME ZONE 'UTC' WHERE id = %s", [old.lane_id])
            self.env.invalidate_all()
            self.run_engine()
            self.assertEqual((old.state, len(received)), ("superseded", 1), "an old one does not come back")

    # -- what it costs -------------------------------------------------------------------------------------------------

    def test_where_nobody_is_told_a_move_costs_nothing_more(self):
        self.counts(self.headset, 5)
        quant = self.env["stock.quant"].search([("product_id", "=", self.headset.id), ("quantity", "=", 5)])
        self.env.flush_all()
        with self.assertQueryCount(0):
            quant._note_availability()
            self.happened()
        self.assertFalse(self.marks())

    def test_marking_is_one_statement_for_all_products_of_a_transaction(self):
        self.live("marketplace-json")
        products = [self.storable(f"Article {number}", f"A-{number}") for number in range(30)]
        for product in products:
            self.counts(product, 5)
        quants = self.env["stock.quant"].search(
            [("product_id", "in", [product.id for product in products]), ("quantity", "=", 5)]
        )
        self.happened()
        self.assertEqual(len(quants), 30)
        quants.mapped("company_id.id"), quants.mapped("product_id.id")
        with self.assertQueryCount(1):
            for quant in quants:
                quant._note_availability()
            self.happened()

    def test_drawing_up_many_takes_as_many_statements_as_drawing_up_few(self):
        self.live("marketplace-json")
        few = self.drawn([self.storable(f"Few {number}", f"F-{number}") for number in range(2)])
        many = self.drawn([self.storable(f"Many {number}", f"M-{number}") for number in range(40)])
        self.assertLessEqual(many, few + 2)

    def drawn(self, products):
        """How many statements it takes to draw these products up."""
        for product in products:
            self.counts(product, 5)
        self.happened()
        with self.engine_cursors():
            before = self.env.cr.sql_log_count
            self.assertEqual(drawing.run(self.registry), len(products))
            return self.env.cr.sql_log_count - before

    @mute_logger("odoo.addons.sync_governance.models.exchange.drawing")
    def test_one_that_cannot_be_drawn_up_stops_no_other_and_comes_again(self):
        self.live("marketplace-json")
        publisher = type(self.env["sync.publisher.availability.changed"])
        real, broken = publisher._free, self.dock

        def free(this, product, figures):
            if product == broken:
                raise ArithmeticError("no figure")
            return real(this, product, figures)

        self.patch(publisher, "_free", free)
        self.counts(self.headset, 5)
        self.counts(self.dock, 6)
        with self.partner_answers():
            self.run_engine()
        self.assertEqual([each["item"]["description"] for each in self.documents(AVAILABILITY)], ["Wireless headset"])
        left = self.marks()
        self.assertEqual((left.res_id, left.tries, left.reason), (self.dock.id, 1, "ArithmeticError: no figure"))
        self.patch(publisher, "_free", real)
        self.env.cr.execute("UPDATE sync_mark SET run_at = now() AT TIME ZONE 'UTC'")
        with self.partner_answers():
            self.run_engine()
        self.assertEqual(len(self.events(AVAILABILITY)), 2)
