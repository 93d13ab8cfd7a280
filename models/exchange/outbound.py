"""Drive outbound messages: a canonical document to bytes that a partner has taken."""

import json
import time

from odoo import api

from ...core import queue
from ...core.security.masking import mask_headers
from ...core.work import Done
from . import breaker, journal, stages
from .batch import Batch
from .cursor import read_committed
from .inbound import as_fault, retrying, run_stages
from .loading import load
from .verdicts import verdicts


def drive(registry, claim, heads):
    """Gate, translate and encode in one transaction; send with none; confirm in the next."""
    with registry.cursor() as cr:
        batch = Batch(api.Environment(cr, api.SUPERUSER_ID, {}))  # reads configuration; acts on nothing
        works = load(cr, heads)
        run_stages(batch, works, stages.OUTBOUND)
        parcels, send = _parcels(batch, works)
        profiles = batch._interfaces
    lane_of = {head.message_id: head.lane_id for head in heads}
    kept_back = _kept_back(registry, claim, parcels, lane_of)
    parcels = [(work, parcel) for work, parcel in parcels if work.message_id not in kept_back]
    results = _deliver(parcels, send)
    accepted = [work for work, _ in parcels if results[work.message_id].fault is None]
    done = _confirmed(registry, profiles, accepted, claim, lane_of)
    with read_committed(registry) as cr:
        _keep_transmissions(cr, parcels, results)
        breaker.record(
            cr,
            [(w.endpoint_id, results[w.message_id].fault, results[w.message_id].retry_after) for w, _ in parcels],
        )
    rest = [work for work in works if work.message_id not in done | kept_back]
    waits = {work.message_id: results[work.message_id].retry_after for work, _ in parcels}
    verdicts(registry, profiles, rest, claim, heads, waits=waits)


def _parcels(batch, works):
    """(work, parcel) of each live work and the static send function per message."""
    parcels, send = [], {}
    for work in works:
        if not work.live:
            continue
        endpoint = batch.endpoint(work.endpoint_id)
        try:
            transport = batch.env["sync.transport"]._for(endpoint.transport)
            parcel = transport._prepare(work, endpoint)
        except Exception as error:
            work.outcome = as_fault(error)
            continue
        parcels.append((work, parcel))
        send[work.message_id] = transport._send
    return parcels, send


def _kept_back(registry, claim, parcels, lane_of):
    """What must not go out after all: no longer ours or open, or the circuit breaker says no. Their lanes are let go.

    Asked immediately before the network: preparing took time, somebody may have cancelled, and when an error makes
    the engine go over a group once more, what was delivered is not sent again.
    """
    if not parcels:
        return set()
    wanted = [work.message_id for work, _ in parcels]
    with read_committed(registry) as cr:
        cr.execute(
            """SELECT m.id FROM sync_message m JOIN sync_lane l ON l.id = m.lane_id
                WHERE m.id = ANY(%s) AND m.state = 'ready' AND l.claim = %s""",
            [wanted, claim.token],
        )
        ours = {row[0] for row in cr.fetchall()}
        gone = set(wanted) - ours
        refused = breaker.refused(cr, [(w.message_id, w.endpoint_id) for w, _ in parcels if w.message_id in ours])
    if gone or refused:
        with read_committed(registry) as cr:
            queue.settle(cr, token=claim.token, lane_ids=[lane_of[message] for message in gone])
            queue.settle(cr, token=claim.token, lane_ids=[lane_of[message] for message in refused], untouched=True)
    return gone | refused


def _deliver(parcels, send):
    if not parcels:
        return {}
    for work, _ in parcels:
        work.stage = "deliver"
    results = stages.deliver.run(parcels, send)
    for work, _ in parcels:
        result = results[work.message_id]
        work.timings["deliver"] = result.elapsed * 1000
        work.response_status = result.status
        work.response = result.body or None
        work.outcome = result.fault
    return results


def _confirmed(registry, profiles, works, claim, lane_of):
    """Confirm what was delivered; on an unexpected error one by one, for whatever happens here was sent already.

    Returns the ids that are done and committed.
    """
    try:
        return retrying(lambda: _confirm(registry, profiles, works, claim, lane_of))
    except Exception as error:
        if len(works) > 1:
            return set().union(*(_confirmed(registry, profiles, [work], claim, lane_of) for work in works))
        works[0].outcome, works[0].stage = as_fault(error), "confirm"
        return set()


def _confirm(registry, profiles, works, claim, lane_of):
    """Write accepted deliveries back, fenced by the lane's claim; returns the ids that are done."""
    if not works:
        return set()
    started = time.perf_counter()
    with registry.cursor() as cr:
        cr.execute(
            "SELECT id FROM sync_lane WHERE id = ANY(%s) AND claim = %s",
            [sorted(set(lane_of.values())), claim.token],
        )
        ours = {row[0] for row in cr.fetchall()}
        held = queue.fence(cr, [work.message_id for work in works if lane_of[work.message_id] in ours])
        batch = Batch(api.Environment(cr, api.SUPERUSER_ID, {}))  # reaches the milestone the interface stands for
        batch._interfaces = profiles
        mine = [work for work in works if work.message_id in held]
        for work in mine:
            work.outcome, work.stage = None, "confirm"
        stages.confirm.run(batch, mine)
        share = (time.perf_counter() - started) * 1000 / max(len(mine), 1)
        for work in mine:
            work.timings["confirm"] = share
        journal.finish(cr, batch, mine, claim.worker.name)
        cr.commit()  # the engine owns it  # pylint: disable=invalid-commit
    return {work.message_id for work in mine if isinstance(work.outcome, Done)}


def _keep_transmissions(cr, parcels, results):
    for work, parcel in parcels:
        result = results[work.message_id]
        cr.execute(
            """INSERT INTO sync_transmission (direction, endpoint_id, trading_partner_id, company_id, verdict,
                                              dedupe_key, credential_id,
                                              headers, size, status, fault_code, fault_detail, repeats, occurred_at)
               VALUES ('outbound', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, now() AT TIME ZONE 'UTC')
               RETURNING id""",
            [
                work.endpoint_id,
                work.trading_partner_id,
                work.company_id,
                "failed" if result.fault else "delivered",
                work.uid,
                parcel.credential_id,
                json.dumps(mask_headers(parcel.headers)),
                len(parcel.body),
                result.status,
                result.fault.code if result.fault else None,
                result.fault.detail if result.fault else None,
            ],
        )
        cr.execute(
            "UPDATE sync_message SET transmission_id = %s, credential_id = %s WHERE id = %s",
            [cr.fetchone()[0], parcel.credential_id, work.message_id],
        )
    env = api.Environment(cr, api.SUPERUSER_ID, {})  # the last use is the engine's own column
    env["sync.credential"]._used(cr, [parcel.credential_id for _, parcel in parcels])
