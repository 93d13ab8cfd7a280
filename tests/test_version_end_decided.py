"""A version ends, and its last day moves, as one person proposes and another agrees: buttons, ORM, calls and SQL."""

from datetime import date, timedelta

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import Form
from odoo.tools import mute_logger

from .governance_fixture import GovernanceCase

NEXT_YEAR = date.today() + timedelta(days=365)


class TestEndOfAVersion(GovernanceCase):
    def setUp(self):
        super().setUp()
        self.version = self.approved(self.contract())

    def propose(self, kind="retire", by=None, **values):
        return (
            self.env["sync.lifecycle.ending"]
            .with_user(by or self.manager)
            .create(
                {
                    "res_model": "sync.contract",
                    "res_id": self.version.id,
                    "kind": kind,
                    "reason": "The partner has gone over.",
                    **values,
                }
            )
        )

    # -- two people ------------------------------------------------------------------------------------------------

    def test_nothing_ends_before_a_second_person_agrees(self):
        ending = self.propose("deprecate", last_day=NEXT_YEAR)
        self.assertEqual((self.version.state, self.version.sunset_date), ("approved", False))
        self.assertEqual(self.version.ending_id, ending)
        self.assertIn("Deprecate “northwind.order 1.0.0”; its last day is", self.version.ending_text)
        ending.with_user(self.sales_approver).action_agree()
        self.assertEqual((self.version.state, self.version.sunset_date), ("deprecated", NEXT_YEAR))
        self.assertEqual((ending.state, ending.decider_id), ("agreed", self.sales_approver))
        self.assertFalse(self.version.ending_id)

    def test_whoever_proposed_it_does_not_decide(self):
        both = self.person("greta.both", "group_manager", "group_approver_sales")
        ending = self.propose(by=both)
        with self.assertRaisesRegex(AccessError, "four eyes"):
            ending.action_agree()
        with self.assertRaisesRegex(AccessError, "four eyes"):
            ending.action_reject("No.")
        self.assertEqual((ending.state, self.version.state), ("proposed", "approved"))

    def test_an_approver_of_another_domain_and_the_superuser_do_not_decide(self):
        ending = self.propose()
        for user in (self.finance_approver, self.sales_operator, self.env.ref("base.user_root")):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                ending.with_user(user).action_agree()
        with self.assertRaises(AccessError):
            ending.sudo().action_agree()

    def test_whoever_may_not_write_the_version_proposes_nothing(self):
        for user in (self.viewer, self.sales_operator, self.sales_approver):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.propose(by=user)

    def test_refused_it_goes_on_and_the_reason_is_kept(self):
        ending = self.propose()
        with self.assertRaisesRegex(UserError, "Say why"):
            ending.with_user(self.sales_approver).action_reject(" ")
        ending.with_user(self.sales_approver).action_reject("The shop still sends it.")
        self.assertEqual((ending.state, self.version.state), ("refused", "approved"))
        self.assertIn("The shop still sends it.", self.version.message_ids[0].body)

    def test_one_end_waits_at_a_time_and_its_author_withdraws_it(self):
        ending = self.propose()
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            self.propose("deprecate")
        with self.assertRaisesRegex(AccessError, "may withdraw"):
            ending.with_user(self.sales_approver).action_withdraw()
        ending.action_withdraw()
        self.assertTrue(self.propose("deprecate"))

    def test_the_last_day_moves_by_decision_only(self):
        self.ends(self.version, "deprecate", NEXT_YEAR)
        other = NEXT_YEAR + timedelta(days=30)
        ending = self.propose("last_day", last_day=other)
        self.assertEqual(self.version.sunset_date, NEXT_YEAR)
        ending.with_user(self.sales_approver).action_agree()
        self.assertEqual(self.version.sunset_date, other)
        with self.assertRaisesRegex(UserError, "its last day already"):
            self.propose("last_day", last_day=other)

    def test_a_live_interface_keeps_its_version_also_when_it_went_live_after_the_proposal(self):
        ending = self.propose()
        self.live_partner("shopify", secrets={"shop-orders": "shpss_secret"})
        self.version = self.env["sync.contract"].search([("code", "=", "shopify.order")])
        with self.assertRaisesRegex(UserError, "shopify.order.create"):
            self.propose()
        self.assertEqual(ending.state, "proposed")

    # -- no way around ---------------------------------------------------------------------------------------------

    def test_no_write_call_or_import_ends_it(self):
        for values in ({"sunset_date": NEXT_YEAR}, {"state": "retired"}, {"state": "deprecated"}):
            for user in (self.manager, self.env.ref("base.user_admin")):
                with self.subTest(values=str(values)), self.assertRaisesRegex(UserError, "buttons"):
                    self.version.with_user(user).write(values)
            with self.assertRaisesRegex(UserError, "buttons"):
                call_kw(self.env["sync.contract"].with_user(self.manager), "write", [self.version.ids, values], {})
        loaded = (
            self.env["sync.contract"]
            .with_user(self.manager)
            .load([".id", "sunset_date"], [[str(self.version.id), NEXT_YEAR.isoformat()]])
        )
        self.assertFalse(loaded["ids"])
        self.assertRegex(loaded["messages"][0]["message"], "buttons|no longer changes")
        self.assertEqual((self.version.state, self.version.sunset_date), ("approved", False))

    def test_a_proposal_is_not_born_decided_and_not_edited(self):
        for values in ({"state": "agreed"}, {"decider_id": self.sales_approver.id}, {"proposer_id": self.viewer.id}):
            with self.subTest(values=str(values)), self.assertRaisesRegex(UserError, "buttons"):
                self.propose(**values)
        ending = self.propose()
        for values in ({"state": "agreed"}, {"kind": "deprecate"}, {"last_day": NEXT_YEAR}):
            with self.subTest(values=str(values)), self.assertRaises(UserError):
                ending.sudo().write(values)
        for method in ("_move", "_agree", "_with_request"):
            with self.assertRaises(AccessError):
                call_kw(self.env["sync.lifecycle.ending"].with_user(self.manager), method, [ending.ids], {})
        with self.assertRaises(UserError):
            ending.sudo().unlink()

    def refused_by_the_database(self, query, *params):
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
            self.env.cr.execute(query, params)

    def test_raw_sql_meets_the_trigger(self):
        ending = self.propose("deprecate", last_day=NEXT_YEAR)
        self.env.flush_all()
        for change in ("state = 'deprecated'", "state = 'retired'", "sunset_date = '2030-01-01'"):
            self.refused_by_the_database(f"UPDATE sync_contract SET {change} WHERE id = %s", self.version.id)
        for change in ("state = 'agreed', decider_id = proposer_id", "state = 'agreed'", "last_day = '2030-01-01'"):
            self.refused_by_the_database(f"UPDATE sync_lifecycle_ending SET {change} WHERE id = %s", ending.id)
        self.refused_by_the_database("DELETE FROM sync_lifecycle_ending WHERE id = %s", ending.id)
        ending.with_user(self.sales_approver).action_agree()
        self.env.flush_all()
        self.refused_by_the_database(
            "UPDATE sync_contract SET sunset_date = '2030-01-01' WHERE id = %s", self.version.id
        )
        self.refused_by_the_database("UPDATE sync_contract SET state = 'retired' WHERE id = %s", self.version.id)
        self.refused_by_the_database("UPDATE sync_lifecycle_ending SET state = 'proposed' WHERE id = %s", ending.id)

    def test_an_old_decision_moves_the_day_back_no_more(self):
        self.ends(self.version, "deprecate", NEXT_YEAR)
        self.ends(self.version, "last_day", NEXT_YEAR + timedelta(days=30))
        self.env.flush_all()
        self.refused_by_the_database(
            "UPDATE sync_contract SET sunset_date = %s WHERE id = %s", NEXT_YEAR, self.version.id
        )

    # -- what the decider sees -------------------------------------------------------------------------------------

    def test_who_uses_it_stands_beside_the_decision(self):
        self.live_partner("shopify", secrets={"shop-orders": "shpss_secret"})
        self.version = self.env["sync.contract"].search([("code", "=", "shopify.order")])
        self.ends(self.version, "deprecate", NEXT_YEAR)
        partner = self.version.interface_ids.trading_partner_id
        self.env["sync.contract.use"].flush_model()
        self.env.cr.execute(
            """INSERT INTO sync_contract_use (contract_id, trading_partner_id, company_id, day, documents)
               VALUES (%s, %s, %s, '2026-11-20', 41), (%s, %s, %s, '2026-11-21', 1)""",
            [self.version.id, partner.id, partner.company_id.id] * 2,
        )
        self.env.cr.execute(
            """INSERT INTO sync_service_day (interface_id, company_id, day, aim, documents, within, late)
               VALUES (%s, %s, current_date, 'applied', 7, 7, 0)""",
            [self.version.interface_ids.id, partner.company_id.id],
        )
        ending = self.propose("last_day", last_day=False)
        words = ending.with_user(self.sales_approver).use_text
        self.assertIn("42 documents since it was deprecated", words)
        self.assertIn("7 documents in 30 days", words)
        self.assertEqual(self.version.with_user(self.sales_approver).ending_use, words)

    def test_everybody_who_may_read_it_opens_it(self):
        ending = self.propose()
        for user in (self.viewer, self.sales_operator, self.sales_approver, self.manager, self.officer):
            with self.subTest(user=user.login):
                self.assertTrue(Form(ending.with_user(user)))
                self.assertTrue(Form(self.version.with_user(user)))

    def test_the_form_proposes(self):
        action = self.version.with_user(self.manager).action_propose_ending()
        with Form(
            self.env["sync.lifecycle.ending"].with_user(self.manager).with_context(**action["context"]),
            view="sync_governance.view_lifecycle_ending_propose",
        ) as form:
            self.assertEqual(form.kind, "deprecate")
            form.last_day = NEXT_YEAR
            form.reason = "The shop has gone over."
        self.assertEqual(self.version.ending_id.proposer_id, self.manager)
