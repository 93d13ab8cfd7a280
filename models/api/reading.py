"""What the API shows: messages and documents of the caller's own trading partner, in its company.

Read as committed now, in a transaction of its own: what the same request has just stored is seen.
"""

import json

from odoo import api, models
from odoo.tools import ormcache

from ...core.api.paging import cursor
from ...core.api.problems import errors_of, is_ours, problem_of
from ...core.api.resources import PREFIX, read_at
from ...core.codecs import codec
from ...core.faults import Fault
from ..exchange.cursor import read_committed
from ..exchange.sealing import EVENT, SEALED, event_text, opened

_MESSAGE = """
    SELECT m.id, m.uid, m.direction, m.state, m.endpoint_id, t.code AS type, m.reference, m.fault_code, m.created_at,
           m.done_at, m.transmission_id
      FROM sync_message m LEFT JOIN sync_document_type t ON t.id = m.document_type_id
     WHERE m.uid = %s AND m.trading_partner_id = %s AND m.company_id = %s AND m.direction IN ('inbound', 'outbound')
"""
_DOCUMENTS = f"""
    SELECT m.id, e.uid, e.occurred_at, {EVENT}
      FROM sync_message m JOIN sync_event e ON e.id = m.event_id
     WHERE m.trading_partner_id = %(partner)s AND m.company_id = %(company)s AND m.direction = 'outbound'
       AND m.state = 'done' AND e.document_type = %(type)s AND m.document_type_id = e.document_type_id
       AND m.document_type_id = (SELECT id FROM sync_document_type WHERE code = %(type)s)
       AND (%(uid)s::text IS NULL OR e.uid = %(uid)s) AND (%(number)s::text IS NULL OR m.reference = %(number)s)
       AND (%(before)s::int IS NULL OR m.id < %(before)s)
       AND NOT EXISTS (SELECT 1 FROM sync_message later
                        WHERE later.event_id = m.event_id AND later.trading_partner_id = m.trading_partner_id
                          AND later.direction = 'outbound' AND later.state = 'done' AND later.id > m.id)
     ORDER BY m.id DESC LIMIT %(limit)s
"""


