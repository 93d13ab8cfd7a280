"""Real documents under the versions of now and under those of a change, without effect, and in what the ends differ.

Each document is worked twice from its beginning, through ``apply``, each time in a transaction of its own that is
rolled back. What it did before is set aside first where its handler knows how (``_set_aside``), so that both runs start
from the same state; where it does not, the document is translated and checked, and ``apply`` says what is there.
"""

import time
from dataclasses import dataclass, field, replace

from odoo import api

from ...core import queue
from ...core.codecs import codec
from ...core.differences import differences
from ...core.faults import Fault
from ...core.work import Done, Wait
from ..exchange import replay, stages
from ..exchange.batch import Batch
from ..exchange.cursor import rolled_back
from ..exchange.inbound import as_fault, only_the_engine_commits, run_stages
from ..exchange.loading import load
from . import footprint

SECONDS = 40.0
SHOWN = 25


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one document in one run. ``document`` is the translated one, ``traces`` what it left in Odoo."""

    outcome: str
    detail: str
    document: object = None
    traces: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    """One document under both: ``verdict`` is ``same``, ``different``, ``worse`` (it fails now and did not), ``better``
    or ``gone`` (its content is not kept).
    """

    message_id: int
    verdict: str
    before: Trial | None = None
    after: Trial | None = None
    differences: tuple[str, ...] = ()


def rehearse(registry, message_ids, versions, until):
    """Compare the ends of each document, the first in any case and others as far as the time reaches; yields
    :class:`Compared`.

    :param until: monotonic seconds
    :param versions: what the interface would use: ``contract``, ``mapping``, ``policy`` records by name, of any
        environment; what is missing stays as it is
    """
    for message_id in message_ids:
        yield _compare(registry, message_id, versions)
        if time.monotonic() > until:
            return


def _compare(registry, message_id, versions):
    before = _try(registry, message_id, {})
    if before is None:
        return Compared(message_id, "gone")
    after = _try(registry, message_id, {name: record.id for name, record in versions.items() if record})
    if before.outcome == after.outcome == "failed":
        found = [] if before.detail == after.detail else [f"{before.detail} → {after.detail}"]
        return Compared(message_id, "different" if found else "same", before, after, tuple(found))
    if before.outcome != after.outcome and "failed" in (before.outcome, after.outcome):
        verdict = "worse" if after.outcome == "failed" else "better"
        return Compared(message_id, verdict, before, after, (f"{before.detail} → {after.detail}",))
    found = [str(each) for each in differences(_plain(before), _plain(after))]
    shown = [*found[:SHOWN], f"… and {len(found) - SHOWN} more"] if len(found) > SHOWN else found
    return Compared(message_id, "different" if found else "same", before, after, tuple(shown))


def _plain(trial):
    """A trial as one document, as it would be stored."""
    told = {"outcome": trial.outcome, "document": trial.document, **trial.traces}
    return codec("json").decode(codec("json").encode(told))


def _try(registry, message_id, version_ids):
    """One document, worked to its end in a transaction that is rolled back; None when its content is not kept."""
    with rolled_back(registry) as cr:
        (head,) = queue.look(cr, [message_id])
        start = replay.STARTS[head.direction][0]
        cr.execute(f"SELECT m.state, {replay.CONTENT[start]} FROM sync_message m WHERE m.id = %s", [message_id])
        state, kept = cr.fetchone()
        if not kept:
            return None
        batch = Batch(api.Environment(cr, api.SUPERUSER_ID, {}))  # reads configuration; the handler runs as the agent
        was_done = state == "done" or bool(head.was_done)
        head = replace(head, replay_from=start, replay_versions="now", was_done=was_done)
        (work,) = load(batch.env, [head])
        try:
            batch._interfaces[work.interface_id] = _profile(batch, work.interface_id, version_ids)
            return _worked(batch, work)
        except Exception as error:
            return _ended(work, as_fault(error), {})


def _profile(batch, interface_id, version_ids):
    """What the interface says, with other versions."""
    profile, changes = batch.env["sync.engine"]._profile(interface_id), {}
    if contract_id := version_ids.get("contract"):
        contract = batch.env["sync.contract"].browse(contract_id)
        changes |= {"contract_id": contract_id, "contract": contract._validator(), "sunset": None}
    if mapping_id := version_ids.get("mapping"):
        mapping = batch.env["sync.mapping"].browse(mapping_id)
        changes |= {"mapping_id": mapping_id, "mapping": mapping._compiled()}
    if policy_id := version_ids.get("policy"):
        policy = batch.env["sync.policy"].browse(policy_id)
        changes |= {
            "policy_id": policy_id,
            "policy": policy._retry_policy(),
            "head_policy": policy.head_policy,
            "acknowledgement": policy.acknowledgement,
            "gates": tuple(policy.gate_ids.ids),
        }
    return replace(profile, **changes)


def _worked(batch, work):
    ways = {"inbound": stages.INBOUND, "internal": stages.INTERNAL, "outbound": stages.OUTBOUND}
    run_stages(batch, [work], ways[work.direction])
    if not work.live or work.direction == "outbound":
        return _ended(work, work.outcome, {})
    interface = batch.interface(work.interface_id)
    with only_the_engine_commits(batch.env.cr):
        if work.replay.was_done and _set_aside(batch, interface, work):
            work.replay = replace(work.replay, was_done=False)
        marks = footprint.marks(batch.env)
        if replay.applied_before(batch, interface, [work]):
            stages.apply.run(batch.as_agent(interface), [work])
            batch.env.flush_all()
            batch.env.cr.precommit.run()  # events are written just before the commit
            batch.env.flush_all()
        traces = footprint.traces(batch.env, marks, work.outcome.effects if isinstance(work.outcome, Done) else ())
    return _ended(work, work.outcome, traces)


def _set_aside(batch, interface, work):
    handler = batch.env["sync.handler"]._for(interface.handler, interface.document_type)
    batch.env.cr.execute("SELECT res_model, res_id FROM sync_effect WHERE message_id = %s", [work.message_id])
    done = handler._set_aside(batch.env.cr.fetchall())
    batch.env.flush_all()
    batch.env.invalidate_all()
    return done


def _ended(work, outcome, traces):
    document = work.document if work.direction == "outbound" else work.canonical
    if outcome is None:
        return Trial("sent", f"{len(work.encoded or b'')} bytes would be sent.", document)
    if isinstance(outcome, Done):
        return Trial("applied", outcome.note or "Applied.", document, traces)
    if isinstance(outcome, Wait):
        return Trial("waits", outcome.fault.detail, document)
    if isinstance(outcome, Fault) and outcome.code == "sequence.superseded":
        return Trial("superseded", outcome.detail, document)
    return Trial("failed", outcome.detail, document)
