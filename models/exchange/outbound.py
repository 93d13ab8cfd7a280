"""Outbound messages: a canonical document to bytes, and what a partner answered to what becomes of the message.

The pump (``pump.py``) holds what is between the two: the deliveries that are on the wire.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from odoo import api

from ...core import queue
from ...core.delivery import http
from ...core.faults import Fault
from ...core.queue.feed import FEED, place
from ...core.work import Done, Wait
from . import breaker, enveloping, failover, journal, replay, stages, together
from .batch import Batch
from .cursor import CONFLICTS, LOST, business, read_committed
from .inbound import as_fault, retrying, run_stages
from .loading import load
from .verdicts import verdicts


@dataclass(slots=True)
class Flight:
    """One delivery from the moment it may go out until it is written back.

    ``claim`` is the round under which its lane is held, ``profiles`` the interfaces it was prepared with. ``result``
    is what came of it; ``confirmed`` says that it is ``done`` and committed, ``counted`` that the failover was told.
    What leaves in one file with others has the ``leader`` that is sent, which has the rest as ``followers``.
    """

    work: Any
    parcel: Any
    send: Any
    head: Any
    claim: Any
    profiles: dict = field(repr=False)
    result: Any = None
    confirmed: bool = False
    counted: bool = False
    leader: Any = None
    followers: list = field(default_factory=list)


# -- before the network -----------------------------------------------------------------------------------------------


def prepare(registry, claim, heads):
    """Gate, translate, validate and encode ``heads`` in one transaction, and settle those that end there.

    Returns the flights that are to go out now; nothing of them is on the wire yet.
    """
    with business(registry) as cr:
        batch = Batch(api.Environment(cr, api.SUPERUSER_ID, {}))  # reads configuration; acts on nothing
        works = load(batch.env, heads)
        run_stages(batch, works, stages.OUTBOUND)
        enveloping.reopened(batch, [work for work in works if work.live and replay.sends_as_it_was(work)])
        head_of = {head.message_id: head for head in heads}
        flights = _flights(batch, works, head_of, claim)
    rest = [work for work in works if not work.live]
    if rest:
        waiting = [work for work in rest if isinstance(work.outcome, Wait)]
        fetched = [work.message_id for work in waiting if work.outcome.wait_type == FEED]
        verdicts(
            registry,
            batch._interfaces,
            rest,
            claim,
            [head_of[work.message_id] for work in rest],
            also=(lambda cr: place(cr, fetched)) if fetched else None,
        )
    kept_back = _kept_back(registry, claim, flights)
    return [flight for flight in flights if flight.work.message_id not in kept_back]


def _flights(batch, works, head_of, claim):
    """A flight for each live work; what cannot be made ready ends as a fault."""
    flights, doors, leaders = [], {}, {}
    for work in works:
        if not work.live:
            continue
        try:
            endpoint = batch.endpoint(work.endpoint_id)
            if batch.env["sync.production"]._refuses(endpoint.environment):
                raise Fault(
                    "deliver.wrong_environment",
                    f"{endpoint.name} is a production endpoint, and this is not the production database.",
                    subject="database",
                )
            interface = batch.interface(work.interface_id)  # may it run: no stage asked for what is sent as it was
            if interface.crossing and replay.sends_as_it_was(work):
                raise Fault(
                    "deliver.transfer_not_approved",
                    "What was sent once is not sent as it was into another data region. Replay it from its event.",
                    subject=f"interface {interface.code}",
                )
            work.answer_limit = interface.reply.limit if interface.reply else None
            transport = batch.env["sync.transport"]._for(endpoint.transport)
            if endpoint.id not in doors:
                doors[endpoint.id] = transport._door(endpoint)
            leader = leaders.get(work.file.uid) if work.file else None
            send, parcel = transport._send, leader.parcel if leader else None
            if work.file and work.file.taken:
                send, parcel = together.nothing, together.empty_parcel(work)
            elif not parcel:
                parcel = transport._prepare(together.as_one(work) if work.file else work, doors[endpoint.id])
                if interface.request:
                    _direct(parcel, interface, work)
        except Exception as error:
            work.outcome = as_fault(error)
            continue
        work.stage = "deliver"
        if work.live:  # else it is not sent: its partner fetches it
            flight = Flight(work, parcel, send, head_of[work.message_id], claim, batch._interfaces, leader=leader)
            flights.append(flight)
            if leader:
                leader.followers.append(flight)
            elif work.file and not work.file.taken:
                leaders[work.file.uid] = flight
    return flights


def _direct(parcel, interface, work):
    """Say by which method and to which address the parcel goes, from what the document may tell this partner.

    :raises Fault: ``translate.mapping_failed``; ``receive.content_gone`` when only the bytes of then are there
    """
    line, source = interface.request, work.canonical
    if line.body:
        source = work.addressed
    elif source is not None and interface.crossing:
        source = interface.crossing.shown(source)
    if source is None:
        raise Fault(
            "receive.content_gone",
            "The address that it goes to is made of the document: replay it from its event.",
            reference=work.reference,
            subject=f"interface {interface.code}",
        )
    parcel.settings["method"] = line.method
    parcel.url = line.address(parcel.url, source)
    if parcel.route:
        parcel.route.primary = line.address(parcel.route.primary, source)
        parcel.route.secondary = line.address(parcel.route.secondary, source)


_STILL_WANTED = queue.Frequent(f"""
    SELECT m.id FROM sync_message m
      JOIN sync_lane l ON l.id = m.lane_id
      JOIN sync_endpoint e ON e.id = m.endpoint_id
     WHERE m.id = ANY(%s::int[]) AND m.state = 'ready' AND l.claim = %s::text
       AND e.state = 'live' AND e.active AND NOT e.paused
       AND (coalesce(e.breaker_state, 'closed') <> 'closed' OR e.breaker_until IS NULL
            OR e.breaker_until <= {queue.CLOCK})