class SyncApi(models.AbstractModel):
    _inherit = "sync.api"

    @api.model
    @api.private
    def _message(self, client, uid):
        """What became of a message, as a document; None when there is none that the caller may see."""
        with read_committed(self.env.registry) as cr:
            row = self._row(cr, client, uid)
            return row and self._message_document(cr, client, row)

    @api.model
    @api.private
    def _raw(self, client, uid):
        """The bytes of a message as they arrived or were sent, and their media type.

        :raises Fault: ``request.record_unknown``, ``authentication.scope_missing``, ``receive.content_gone``
        """
        with read_committed(self.env.registry) as cr:
            row = self._row(cr, client, uid)
            if row is None:
                raise _unknown("message")
            client.verdict.demand("read", row["type"])
            inbound = row["direction"] == "inbound"
            cr.execute(
                f"SELECT {SEALED}, p.content_type FROM sync_payload p WHERE p.kind = %s AND p.{_owner(inbound)} = %s",
                ["received" if inbound else "sent", row["transmission_id"] if inbound else row["id"]],
            )
            found = cr.fetchone()
        if not found or found[0] is None:
            raise Fault("receive.content_gone", "The bytes of this message are not kept.", subject="content")
        return opened(self.env, *found[:-1]), found[-1] or "application/octet-stream"

    @api.model
    @api.private
    def _documents(self, client, document_type, *, before=None, limit=1, number=None, uid=None):
        """A page of the documents of a type that the partner was given, the newest first.

        :return: documents with ``id``, ``occurred_at`` and ``document``, and the cursor of the next page or None
        """
        parameters = {
            "partner": client.profile["trading_partner_id"],
            "company": client.profile["company_id"],
            "type": document_type,
            "uid": uid,
            "number": number,
            "before": before,
            "limit": limit + 1,
        }
        with read_committed(self.env.registry) as cr:
            cr.execute(_DOCUMENTS, parameters)
            rows = cr.fetchall()
        crossing = self._crossing(client, document_type)
        entries = [
            {
                "id": event,
                "occurred_at": moment(occurred),
                "document": self._leaving(crossing, self._decoded(event_text(self.env, *stored))),
            }
            for _id, event, occurred, *stored in rows[:limit]
        ]
        return entries, cursor(rows[limit - 1][0]) if len(rows) > limit else None

    @api.model
    @api.private
    def _document(self, client, document_type, uid):
        """One document that the partner was given.

        :raises Fault: ``request.record_unknown``
        """
        entries, _cursor = self._documents(client, document_type, uid=uid)
        entries = entries or self._announced(client, document_type, uid)
        if not entries:
            raise _unknown(read_at(document_type).strip("/"))
        return entries[0]

    @api.private
    def _crossing(self, client, document_type):
        """The crossing of what the caller reads of a type, by the interface by which he is given it; or None.

        :raises Fault: ``deliver.transfer_not_approved``: what may not be sent to where he reads from is not read there
        """
        interface_id = client.gives.get(document_type)
        crossing = self._crossing_to(interface_id, client.profile["id"]) if interface_id else None
        if refusal := crossing and crossing.refusal():
            raise refusal
        return crossing

    @api.model
    @ormcache("interface_id", "endpoint_id")
    def _crossing_to(self, interface_id, endpoint_id):
        """The crossing of an interface's documents to where another endpoint reads them. Kept as profiles are."""
        interface = self.env["sync.interface"].sudo().browse(interface_id)  # sudo: the same for everybody
        endpoint = self.env["sync.endpoint"].sudo().browse(endpoint_id)  # sudo: as above
        return interface._crossing(endpoint._region())

    @api.private
    def _leaving(self, crossing, document):
        """A canonical document as the caller may read it."""
        return crossing.shown(document) if crossing else document

    def _decoded(self, text):
        """The document in a text, its numbers digit for digit."""
        return codec("json").decode(text.encode())

    # -- messages ------------------------------------------------------------------------------------------------------

    def _row(self, cr, client, uid):
        cr.execute(_MESSAGE, [uid, client.profile["trading_partner_id"], client.profile["company_id"]])
        values = cr.fetchone()
        row = values and dict(zip([column.name for column in cr.description], values, strict=True))
        return row if row and self._sees(client, row) else None

    def _sees(self, client, row):
        """Who may read documents of this kind sees what became of them; who sent one sees that as well."""
        sent_it = row["direction"] == "inbound" and row["endpoint_id"] == client.profile["id"]
        return client.verdict.allows("read", row["type"]) or (sent_it and client.verdict.allows("write", row["type"]))

    def _message_document(self, cr, client, row):
        document = {
            "id": row["uid"],
            "direction": row["direction"],
            "type": row["type"],
            "status": row["state"],
            "reference": row["reference"],
            "created_at": moment(row["created_at"]),
            "finished_at": moment(row["done_at"]),
            "links": {"self": f"{PREFIX}/messages/{row['uid']}"},
        }
        if client.verdict.allows("read", row["type"]):
            document["links"]["raw"] = f"{PREFIX}/messages/{row['uid']}/raw"
        if row["state"] == "done" and row["direction"] == "inbound":
            document["changes"] = self._changes(cr, row["id"])
            document["response"] = self._response(cr, row["id"])
        if row["state"] == "failed":
            document["problem"] = self._problem(cr, row)
        return {name: value for name, value in document.items() if value is not None}

    def _changes(self, cr, message_id):
        """What was created or changed in Odoo, by its number."""
        cr.execute("SELECT kind, res_model, label FROM sync_effect WHERE message_id = %s ORDER BY id", [message_id])
        return [{"kind": kind, "model": model, "number": label} for kind, model, label in cr.fetchall()]

    def _response(self, cr, message_id):
        cr.execute(f"SELECT {SEALED} FROM sync_payload p WHERE message_id = %s AND kind = 'response'", [message_id])
        row = cr.fetchone()
        return codec("json").decode(opened(self.env, *row)) if row and row[0] else None

    def _problem(self, cr, row):
        """What is wrong with a message, for its partner: what differs in his own document, of ours only the title."""
        cr.execute("SELECT faults FROM sync_attempt WHERE message_id = %s ORDER BY id DESC LIMIT 1", [row["id"]])
        found = cr.fetchone()
        faults = json.loads(found[0]) if found and found[0] else []
        code = faults[0]["code"] if faults else row["fault_code"] or "engine.internal"
        if row["direction"] == "outbound" or is_ours(code):
            return problem_of(code, None)
        problem = problem_of(code, faults[0].get("detail") if faults else None, status=422)
        errors = errors_of(faults)
        return {**problem, "errors": errors} if errors else problem


def moment(value):
    """A naive UTC time of the database as RFC 3339, or None."""
    return value and f"{value.isoformat(timespec='seconds')}Z"


def _owner(inbound):
    return "transmission_id" if inbound else "message_id"


def _unknown(what):
    return Fault("request.record_unknown", "There is no such record for this partner.", subject=what)
