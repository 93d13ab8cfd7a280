"""How exceptions come to be."""

import logging
from dataclasses import dataclass, field
from datetime import datetime

import psycopg2
from psycopg2 import errorcodes

from odoo import api, fields, models

from ...core.triage import fingerprint
from ..exchange.cursor import read_committed
from . import wording

_logger = logging.getLogger(__name__)

LOST_RACES = {
    errorcodes.SERIALIZATION_FAILURE,
    errorcodes.DEADLOCK_DETECTED,
    errorcodes.LOCK_NOT_AVAILABLE,
}
# The owner has the reminder; no log line and no mail beside it.
QUIETLY = {"tracking_disable": True, "mail_auto_subscribe_no_notify": True}
ANYTHING = """
    SELECT EXISTS (SELECT FROM sync_message WHERE state = 'failed' AND exception_id IS NULL),
           EXISTS (SELECT FROM sync_transmission WHERE verdict = 'rejected' AND exception_id IS NULL),
           EXISTS (SELECT FROM sync_exception WHERE settling AND state IN ('new', 'in_progress'))
"""
# What the last attempt says counts only if it is about the fault the message failed with: a poisoned or repeated
# message fails without an attempt of its own.
FAILED = """
    SELECT m.id, m.fault_code, m.company_id, m.trading_partner_id, m.endpoint_id, m.interface_id, m.process_id,
           m.document_type_id, m.reference, m.direction, a.detail, a.faults, a.subject,
           coalesce(a.ended_at, m.created_at)
      FROM sync_message m
      LEFT JOIN LATERAL (SELECT * FROM sync_attempt WHERE message_id = m.id ORDER BY id DESC LIMIT 1) a
             ON a.fault_code = m.fault_code
     WHERE m.state = 'failed' AND m.exception_id IS NULL AND (%(ids)s::int[] IS NULL OR m.id = ANY(%(ids)s))
     ORDER BY m.id LIMIT %(limit)s
       FOR NO KEY UPDATE OF m SKIP LOCKED
"""
REJECTED = """
    SELECT id, fault_code, company_id, trading_partner_id, endpoint_id, fault_detail, occurred_at
      FROM sync_transmission
     WHERE verdict = 'rejected' AND exception_id IS NULL AND (%(ids)s::int[] IS NULL OR id = ANY(%(ids)s))
     ORDER BY id LIMIT %(limit)s
       FOR NO KEY UPDATE SKIP LOCKED
"""
UPSERT = """
    INSERT INTO sync_exception AS e (
        fingerprint, code, title, advice, severity, nature, domain, fixer, source, subject, detail, faults, company_id,
        trading_partner_id, endpoint_id, interface_id, process_id, first_document, name, count, message_count,
        first_seen_at, last_seen_at, state, is_open, settling, create_uid, write_uid, create_date, write_date)
    VALUES %s
    ON CONFLICT (fingerprint) WHERE state IN ('new', 'in_progress') DO UPDATE
       SET count = e.count + EXCLUDED.count, last_seen_at = greatest(e.last_seen_at, EXCLUDED.last_seen_at),
           detail = CASE WHEN e.first_document = EXCLUDED.first_document THEN EXCLUDED.detail ELSE e.detail END,
           faults = CASE WHEN e.first_document = EXCLUDED.first_document THEN EXCLUDED.faults ELSE e.faults END,
           process_id = coalesce(e.process_id, EXCLUDED.process_id)
    RETURNING id, fingerprint, xmax = 0
"""
UNEXPLAINED = {
    "sync_message": "state = 'failed' AND exception_id IS NULL",
    "sync_transmission": "verdict = 'rejected' AND exception_id IS NULL",
}
ONE_BY_ONE = 200
TEMPLATE = (
    "(" + "%s, " * 20 + "0, %s, %s, 'new', true, false, 1, 1, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')"
)


@dataclass(slots=True)
class Case:
    """One thing that needs a person: the first of its kind stands for all that fold with it."""

    code: str
    subject: str
    detail: str
    faults: str | None
    source: str
    document: str
    document_domain: str | None
    company_id: int
    trading_partner_id: int | None
    endpoint_id: int | None
    interface_id: int | None
    process_id: int | None
    seen_at: datetime
    row_ids: list[int] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        place = f"interface:{self.interface_id}" if self.interface_id else f"endpoint:{self.endpoint_id}"
        return fingerprint(self.code, self.subject, company_id=self.company_id, place=place)


