"""Files from a folder: picked up once, whole, and put where they belong; on a real folder."""

import os
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.faults import Fault
from odoo.addons.sync_governance.models.exchange import polling
from odoo.addons.sync_governance.models.exchange.sources.folder import FileSession

from . import documents as docs
from .pickup_fixture import PickupCase


class Crash(BaseException):
    """The process is gone."""


class TestPickupFolder(PickupCase):
    def test_a_file_is_taken_over_worked_and_archived(self):
        self.put("orders-1.json", self.order("#1001"))
        self.put("orders-2.json", self.order("#1002"))
        poll = self.look()
        self.assertEqual(sorted(self.applied), ["#1001", "#1002"])
        self.assertEqual((self.files(), self.files("archive")), ([], ["orders-1.json", "orders-2.json"]))
        self.assertEqual((poll.taken, poll.repeated, poll.refused, poll.fault_code), (2, 0, 0, False))
        self.assertEqual(poll.last_name, "orders-2.json")
        self.assertFalse(poll.claim)
        self.assertIn("file-name", self.messages()[0].transmission_id.headers)

    @mute_logger("odoo.addons.sync_governance.models.exchange.polling")
    def test_a_look_whose_end_cannot_be_written_does_not_keep_its_claim(self):
        poller = polling.Poller(self.env["sync.worker"].browse(self.living_worker()), inline=True)
        self.env["sync.poll"]._want(self.env.cr, self.door.ids)
        with self.engine_cursors(), patch.object(self.registry["sync.poll"], "_finish", side_effect=RuntimeError):
            self.assertEqual(poller.launch(self.registry), 1)
        self.assertTrue(self.poll().claim, "nobody could let it go")
        with self.engine_cursors():
            poller.launch(self.registry)
        self.env.invalidate_all()
        self.assertFalse(self.poll().claim)

    def test_the_interval_asks_for_looks_by_itself(self):
        self.put("orders.json", self.order())
        self.env["sync.due"]._schedule("endpoint.poll", [(self.door.id, self.company.id, self.env.cr.now())])
        self.time_comes("endpoint.poll")
        self.run_engine()
        self.assertEqual(self.applied, ["#1001"])
        due = self.env["sync.due"].search([("kind", "=", "endpoint.poll"), ("res_id", "=", self.door.id)])
        self.assertTrue(due.due_at > self.env.cr.now(), "the next look")

    def test_a_repeat_is_archived_and_has_no_effect(self):
        self.put("orders.json", self.order())
        self.look()
        self.put("orders.json", self.order())
        poll = self.look()
        self.assertEqual((self.applied, poll.taken, poll.repeated), (["#1001"], 0, 1))
        self.assertEqual(self.files("archive"), ["orders-2.json", "orders.json"], "nothing is written over")

    def test_by_name_the_same_content_is_another_file(self):
        self.configure(self.door, file_known_by="name")
        self.put("monday.json", self.order())
        self.put("tuesday.json", self.order())
        self.look()
        self.assertEqual(self.applied, ["#1001", "#1001"])

    def test_it_is_deleted_where_the_endpoint_says_so(self):
        self.configure(self.door, file_after="delete")
        self.put("orders.json", self.order())
        self.look()
        self.assertEqual((self.files(), self.files("archive"), self.applied), ([], [], ["#1001"]))

    # -- what is not whole -------------------------------------------------------------------------------------------

    def test_what_still_changes_is_left_alone(self):
        self.configure(self.door, file_ready="stable", file_quiet_seconds=10)
        path = self.put("orders.json", b"{")
        with patch("time.time", lambda: 1_000_000.0):
            poll = self.look()
        self.assertEqual((self.messages().ids, self.files()), ([], ["orders.json"]))
        self.assertTrue(poll.wanted_at, "it is looked at again sooner than the interval says")
        path.write_bytes(self.order())
        with patch("time.time", lambda: 1_000_020.0):
            self.look()
        self.assertEqual(self.applied, [], "it has changed")
        with patch("time.time", lambda: 1_000_031.0):
            self.look()
        self.assertEqual(self.applied, ["#1001"])

    def test_a_temporary_ending_or_another_pattern_is_left_alone(self):
        self.configure(self.door, file_pattern="*.json, *.txt")
        for name in ("a.json.part", "b.TMP", ".hidden.json", "c.csv"):
            self.put(name, self.order())
        self.look()
        self.assertEqual((len(self.files()), self.messages().ids), (4, []))

    def test_a_second_file_says_that_the_first_is_whole(self):
        self.configure(self.door, file_ready="marker")
        self.put("a.json", self.order("#1"))
        self.put("b.json", self.order("#2"))
        self.put("b.json.done", b"")
        self.look()
        self.assertEqual((self.applied, self.files()), (["#2"], ["a.json"]))

    # -- what is refused ---------------------------------------------------------------------------------------------

    def test_what_is_too_large_is_set_aside_and_a_person_is_told(self):
        most = len(self.order())
        self.configure(self.door, max_body_bytes=most)
        self.put("big.json", b" " * (most + 1))
        self.put("good.json", self.order())
        poll = self.look()
        self.assertEqual((self.files("refused"), self.applied, poll.refused), (["big.json"], ["#1001"], 1))
        self.assertEqual(self.exceptions(), ["receive.too_large"])

    def test_links_and_folders_are_no_files(self):
        secret = self.root / "secret.json"
        secret.write_bytes(self.order("#666"))
        self.addCleanup(secret.unlink)
        (self.inbox / "link.json").symlink_to(secret)
        (self.inbox / "folder.json").mkdir()
        self.look()
        self.assertEqual(self.messages().ids, [])
        self.assertTrue(secret.exists())

    def test_a_link_as_the_folder_is_not_followed(self):
        elsewhere = self.root / "elsewhere"
        elsewhere.mkdir()
        self.addCleanup(elsewhere.rmdir)
        (self.inbox / "in").symlink_to(elsewhere, target_is_directory=True)
        self.configure(self.door, folder=str(self.inbox / "in"))
        poll = self.look()
        self.assertEqual((poll.fault_code, self.exceptions()), ("deliver.folder_refused", ["deliver.folder_refused"]))
        self.configure(self.door, folder=str(self.inbox))
        self.look()
        self.assertEqual(self.exceptions(), [], "it is over by itself")

    def test_a_folder_outside_of_those_that_the_server_allows_cannot_be_set(self):
        door = self.door.with_user(self.author)
        for folder in ("/etc", f"{self.root}/../etc", "relative", f"{self.root}-other/in"):
            with self.assertRaises(ValidationError):
                door.folder = folder
        for field in ("file_archive", "file_refused"):
            for below in ("../out", "/tmp", "a/../../b"):
                with self.assertRaises(ValidationError):
                    door[field] = below

    def test_no_folder_at_all_counts_against_the_endpoint_and_is_tried_again(self):
        self.configure(self.door, folder=str(self.inbox / "unmounted"))
        poll = self.look()
        self.assertEqual((poll.fault_code, poll.failures), ("deliver.folder_unavailable", 1))
        self.assertEqual(self.door.breaker_failures, 1)
        self.assertTrue(poll.wanted_at)
        self.assertIn("unmounted", self.door.poll_note)
        self.assertEqual((self.door.health, self.door.poll_trouble), ("warning", True))

    def test_a_share_that_stays_away_is_told_and_over_by_itself(self):
        self.configure(self.door, folder=str(self.inbox / "unmounted"))
        for _try in range(5):
            self.look()
        self.assertEqual(self.door.breaker_state, "open")
        asked = self.poll().ended_at
        self.env.cr.execute("UPDATE sync_endpoint SET disturbed_since = disturbed_since - interval '1 hour'")
        self.env.invalidate_all()
        with self.engine_cursors():
            self.env["sync.engine"]._housekeep()
        self.assertEqual(self.exceptions(), ["deliver.disturbed"])
        self.assertEqual(self.look().ended_at, asked, "not even asked by a person, until the time of the next try")
        (self.inbox / "unmounted").mkdir()
        self.door.with_user(self.author).action_suspend()
        self.door.with_user(self.author).action_resume()
        self.look()
        with self.engine_cursors():
            self.env["sync.engine"]._housekeep()
        self.assertEqual((self.exceptions(), self.door.breaker_state), ([], "closed"))

    def test_nobody_calls_an_endpoint_that_is_polled(self):
        with self.assertRaises(Fault) as refused:
            self.receive("shop-orders", {}, profile="shopify", secret=docs.SHOP_SECRET)
        self.assertEqual(refused.exception.code, "receive.endpoint_unknown")

    # -- one at a time, and until somebody stops it ------------------------------------------------------------------

    def living_worker(self):
        self.env.cr.execute(
            """INSERT INTO sync_worker (name, token, kind, pools, heartbeat_at)
               VALUES ('other', 'other', 'process', 'standard',
                       clock_timestamp() AT TIME ZONE 'UTC' + interval '1 hour')
            RETURNING id"""
        )
        return self.env.cr.fetchone()[0]

    def test_while_one_looks_nobody_else_does_until_he_is_silent(self):
        self.put("orders.json", self.order())
        polls = self.env["sync.poll"]
        polls._want(self.env.cr, self.door.ids)
        other = self.living_worker()
        self.assertEqual(polls._claim(self.env.cr, "theirs", other, 4), self.door.ids)
        self.assertEqual(polls._claim(self.env.cr, "mine", other, 4), [])
        self.run_engine()
        self.assertEqual(self.files(), ["orders.json"])
        self.env.cr.execute("UPDATE sync_worker SET heartbeat_at = '2001-01-01' WHERE id = %s", [other])
        self.run_engine()
        self.assertEqual((self.files(), self.applied), ([], ["#1001"]))
        self.assertFalse(polls._hold(self.env.cr, "theirs", self.door.id), "the silent one may keep nothing any more")

    def test_it_stops_after_what_is_in_hand(self):
        for number in range(3):
            self.put(f"{number}.json", self.order(f"#{number}"))
        settle = FileSession.settle

        def stop_then_settle(session, items):
            settle(session, items)
            self.door.with_user(self.author).action_poll_stop()

        with patch.object(FileSession, "settle", stop_then_settle):
            self.look()
        self.assertEqual((self.files("archive"), self.files()), (["0.json"], ["1.json", "2.json"]))
        self.assertFalse(self.poll().wanted_at)
        self.look()
        self.assertEqual(self.files(), [])

    def test_a_paused_endpoint_is_not_looked_at(self):
        self.put("orders.json", self.order())
        self.env["sync.poll"]._want(self.env.cr, self.door.ids)
        self.door.with_user(self.author).action_pause()
        self.run_engine()
        self.assertEqual(self.files(), ["orders.json"])
        self.door.with_user(self.author).action_unpause()
        self.run_engine()
        self.assertEqual(self.files(), [])

    # -- a process that dies -----------------------------------------------------------------------------------------

    def crash_in(self, target, name, after):
        """Die at a step, before or after it was done; then look again, with nothing left of the process."""
        original = getattr(target, name)

        def dying(*args, **kwargs):
            if after:
                original(*args, **kwargs)
            raise Crash

        died = False
        try:  # assertRaises would undo what was committed
            with patch.object(target, name, dying):
                self.look()
        except Crash:
            died = True
        self.assertTrue(died)
        self.env.cr.execute("DELETE FROM sync_worker")
        self.env.invalidate_all()
        self.look()

    def test_a_death_at_any_step_loses_nothing_and_doubles_nothing(self):
        steps = [
            (polling.Look, "_take_over", False),
            (polling.Look, "_take_over", True),
            (FileSession, "settle", False),
            (FileSession, "settle", True),
            (os, "unlink", False),
            (os, "unlink", True),
            (polling.Look, "_finish", False),
        ]
        for at, (target, name, after) in enumerate(steps):
            with (
                self.subTest(step=name, after=after),
                mute_logger("odoo.addons.sync_governance.models.exchange.engine"),
            ):
                number = f"#20{at}"
                self.put(f"{at}.json", self.order(number))
                self.crash_in(target, name, after)
                self.assertEqual(self.applied.count(number), 1)
                self.assertEqual(self.files(), [])
                self.assertIn(f"{at}.json", self.files("archive"))
