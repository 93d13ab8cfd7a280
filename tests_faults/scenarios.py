"""One fault each. A scenario takes the stage and the senders, does its harm, and leaves the stage able to go on."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from .senders import Senders
from .stage import Stage

LEASE_SECONDS = 10.0
AT_EVERY_STEP = {
    f"{when} {step}": 1 / 150
    for step in (
        "claim",
        "heads",
        "load",
        "stages",
        "fence",
        "finish",
        "journal",
        "record",
        "settle",
        "verdicts",
        "abandon",
    )
    for when in ("before", "after")
} | {"before committed": 1 / 80, "after rescue": 1 / 300, "before route": 1 / 600, "after route": 1 / 600}
"""Chances with which a worker dies before or after a step. ``before committed`` is right after the business commit."""
AT_EVERY_STEP |= {f"{when} {step}": 1 / 25 for step in ("keep", "archive") for when in ("before", "after")}
"""Of what is fetched there is less: before and after a file or page is kept, and before and after it is put away."""
FETCHED = 40


class Killer(threading.Thread):
    """Kills a worker every ``pause`` seconds until stopped, or until there were ``most`` kills of any kind."""

    def __init__(self, stage: Stage, pause: float, most: int) -> None:
        super().__init__(name="killer", daemon=True)
        self.stage, self.pause, self.most = stage, pause, most
        self._stop_asked = threading.Event()

    def run(self) -> None:
        while not self._stop_asked.wait(random.uniform(0.5, 1.5) * self.pause):
            if not self.most or self.stage.kills < self.most:
                self.stage.kill_a_worker()

    def stop(self) -> None:
        self._stop_asked.set()
        self.join()


def documents_misbehave(stage: Stage, senders: Senders) -> None:
    """Refused, broken, slow, racing and deadly documents among good ones, each on a line with good ones behind it."""
    with ThreadPoolExecutor(8) as threads:
        for result in [threads.submit(story, senders, n) for n in range(2) for story in STORIES]:
            result.result()


def _refused_for_good(senders, n):
    line = f"refused-{n}"
    senders.send(senders.probe(line, "refuse", strict=False, person=True))
    _good_ones(senders, line, strict=False)


def _refused_at_first(senders, n):
    line = f"put-right-{n}"
    senders.send(senders.probe(line, "refuse_first:1"))
    _good_ones(senders, line)


def _unforeseen(senders, n):
    line = f"broken-{n}"
    senders.send(senders.probe(line, "break", strict=False, person=True))
    _good_ones(senders, line, strict=False)


def _deadly(senders, n):
    line = f"poison-{n}"
    senders.send(senders.probe(line, "kill", strict=False, person=True))
    _good_ones(senders, line, strict=False)


def _slow(senders, n):
    line = f"slow-{n}"
    senders.send(senders.probe(line, f"slow:{LEASE_SECONDS + 2}"))
    _good_ones(senders, line)


def _loses_races(senders, n):
    line = f"race-{n}"
    senders.send(senders.probe(line, f"lose_race:{3 + 6 * n}"))
    _good_ones(senders, line)


def _early(senders, n):
    """One waits for what comes later on another line, and lets the others of its own line pass."""
    line, later = f"early-{n}", f"later-{n}"
    senders.send(senders.probe(line, f"wait:{later}", may_pass=True))
    _good_ones(senders, line)
    senders.send(senders.probe(later, "bring"))


STORIES = (_deadly, _slow, _refused_for_good, _refused_at_first, _unforeseen, _loses_races, _early)


def _good_ones(senders, line, *, strict=True, count=3):
    for _ in range(count):
        senders.send(senders.probe(line, strict=strict))


def files_and_lists_are_fetched(stage: Stage, senders: Senders) -> None:
    """From a folder and over HTTP, while those who look are killed at every step; one file is late, some come again."""
    for number in range(FETCHED):
        stage.offered.bring(f"fetched-file-{number % 4}")
        stage.offered.offer(f"fetched-list-{number % 4}")
        if number % 5 == 4:
            stage.offered.ask_to_look()
            time.sleep(0.5)
    stage.offered.cut_off()
    stage.offered.fetch_all(120)


def senders_race(stage: Stage, senders: Senders) -> None:
    """The same document from eight connections at once; and its key once more over another body."""
    for n in range(5):
        document = senders.probe(f"raced-{n}")
        with ThreadPoolExecutor(8) as threads:
            statuses = list(threads.map(lambda _n, d=document: senders.send_once(d), range(8)))
        if not any(status == 202 for status in statuses):
            senders.send(document)
        other = senders.probe(f"raced-{n}", key=document.key, number=99, strict=True, person=True)
        other.body = other.body.replace(b'"one"', b'"other"')
        senders.send(other)


def somebody_sends_without_the_secret(stage: Stage, senders: Senders) -> None:
    """Refused, and nothing of it is stored."""
    for n in range(5):
        status = senders.send_once(senders.probe(f"forged-{n}"), spoil=True)
        if status != 401:
            raise AssertionError(f"a forged document was answered {status}")


def the_disk_is_full(stage: Stage, senders: Senders) -> None:
    """No body can be stored: the sender is told, sends again, and is served once there is room."""
    stage.fill_disk()
    document = senders.probe("full-disk")
    try:
        status = senders.send_once(document)
        if status is not None and status < 500:
            raise AssertionError(f"answered {status} although nothing can be stored")
        time.sleep(1)
    finally:
        stage.free_disk()
    senders.send(document)


def a_worker_stalls_past_its_lease(stage: Stage, senders: Senders) -> None:
    """Others take its lanes over; when it goes on it is a zombie."""
    with stage.stalled_worker():
        time.sleep(LEASE_SECONDS + 3)


def the_database_crashes(stage: Stage, senders: Senders) -> None:
    stage.restart_database("immediate")


def the_database_is_restarted(stage: Stage, senders: Senders) -> None:
    stage.restart_database("fast")


def connections_are_lost(stage: Stage, senders: Senders) -> None:
    for _ in range(3):
        stage.cut_connections()
        time.sleep(0.5)


def a_node_loses_power(stage: Stage, senders: Senders) -> None:
    stage.kill_node("node-b")
    time.sleep(1)
    stage.start_crew("node-b", processes=2)
    stage.wait_for_crews()


def a_node_with_a_wrong_clock_joins(stage: Stage, senders: Senders) -> None:
    """Two hours ahead, in another zone: only the database's clock may count."""
    stage.start_crew("node-c", processes=1, SYNC_FAULTS_CLOCK="7200", TZ="Asia/Tokyo")
    stage.wait_for_crews()


def the_module_is_upgraded_with_a_full_queue(stage: Stage, senders: Senders) -> None:
    """``-u sync_governance`` while crews work and partners send; the crews start anew by themselves."""
    stage.upgrade()


def somebody_puts_right_what_can_be(stage: Stage) -> None:
    """A person retries what was refused at first, and what was set aside although only bad luck killed its workers or
    interrupted it again and again."""
    stage.shell(
        """
luck = ["engine.poison", "engine.interrupted", "engine.serialization"]
codes = ["apply.refused", *luck]
messages = env["sync.message"].search([("state", "=", "failed"), ("fault_code", "in", codes)])
bad_luck = messages.filtered(lambda m: m.fault_code in luck and not m.lane_key.startswith("poison"))
mine = bad_luck | messages.filtered(lambda m: (m.lane_key or "").startswith("put-right"))
if mine:
    mine.action_retry()
env.cr.commit()
"""
    )
