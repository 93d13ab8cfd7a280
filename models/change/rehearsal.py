"""Real documents under the versions of now and under those of a change, without effect, and in what the ends differ.

A document is worked twice from its beginning, through ``apply``, in one transaction that is rolled back. Both runs have
the same starting point: the transaction sees one moment of the database, and each run is undone to the same savepoint.
Before them what the document did when it came is set aside where its handler knows how (``_set_aside``), so that it
comes as if for the first time; where it does not, both runs start from what is there now.
"""

import time
from contextlib import closing
from dataclasses import dataclass, field, replace

from odoo import api

from ...core import queue
from ...core.codecs import codec
from ...core.differences import differences
from ...core.security.masking import MASK, mask_document
from ...core.work import Done, Wait
from ..exchange import replay, stages
from ..exchange.batch import Batch
from ..exchange.cursor import rolled_back, wait_briefly
from ..exchange.inbound import as_fault, only_the_engine_commits, run_stages
from ..exchange.loading import load
from . import footprint

SECONDS = 40.0
SHOWN = 25
WAYS = {"inbound": stages.INBOUND, "internal": stages.INTERNAL, "outbound": stages.OUTBOUND}


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
    or ``gone`` (its content is not kept). ``first``: it came as if for the first time; else on top of what is there.
    """

    message_id: int
    verdict: str
    before: Trial | None = None
    after: Trial | None = None
    differences: tuple[str, ...] = ()
    first: bool = True


def rehearse(registry, message_ids, versions, until):
    """Compare the ends of each document, the first in any case and others as far as the time reaches; yields
    :class:`Compared`.

    :param until: monotonic seconds
    :param versions: what the interface would use: ``contract``, ``mapping``, ``policy`` records by name, of any
        environment; what is missing stays as it is
    """
    version_ids = {name: record.id for name, record in versions.items() if record}
    for message_id in message_ids:
        found = _try(registry, message_id, version_ids)
        yield _compared(message_id, *found) if found else Compared(message_id, "gone")
        if time.monotonic() > until:
            return


def _compared(message_id, before, after, first):
    if before.outcome != after.outcome and "failed" in (before.outcome, after.outcome):
        verdict = "worse" if after.outcome == "failed" else "better"
        return Compared(message_id, verdict, before, after, (f"{before.detail} → {after.detail}",), first)
    found = _shown(_plain(before), _plain(after))
    if before.outcome == "failed" and before.detail != after.detail:
        found.insert(0, f"{before.detail} → {after.detail}")
    shown = [*found[:SHOWN], f"… and {len(found) - SHOWN} more"] if len(found) > SHOWN else found
    return Compared(message_id, "different" if found else "same", before, after, tuple(shown), first)


def _shown(before, after):
    """The differences in words; of what is personal the place alone, for a request is read by more people than that."""
    masked = [mask_document(told, pointers=footprint.PERSONAL) for told in (before, after)]
    open_places = {each.pointer for each in differences(*masked)}
    return [
        str(each) if each.pointer in open_places else f"{each.pointer}: {MASK} → {MASK}"
        for each in differences(before, after)
    ]


def _plain(trial):
    """A trial as one document, as it would be stored."""
    told = {"outcome": trial.outcome, "document": trial.document, **trial.traces}
    return codec("json").decode(codec("json").encode(told))


def _try(registry, message_id, version_ids):
    """The ends under now and under the change, and whether it came as if for the first time; None when the content of
    the document is not kept.
    """
    with rolled_back(registry) as cr:
        (head,) = queue.look(cr, [message_id])
        start = replay.STARTS[head.direction][0]
        cr.execute(f"SELECT {replay.CONTENT[start]} FROM sync_message m WHERE m.id = %s", [message_id])
        if not cr.fetchone()[0]:
            return None
        head = replace(head, replay_from=start, replay_versions="now")
        env = api.Environment(cr, api.SUPERUSER_ID, {})  # reads configuration; the handler runs as the agent
        runs = [_translated(env, head, ids) for ids in ({}, version_ids)]
        with only_the_engine_commits(cr):
            # A stage that failed has begun the transaction anew.
            wait_briefly(cr)
            first = _set_aside(*runs[0]) if any(work.live for _batch, work in runs) else True
            before, after = (_end(batch, work) for batch, work in runs)
        return before, after, first


def _translated(env, head, version_ids):
    """The document after every stage before ``apply``, which change nothing: (batch, work).

    That newer statements of the same thing have come since is left out of account.
    """
    batch = Batch(env)
    (work,) = load(env, [head])
    try:
        batch._interfaces[work.interface_id] = _profile(batch, work.interface_id, version_ids)
        run_stages(batch, [work], [stage for stage in WAYS[work.direction] if stage is not stages.sequence])
    except Exception as error:
        work.outcome = as_fault(error)
    return batch, work


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


def _set_aside(batch, work):
    """Take what the document did before out of its own way; returns whether it can come as if for the first time.

    What its handler cannot set aside stays: books that are closed, for instance.
    """
    env = batch.env
    if work.direction == "outbound":
        return True
    env.cr.execute("SELECT res_model, res_id FROM sync_effect WHERE message_id = %s ORDER BY id", [work.message_id])
    effects = env.cr.fetchall()
    if not effects:
        return True
    interface = batch.interface(work.interface_id)
    try:
        with env.cr.savepoint():
            company = env(context={"allowed_company_ids": [interface.company_id], "lang": "en_US"})
            handler = company["sync.handler"]._for(interface.handler, interface.document_type)
            if not handler._set_aside(effects):
                return False
            batch.process(work)._forget(work.message_id)
    except Exception as error:
        as_fault(error)  # says in the log what is unexpected; the runs start from what is there
        return False
    return True


def _end(batch, work):
    """The end of one run, of which nothing stays."""
    if not work.live or work.direction == "outbound":
        return _ended(work, work.outcome, {})
    try:
        with closing(batch.env.cr.savepoint()):
            interface = batch.interface(work.interface_id)
            env = batch.env(context={"allowed_company_ids": [interface.company_id], "lang": "en_US"})
            marks = footprint.marks(env)
            stages.apply.run(batch.as_agent(interface), [work])
            env.cr.flush()  # events are written just before the commit
            effects = work.outcome.effects if isinstance(work.outcome, Done) else ()
            traces = footprint.traces(env, marks, effects, batch.process(work))
            return _ended(work, work.outcome, traces)
    except Exception as error:
        return _ended(work, as_fault(error), {})


def _ended(work, outcome, traces):
    document = work.document if work.direction == "outbound" else work.canonical
    if outcome is None:
        return Trial("sent", f"{len(work.encoded or b'')} bytes would be sent.", document)
    if isinstance(outcome, Done):
        return Trial("applied", outcome.note or "Applied.", document, traces)
    if isinstance(outcome, Wait):
        return Trial("waits", outcome.fault.detail, document)
    return Trial("failed", outcome.detail, document)
