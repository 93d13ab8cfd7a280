"""Drive inbound and internal messages: bytes to a change in Odoo."""

import functools
import logging
import random
import time

import psycopg2

from odoo import api
from odoo.exceptions import AccessError, UserError

from ...core import queue
from ...core.faults import Fault
from ...core.work import Done
from . import acknowledged, journal, replay, sizing, stages
from .batch import Batch
from .cursor import CONFLICTS, LOST, RACES, business, rolled_back
from .loading import load
from .rehearsal import rehearse
from .verdicts import held_back, stops_lane, verdicts

_logger = logging.getLogger(__name__)

CONFLICT_TRIES = 6
BATCH_TRIES = 2
"""How often a transaction of several messages is run before it is halved."""


def drive(registry, claim, heads):
    """Take the heads through their stages and settle their lanes."""
    with business(registry) as cr:
        batch = Batch(api.Environment(cr, api.SUPERUSER_ID, {}))  # reads configuration; acts on nothing
        works = load(batch.env, heads)
        for work in works:
            work.stage = "receive"
        run_stages(batch, [w for w in works if w.direction == "inbound"], stages.INBOUND)
        run_stages(batch, [w for w in works if w.direction == "internal"], stages.INTERNAL)
        profiles = batch._interfaces
        works = _in_order(works, profiles)
        groups = [(interface, _sorted(batch, interface, group)) for interface, group in batch.by_interface(works)]
    for interface, group in groups:
        if interface.rehearses:
            rehearse(group, profiles, lambda work, of=interface: _try(registry, profiles, of, work))
    groups = [(interface, group) for interface, group in groups if not interface.rehearses]
    decided = [work for work in works if isinstance(work.outcome, Done)]
    done = retrying(lambda: _finish(registry, profiles, decided, claim))
    for work in decided:
        if work.message_id not in done:
            work.outcome = None  # not ours any more: nothing is to be said of it
    until = time.monotonic() + sizing.ROUND_SECONDS
    for interface, group in sorted(
        groups, key=lambda pair: sizing.transaction(registry.db_name, pair[0].id).seconds_each
    ):
        done |= _apply_group(registry, profiles, interface, group, claim, until)
    rest = [work for work in works if work.message_id not in done and work.outcome is not None]
    verdicts(registry, profiles, rest, claim, heads)


def _sorted(batch, interface, works):
    """The works of an interface in the order in which they meet other workers least; within a lane as they came."""
    try:
        handler = batch.env["sync.handler"]._for(interface.handler, interface.document_type)
        touched = {}
        for work in works:
            touched.setdefault(work.lane_id, tuple(handler._touches(work)))
    except Fault:
        return works  # apply says what is wrong
    return sorted(works, key=lambda work: touched[work.lane_id])


def _in_order(works, profiles):
    """The works without those that stand in their lane behind one that stops it: they come when it is over."""
    held = held_back(works, profiles)
    return [work for work in works if work.message_id not in held]


def run_stages(batch, works, wanted):
    """Run stages in order over the works that are still live; an unexpected error stops only the work it hit."""
    for stage in wanted:
        live = [work for work in works if work.live and replay.takes_part(work, stage.NAME)]
        if not live:
            continue
        for work in live:
            work.stage = stage.NAME
        started = time.perf_counter()
        _run_stage(stage, batch, live)
        share = (time.perf_counter() - started) * 1000 / len(live)
        for work in live:
            work.timings[stage.NAME] = work.timings.get(stage.NAME, 0.0) + share


def _run_stage(stage, batch, works):
    try:
        stage.run(batch, works)
    except Exception as error:
        if isinstance(error, LOST) and batch.env.cr.closed:
            raise
        # Stages in front of the handler change nothing: there is nothing to lose but a transaction that may be broken.
        batch.env.cr.rollback()  # pylint: disable=invalid-commit
        if len(works) == 1:
            works[0].outcome = as_fault(error)
            return
        for work in works:
            work.outcome = None
        for work in works:
            _run_stage(stage, batch, [work])


