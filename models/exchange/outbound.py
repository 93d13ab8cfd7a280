"""Drive outbound messages: a canonical document to bytes that a partner has taken."""

import json
import time

from odoo import api

from ...core import queue
from ...core.security.masking import mask_headers
from ...core.work import Done
from . import journal, stages
from .batch import Batch
from .cursor import read_committed
from .inbound import as_fault, retrying, run_stages
from .loading import load
from .verdicts import verdicts

BREAKER_OPEN_SECONDS = 60


def drive(registry, claim, heads):
    """Gate, translate and encode in one transaction; send with none; confirm in the next."""
    with registry.cursor() as cr:
        batch = Batch(api.Environment(cr, api.SUPERUSER_ID, {}))  # reads configuration; acts on nothing
        works = load(cr, heads)
        run_stages(batch, works, stages.OUTBOUND)
        parcels, send = _parcels(batch, works)
        profiles = batch._interfaces
    results = _deliver(parcels, send)
    accepted = [work for work, _ in parcels if results[work.message_id].fault is None]
    lane_of = {head.message_id: head.lane_id for head in heads}
    done = retrying(lambda: _confirm(registry, profiles, accepted, claim, lane_of))
    with read_committed(registry) as cr:
        _keep_transmissions(cr, parcels, results)
        _breaker(cr, parcels, results)
    rest = [work for work in works if work.message_id not in done]
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
        queue.finish(cr, [(work.message_id, work.process_id, work.reference) for work in mine])
        journal.record(cr, batch, mine, claim.worker.name)
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


def _breaker(cr, parcels, results):
    """What the endpoints' health says: a success closes the breaker, five failures in a row open it."""
    env = api.Environment(cr, api.SUPERUSER_ID, {})  # the engine's own columns
    good = {work.endpoint_id for work, _ in parcels if results[work.message_id].fault is None}
    bad = {
        work.endpoint_id
        for work, _ in parcels
        if results[work.message_id].fault is not None and results[work.message_id].fault.blame == "endpoint"
    }
    if good:
        env["sync.endpoint"]._breaker_succeeded(cr, sorted(good))
    for endpoint_id in sorted(bad - good):
        env["sync.endpoint"]._breaker_failed(cr, endpoint_id, BREAKER_OPEN_SECONDS)
