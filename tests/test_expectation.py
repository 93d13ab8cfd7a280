"""Files that are expected: late, empty and repeated ones are told, each once, and it is over when they arrive."""

from datetime import datetime, timezone

from odoo.exceptions import AccessError, ValidationError

from odoo.addons.sync_governance.models.exchange.sources.folder import FileSession

from .pickup_fixture import PickupCase


class TestExpectation(PickupCase):
    def setUp(self):
        super().setUp()
        self.expected = self.expect()

    def expect(self, **values):
        return (
            self.env["sync.expectation"]
            .with_user(self.author)
            .create(
                {
                    "name": "Orders of the morning",
                    "endpoint_id": self.door.id,
                    "pattern": "orders_*.json",
                    "cutoff_hour": 9.5,
                    "tz": "Europe/Berlin",
                    **values,
                }
            )
        )

    def cut_off(self):
        """The time until which it was expected is over."""
        self.time_comes("expectation.cutoff")
        self.run_engine()

    def cutoff_after(self, *moment, **values):
        expected = self.expect(**values)
        return expected._next_cutoff(datetime(*moment, tzinfo=timezone.utc)).strftime("%Y-%m-%d %H:%M")

    # -- when --------------------------------------------------------------------------------------------------------

    def test_the_cut_off_is_local_time_in_summer_and_winter(self):
        self.assertEqual(self.cutoff_after(2026, 1, 5, 8, 0), "2026-01-05 08:30")
        self.assertEqual(self.cutoff_after(2026, 7, 6, 8, 0), "2026-07-07 07:30")
        self.assertEqual(self.cutoff_after(2026, 3, 28, 12, 0), "2026-03-29 07:30", "the clock went forward that night")

    def test_an_hour_that_does_not_exist_or_comes_twice_is_once(self):
        self.assertEqual(self.cutoff_after(2026, 3, 28, 23, 0, cutoff_hour=2.5), "2026-03-29 01:30")
        self.assertEqual(self.cutoff_after(2026, 10, 24, 23, 0, cutoff_hour=2.5), "2026-10-25 01:30")

    def test_only_on_working_days_and_not_on_holidays(self):
        calendar = self.env["resource.calendar"].create({"name": "Office", "tz": "Europe/Berlin"})
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": calendar.id,
                "date_from": datetime(2026, 7, 13, 0, 0),
                "date_to": datetime(2026, 7, 13, 22, 0),
            }
        )
        found = self.cutoff_after(2026, 7, 10, 12, 0, calendar_id=calendar.id)
        self.assertEqual(found, "2026-07-14 07:30", "after Friday: not on the weekend, nor on the holiday")

    # -- what --------------------------------------------------------------------------------------------------------

    def test_what_is_late_is_told_once_and_over_when_it_arrives(self):
        self.cut_off()
        self.assertEqual(self.exceptions(), ["receive.file_late"])
        self.assertTrue(self.expected.late_since)
        self.cut_off()
        self.assertEqual(self.exceptions(), ["receive.file_late"], "one, however many days")
        self.put("others.json", self.order("#1"))
        self.look()
        self.assertEqual(self.exceptions(), ["receive.file_late"], "another file")
        self.put("orders_7.json", self.order("#2"))
        self.look()
        self.assertEqual((self.exceptions(), self.expected.late_since), ([], False))
        self.assertEqual(self.expected.last_name, "orders_7.json")
        self.cut_off()
        self.assertEqual(self.exceptions(), ["receive.file_late"], "what came late is not that of the next day")

    def test_what_is_here_in_time_is_no_exception(self):
        self.put("orders_1.json", self.order())
        self.look()
        self.assertEqual(self.expected.received, 1)
        self.cut_off()
        self.assertEqual((self.exceptions(), self.expected.received), ([], 0))
        due = self.env["sync.due"].search([("kind", "=", "expectation.cutoff"), ("res_id", "=", self.expected.id)])
        self.assertTrue(due.due_at > self.env.cr.now(), "the next one")

    def test_fewer_than_expected_are_late(self):
        self.expected.minimum = 2
        self.put("orders_1.json", self.order("#1"))
        self.look()
        self.cut_off()
        self.assertEqual(self.exceptions(), ["receive.file_late"])
        self.put("orders_2.json", self.order("#2"))
        self.look()
        self.assertEqual(self.exceptions(), [])

    def test_an_empty_file_is_told_and_does_not_count(self):
        self.put("orders_1.json", b" \n")
        self.look()
        self.assertEqual((self.exceptions(), self.files("refused")), (["receive.file_empty"], ["orders_1.json"]))
        self.assertEqual((self.expected.received, self.messages().ids), (0, []))

    def test_a_file_that_comes_again_is_told_and_does_not_count(self):
        self.put("orders_1.json", self.order())
        self.look()
        self.put("orders_2.json", self.order())
        self.look()
        self.assertEqual((self.exceptions(), self.expected.received), (["receive.file_repeated"], 1))

    def test_what_comes_again_because_we_died_is_not_the_partners_doing(self):
        class Crash(BaseException):
            """The process is gone."""

        def dying(*_args):
            raise Crash

        self.put("orders_1.json", self.order())
        original = FileSession.settle
        FileSession.settle = dying
        try:
            self.look()
        except Crash:
            self.env.invalidate_all()
        finally:
            FileSession.settle = original
        self.env.cr.execute("DELETE FROM sync_worker")
        self.look()
        self.assertEqual((self.poll().repeated, self.exceptions(), self.expected.received), (1, [], 1))
        self.put("orders_2.json", self.order())
        self.look()
        self.assertEqual(self.exceptions(), ["receive.file_repeated"], "this one is")

    # -- who ---------------------------------------------------------------------------------------------------------

    def test_what_is_not_expected_any_more_is_not_late(self):
        self.cut_off()
        self.expected.active = False
        self.assertFalse(self.env["sync.due"].search([("kind", "=", "expectation.cutoff")]))
        self.assertEqual(self.exceptions(), [])
        self.expected.unlink()

    def test_nothing_is_expected_where_we_are_called(self):
        self.configure(self.door, carrier=None, transport="webhook", authentication="shopify")
        with self.assertRaises(ValidationError):
            self.expect()

    def test_those_who_look_do_not_change_what_is_expected(self):
        viewer = self.approver
        self.assertEqual(self.expected.with_user(viewer).name, "Orders of the morning")
        with self.assertRaises(AccessError):
            self.expected.with_user(viewer).minimum = 5