def _apply_group(registry, profiles, interface, works, claim, until):
    """Apply the works of one interface, in transactions of the size that pays; returns the ids done and committed.

    The first transaction in any case; what was not begun ``until`` then (monotonic seconds) stays as it is.
    """
    done, stopped = set(), set()
    size = sizing.transaction(registry.db_name, interface.id)
    while works:
        part, works = works[: size.now], works[size.now :]
        part = [work for work in part if work.lane_id not in stopped]
        started = time.monotonic()
        done |= _apply(registry, profiles, interface, part, claim, size)
        size.took(time.monotonic() - started, full=len(part) >= size.now)
        stopped |= {w.lane_id for w in part if w.message_id not in done and (w.live or stops_lane(w, profiles))}
        if time.monotonic() > until:
            break
    return done


def _apply(registry, profiles, interface, works, claim, size):
    """Apply in one business transaction; on an unexpected error halve until the culprit stands alone.

    One that keeps losing races is halved too: fewer records are touched at a time. Nobody is to blame for that.
    Returns the ids that are done and committed.
    """
    if not works:
        return set()
    started = time.perf_counter()
    tries = CONFLICT_TRIES if len(works) == 1 else BATCH_TRIES
    try:
        return retrying(lambda: _transaction(registry, profiles, interface, works, claim, started), tries)
    except Exception as error:
        if getattr(error, "pgcode", None) in CONFLICTS:
            size.shrink()
        if len(works) == 1:
            works[0].outcome = as_fault(error)
            works[0].timings["apply"] = (time.perf_counter() - started) * 1000
            return set()
    middle = len(works) // 2
    first, second = works[:middle], works[middle:]
    done = _apply(registry, profiles, interface, first, claim, size)
    stopped = {w.lane_id for w in first if w.message_id not in done and (w.live or stops_lane(w, profiles))}
    for work in second:
        work.outcome = None
    second = [work for work in second if work.lane_id not in stopped]
    return done | _apply(registry, profiles, interface, second, claim, size)


def _finish(registry, profiles, works, claim):
    """Finish what a stage before ``apply`` already decided: nothing is to be changed in Odoo.

    An acknowledgement of what we sent is tied to it here.
    """
    if not works:
        return set()
    with business(registry) as cr:
        batch = Batch(api.Environment(cr, api.SUPERUSER_ID, {}))  # journal only
        batch._interfaces = profiles
        held = queue.fence(cr, [work.message_id for work in works], token=claim.token)
        mine = [work for work in works if work.message_id in held]
        acknowledged.take(batch.env, mine)
        journal.finish(cr, batch, mine, claim.worker.name)
    return held


def forgets_what_was_undone(transaction):
    """When a business transaction is rolled back, so are the changes to registry and caches that it announced.

    Else the next one would tell every process of a change that never was, and read what it cached meanwhile.
    """

    @functools.wraps(transaction)
    def run(registry, *args):
        try:
            return transaction(registry, *args)
        except BaseException:
            registry.reset_changes()
            raise

    return run


@forgets_what_was_undone
def _transaction(registry, profiles, interface, works, claim, started):
    for work in works:
        work.outcome = None
        work.stage = "apply"
    with business(registry) as cr:
        engine_env = api.Environment(cr, api.SUPERUSER_ID, {})  # fence and journal; the handler runs as the agent
        batch = Batch(engine_env)
        batch._interfaces = profiles
        held = queue.fence(cr, [work.message_id for work in works], token=claim.token)
        live = [work for work in works if work.message_id in held]
        _not_ours(works, held)
        if live:
            with only_the_engine_commits(cr):
                agent = batch.as_agent(interface)
                if fresh := replay.applied_before(batch, interface, live):
                    _applied(agent, profiles, fresh)
                # Whoever was told once that its document was applied is not told again.
                told = [w for w in live if w.outcome is not None and not (w.replay and w.replay.was_done)]
                stages.acknowledge.run(batch, told)
                engine_env.flush_all()
        share = (time.perf_counter() - started) * 1000 / max(len(live), 1)
        for work in live:
            work.timings["apply"] = share
        finished = [work for work in live if isinstance(work.outcome, Done)]
        for work in finished:
            work.stage = "acknowledge" if interface.acknowledgement == "business" else "apply"
        journal.finish(cr, batch, finished, claim.worker.name)
        if interface.head_policy == "supersede":
            queue.mark_snapshots(cr, [work.message_id for work in finished])
        cr.commit()  # the engine owns it  # pylint: disable=invalid-commit
        registry.signal_changes()
    return {work.message_id for work in finished}