class SyncException(models.Model):
    _inherit = "sync.exception"

    # -- the engine's door -----------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _collect(self, limit=200):
        """Fold what failed into exceptions and resolve those that are over; returns how many rows were moved.

        Called by the engine at the end of each pass: one statement when there is nothing to do. Works in a transaction
        of its own, which several workers may do at once: each takes rows that nobody else holds.
        """
        with read_committed(self.env.registry) as cr:
            cr.execute(ANYTHING)
            failed, rejected, settling = cr.fetchone()
        moved = 0
        if failed:
            moved += self._collect_kind("sync_message", lambda e, ids: e._collect_failed(limit, ids))
        if rejected:
            moved += self._collect_kind("sync_transmission", lambda e, ids: e._collect_rejected(limit, ids))
        if settling:
            moved += self._apart("Exceptions that are over", lambda e: e._resolve_settled()) or 0
        return moved

    def _apart(self, what, part):
        """Run ``part`` in a transaction of its own; None when it failed, which is logged."""
        try:
            with read_committed(self.env.registry) as cr:
                # Superuser: exceptions are opened by the system, for people who need not see each other's.
                exceptions = api.Environment(cr, api.SUPERUSER_ID, QUIETLY)["sync.exception"]
                answer = part(exceptions)
                exceptions.env.flush_all()
                return answer
        except psycopg2.Error as error:
            if error.pgcode in LOST_RACES:
                _logger.info("%s: lost a race; the next pass takes them up: %s", what, error.pgcode)
                return 1
            _logger.exception("%s could not be collected", what)
        except Exception:
            _logger.exception("%s could not be collected", what)
        return None

    def _collect_kind(self, table, collect):
        """Collect a batch; when one of its rows makes that fail, the others one by one, and that one in plain words.

        Fail open: what still cannot be explained stays marked and is tried again, and the queue goes on meanwhile.
        """
        moved = self._apart(table, lambda exceptions: collect(exceptions, None))
        if moved is not None:
            return moved
        with read_committed(self.env.registry) as cr:
            cr.execute(f"SELECT id FROM {table} WHERE {UNEXPLAINED[table]} ORDER BY id LIMIT %s", [ONE_BY_ONE])
            ids = [row[0] for row in cr.fetchall()]
        moved = 0
        for row_id in ids:
            one = self._apart(f"{table} {row_id}", lambda exceptions, row_id=row_id: collect(exceptions, [row_id]))
            if one is None:
                one = self._apart(f"{table} {row_id}", lambda e, row_id=row_id: e._explain_plainly(table, row_id))
            moved += one or 0
        return moved

    def _explain_plainly(self, table, row_id):
        """The exception of a row whose own cannot be made: it says where to look, and nothing of the document."""
        self.env.cr.execute(
            f"""SELECT company_id, endpoint_id FROM {table} WHERE id = %s AND {UNEXPLAINED[table]}
                   FOR NO KEY UPDATE SKIP LOCKED""",
            [row_id],
        )
        row = self.env.cr.fetchone()
        if not row:
            return 0
        company, endpoint = row
        what = "Message" if table == "sync_message" else "Transmission"
        case = Case(
            code="engine.internal",
            subject=f"exception of {what.lower()} {row_id}",
            detail=f"{what} {row_id} failed, and what is wrong could not be told; the server's log says why.",
            faults=None,
            source="message" if table == "sync_message" else "transmission",
            document=f"{what} {row_id}",
            document_domain=None,
            company_id=company,
            trading_partner_id=None,
            endpoint_id=endpoint,
            interface_id=None,
            process_id=None,
            seen_at=fields.Datetime.now(),
            row_ids=[row_id],
        )
        self._fold([case], table)
        return 1

    @api.model
    @api.private
    def _open(
        self,
        code,
        *,
        detail,
        subject,
        company,
        document,
        document_domain=None,
        trading_partner=None,
        endpoint=None,
        interface=None,
        process=None,
        due_at=None,
    ):
        """Open, or count once more, an exception for a condition that is no failed document; returns it as superuser.

        Runs in the caller's transaction. ``subject`` names the case for good (``milestone invoice.paid of S00012``):
        :meth:`_over` with the same code and subject closes it. ``document`` is what the sentence begins with.
        """
        case = Case(
            code=code,
            subject=subject,
            detail=detail,
            faults=None,
            source="condition",
            document=document,
            document_domain=document_domain,
            company_id=company.id,
            trading_partner_id=trading_partner.id if trading_partner else None,
            endpoint_id=endpoint.id if endpoint else None,
            interface_id=interface.id if interface else None,
            process_id=process.id if process else None,
            seen_at=fields.Datetime.now(),
            row_ids=[0],
        )
        exceptions = self.sudo().with_context(**QUIETLY)  # sudo: opened by the system, see _collect
        exceptions.flush_model()
        exception = exceptions.browse(exceptions._upsert([case])[case.fingerprint])
        if due_at:
            exception.due_at = due_at
        return exception

    # -- folding ---------------------------------------------------------------------------------------------------

    def _collect_failed(self, limit, ids=None):
        self.env.cr.execute(FAILED, {"limit": limit, "ids": ids})
        rows = self.env.cr.fetchall()
        types = {r.id: r for r in self.env["sync.document.type"].browse({row[7] for row in rows if row[7]})}
        partners = {r.id: r.name for r in self.env["sync.trading.partner"].browse({row[3] for row in rows if row[3]})}
        cases = []
        for (
            message,
            code,
            company,
            partner,
            endpoint,
            interface,
            process,
            kind,
            reference,
            direction,
            detail,
            faults,
            subject,
            seen_at,
        ) in rows:
            document_type = types.get(kind)
            entry = wording.fault_type(wording.EXPIRED.get(code, code))
            cases.append(
                Case(
                    code=entry.code,
                    subject=subject or "",
                    detail=detail or entry.meaning,
                    faults=faults,
                    source="message",
                    document=wording.document_label(
                        document_type.code if document_type else None, reference, partners.get(partner), direction
                    ),
                    document_domain=document_type.domain if document_type else None,
                    company_id=company,
                    trading_partner_id=partner,
                    endpoint_id=endpoint,
                    interface_id=interface,
                    process_id=process,
                    seen_at=seen_at.replace(microsecond=0),
                    row_ids=[message],
                )
            )
        self._fold(cases, "sync_message")
        self.env["sync.missing.code"]._note([(row[0], row[2], row[11]) for row in rows])
        return len(rows)

    def _collect_rejected(self, limit, ids=None):
        self.env.cr.execute(REJECTED, {"limit": limit, "ids": ids})
        rows = self.env.cr.fetchall()
        endpoints = {r.id: r.name for r in self.env["sync.endpoint"].browse({row[4] for row in rows})}
        self._fold(
            [
                Case(
                    code=wording.fault_type(code).code,
                    subject="",
                    detail=detail or wording.fault_type(code).meaning,
                    faults=None,
                    source="transmission",
                    document=endpoints[endpoint],
                    document_domain=None,
                    company_id=company,
                    trading_partner_id=partner,
                    endpoint_id=endpoint,
                    interface_id=None,
                    process_id=None,
                    seen_at=seen_at.replace(microsecond=0),
                    row_ids=[transmission],
                )
                for transmission, code, company, partner, endpoint, detail, seen_at in rows
            ],
            "sync_transmission",
        )
        return len(rows)

    def _fold(self, cases, table):
        """Upsert one exception per fingerprint and tie the rows of ``table`` to it."""
        folded = {}
        for case in cases:
            known = folded.setdefault(case.fingerprint, case)
            if known is not case:
                known.row_ids += case.row_ids
                known.seen_at = max(known.seen_at, case.seen_at)
        if not folded:
            return
        ids = self._upsert(sorted(folded.values(), key=lambda case: case.fingerprint))
        pairs = [(row_id, ids[print_]) for print_, case in folded.items() for row_id in case.row_ids]
        self.env.cr.execute(
            f"""UPDATE {table} t SET exception_id = p.exception_id
                  FROM unnest(%s::int[], %s::int[]) AS p(id, exception_id) WHERE t.id = p.id""",
            [list(column) for column in zip(*pairs, strict=True)],
        )
        if table == "sync_message":
            self.browse(ids.values())._count_documents()

    def _upsert(self, cases):
        """Insert or count up, in one statement and in one order for everybody; returns {fingerprint: id}."""
        rows = []
        for case in cases:
            entry = wording.fault_type(case.code)
            times = len(case.row_ids)
            rows.append(
                (
                    case.fingerprint,
                    entry.code,
                    entry.title,
                    entry.advice,
                    wording.severity(entry),
                    entry.nature,
                    wording.domain(entry, case.document_domain),
                    entry.fixer,
                    case.source,
                    case.subject,
                    case.detail,
                    case.faults,
                    case.company_id,
                    case.trading_partner_id,
                    case.endpoint_id,
                    case.interface_id,
                    case.process_id,
                    case.document,
                    wording.sentence(case.document, entry.title, case.subject, 1),
                    times,
                    case.seen_at,
                    case.seen_at,
                )
            )
        found = self.env.cr.execute_values(UPSERT, rows, template=TEMPLATE, page_size=len(rows), fetch=True)
        self.invalidate_model()
        self.browse(exception_id for exception_id, _print, fresh in found if fresh)._assign()
        return {print_: exception_id for exception_id, print_, _fresh in found}

    def _count_documents(self):
        """The number of documents, the sentence that says it, and whether any is still on its way."""
        self.env.cr.execute(
            """UPDATE sync_exception e
                  SET settling = EXISTS (SELECT FROM sync_message m WHERE m.exception_id = e.id
                                            AND m.state IN ('ready', 'parked'))
                WHERE e.id = ANY(%s) AND e.settling""",
            [self.ids],
        )
        self.env.cr.execute(
            "SELECT exception_id, count(*) FROM sync_message WHERE exception_id = ANY(%s) GROUP BY exception_id",
            [self.ids],
        )
        for exception_id, documents in self.env.cr.fetchall():
            exception = self.browse(exception_id)
            exception._move(
                {
                    "message_count": documents,
                    "name": wording.sentence(exception.first_document, exception.title, exception.subject, documents),
                }
            )
