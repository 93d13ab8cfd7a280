"""The lists that people look at cost as many statements for many rows as for few."""

from lxml import etree

from .exception_fixture import ExceptionCase

LISTS = (
    "action_message",
    "action_exception",
    "action_acknowledgement",
    "action_interchange",
    "action_control_number",
    "action_expectation",
    "action_transmission",
    "action_xref",
    "action_xref_gap",
    "action_lane",
)
SOME = """
    INSERT INTO sync_interchange (message_id, endpoint_id, trading_partner_id, company_id, direction, standard, sender,
                                  receiver, reference, number, made_at)
    SELECT id, endpoint_id, trading_partner_id, company_id, 'outbound', 'x12', 'ZZ:US', 'ZZ:THEM', id::text, id,
           now() AT TIME ZONE 'UTC'
      FROM sync_message WHERE id = ANY(%(messages)s);
    INSERT INTO sync_acknowledgement (message_id, level, state, resends, company_id, trading_partner_id, endpoint_id,
                                      interface_id, document_type_id, due_at)
    SELECT id, 'business', 'overdue', 0, company_id, trading_partner_id, endpoint_id, interface_id, document_type_id,
           now() AT TIME ZONE 'UTC'
      FROM sync_message WHERE id = ANY(%(messages)s);
    INSERT INTO sync_file (transmission_id, endpoint_id, company_id, documents, refused)
    SELECT transmission_id, endpoint_id, company_id, 3, 1 FROM sync_message WHERE id = ANY(%(messages)s);
    INSERT INTO sync_control_number (company_id, standard, sender, receiver, last_number)
    SELECT company_id, 'x12', 'ZZ:US', 'ZZ:' || id, 7 FROM sync_message WHERE id = ANY(%(messages)s);
    INSERT INTO sync_expectation (endpoint_id, company_id, name, pattern, cutoff_hour, tz, minimum, active)
    SELECT endpoint_id, company_id, 'Files ' || id, '*', 7, 'Europe/Berlin', 1, true
      FROM sync_message WHERE id = ANY(%(messages)s);
"""


class TestListQueries(ExceptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.person("mia.manager", "group_manager", "group_operator_sales")

    def some(self, *numbers):
        """An order for each number that waits for a code of its own, with all that may hang on it."""
        ids = []
        for number in numbers:
            ids += self.orders_that(self.unknown_product(f"SKU-{number}"), str(number)).ids
        products = self.env["product.product"].create([{"name": f"Product {number}"} for number in numbers])
        self.env["sync.xref"].create(
            [
                {"domain": "product", "external_id": f"X-{product.id}", "res_id": product.id, "trading_partner_id": id_}
                for product in products
                for id_ in self.shop.ids
            ]
        )
        self.env.flush_all()
        self.env.cr.execute(SOME, {"messages": ids})
        self.env.invalidate_all()

    def statements(self, name):
        """(rows, statements) of opening this list, with every column that it can show."""
        records = self.env[self.env.ref(f"sync_governance.{name}").res_model].with_user(self.manager)
        arch = etree.fromstring(records.get_views([(False, "list")])["views"]["list"]["arch"])
        columns = {field.get("name") for field in arch.iter("field")}
        wanted = {
            column: {"fields": {"display_name": {}}} if records._fields[column].type == "many2one" else {}
            for column in columns
        }
        records.web_search_read([], wanted, limit=80)  # what is cached for good is not what is counted
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        found = records.web_search_read([], wanted, limit=80)
        return len(found["records"]), self.env.cr.sql_log_count - before

    def test_many_rows_cost_as_many_statements_as_few(self):
        self.some(1, 2)
        few = {name: self.statements(name) for name in LISTS}
        self.some(*range(3, 12))
        for name in LISTS:
            with self.subTest(name):
                rows, statements = self.statements(name)
                self.assertGreater(rows, few[name][0])
                self.assertLessEqual(statements, few[name][1])
                self.assertLess(statements, 30)