def _not_ours(works, held):
    """Say of each lane what comes first of what is not ours any more; what stands behind it keeps its place."""
    lost = set()
    for work in works:
        if work.message_id not in held and work.lane_id not in lost:
            lost.add(work.lane_id)
            work.outcome = Fault("engine.interrupted", "Somebody else has finished or held this message meanwhile.")


def _applied(agent, profiles, works):
    """Apply, and see to it that nothing was applied behind something of its lane that was not.

    The role's own loop never does that; a handler that works whole lists may. Then its work is undone, and only what
    comes first in each such lane is tried again: the others keep their place.
    """
    wanted = works
    while True:
        with agent.env.cr.savepoint() as savepoint:
            stages.apply.run(agent, wanted)
            held = held_back(wanted, profiles)
            late = {work.message_id for work in wanted if work.message_id in held and isinstance(work.outcome, Done)}
            if late:
                savepoint.rollback()
                agent.env.invalidate_all(flush=False)
        for work in wanted:
            if late or work.message_id in held:
                work.outcome = None
        if not late:
            return
        wanted = [work for work in wanted if work.message_id not in held]


def _try(registry, profiles, interface, work):
    """Apply one work in a transaction of which nothing stays, and leave its outcome."""

    def transaction():
        work.outcome = None
        with rolled_back(registry) as cr:
            batch = Batch(api.Environment(cr, api.SUPERUSER_ID, {}))  # the handler runs as the agent
            batch._interfaces = profiles
            with only_the_engine_commits(cr):
                if replay.applied_before(batch, interface, [work]):
                    stages.apply.run(batch.as_agent(interface), [work])
                batch.env.flush_all()

    try:
        retrying(transaction)
    except Exception as error:
        work.outcome = as_fault(error)


def retrying(transaction, tries=CONFLICT_TRIES):
    """Run a business transaction again when it lost a race; burns no attempt. Odoo itself retries only requests."""
    for attempt in range(1, tries + 1):
        try:
            return transaction()
        except psycopg2.Error as error:
            if error.pgcode not in RACES or attempt == tries:
                raise
            time.sleep(random.uniform(0, 0.02 * 2**attempt))
    raise AssertionError("unreachable")


class only_the_engine_commits:
    """While a handler runs, commit and rollback of the business cursor are refused: half a document must never stay."""

    def __init__(self, cr):
        self.cr = cr

    def __enter__(self):
        def refused(*args, **kwargs):
            raise RuntimeError("A handler must not commit or roll back: the engine owns the transaction")

        self.cr.commit = refused
        self.cr.rollback = refused

    def __exit__(self, *exc_info):
        del self.cr.commit
        del self.cr.rollback


def as_fault(error):
    """An unexpected error in the words of the taxonomy."""
    if isinstance(error, Fault):
        return error
    if isinstance(error, AccessError):
        return Fault("apply.not_permitted", str(error), subject="access rights")
    if isinstance(error, UserError):
        return Fault("apply.refused", str(error), subject=str(error)[:80])
    if isinstance(error, psycopg2.Error) and error.pgcode in CONFLICTS:
        return Fault(
            "engine.serialization",
            "Other work kept changing the same records.",
            subject="serialization",
        )
    if isinstance(error, LOST):
        return Fault("engine.interrupted", "The connection to the database was lost while this was worked on.")
    _logger.error("Unexpected error in the engine", exc_info=error)
    return Fault(
        "engine.internal",
        f"{type(error).__name__}: {error}",
        subject=type(error).__name__,
    )
