"""What the exchange has kept about a person: found, and taken out without a break in the trail."""

import hashlib
import hmac
from dataclasses import dataclass, field

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...core.audit.values import MOST
from ...core.security.erasure import anonymised, find_in
from ..exchange.sealing import EVENT, SEALED, event_text, opened, ring_of, seal, seal_event
from .entry import Draft

CHUNK = 1_000
"""Bodies or events that are read at once; all are looked at, chunk by chunk."""
PURPOSE = "erasure digest"
TEXTS = {
    "sync_attempt": ("detail", "faults", "subject"),
    "sync_exception": ("name", "subject", "detail", "faults", "first_document", "resolution"),
    "sync_message": ("reference",),
    "sync_transmission": ("headers", "dedupe_key", "topic", "fault_detail"),
    "sync_event": ("ordering_key",),
    "sync_effect": ("label",),
    "sync_acknowledgement": ("detail",),
    "sync_missing_code": ("external_id",),
    "sync_ownership_write": ("reference", "words", "document", "values", "decision_note"),
    "sync_change_replay": ("before", "after", "differences"),
}
"""Free texts in which a person may stand, by table."""
STILL_NEEDED = {
    "sync_message": "done_at IS NULL",
    "sync_event": "state = 'new' OR EXISTS (SELECT FROM sync_message m WHERE m.event_id = o.id AND m.done_at IS NULL)",
    "sync_ownership_write": "state = 'proposed'",
}
"""What goes on with its texts is left, and said."""
OWN_COUNT = ("sync_attempt", "sync_exception")
"""Tables that are counted by themselves."""

_CANDIDATES = f"""
    SELECT p.id, p.message_id, p.transmission_id, {SEALED} FROM sync_payload p
     WHERE p.company_id = %(company)s AND p.content IS NOT NULL AND p.erased_at IS NULL
       AND p.id > %(after)s
       AND (p.key_id IS NOT NULL OR CASE WHEN %(digits)s <> '' THEN encode(p.content, 'escape') ~ %(digits)s
                                         ELSE lower(encode(p.content, 'escape')) LIKE ANY(%(likes)s) END)
     ORDER BY p.id LIMIT %(chunk)s
"""
# What is open needs its content to go on.
_OPEN = """
    SELECT p.id FROM sync_payload p
      JOIN sync_message m ON m.id = p.message_id OR (p.transmission_id IS NOT NULL
                                                     AND m.transmission_id = p.transmission_id)
     WHERE p.id = ANY(%s) AND m.done_at IS NULL
"""


@dataclass(slots=True)
class Found:
    """What was found: ids by kind. ``open_ids`` are bodies of documents that are still under way."""

    payload_ids: list[int] = field(default_factory=list)
    open_ids: list[int] = field(default_factory=list)
    event_ids: list[int] = field(default_factory=list)
    open_event_ids: list[int] = field(default_factory=list)
    message_ids: list[int] = field(default_factory=list)
    text_ids: dict[str, list[int]] = field(default_factory=dict)
    note_ids: list[int] = field(default_factory=list)
    xref_ids: list[int] = field(default_factory=list)
    open_text_ids: list[int] = field(default_factory=list)

    @property
    def anything(self):
        """Whether there is something to take out now."""
        texts = any(self.text_ids.values())
        return bool(self.payload_ids or self.event_ids or texts or self.note_ids or self.xref_ids)


class SyncPayload(models.Model):
    _inherit = "sync.payload"

    erased_at = fields.Datetime(
        string="Made anonymous", readonly=True, help="Since then personal data are masked in it; it is not replayed."
    )


class SyncEvent(models.Model):
    _inherit = "sync.event"

    erased_at = fields.Datetime(string="Made anonymous", readonly=True)


