"""What a replay would do, without doing it."""

import logging
import time
from dataclasses import dataclass, replace

import psycopg2

from odoo import SUPERUSER_ID, api

from ...core import queue
from ...core.codecs import codec
from ...core.delivery.cloudevents import document_in
from ...core.differences import differences
from ...core.faults import Fault
from ...core.work import Done, Wait
from . import replay, stages
from .batch import Batch
from .cursor import rolled_back
from .inbound import as_fault, only_the_engine_commits, run_stages
from .loading import load
from .sealing import SEALED, opened

_logger = logging.getLogger(__name__)

SAMPLE = 100
SECONDS = 20.0
SHOWN_DIFFERENCES = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of one message.

    ``outcome``: ``applied``, ``already``, ``sent``, ``waits``, ``failed``, ``superseded`` or ``gone`` (its content is
    not kept). ``changes`` are the records it would touch, ``differences`` those of the document then and now.
    """

    message_id: int
    outcome: str
    detail: str
    fault_code: str | None = None
    changes: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


def preview(registry, message_ids, *, starts, versions):
    """A :class:`Preview` for each of the first ``SAMPLE`` messages, as far as the time reaches.

    Each message runs alone, in a transaction that is rolled back: nothing is sent to a partner, no mail leaves, no
    event is published, no attempt is logged. Only numbers that PostgreSQL has drawn from a sequence stay drawn. What an
    earlier message of the same selection would have changed is not there for the next.
    """
    deadline, previews = time.monotonic() + SECONDS, []
    for message_id in sorted(message_ids)[:SAMPLE]:
        with rolled_back(registry) as cr:
            head = queue.look(cr, [message_id])
            if head and head[0].direction in starts:
                previews.append(_preview(cr, head[0], starts[head[0].direction], versions))
        if time.monotonic() > deadline:
            break
    return previews


def _preview(cr, head, start, versions):
    cr.execute(
        f"SELECT m.state, {replay.CONTENT[start]} FROM sync_message m WHERE m.id = %s",
        [head.message_id],
    )
    state, kept = cr.fetchone()
    if not kept:
        return Preview(head.message_id, "gone", "Its content is not kept any more: it would be left alone.")
    before = _bodies(cr, head.message_id)
    was_done = bool(head.was_done) or state == "done"
    batch = Batch(api.Environment(cr, api.SUPERUSER_ID, {}))  # reads configuration; the handler runs as the agent
    (work,) = load(batch.env, [replace(head, replay_from=start, replay_versions=versions, was_done=was_done)])
    try:
        _run(batch, work)
    except psycopg2.Error as error:
        _logger.info("A dry run met other work: %s", error.pgcode)
        work.outcome = as_fault(error)
    except Exception as error:
        work.outcome = as_fault(error)
    return _said(work, before)


def _run(batch, work):
    """The way of one work, up to what would be committed or sent."""
    ways = {"inbound": stages.INBOUND, "internal": stages.INTERNAL, "outbound": stages.OUTBOUND}
    run_stages(batch, [work], ways[work.direction])
    if not work.live:
        return
    interface = batch.interface(work.interface_id)
    if work.direction == "outbound":
        return
    with only_the_engine_commits(batch.env.cr):
        if replay.applied_before(batch, interface, [work]):
            agent = batch.as_agent(interface)
            stages.apply.run(agent, [work])
            batch.env.flush_all()


def _bodies(cr, message_id):
    """What was stored of the last run: {kind: document}."""
    cr.execute(
        f"SELECT content_type, {SEALED} FROM sync_payload p WHERE message_id = %s AND kind IN ('canonical', 'sent')",
        [message_id],
    )
    bodies, env = {}, api.Environment(cr, SUPERUSER_ID, {})  # for the server's keys alone
    for content_type, *row in cr.fetchall():
        try:
            bodies[row[3]] = document_in(codec("json").decode(opened(env, *row) or b""), content_type)
        except Fault:
            continue  # what is no document cannot be compared
    return bodies


def _said(work, before):
    changed = ()
    if work.direction == "outbound" and work.document is not None and "sent" in before:
        changed = _compared(before["sent"], work.document)
    elif work.direction == "inbound" and work.canonical is not None and "canonical" in before:
        changed = _compared(before["canonical"], work.translated or work.canonical)
    outcome = work.outcome
    if outcome is None:
        return Preview(work.message_id, "sent", f"{len(work.encoded or b'')} bytes would be sent.", differences=changed)
    if isinstance(outcome, Done):
        # Only a message that ended before the handler was asked has no effects and this beginning.
        already = outcome.note.startswith(replay.ALREADY) and not outcome.effects
        return Preview(
            work.message_id,
            "already" if already else "applied",
            outcome.note or "It would be applied.",
            changes=tuple(f"{effect.kind}: {effect.label or effect.res_model}" for effect in outcome.effects),
            differences=changed,
        )
    if isinstance(outcome, Wait):
        return Preview(work.message_id, "waits", outcome.fault.detail, outcome.fault.code, differences=changed)
    word = "superseded" if outcome.code == "sequence.superseded" else "failed"
    return Preview(work.message_id, word, outcome.detail, outcome.code, differences=changed)


def _compared(then, now):
    """The differences in words; what is stored was encoded, so compare what would be stored now."""
    now = codec("json").decode(codec("json").encode(now))
    found = [str(each) for each in differences(then, now)]
    if len(found) > SHOWN_DIFFERENCES:
        found = [*found[:SHOWN_DIFFERENCES], f"… and {len(found) - SHOWN_DIFFERENCES} more"]
    return tuple(found)