""")


def _kept_back(registry, claim, flights):
    """What must not go out after all; its lanes are let go.

    Asked immediately before the network, because preparing took time: somebody may have cancelled the message or
    paused the endpoint, the partner may have asked another worker to wait, and the endpoint's rate, its number at once
    and its circuit breaker count what really goes out.
    """
    if not flights:
        return set()
    lanes = {flight.work.message_id: (flight.head.lane_id, flight.work.endpoint_id) for flight in flights}
    with read_committed(registry) as cr:
        cr.execute(_STILL_WANTED, [list(lanes), claim.token])
        still = {row[0] for row in cr.fetchall()}
        # A file is one delivery, and goes with all that are in it or not at all.
        wanted = [flight for flight in flights if not flight.leader and _all(flight) <= still]
        admitted = queue.admit(cr, [lanes[flight.work.message_id] for flight in wanted], token=claim.token)
        going = [flight for flight in wanted if flight.head.lane_id in admitted]
        # Last, because it counts probes: one that were kept back afterwards would never report.
        refused = breaker.refused(cr, [(flight.work.message_id, flight.work.endpoint_id) for flight in going])
        leaving = [flight for flight in going if flight.work.message_id not in refused]
        failover.choose(cr, leaving)
        together.leaves(cr, leaving)
    kept_back = lanes.keys() - {message for flight in leaving for message in _all(flight)}
    if kept_back:
        with read_committed(registry) as cr:
            queue.settle(cr, token=claim.token, lane_ids=[lanes[m][0] for m in kept_back], untouched=True)
    return kept_back


def _all(flight):
    """The messages that leave with a flight, its own first."""
    return {each.work.message_id for each in (flight, *flight.followers)}


# -- after the network ------------------------------------------------------------------------------------------------


def conclude(registry, flights, claim):
    """Write back what came of ``flights``: confirm what was taken in one transaction, settle the lanes in the next.

    ``claim`` speaks for all of them: its token is {lane id: token}. Runs again over the same flights after an error
    without doing anything twice.
    """
    profiles = {}
    for flight in flights:
        profiles.update(flight.profiles)
        _take_in(flight)
    _confirmed(registry, profiles, [flight for flight in flights if flight.result.fault is None], claim)
    rest = [flight for flight in flights if not flight.confirmed]
    # Before the lanes are let go, and alone: it locks endpoints in an order of its own.
    if any(flight.parcel.route for flight in flights):
        with read_committed(registry) as cr:
            failover.record(cr, flights)
        for flight in flights:
            flight.counted = True

    def keep(cr):
        journal.record_transmissions(cr, flights)
        env = api.Environment(cr, api.SUPERUSER_ID, {})  # the last use is the engine's own column
        env["sync.credential"]._used(cr, [flight.parcel.credential_id for flight in flights])
        breaker.record(cr, [failover.for_breaker(flight) for flight in flights if _was_sent(flight)])
        together.not_taken(cr, flights)

    verdicts(
        registry,
        profiles,
        [flight.work for flight in rest],
        claim,
        [flight.head for flight in flights],
        waits={flight.work.message_id: flight.result.retry_after for flight in rest},
        also=keep,
    )


def _was_sent(flight):
    """Whether the flight says something of its endpoint: of a file one does, and nothing that was not sent."""
    return not flight.leader and not (flight.work.file and flight.work.file.taken)


def _take_in(flight):
    work, result = flight.work, flight.result
    work.timings["deliver"] = result.elapsed * 1000
    work.response_status = result.status
    work.response = result.body[: http.BODY_LIMIT] or None
    if result.fault is not None:
        work.outcome = result.fault


def _confirmed(registry, profiles, flights, claim):
    """Confirm what was delivered; on an unexpected error one by one, for whatever happens here was sent already."""
    flights = [flight for flight in flights if not flight.confirmed]
    if not flights:
        return
    try:
        retrying(lambda: _confirm(registry, profiles, flights, claim))
    except Exception as error:
        if is_outage(error):
            raise
        if len(flights) > 1:
            for flight in flights:
                _confirmed(registry, profiles, [flight], claim)
            return
        flights[0].work.outcome, flights[0].work.stage = as_fault(error), "confirm"


def _confirm(registry, profiles, flights, claim):
    """Write accepted deliveries back, fenced by their lanes' claims."""
    started = time.perf_counter()
    with business(registry) as cr:
        ours = queue.held(cr, {flight.head.lane_id: flight.claim.token for flight in flights})
        held = queue.fence(cr, [flight.work.message_id for flight in flights if flight.head.lane_id in ours])
        batch = Batch(api.Environment(cr, api.SUPERUSER_ID, {}))  # reaches the milestone the interface stands for
        batch._interfaces = profiles
        mine = [flight for flight in flights if flight.work.message_id in held]
        works = [flight.work for flight in mine]
        for work in works:
            work.outcome, work.stage = None, "confirm"
        stages.confirm.run(batch, works)
        batch.env["sync.engine"]._keep_answers(batch, mine)
        share = (time.perf_counter() - started) * 1000 / max(len(works), 1)
        for work in works:
            work.timings["confirm"] = share
        journal.finish(cr, batch, works, claim.worker.name)
        newest = [work for work in works if batch.interface(work.interface_id).head_policy == "supersede"]
        if newest:
            queue.mark_snapshots(cr, [work.message_id for work in newest])
        together.taken(cr, [flight for flight in mine if isinstance(flight.work.outcome, Done)])
        cr.commit()  # the engine owns it  # pylint: disable=invalid-commit
    for flight in mine:
        flight.confirmed = isinstance(flight.work.outcome, Done)


def report_trouble(registry):
    """Tell people at once of an endpoint that was taken off; housekeeping would within a minute."""
    with read_committed(registry) as cr:
        env = api.Environment(cr, api.SUPERUSER_ID, {})  # the system tells people, whoever they are
        env["sync.endpoint"]._look_after()


def is_outage(error):
    """Whether the database could not be reached: then nothing is known about the work itself."""
    return isinstance(error, LOST) and getattr(error, "pgcode", None) not in CONFLICTS
