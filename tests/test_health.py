"""What people and monitoring systems see of the engine."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.sync_governance.models.monitor import checks, engine_check

from .exception_fixture import ExceptionCase

TOKEN = {"SYNC_GOVERNANCE_HEALTH_TOKEN": "monitoring-token"}


class HealthCase(ExceptionCase):
    def look(self, **found):
        """Look at everything; ``found`` replaces single checks."""
        replaced = {code: lambda _env, _cr, f=finding: f for code, finding in found.items()}
        with patch.dict(engine_check.LOOKS, replaced), self.engine_cursors():
            self.env["sync.engine.check"]._refresh()

    def check(self, code):
        return self.env["sync.engine.check"].search([("code", "=", code)])

    def alarms(self, code):
        return self.env["sync.exception"].search([("code", "=", "engine.unhealthy"), ("subject", "=", f"check {code}")])

    def find(self, code):
        with self.engine_cursors():
            return checks.LOOKS[code](self.env(su=True), self.env.cr)

    def all_good(self):
        self.look(**{code: checks.Finding("ok", "Good.") for code in checks.LOOKS})


@tagged("post_install", "-at_install")
class TestHealth(HealthCase):
    # -- the page ----------------------------------------------------------------------------------------------------

    def test_every_check_can_be_looked_at_and_says_what_to_do(self):
        self.look()
        rows = self.env["sync.engine.check"].search([])
        self.assertEqual(set(rows.mapped("code")), set(checks.LOOKS))
        for row in rows:
            with self.subTest(check=row.code):
                self.assertNotIn("could not be looked at", row.sentence)
                self.assertTrue(row.sentence and row.advice and row.title != row.code)

    def test_networks_with_which_documents_travel_unencrypted_are_named(self):
        for plain, said in (("127.0.0.1", "with 127.0.0.1 also unencrypted"), ("", "from this database.")):
            with patch.dict("os.environ", {"SYNC_GOVERNANCE_PLAIN_NETWORKS": plain}):
                self.assertIn(said, self.find("database").sentence)

    @mute_logger("odoo.addons.sync_governance.models.monitor.engine_check")
    def test_a_check_that_fails_shows_it_and_the_others_are_looked_at(self):
        with patch.dict(engine_check.LOOKS, {"clock": lambda _env, _cr: 1 / 0}), self.engine_cursors():
            self.env["sync.engine.check"]._refresh()
        self.assertEqual(self.check("clock").state, "warning")
        self.assertTrue(self.check("ids").checked_at)

    def test_an_incident_is_one_exception_and_closes_by_itself(self):
        bad = checks.Finding("bad", "A report has had a transaction open for 2 hours.", 7200.0)
        self.look(snapshots=bad)
        alarm = self.alarms("snapshots")
        self.assertEqual((len(alarm), alarm.state, alarm.count), (1, "new", 1))
        self.assertIn("2 hours", alarm.detail)
        self.look(snapshots=bad)
        self.look(snapshots=checks.Finding("warning", "Shorter."))
        self.look(snapshots=bad)
        self.assertEqual((self.alarms("snapshots"), alarm.count), (alarm, 1), "still the same incident")
        self.look(snapshots=checks.Finding("ok", "No transaction is open for long."))
        self.assertEqual(alarm.state, "resolved")
        self.look(snapshots=bad)
        self.assertEqual(len(self.alarms("snapshots")), 2, "another incident")

    def test_since_tells_when_the_state_began(self):
        self.all_good()
        self.env.cr.execute("UPDATE sync_engine_check SET since = since - interval '1 day' WHERE code = 'clock'")
        self.look(clock=checks.Finding("ok", "Still good."))
        self.assertLess(self.check("clock").since, fields.Datetime.now() - timedelta(hours=23))
        self.look(clock=checks.Finding("bad", "Wrong.", 99))
        self.assertGreater(self.check("clock").since, fields.Datetime.now() - timedelta(hours=1))

    # -- what is found -----------------------------------------------------------------------------------------------

    @mute_logger("odoo.addons.sync_governance.models.exchange.housekeeping")
    def test_a_lost_wake_up_is_told_to_the_administrator(self):
        message = self.order("1001")
        self.env.cr.execute("UPDATE sync_lane SET next_at = NULL WHERE id = %s", [message.lane_id])
        with self.engine_cursors():
            self.env["sync.engine"]._housekeep()
        self.assertEqual(self.check("lost_wakeups").state, "bad")
        self.assertEqual(self.alarms("lost_wakeups").detail, self.check("lost_wakeups").sentence)
        self.run_engine()
        self.assertEqual(message.state, "done")
        self.env.cr.execute("UPDATE sync_engine_check SET noted_at = noted_at - interval '25 hours'")
        self.look()
        self.assertEqual(self.check("lost_wakeups").state, "ok")

    def test_work_that_is_late_is_told_with_its_pool(self):
        message = self.order("1001")
        self.assertEqual(self.find("waiting_standard").state, "ok")
        self.env.cr.execute(
            "UPDATE sync_lane SET next_at = next_at - interval '1 hour' WHERE id = %s", [message.lane_id]
        )
        found = self.find("waiting_standard")
        self.assertEqual(found.state, "bad")
        self.assertIn("60 minutes", found.sentence)
        self.assertEqual(self.find("waiting_delivery").state, "ok")
        self.endpoint.action_pause()
        self.env.flush_all()
        self.assertEqual(self.find("waiting_standard").state, "ok", "it stands still on purpose")
        self.assertIn("Orders of the shop, Standard: 1", self.find("backlog").detail)

    def test_a_pool_that_nobody_works_is_told(self):
        cron = self.env.ref("sync_governance.cron_engine")
        self.env.flush_all()
        self.env.cr.execute("UPDATE ir_cron SET lastcall = now() AT TIME ZONE 'UTC' WHERE id = %s", [cron.id])
        self.env.cr.execute("DELETE FROM sync_worker")
        self.assertEqual(self.find("workers").state, "ok")
        self.env.cr.execute("UPDATE ir_cron SET active = false WHERE id = %s", [cron.id])
        self.assertEqual(self.find("workers").state, "bad")
        self.env.cr.execute(
            """INSERT INTO sync_worker (name, token, kind, pools, heartbeat_at)
               VALUES ('host:1', 'a', 'process', 'real_time,standard,bulk', now() AT TIME ZONE 'UTC')"""
        )
        found = self.find("workers")
        self.assertEqual((found.state, found.sentence), ("bad", "Nobody works these pools: Delivery."))
        self.env.cr.execute("UPDATE sync_worker SET pools = 'real_time,standard,bulk,delivery'")
        self.assertEqual(self.find("workers").state, "ok")
        self.env.cr.execute("UPDATE sync_worker SET heartbeat_at = heartbeat_at - interval '1 minute'")
        self.assertEqual(self.find("workers").state, "bad")

    def test_a_transaction_that_is_open_for_long_is_told_with_who_holds_it(self):
        with self.registry.cursor() as other:
            other.execute("SET application_name = 'monthly report'; SELECT txid_current()")
            self.env["ir.config_parameter"].sudo().set_param(checks.SNAPSHOT_PARAMETER, "0")
            self.env.flush_all()
            found = self.find("snapshots")
        self.assertEqual(found.state, "bad")
        self.assertIn("monthly report", found.detail)

    def test_details_are_for_managers(self):
        self.look(snapshots=checks.Finding("warning", "Long.", 70, "report (odoo): SELECT secret"))
        officer = self.person("ola.officer", "group_security_officer")
        check = self.check("snapshots")
        self.assertIn("secret", check.with_user(self.author).detail)
        self.assertEqual(check.with_user(officer).read(["sentence"])[0]["sentence"], "Long.")
        with self.assertRaises(AccessError):
            check.with_user(officer).read(["detail"])


@tagged("post_install", "-at_install")
class TestMonitoring(HealthCase, HttpCase):
    # -- monitoring --------------------------------------------------------------------------------------------------

    def ask(self, **headers):
        return self.url_open("/sync/health", headers=headers)

    def test_monitoring_reads_it_with_the_token_of_the_configuration(self):
        self.all_good()
        with patch.dict("os.environ", TOKEN):
            answer = self.ask(Authorization="Bearer monitoring-token")
            self.assertEqual(answer.status_code, 200, answer.text)
            self.assertEqual(answer.json()["status"], "ok")
            self.assertEqual({row["check"] for row in answer.json()["checks"]}, set(checks.LOOKS))
            self.assertEqual(self.ask(Authorization="Bearer other").status_code, 401)
            self.assertEqual(self.ask().status_code, 401)
        self.assertEqual(self.ask(Authorization="Bearer ").status_code, 401, "no token, nobody knows it")

    def test_it_is_503_when_something_is_bad_or_nobody_has_looked(self):
        self.all_good()
        with patch.dict("os.environ", TOKEN):
            self.look(clock=checks.Finding("bad", "Wrong.", 99))
            self.assertEqual(self.ask(Authorization="Bearer monitoring-token").status_code, 503)
            self.all_good()
            self.env.cr.execute("UPDATE sync_engine_check SET checked_at = checked_at - interval '6 minutes'")
            answer = self.ask(Authorization="Bearer monitoring-token")
            self.assertEqual((answer.status_code, answer.json()["stale"]), (503, True))

    def test_managers_read_it_with_their_session_and_others_do_not(self):
        self.all_good()
        for person, status in ((self.author, 200), (self.sales, 401)):
            person.password = f"{person.login}-password"
            self.authenticate(person.login, f"{person.login}-password")
            self.assertEqual(self.ask().status_code, status)
