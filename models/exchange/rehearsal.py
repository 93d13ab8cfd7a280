"""Documents that must have no effect: a test partner's in the production database, and those of a partner not yet live.

They go the whole way, are applied as the endpoint's own user, and are rolled back. What would have happened stays with
the message.
"""

import time

from ...core.work import Done, Wait
from .verdicts import stops_lane

REHEARSED = "Rehearsed, nothing was changed"


def rehearse(works, profiles, attempt):
    """Give each work the outcome that it would have had.

    What stands in one lane behind a work that stops it is left alone.

    :param attempt: applies one work in a transaction of which nothing stays, and leaves its outcome
    """
    stopped = set()
    for work in works:
        if work.lane_id in stopped:
            continue
        started, process_id = time.perf_counter(), work.process_id
        work.stage = "apply"
        attempt(work)
        # A process that the trial began is gone with it.
        work.process_id = process_id
        work.outcome = _undone(work.outcome, process_id)
        work.timings["apply"] = (time.perf_counter() - started) * 1000
        if stops_lane(work, profiles):
            stopped.add(work.lane_id)


def _undone(outcome, process_id):
    if isinstance(outcome, Wait):
        outcome.process_id = process_id
    if not isinstance(outcome, Done):
        return outcome
    would = ", ".join(f"{effect.kind} {effect.label or effect.res_model}" for effect in outcome.effects)
    note = f"{REHEARSED}. It would have: {would or 'changed nothing'}. {outcome.note}".strip()
    return Done(reference=outcome.reference, process_id=process_id, note=note)