class SyncErasure(models.AbstractModel):
    """Looks in bodies, events, attempts, exceptions with their notes, and customers' cross-references of one company.

    The audit trail itself holds no personal data of partners' customers, so nothing in it has to go: of an erasure it
    keeps a keyed digest of the identifier, by which the same one is recognised.
    """

    _name = "sync.erasure"
    _description = "Erasure of personal data"

    @api.model
    @api.private
    def _check_may(self):
        if not self.env.user.has_group("sync_governance.group_security_officer"):
            raise AccessError(self.env._("Security officers erase personal data."))

    # -- finding ---------------------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _find(self, identifier, company):
        """What says ``identifier`` (:class:`~sync_governance.core.security.erasure.Identifier`) in ``company``."""
        self._check_may()
        self.env.flush_all()
        found = Found()
        self._find_bodies(identifier, company, found)
        self._find_events(identifier, company, found)
        if identifier.kind != "order":
            self._find_texts(identifier, company, found)
        return found

    def _find_bodies(self, identifier, company, found):
        cr = self.env.cr
        likes = [f"%{_like(part)}%" for part in identifier.searched()]
        values = {"company": company.id, "likes": likes or [""], "digits": identifier.searched_digits()}
        hits, messages, transmissions = [], set(self._messages_called(identifier, company)), set()
        for payload_id, message_id, transmission_id, *row in self._in_chunks(_CANDIDATES, values):
            if find_in(opened(self.env, *row), identifier):
                hits.append(payload_id)
                messages.add(message_id)
                transmissions.add(transmission_id)
        # The other bodies of the same documents tell about the same person.
        cr.execute(
            """SELECT id FROM sync_message
                WHERE id = ANY(%(messages)s) OR transmission_id = ANY(%(transmissions)s)
                   OR transmission_id IN (SELECT transmission_id FROM sync_message WHERE id = ANY(%(messages)s))""",
            {"messages": sorted(filter(None, messages)), "transmissions": sorted(filter(None, transmissions))},
        )
        found.message_ids = sorted(row[0] for row in cr.fetchall())
        cr.execute(
            """SELECT p.id FROM sync_payload p
                WHERE p.content IS NOT NULL AND p.erased_at IS NULL AND p.company_id = %s
                  AND (p.id = ANY(%s) OR p.message_id = ANY(%s) OR p.transmission_id IN (
                       SELECT transmission_id FROM sync_message WHERE id = ANY(%s) AND transmission_id IS NOT NULL))""",
            [company.id, hits, found.message_ids, found.message_ids],
        )
        ids = [row[0] for row in cr.fetchall()]
        cr.execute(_OPEN, [ids])
        still = {row[0] for row in cr.fetchall()}
        found.open_ids = sorted(still)
        found.payload_ids = sorted(set(ids) - still)

    def _in_chunks(self, query, values):
        """The rows of a query in the order of their ids, ``chunk`` of them at once behind the id ``after``."""
        after, rows = 0, [None] * CHUNK
        while len(rows) == CHUNK:
            self.env.cr.execute(query, {**values, "after": after, "chunk": CHUNK})
            rows = self.env.cr.fetchall()
            after = rows[-1][0] if rows else after
            yield from rows

    def _messages_called(self, identifier, company):
        if identifier.kind != "order":
            return []
        self.env.cr.execute(
            "SELECT id FROM sync_message WHERE company_id = %s AND ltrim(lower(reference), '#') = %s",
            [company.id, identifier.normal],
        )
        return [row[0] for row in self.env.cr.fetchall()]

    def _find_events(self, identifier, company, found):
        likes = [f"%{_like(part.lower())}%" for part in {identifier.value.strip().removeprefix("#"), identifier.normal}]
        rows = self._in_chunks(
            f"""SELECT e.id, e.state = 'new' OR EXISTS (SELECT FROM sync_message m WHERE m.event_id = e.id
                                                                      AND m.done_at IS NULL), {EVENT}
                 FROM sync_event e
                WHERE e.company_id = %(company)s AND e.erased_at IS NULL AND e.id > %(after)s
                  AND (e.document LIKE 'v1.%%' OR CASE WHEN %(digits)s <> '' THEN e.document ~ %(digits)s
                            ELSE lower(e.document) LIKE ANY(%(likes)s) END
                       OR e.id IN (SELECT event_id FROM sync_message WHERE id = ANY(%(messages)s)))
                ORDER BY e.id LIMIT %(chunk)s""",
            {
                "company": company.id,
                "digits": identifier.searched_digits(),
                "likes": likes,
                "messages": found.message_ids,
            },
        )
        for event_id, is_open, *row in rows:
            if find_in((event_text(self.env, *row) or "").encode(), identifier):
                (found.open_event_ids if is_open else found.event_ids).append(event_id)

    def _find_texts(self, identifier, company, found):
        cr, pattern = self.env.cr, _posix(identifier)
        for table, columns in TEXTS.items():
            told = " || ' ' || ".join(f"coalesce({column}, '')" for column in columns)
            cr.execute(
                f"""SELECT o.id, {STILL_NEEDED.get(table, "false")} FROM {table} o
                     WHERE o.company_id = %s AND {told} ~* %s""",
                [company.id, pattern],
            )
            rows = cr.fetchall()
            found.text_ids[table] = [row[0] for row in rows if not row[1]]
            found.open_text_ids += [row[0] for row in rows if row[1]]
        cr.execute(
            """SELECT n.id FROM mail_message n JOIN sync_exception e ON e.id = n.res_id
                WHERE n.model = 'sync.exception' AND e.company_id = %s AND n.body ~* %s""",
            [company.id, pattern],
        )
        found.note_ids = [row[0] for row in cr.fetchall()]
        cr.execute(
            "SELECT id FROM sync_xref WHERE domain = 'customer' AND company_id = %s AND external_id ~* %s",
            [company.id, f"^{pattern}$"],
        )
        found.xref_ids = [row[0] for row in cr.fetchall()]

    # -- taking out ------------------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _erase(self, identifier, company, reason):
        """Take out what :meth:`_find` finds, in this transaction, and write down that it was done; returns what.

        :raises UserError: without a reason
        :raises KeyProblem: without a key, because the entry names the identifier by a keyed digest
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why: the request of the person, a ticket, the end of a contract."))
        found = self._find(identifier, company)
        key_id, digest = self._digest(identifier)
        self._erase_bodies(identifier, found)
        self._erase_events(identifier, found)
        self._erase_texts(identifier, found)
        details = {
            "identifier": identifier.kind,
            "digest": digest,
            "key": key_id,
            "bodies": len(found.payload_ids),
            "events": len(found.event_ids),
            "attempts": len(found.text_ids.get("sync_attempt", ())),
            "exceptions": len(found.text_ids.get("sync_exception", ())),
            "references": sum(len(ids) for table, ids in found.text_ids.items() if table not in OWN_COUNT),
            "notes": len(found.note_ids),
            "cross_references": len(found.xref_ids),
            "left_because_open": len(found.open_ids) + len(found.open_event_ids) + len(found.open_text_ids),
            "body_ids": found.payload_ids[:MOST],
        }
        draft = Draft("erasure", "erase", company_id=company.id, reason=identifier.taken_out(reason), details=details)
        self.env["sync.audit.entry"]._append([draft])
        self.env.invalidate_all(flush=False)
        return found

    def _erase_bodies(self, identifier, found):
        cr = self.env.cr
        cr.execute(
            f"SELECT p.id, {SEALED} FROM sync_payload p WHERE p.id = ANY(%s) ORDER BY p.id FOR UPDATE",
            [found.payload_ids],
        )
        rows = []
        for payload_id, content, key_id, company_id, kind, sha256 in cr.fetchall():
            clean = anonymised(opened(self.env, content, key_id, company_id, kind, sha256) or b"", identifier)
            if key_id and clean is not None:
                key_id, clean = seal(ring_of(self.env), company_id, kind, clean, sha256)
            rows.append((payload_id, clean, key_id))
        # The SHA-256 stays that of what was received or sent: it proves which document it was, and says nothing else.
        cr.execute(
            """UPDATE sync_payload p SET content = t.content, key_id = t.key_id, erased_at = now() AT TIME ZONE 'UTC'
                 FROM unnest(%s::int[], %s::bytea[], %s::text[]) AS t(id, content, key_id) WHERE p.id = t.id""",
            [[row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]],
        )

    def _erase_events(self, identifier, found):
        cr = self.env.cr
        cr.execute(f"SELECT e.id, {EVENT} FROM sync_event e WHERE e.id = ANY(%s) FOR UPDATE", [found.event_ids])
        rows = []
        for event_id, stored, *bound in cr.fetchall():
            text = event_text(self.env, stored, *bound) or ""
            clean = (anonymised(text.encode(), identifier) or b"{}").decode()
            rows.append((event_id, clean if stored == text else seal_event(ring_of(self.env), clean, *bound)))
        cr.execute(
            """UPDATE sync_event e SET document = t.document, erased_at = now() AT TIME ZONE 'UTC'
                 FROM unnest(%s::int[], %s::text[]) AS t(id, document) WHERE e.id = t.id""",
            [[row[0] for row in rows], [row[1] for row in rows]],
        )

    def _erase_texts(self, identifier, found):
        for table, ids in found.text_ids.items():
            self._replace(identifier, table, TEXTS[table], ids)
        self._replace(identifier, "mail_message", ("body",), found.note_ids)
        # sudo: whoever may erase a person may take away what recognises him
        self.env["sync.xref"].sudo().browse(found.xref_ids).unlink()

    def _replace(self, identifier, table, columns, ids):
        if not ids:
            return
        self.env.cr.execute(f"SELECT id, {', '.join(columns)} FROM {table} WHERE id = ANY(%s) FOR UPDATE", [ids])
        rows = [(row[0], *(text and identifier.taken_out(text) for text in row[1:])) for row in self.env.cr.fetchall()]
        assigned = ", ".join(f"{column} = t.{column}" for column in columns)
        arrays = ", ".join("%s::text[]" for _column in columns)
        self.env.cr.execute(
            f"""UPDATE {table} o SET {assigned} FROM unnest(%s::int[], {arrays}) AS t(id, {", ".join(columns)})
                 WHERE o.id = t.id""",
            [list(column) for column in zip(*rows, strict=True)],
        )

    # -- remembering -----------------------------------------------------------------------------------------------

    @api.model
    def _digest(self, identifier, key_id=None):
        """(key id, keyed digest) that recognises the identifier and tells it to nobody without the key."""
        ring = ring_of(self.env)
        key = ring.derive(PURPOSE, key_id)
        content = f"{identifier.kind}:{identifier.normal}".encode()
        return key_id or ring.primary, hmac.digest(key, content, hashlib.sha256).hex()

    @api.model
    @api.private
    def _erased_before(self, identifier):
        """Entries of earlier erasures of the same identifier, under every key that is configured."""
        digests = [self._digest(identifier, key_id)[1] for key_id in ring_of(self.env).key_ids]
        self.env.cr.execute(
            """SELECT id FROM sync_audit_entry
                WHERE kind = 'erasure' AND details::jsonb ->> 'digest' = ANY(%s) ORDER BY id""",
            [digests],
        )
        return self.env["sync.audit.entry"].browse(row[0] for row in self.env.cr.fetchall())


def _posix(identifier):
    """The identifier as PostgreSQL's regular expression, to find what Python then looks at."""
    if identifier.kind == "phone":
        return identifier.searched_digits()
    return r"\s+".join(_quoted(word) for word in identifier.value.split())


def _quoted(text):
    return "".join(char if char.isalnum() or char in " _-@" else f"\\{char}" for char in text)


def _like(text):
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
