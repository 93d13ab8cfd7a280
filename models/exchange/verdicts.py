"""Outcomes -> what becomes of messages and lanes: who is to blame decides."""

from odoo import api

from ...core import queue
from ...core.delivery import backoff
from ...core.faults import Fault
from ...core.work import Wait
from . import interface_hold, journal
from .batch import Batch
from .cursor import read_committed

SELF_RETRY_SECONDS = 2.0
ENDPOINT_RETRY = backoff.RetryPolicy(max_attempts=10, base=5.0, factor=2.0, cap=900.0)


def verdicts(registry, profiles, works, claim, heads, *, waits=None, also=None):
    """Settle the lanes with the works that were not done; then look whether what was parked was released meanwhile.

    :param waits: {message id: seconds} that an endpoint asked us to wait (``Retry-After``)
    :param also: called with the cursor, once the lanes are locked: what is to be written in the same transaction
    """
    lane_of = {head.message_id: head.lane_id for head in heads}
    ruled = [_verdict(profiles, work, lane_of[work.message_id], (waits or {}).get(work.message_id)) for work in works]
    ruled = _resting_with_their_interface(registry, works, ruled)
    # What failed or waits is kept for certain; that a lane is free again may be lost, then it is rescued.
    with read_committed(registry, durable=bool(ruled or also)) as cr:
        batch = Batch(api.Environment(cr, api.SUPERUSER_ID, {}))  # journal only
        batch._interfaces = profiles
        ours = queue.settle(cr, token=claim.token, lane_ids=list(lane_of.values()), verdicts=ruled)
        mine = [work for work in works if lane_of[work.message_id] in ours]
        retried = {v.message_id for v in ruled if v.kind == "retry"}
        journal.record(cr, batch, [w for w in mine if not _lost(w)], claim.worker.name, retried=retried)
        if also:
            also(cr)
    _look_again(registry, [v for v in ruled if v.kind == "park"], claim.claimed_at)


def _resting_with_their_interface(registry, works, ruled):
    """What fails by an error of ours that many meet does not fail: it rests until the interface goes on."""
    failed = [(work, verdict.lane_id) for work, verdict in zip(works, ruled, strict=True) if verdict.kind == "fail"]
    if not any(interface_hold.is_ours(work.outcome) for work, _ in failed):
        return ruled
    with read_committed(registry) as cr:
        env = api.Environment(cr, api.SUPERUSER_ID, {})  # the interface's own columns, and its exception
        held = interface_hold.note(env, failed)
    return [
        interface_hold.rest(verdict.message_id, verdict.lane_id, held[work.interface_id])
        if verdict.kind == "fail" and work.interface_id in held and interface_hold.is_ours(work.outcome)
        else verdict
        for work, verdict in zip(works, ruled, strict=True)
    ]


def stops_lane(work, profiles):
    """Whether what stands behind this work in its lane has to wait: it will be tried again, or its policy says so."""
    outcome = work.outcome
    if not isinstance(outcome, Fault) or outcome.code == "sequence.superseded":
        return False
    profile = profiles.get(work.interface_id)
    return outcome.retryable or _blocks(work, profile)


def _blocks(work, profile):
    """A file that nobody can open holds up nobody: which lines its documents belong to is not known."""
    if profile is None:
        return work.ordering_key != queue.UNOPENED
    return profile.head_policy == "block"


def held_back(works, profiles):
    """Ids of the works behind one that stops their lane. ``works`` are in the order of their lanes."""
    stopped, held = set(), set()
    for work in works:
        if work.lane_id in stopped:
            held.add(work.message_id)
        elif stops_lane(work, profiles):
            stopped.add(work.lane_id)
    return held


def _verdict(profiles, work, lane_id, wait_seconds):
    outcome = work.outcome
    if isinstance(outcome, Wait):
        return queue.Verdict(
            work.message_id,
            lane_id,
            "park",
            fault_code=outcome.fault.code,
            wait_type=outcome.wait_type,
            wait_ref=outcome.wait_ref,
            wait_until=outcome.deadline,
            wait_goes_on=outcome.goes_on,
            process_id=outcome.process_id or work.process_id,
            reference=work.reference,
        )
    if not isinstance(outcome, Fault):
        outcome = work.outcome = Fault("engine.interrupted", "The work ended without an outcome.")
    profile = profiles.get(work.interface_id)
    common = {
        "fault_code": outcome.code,
        "process_id": work.process_id,
        "reference": work.reference,
    }
    if outcome.code == "sequence.superseded":
        return queue.Verdict(work.message_id, lane_id, "supersede", **common)
    if outcome.blame == "throttle":
        return queue.Verdict(
            work.message_id,
            lane_id,
            "retry",
            delay=_throttled(work, profile, wait_seconds),
            burn=False,
            **common,
        )
    if outcome.code == "deliver.gone":
        # The endpoint is taken off, see the breaker: its messages wait together until a person lets them go on.
        return queue.Verdict(work.message_id, lane_id, "retry", burn=False, **common)
    if outcome.blame == "endpoint" and outcome.retryable:
        return _after_endpoint_failure(work, lane_id, profile, wait_seconds, common)
    if outcome.blame == "self" and outcome.retryable and work.attempt < 5:
        return queue.Verdict(
            work.message_id,
            lane_id,
            "retry",
            delay=SELF_RETRY_SECONDS,
            burn=True,
            **common,
        )
    return queue.Verdict(work.message_id, lane_id, "fail", block=_blocks(work, profile), **common)


def _throttled(work, profile, wait_seconds):
    """As long as the partner asks, but no shorter than our own schedule and no longer than its longest delay."""
    policy = profile.policy if profile else ENDPOINT_RETRY
    usual = backoff.nominal(work.attempt + 1, policy)
    return max(usual, min(wait_seconds or 0.0, policy.cap))


def _after_endpoint_failure(work, lane_id, profile, wait_seconds, common):
    """The partner's system failed: try again by the policy; the attempts of the policy bound how long."""
    policy = profile.policy if profile else ENDPOINT_RETRY
    wait = backoff.delay(work.attempt + 1, policy)
    if wait is None:
        work.outcome = Fault(
            "engine.attempts_exhausted",
            f"{work.attempt + 1} attempts failed; the last: {work.outcome.detail}",
            subject=work.outcome.subject or work.outcome.code,
            causes=(work.outcome,),
        )
        common["fault_code"] = work.outcome.code
        return queue.Verdict(
            work.message_id,
            lane_id,
            "fail",
            block=profile is None or profile.head_policy == "block",
            **common,
        )
    # A careless Retry-After must neither park the message for a day nor invite a storm.
    delay = wait if wait_seconds is None else backoff.near(wait_seconds, backoff.nominal(work.attempt + 1, policy))
    return queue.Verdict(work.message_id, lane_id, "retry", delay=delay, burn=True, **common)


def _look_again(registry, parked, since):
    """A release that was executed between our look and our parking did not see us: apply it now."""
    waits = {}
    for verdict in parked:
        waits.setdefault(verdict.wait_type, set()).add(verdict.wait_ref)
    for wait_type, refs in waits.items():
        with read_committed(registry) as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})  # reads requests to the engine
            released = env["sync.command"]._released_since(cr, wait_type, refs, since)
            if released:
                queue.release_waiting(cr, wait_type, released)  # at most what this round parked


def _lost(work):
    return isinstance(work.outcome, Fault) and work.outcome.code == "engine.interrupted"
