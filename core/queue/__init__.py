"""The queue's SQL and state machine over any DB-API cursor.

One protocol, used by Odoo, by the benchmarks and by the fault harness alike:

* *lanes* carry order: one row per (endpoint, ordering key); workers contend on lanes and never on messages;
* the *message row is the fence*: business work locks it and turns it ``done`` in its own transaction, so a worker that
  wakes from the dead changes nothing;
* everything in this package runs in short READ COMMITTED transactions of its own, except :func:`fence` and
  :func:`finish`, which belong to the business transaction;
* a lane is always locked before the messages under it, and its next time is computed by a statement that starts after
  the lock is held: otherwise a message that commits meanwhile is lost sight of.

Times are ``timestamp`` without zone and mean UTC, as Odoo stores them; the only clock is the database's.
"""

from .claim import (
    ANY_IN_DOUBT,
    COMPANY,
    POOLS,
    POOLS_WITH_WORK,
    UNOPENED,
    UNREAD,
    ClaimedLane,
    Head,
    claim_lanes,
    heads,
    hold_unread,
    look,
    per_lane,
    seconds_to_next,
)
from .commands import HELD, REPLAYABLE, RETRYABLE, bring_forward, cancel, hold, hurry, release_held, reopen, retry
from .due import DueTime, cancel_due, due_ids, due_kinds, postpone, schedule, schedule_in, take
from .enqueue import NewMessage, enqueue, place, placing_one
from .fence import Finished, fence, finish, held, mark_snapshots
from .idle import delete_idle
from .parking import GATHERED, PARKED, Timing, end_waits, release_waiting
from .rescue import (
    DEAD_AFTER_SECONDS,
    HEARTBEAT_SECONDS,
    STRIKES_UNTIL_POISON,
    quarantine,
    rescue,
    sweep,
)
from .settle import Verdict, abandon, settle
from .sql import UTC_NOW, Frequent
from .traffic import CLOCK, admit, take_one

__all__ = [
    "ANY_IN_DOUBT",
    "CLOCK",
    "COMPANY",
    "HELD",
    "REPLAYABLE",
    "RETRYABLE",
    "bring_forward",
    "hold",
    "hurry",
    "look",
    "mark_snapshots",
    "release_held",
    "reopen",
    "DEAD_AFTER_SECONDS",
    "GATHERED",
    "HEARTBEAT_SECONDS",
    "PARKED",
    "POOLS",
    "POOLS_WITH_WORK",
    "STRIKES_UNTIL_POISON",
    "UNOPENED",
    "UNREAD",
    "UTC_NOW",
    "ClaimedLane",
    "DueTime",
    "Finished",
    "Frequent",
    "Head",
    "NewMessage",
    "Timing",
    "Verdict",
    "abandon",
    "admit",
    "cancel",
    "cancel_due",
    "claim_lanes",
    "delete_idle",
    "due_ids",
    "due_kinds",
    "end_waits",
    "enqueue",
    "fence",
    "finish",
    "heads",
    "held",
    "hold_unread",
    "per_lane",
    "place",
    "placing_one",
    "postpone",
    "quarantine",
    "release_waiting",
    "rescue",
    "retry",
    "schedule",
    "schedule_in",
    "seconds_to_next",
    "settle",
    "sweep",
    "take",
]
