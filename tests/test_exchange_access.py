"""Rows of the engine are read by those who may, and written by the engine alone."""

from odoo.exceptions import AccessError, UserError

from .exception_fixture import ExceptionCase

ENGINE = (
    "sync.message",
    "sync.attempt",
    "sync.effect",
    "sync.payload",
    "sync.transmission",
    "sync.file",
    "sync.event",
    "sync.lane",
    "sync.worker",
    "sync.command",
    "sync.dedupe",
    "sync.engine.check",
    "sync.production",
    "sync.purge",
)
FOR_MANAGERS = ("sync.lane", "sync.worker", "sync.dedupe", "sync.engine.check", "sync.purge")


class TestExchangeAccess(ExceptionCase):
    def test_nobody_writes_rows_of_the_engine_through_the_orm(self):
        manager = self.author
        for model in ENGINE:
            for env in (self.env(su=True), self.env(user=manager)):
                for attempt in (
                    lambda m=env[model]: m.create({}),
                    lambda m=env[model]: m.browse(1).write({"company_id": 1}),
                    lambda m=env[model]: m.browse(1).unlink(),
                    lambda m=env[model]: m.browse(1).copy(),
                ):
                    with self.subTest(model=model, su=env.su), self.assertRaises(UserError):
                        attempt()

    def test_no_group_has_a_right_to_write_them(self):
        lines = self.env["ir.model.access"].search([("model_id.model", "in", ENGINE)])
        writing = lines.filtered(lambda line: line.perm_write or line.perm_create or line.perm_unlink)
        self.assertFalse(writing, writing.mapped("name"))

    def test_viewers_see_that_documents_travelled_but_not_what_they_say(self):
        message = self.orders_that(self.done, "1001").with_user(self.viewer)
        self.assertEqual(message.state, "done")
        self.assertFalse(message.received_text)
        self.assertFalse(message.canonical_text)
        with self.assertRaises(AccessError):
            self.env["sync.payload"].with_user(self.viewer).search([])
        with self.assertRaises(AccessError):
            self.env["sync.event"].with_user(self.viewer).search([]).read(["document"])

    def test_operators_read_the_documents(self):
        message = self.orders_that(self.done, "1001").with_user(self.sales)
        self.assertIn('"number": "1001"', message.received_text)
        self.assertIn('"number": "1001"', message.canonical_text)

    def test_the_technical_rows_are_for_managers(self):
        for model in FOR_MANAGERS:
            with self.subTest(model=model):
                self.assertTrue(self.env[model].with_user(self.author).has_access("read"))
                self.assertFalse(self.env[model].with_user(self.sales).has_access("read"))

    def test_another_company_sees_nothing(self):
        message = self.orders_that(self.fails("apply.refused", "credit"), "1001")
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self.person("olaf.other", "group_operator_sales", "group_manager")
        stranger.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        for records in (
            message,
            message.attempt_ids,
            message.payload_ids,
            message.transmission_id,
            message.exception_id,
        ):
            with self.subTest(model=records._name):
                self.assertTrue(records)
                self.assertFalse(records.with_user(stranger).with_company(company)._filtered_access("read"))
