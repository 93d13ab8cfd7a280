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

    def both(self, model, first_id, second_id=None, actions=("action_approve", "action_approve")):
        """Both approvers press once both have looked; returns what each was told (None: it is as he wanted).

        :param actions: a method of each, or a method with its arguments
        """
        start, told = threading.Barrier(2), {}

        def press(user_id, record_id, action):
            looked, (method, *args) = [], [action] if isinstance(action, str) else action

            def attempt():
                record = env[model].browse(record_id)
                if not looked:
                    looked.append(record.state)
                    start.wait(20)
                getattr(record, method)(*args)

            with self.registry.cursor() as cr:
                env = api.Environment(cr, user_id, QUIETLY)
                try:
                    retrying(attempt, env)
                    told[user_id] = None
                except (UserError, AccessError, psycopg2.Error) as error:
                    told[user_id] = error

        with mute_logger("odoo.sql_db", "odoo.http", "odoo.service.model"):
            threads = [
                threading.Thread(target=press, args=each)
                for each in zip(self.approvers, (first_id, second_id or first_id), actions, strict=True)
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

    def assertOneDecided(self, told):
        """One was heard; the other was told that it is decided already, and in which state it is."""
        self.assertEqual(sorted(type(answer).__name__ for answer in told), ["NoneType", "UserError"], told)
        (refusal,) = [str(answer) for answer in told if answer]
        self.assertIn("this step is for", refusal)

    def test_of_approving_and_sending_back_a_request_one_counts(self):
        with self.committed(self.author) as env:
            contract = self.contract(env, "1.0.0")
            request = env["sync.change.request"].create({"name": self.name, "contract_ids": [(4, contract.id)]})
            request.action_submit()
        told = self.both(
            "sync.change.request", request.id, actions=("action_approve", ("action_reject", "Not like this."))
        )
        self.assertOneDecided(told)
        with self.committed() as env:
            request = env["sync.change.request"].browse(request.id)
            first = told.index(None) == 0
            self.assertEqual(request.state, "approved" if first else "draft")
            self.assertEqual(request.contract_ids.state, "approved" if first else "draft")
            self.assertEqual(len(request.decision_ids), int(first))

    def test_two_domains_that_decide_at_once_both_count_and_it_comes_into_force_once(self):
        with self.committed() as env:
            env["res.users"].browse(self.approvers[1]).group_ids = [
                (6, 0, env.ref("sync_governance.group_approver_finance").ids)
            ]
        with self.committed(self.author) as env:
            contract = self.contract(env, "1.0.0")
            policy = self.policy(env)
            request = env["sync.change.request"].create(
                {"name": self.name, "contract_ids": [(4, contract.id)], "policy_ids": [(4, policy.id)]}
            )
            request.action_submit()
        self.assertEqual(self.both("sync.change.request", request.id), [None, None])
        with self.committed() as env:
            request = env["sync.change.request"].browse(request.id)
            self.assertEqual((request.state, len(request.decision_ids)), ("approved", 2))

    def proposal(self, env):
        """A person's proposal about a customer, for any integration manager to decide: both are one."""
        group = env.ref("sync_governance.group_manager")
        env["res.users"].browse(self.approvers).group_ids = [(4, group.id)]
        env["res.users"].browse(self.author).group_ids = [(4, env.ref("base.group_partner_manager").id)]
        customer = env["res.partner"].create({"name": self.name, "customer_rank": 1, "city": "Bern"})
        return env["sync.ownership.write"]._note(
            [
                {
                    "state": "proposed",
                    "company_id": env.company.id,
                    "domain": "customer",
                    "what": "Address",
                    "reference": self.name,
                    "user_id": self.author,
                    "res_model": "res.partner",
                    "res_id": customer.id,
                    "values": json.dumps({"city": "Basel"}),
                    "decision_note": "It is Bern.",
                }
            ]
        )

    def test_a_proposal_is_accepted_once(self):
        with self.committed() as env:
            proposal = self.proposal(env)
        told = self.both("sync.ownership.write", proposal.id, actions=("action_accept", "action_accept"))
        self.assertOneDecided(told)
        with self.committed() as env:
            proposal = env["sync.ownership.write"].browse(proposal.id)
            self.assertEqual(proposal.state, "accepted")
            self.assertEqual(proposal.decided_by.id, self.approvers[told.index(None)])
            self.assertEqual(env["res.partner"].browse(proposal.res_id).city, "Basel")

    def test_of_accepting_and_rejecting_a_proposal_one_counts(self):
        with self.committed() as env:
            proposal = self.proposal(env)
        told = self.both("sync.ownership.write", proposal.id, actions=("action_accept", "action_reject"))
        self.assertOneDecided(told)
        with self.committed() as env:
            proposal = env["sync.ownership.write"].browse(proposal.id)
            first = told.index(None) == 0
            self.assertEqual(proposal.state, "accepted" if first else "rejected")
            self.assertEqual(env["res.partner"].browse(proposal.res_id).city, "Basel" if first else "Bern")

    def test_the_end_of_a_version_is_decided_once(self):
        with self.committed(self.author) as env:
            contract = self.contract(env, "1.0.0")
        with self.committed(self.approvers[0]) as env:
            env["sync.contract"].browse(contract.id).action_approve()
        with self.committed(self.author) as env:
            ending = env["sync.lifecycle.ending"].create(
                {"res_model": "sync.contract", "res_id": contract.id, "kind": "retire", "reason": "Nobody uses it."}
            )
        told = self.both(
            "sync.lifecycle.ending", ending.id, actions=("action_agree", ("action_reject", "Somebody does."))
        )
        self.assertOneDecided(told)
        with self.committed() as env:
            first = told.index(None) == 0
            ending = env["sync.lifecycle.ending"].browse(ending.id)
            self.assertEqual(ending.state, "agreed" if first else "refused")
            self.assertEqual(ending.decider_id.id, self.approvers[told.index(None)])
            self.assertEqual(env["sync.contract"].browse(contract.id).state, "retired" if first else "approved")

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

    def policy(self, env):
        level = env["sync.service.level"].create({"code": self.name, "name": "Orders"})
        retention = env["sync.retention"].create({"code": self.name, "name": "Orders"})
        return env["sync.policy"].create(
            {
                "code": self.name,
                "name": "Orders",
                "domain": "finance",
                "service_level_id": level.id,
                "retention_id": retention.id,
            }
        )

    def clean_up(self):
        with self.committed() as env:
            # Approved versions are not deleted otherwise.
            env.cr.execute("SET LOCAL session_replication_role = replica")
            env.cr.execute("DELETE FROM sync_lifecycle_ending WHERE version_name LIKE %s", [f"{self.name}%"])
            tables = {
                "sync_change_decision": "request_id",
                "sync_change_request_sync_contract_rel": "sync_change_request_id",
                "sync_change_request_sync_policy_rel": "sync_change_request_id",
            }
            for table, column in tables.items():
                env.cr.execute(
                    f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM sync_change_request WHERE name = %s)",
                    [self.name],
                )
            for model, name in (("sync.change.request", "name"), ("sync.contract", "code"), ("sync.policy", "code")):
                table = env[model]._table
                relation = env[model]._fields["author_ids"]
                found = f"(SELECT id FROM {table} WHERE {name} = %s)"
                env.cr.execute(f"DELETE FROM {relation.relation} WHERE {relation.column1} IN {found}", [self.name])
                for side in ("mail_message", "mail_followers"):
                    column = "model" if side == "mail_message" else "res_model"
                    env.cr.execute(f"DELETE FROM {side} WHERE {column} = %s AND res_id IN {found}", [model, self.name])
                env.cr.execute(f"DELETE FROM {table} WHERE {name} = %s", [self.name])
            env.cr.execute("DELETE FROM sync_ownership_write WHERE reference = %s", [self.name])
            env.cr.execute("DELETE FROM res_partner WHERE name = %s", [self.name])
            for table in ("sync_service_level", "sync_retention"):
                env.cr.execute(f"DELETE FROM {table} WHERE code = %s", [self.name])
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
