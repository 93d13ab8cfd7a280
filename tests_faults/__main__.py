"""Plays the suite: `python -m tests_faults PLAN`, where `devtools/faults.py` has written the plan."""

from __future__ import annotations

import json
import os
import platform
import signal
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from . import scenarios
from .checker import check, check_fetched
from .facts import collect, open_work
from .fetched import Offered
from .senders import Senders, Sink, Traffic
from .stage import Stage

SHORT = {"documents": 800, "orders": 15, "senders": 4, "pause": 0.1, "kill_every": 3.0, "kills": 0}
LONG = {"documents": 50_000, "orders": 1_000, "senders": 8, "pause": 0.0, "kill_every": 2.0, "kills": 200}


def main() -> int:
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    stage, partners = Stage(plan), Senders(plan)
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(1))
    sink = Sink([port for name, port in plan["ports"].items() if not name.startswith("server")])
    stage.offered = Offered(stage)
    started = time.monotonic()
    try:
        play(stage, partners, **(LONG if plan["long"] else SHORT), long=plan["long"], only=plan["only"])
        come_to_rest(stage, 900 if plan["long"] else 120)
        report = check([document.remembered() for document in partners.documents], collect(stage, _logs(plan)))
        report.broken += check_fetched(stage.offered.facts())
    finally:
        sink.close()
        stage.offered.close()
        stage.stop_all()
    result = _result(stage, partners, sink, report, time.monotonic() - started, plan["long"])
    Path(plan["result"]).parent.mkdir(parents=True, exist_ok=True)
    Path(plan["result"]).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    say(json.dumps(result["counts"], indent=2))
    for line in report.broken[:50]:
        say(f"BROKEN: {line}")
    say(f"{len(report.broken)} promises broken" if report.broken else "all promises held")
    return 1 if report.broken else 0


def play(stage, partners, *, documents, orders, senders, pause, kill_every, kills, long, only) -> None:
    """Partners send all the while; one fault after the other happens, and workers are killed at any moment."""
    stage.start_servers()
    stage.start_crew("node-a", processes=2, kill=scenarios.AT_EVERY_STEP)
    stage.start_crew("node-b", processes=2)
    stage.wait_for_crews()
    each = {"lines": 200 if long else 20, "count": documents // senders, "pause": pause}
    traffic = [Traffic(partners, f"sender-{n}", **each) for n in range(senders)]
    traffic.append(Traffic(partners, "hot", count=documents // 20, pause=pause))
    traffic.append(Traffic(partners, "shop", count=orders, pause=10 * pause + 0.2, make=partners.order))
    killer = scenarios.Killer(stage, kill_every, kills)
    for thread in [*traffic, killer]:
        thread.start()
    faults = [fault for fault in FAULTS if only in fault.__name__ and (long or only or fault not in LONG_ONLY)]
    try:
        while faults:
            for fault in faults:
                say(f"- {fault.__name__.replace('_', ' ')} ({stage.kills} kills, {_sent(traffic)} accepted)")
                fault(stage, partners)
                _complain(traffic)
            faults = [fault for fault in faults if fault not in ONCE]
            if stage.kills >= kills and (not long or all(sender.sent >= sender.count for sender in traffic)):
                break
    except BaseException:
        for sender in traffic:
            sender.count = 0  # nobody waits for documents of a suite that has failed
        raise
    finally:
        killer.stop()
        for sender in traffic:
            sender.enough.set()
    for sender in traffic:
        sender.join()
    _complain(traffic)


FAULTS = (
    scenarios.documents_misbehave,
    scenarios.a_node_with_a_wrong_clock_joins,
    scenarios.files_and_lists_are_fetched,
    scenarios.senders_race,
    scenarios.somebody_sends_without_the_secret,
    scenarios.the_database_crashes,
    scenarios.a_worker_stalls_past_its_lease,
    scenarios.the_disk_is_full,
    scenarios.connections_are_lost,
    scenarios.a_node_loses_power,
    scenarios.the_module_is_upgraded_with_a_full_queue,
    scenarios.the_database_is_restarted,
)
LONG_ONLY = {scenarios.the_module_is_upgraded_with_a_full_queue}
ONCE = {
    scenarios.documents_misbehave,
    scenarios.a_node_with_a_wrong_clock_joins,
    scenarios.senders_race,
    scenarios.the_module_is_upgraded_with_a_full_queue,
}


def come_to_rest(stage, seconds) -> None:
    """Nobody kills any more: everything that is open must be finished, and a person puts right what he can."""
    stage.stop("node-a")
    stage.start_crew("node-d", processes=2)
    say(f"- coming to rest ({stage.kills} kills)")
    stage.offered.fetch_all(seconds)
    stage.wait(lambda: not open_work(stage), "everything at rest", seconds)
    scenarios.somebody_puts_right_what_can_be(stage)
    stage.wait(lambda: not open_work(stage), "everything at rest after a person has retried", seconds)


def _result(stage, senders, sink, report, seconds, long) -> dict:
    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "command": "./dev test --faults" if long else "./dev test",
        "machine": {"cpus": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "seconds": round(seconds),
        "counts": {
            "documents accepted": report.accepted,
            "documents refused": report.refused,
            "effects": report.effects,
            "exceptions": report.exceptions,
            "requests sent": sum(sum(document.statuses.values()) for document in senders.documents),
            "requests without a 2xx": sum(
                count
                for d in senders.documents
                for status, count in d.statuses.items()
                if status is None or status >= 300
            ),
            "files fetched": sum(stage.offered.brought.values()),
            "entries of lists fetched": len(stage.offered.listed),
            "deliveries taken by partners": sum(sink.taken.values()),
            "of these repeated": sum(count - 1 for count in sink.taken.values()),
            "kills": stage.kills,
            "kills from outside": stage.kills_from_outside,
            **{f"kills {step}": count for step, count in sorted(stage.kills_at_steps().items())},
            **stage.done,
        },
        "broken": report.broken,
    }


def _sent(traffic) -> int:
    return sum(sender.sent for sender in traffic)


def _complain(traffic) -> None:
    for sender in traffic:
        if sender.failure:
            raise sender.failure


def _logs(plan) -> str:
    return "\n".join(
        path.read_text(encoding="utf-8", errors="replace") for path in Path(plan["logs"]).glob("faults-*.log")
    )


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
