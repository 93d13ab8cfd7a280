"""Two approvers at the same moment, on connections of their own: exactly one approval."""

import json
import threading
import uuid

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError, UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}}}
QUIETLY = {"tracking_disable": True, "mail_create_nolog": True, "mail_notrack": True, "no_reset_password": True}


@tagged("post_install", "-at_install")
class TestRaceOfApprovers(BaseCase):
    """What is made here is committed, and taken away again at the end."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.name = f"race-{uuid.uuid4().hex[:8]}"
        self.addCleanup(self.clean_up)
        with self.committed() as env:
            self.author = self.person(env, "author", "group_manager")
            self.approvers = [self.person(env, f"approver{n}", "group_approver_sales") for n in (1, 2)]

    def committed(self, user_id=SUPERUSER_ID):
        return Committed(self.registry, user_id)

    def person(self, env, role, group):
        groups = [(6, 0, env.ref(f"sync_governance.{group}").ids)]
        login = f"{self.name}.{role}"
        return env["res.users"].create({"name": login, "login": login, "group_ids": groups}).id

    def contract(self, env, version, schema=None):
        contract = env["sync.contract"].create(
            {
                "code": self.name,
                "name": "Order",
                "version": version,
                "document_type_id": env["sync.document.type"]._id_of("order.create"),
                "schema": json.dumps(schema or SCHEMA),
            }
        )
        contract.action_submit()
        return contract

    def both(self, model, first_id, second_id=None):
        """Both approvers approve once both have looked; returns what each was told (None: it is approved)."""
        start, told = threading.Barrier(2), {}

        def approve(user_id, record_id):
            looked = []

            def attempt():
                record = env[model].browse(record_id)
                if not looked:
                    looked.append(record.state)
                    start.wait(20)
                record.action_approve()

            with self.registry.cursor() as cr:
                env = api.Environment(cr, user_id, QUIETLY)
                try:
                    retrying(attempt, env)
                    told[user_id] = None
                except (UserError, AccessError, psycopg2.Error) as error:
                    told[user_id] = error

        with mute_logger("odoo.sql_db", "odoo.http", "odoo.service.model"):
            threads = [
                threading.Thread(target=approve, args=pair)
                for pair in zip(self.approvers, (first_id, second_id or first_id), strict=True)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        return [told[user] for user in self.approvers]

    def test_a_version_is_approved_once(self):
        with self.committed(self.author) as env:
            contract_id = self.contract(env, "1.0.0").id
        told = self.both("sync.contract", contract_id)
        self.assertEqual(sorted(type(answer).__name__ for answer in told), ["NoneType", "UserError"])
        with self.committed() as env:
            contract = env["sync.contract"].browse(contract_id)
            self.assertEqual(contract.state, "approved")
            self.assertEqual(contract.approver_id.id, self.approvers[told.index(None)])

    def test_a_change_request_is_decided_once(self):
        with self.committed(self.author) as env:
            contract = self.contract(env, "1.0.0")
            request = env["sync.change.request"].create({"name": self.name, "contract_ids": [(4, contract.id)]})
            request.action_submit()
        told = self.both("sync.change.request", request.id)
        self.assertEqual(sorted(type(answer).__name__ for answer in told), ["NoneType", "UserError"])
        with self.committed() as env:
            request = env["sync.change.request"].browse(request.id)
            self.assertEqual((request.state, len(request.decision_ids)), ("approved", 1))
            self.assertEqual(request.decision_ids.user_id.id, self.approvers[told.index(None)])

    def test_of_two_versions_the_second_is_judged_by_the_first(self):
        """Each would pass beside 1.0.0; together one of them breaks what the other promises."""
        with self.committed(self.author) as env:
            first = self.contract(env, "1.1.0", {**SCHEMA, "properties": {"size": {"type": "string"}}})
            second = self.contract(env, "1.2.0", {**SCHEMA, "properties": {"size": {"type": "integer"}}})
        told = self.both("sync.contract", first.id, second.id)
        with self.committed() as env:
            states = env["sync.contract"].browse([first.id, second.id]).mapped("state")
        self.assertEqual(sorted(states), ["approved", "in_review"], told)
        self.assertIsInstance(told[states.index("in_review")], UserError)

    def clean_up(self):
        with self.committed() as env:
            # Approved versions are not deleted otherwise.
            env.cr.execute("SET LOCAL session_replication_role = replica")
            for table in ("sync_change_decision", "sync_change_request_sync_contract_rel"):
                column = "request_id" if table == "sync_change_decision" else "sync_change_request_id"
                env.cr.execute(
                    f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM sync_change_request WHERE name = %s)",
                    [self.name],
                )
            for model, name in (("sync.change.request", "name"), ("sync.contract", "code")):
                table = env[model]._table
                relation = env[model]._fields["author_ids"]
                found = f"(SELECT id FROM {table} WHERE {name} = %s)"
                env.cr.execute(f"DELETE FROM {relation.relation} WHERE {relation.column1} IN {found}", [self.name])
                for side in ("mail_message", "mail_followers"):
                    column = "model" if side == "mail_message" else "res_model"
                    env.cr.execute(f"DELETE FROM {side} WHERE {column} = %s AND res_id IN {found}", [model, self.name])
                env.cr.execute(f"DELETE FROM {table} WHERE {name} = %s", [self.name])
        with self.committed() as env:
            env["res.users"].search([("login", "=like", f"{self.name}.%")]).unlink()


class Committed:
    """An environment on a connection of its own, committed at the end."""

    def __init__(self, registry, user_id):
        self.cursor = registry.cursor()
        self.user_id = user_id

    def __enter__(self):
        return api.Environment(self.cursor.__enter__(), self.user_id, QUIETLY)

    def __exit__(self, *exc_info):
        return self.cursor.__exit__(*exc_info)
