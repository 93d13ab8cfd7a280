"""Interchanges that came are acknowledged: what their sender is told, once for each time that they come."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timezone

from odoo import SUPERUSER_ID, api, models

from ...core import queue
from ...core.codecs import codec
from ...core.codecs.edi.answering import answers
from ...core.faults import Fault
from ..partner.endpoint_edi import EDI, party_fault
from .blocks import stream
from .cursor import read_committed
from .enveloping import ANSWER
from .publisher import EventDraft
from .sealing import EVENT, SEALED, event_text, opened

DUE = "interchange.answer"
AT_ONCE_BYTES = 500_000
"""Longer files of one message are read for their answer by the engine, while nobody waits."""

_KEEP = """
    INSERT INTO sync_interchange AS i (direction, standard, sender, receiver, reference, endpoint_id,
                                       trading_partner_id, company_id, made_at, sha256, verdict, findings, repeats)
    VALUES ('inbound', %s, %s, %s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC', %s, %s, %s, 0)
    ON CONFLICT (endpoint_id, sender, receiver, reference, sha256) WHERE direction = 'inbound'
    DO UPDATE SET repeats = i.repeats + 1
    RETURNING id, answer_event_id, verdict
"""
_NUMBER_TAKEN = """
    UPDATE sync_interchange i
       SET findings = concat_ws(E'\n', 'The control number ' || i.reference || ' came before with other content, on '
                                       || to_char(o.made_at, 'YYYY-MM-DD HH24:MI') || ' UTC. Ask the partner which of'
                                       || ' the two interchanges counts.', i.findings)
      FROM (SELECT max(o.made_at) AS made_at FROM sync_interchange o, sync_interchange n
             WHERE n.id = %s AND n.repeats = 0 AND o.id < n.id AND o.direction = 'inbound'
               AND (o.endpoint_id, o.sender, o.receiver, o.reference)
                 = (n.endpoint_id, n.sender, n.receiver, n.reference)) o
     WHERE i.id = %s AND o.made_at IS NOT NULL
"""
"""Partners number their interchanges: the same number with other content is a mistake that no syntax shows."""


class SyncIntake(models.AbstractModel):
    _inherit = "sync.intake"

    @api.model
    @api.private
    def _receive(self, code, raw, headers, remote_address=None, certificate=None, plain=False):
        received = super()._receive(code, raw, headers, remote_address, certificate, plain)
        profile = self.env["sync.endpoint"].sudo()._intake_profile(code)  # sudo: the caller has no user yet
        if profile["edi_answer"] != "none":
            outcomes = [outcome for _called, outcome in received] if isinstance(received, list) else [received]
            uids = [uid for outcome in outcomes if (uid := getattr(outcome, "message_uid", None))]
            # After the documents, in a transaction of its own. Should the process die in between, the sender was not
            # told that its file was taken, sends it again, and is answered then.
            with read_committed(self.env.registry) as cr:
                several = isinstance(received, list)
                self._acknowledge(cr, profile, raw, hashlib.sha256(raw).hexdigest(), uids, several)
        return received

    @api.private
    def _acknowledge(self, cr, profile, raw, sha256, uids, several):
        """Acknowledge what a file brought that was stored; a long one, kept in one piece, while nobody waits for it.

        :param several: its documents were stored each on its own
        """
        if profile["edi_answer"] == "none":
            return
        if several or len(raw) <= AT_ONCE_BYTES:
            self._answer_interchanges(cr, profile, raw, sha256, uids)
        else:
            _later(cr, uids)

    def _document(self, profile, item, *arguments, **options):
        # The same interchange is the same document, whatever carried it: it has its own control number.
        if profile["codec"] in EDI and not item.id:
            item = replace(item, id=f"sha256:{hashlib.sha256(item.body).hexdigest()}")
        return super()._document(profile, item, *arguments, **options)

    @api.private
    def _answer_interchanges(self, cr, profile, source, sha256, uids):
        """Acknowledge the interchanges of a file that was stored, where its endpoint does.

        What came before is answered again with the verdict of then, as long as that is kept.

        :param cr: a cursor in READ COMMITTED that commits soon
        :param source: the bytes of the file, or a stream of them; ``sha256`` is theirs
        :param uids: the message ids of its documents, as far as they are known
        """
        if profile["edi_answer"] == "none":
            return
        reading = codec(profile["codec"], profile["codec_options"])
        implementation = profile["edi_answer_kind"] == "999"
        told = [
            answer
            for answer in answers(reading.split(source), wanted=profile["edi_answer"], implementation=implementation)
            # Who is not the partner is told nothing through the partner's door.
            if not party_fault(profile["edi_identity"], answer.header)
        ]
        if not told:
            return
        env = api.Environment(cr, SUPERUSER_ID, {})  # the caller has no user, and answers belong to none
        # In one order for everybody who stores the same file at once.
        kept = [_keep(env, profile, answer, sha256) for answer in sorted(told, key=lambda one: one.reference)]
        if len(kept) == 1:
            cr.execute(
                """WITH parts AS (
                       SELECT p.id, p.file_id FROM sync_message m JOIN sync_transmission p ON p.id = m.transmission_id
                        WHERE m.uid = ANY(%s))
                   UPDATE sync_transmission t SET interchange_id = %s
                    WHERE (t.id IN (SELECT id FROM parts) OR t.id IN (
                              SELECT f.transmission_id FROM sync_file f WHERE f.id IN (SELECT file_id FROM parts)))
                      AND t.direction = 'inbound' AND t.interchange_id IS DISTINCT FROM %s""",
                [list(uids), kept[0], kept[0]],
            )
        env.flush_all()


def _later(cr, uids):
    """A file is long, and its sender waits: the engine reads it for its answer."""
    cr.execute(
        "SELECT transmission_id, company_id FROM sync_message WHERE uid = ANY(%s) AND transmission_id IS NOT NULL",
        [uids],
    )
    queue.schedule_in(cr, DUE, [(*row, 0.0) for row in cr.fetchall()])


class SyncInterchangeDue(models.AbstractModel):
    """A long file is to be acknowledged: its bytes are read once more, behind the sender's back."""

    _name = "sync.due.interchange"
    _description = "Interchanges to be acknowledged"
    _inherit = ["sync.due.kind"]
    _kind = DUE
    _title = "An interchange is to be acknowledged"
    _about = "sync.transmission"

    @api.model
    @api.private
    def _due(self, due_times):
        cr = self.env.cr
        for due in due_times:
            cr.execute(
                f"""SELECT e.code, t.id, t.size, t.sha256, array(SELECT m.uid FROM sync_message m
                                                                  WHERE m.transmission_id = t.id), {SEALED}
                      FROM sync_transmission t JOIN sync_endpoint e ON e.id = t.endpoint_id
                      LEFT JOIN sync_payload p ON p.transmission_id = t.id AND p.kind = 'received'
                                              AND p.erased_at IS NULL
                     WHERE t.id = %s""",
                [due.res_id],
            )
            for code, transmission_id, size, sha256, uids, *sealed in cr.fetchall():
                profile = self.env["sync.endpoint"]._intake_profile(code)
                try:
                    source = opened(self.env, *sealed) or stream(self.env.registry, transmission_id, size)
                except Fault:
                    continue  # erased meanwhile: nobody can say any more what was in it
                if profile:
                    self.env["sync.intake"]._answer_interchanges(cr, profile, source, sha256, uids)


def _keep(env, profile, answer, sha256):
    """Write down what is answered and let it leave; the id of the interchange."""
    env.cr.execute(
        _KEEP,
        [
            answer.document["subject"]["standard"],
            answer.sender or "UNKNOWN",
            answer.receiver or "UNKNOWN",
            answer.reference,
            profile["id"],
            profile["trading_partner_id"],
            profile["company_id"],
            sha256,
            answer.status,
            _findings(answer.document) or None,
        ],
    )
    interchange, event_id, _verdict = env.cr.fetchone()
    env.cr.execute(_NUMBER_TAKEN, [interchange, interchange])
    document = (_document_of(env, event_id) if event_id else None) or answer.document
    if answer.told:
        _publish(env, profile, interchange, document)
    return interchange


def _publish(env, profile, interchange, document):
    events = env["sync.event"]
    if not events._carried(ANSWER, profile["company_id"]):
        _tell_that_nothing_leaves(env, profile)
        return
    subject = f"interchange/{interchange}"
    draft = EventDraft(
        document=document,
        # Each answer stands alone: one that cannot be delivered holds up no other.
        ordering_key=subject,
        company_id=profile["company_id"],
        occurred_at=datetime.now(timezone.utc),
        trading_partner_id=profile["trading_partner_id"],
        subject=subject,
    )
    events._insert(ANSWER, [(None, draft)])
    env.cr.execute(
        """UPDATE sync_interchange SET answer_event_id = (
               SELECT max(id) FROM sync_event
                WHERE document_type = %s AND subject = %s AND company_id = %s AND state = 'new')
            WHERE id = %s""",
        [ANSWER, subject, profile["company_id"], interchange],
    )


def _tell_that_nothing_leaves(env, profile):
    endpoint = env["sync.endpoint"].browse(profile["id"])
    env["sync.exception"]._open(
        "engine.configuration",
        detail=env._(
            "%(endpoint)s acknowledges interchanges, and no live interface of %(partner)s sends the acknowledgements.",
            endpoint=endpoint.name,
            partner=endpoint.trading_partner_id.name,
        ),
        subject=f"acknowledgements of {endpoint.code}",
        company=endpoint.company_id,
        document=endpoint.name,
        trading_partner=endpoint.trading_partner_id,
        endpoint=endpoint,
    )


def _document_of(env, event_id):
    """What was told before, as long as it is kept."""
    env.cr.execute(f"SELECT {EVENT} FROM sync_event e WHERE e.id = %s AND e.erased_at IS NULL", [event_id])
    row = env.cr.fetchone()
    text = event_text(env, *row) if row else None
    return json.loads(text) if text else None


def _findings(document):
    """What was found, for people, document by document."""
    lines = []
    for each in document["documents"]:
        if each.get("findings"):
            verdict = each["status"].replace("_", " ")
            lines.append(f"{each['type']} {each['reference']}: {verdict}.")
            lines += [f"  {finding}" for finding in each["findings"]]
    return "\n".join(lines)[:20_000]
