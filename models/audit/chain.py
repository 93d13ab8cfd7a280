"""Entries are linked one behind the other, shortly after they were committed."""

import logging
from dataclasses import dataclass, field

from odoo import api, fields, models

from ...core.audit import GENESIS, Break, Chain
from ..exchange.cursor import CONFLICTS, LOST, read_committed
from .entry import COLUMNS, entry_of

_logger = logging.getLogger(__name__)

CHUNK = 1_000
"""Entries that are linked in one transaction, and read at once."""
SCHEDULED = "sync_governance.audit"

_SELECT = f"SELECT {', '.join(COLUMNS)} FROM sync_audit_entry"
_HEAD = "SELECT position, hash FROM sync_audit_chain WHERE id = 1 FOR UPDATE"
_HEAD_IF_FREE = f"{_HEAD} SKIP LOCKED"
_LINK = """
    UPDATE sync_audit_entry e SET position = t.position, previous_hash = t.previous_hash, hash = t.hash
      FROM unnest(%s::int[], %s::int[], %s::text[], %s::text[]) AS t(id, position, previous_hash, hash)
     WHERE e.id = t.id
"""
GUARD = """
CREATE OR REPLACE FUNCTION sync_audit_head_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.id = OLD.id AND coalesce(NEW.position, 0) >= coalesce(OLD.position, 0)
       AND (NEW.position IS DISTINCT FROM OLD.position OR NEW.hash IS NOT DISTINCT FROM OLD.hash) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The head of the audit trail only moves on' USING ERRCODE = 'check_violation';
END $guard$;
DROP TRIGGER IF EXISTS sync_audit_head_fixed ON sync_audit_chain;
CREATE TRIGGER sync_audit_head_fixed BEFORE UPDATE OR DELETE ON sync_audit_chain
    FOR EACH ROW EXECUTE FUNCTION sync_audit_head_guard();
"""


@dataclass(slots=True)
class Verdict:
    """What a walk along the chain found. ``tail`` entries are written and not linked yet."""

    count: int = 0
    position: int = 0
    head: str = GENESIS
    breaks: list[Break] = field(default_factory=list)
    tail: int = 0

    @property
    def holds(self):
        """Whether everything that was looked at holds together."""
        return not self.breaks


class SyncAuditChain(models.Model):
    """One row: the newest link, and how far the chain was verified.

    Business only adds entries and waits for nobody. Whoever has committed some links all that are committed and not
    linked yet, in a transaction of its own under the lock of this row; if another does so already, he leaves it to him.
    What a process that died has left is linked within a minute, and before anything is verified or exported.
    """

    _name = "sync.audit.chain"
    _description = "Chain of the audit trail"
    _inherit = ["sync.engine.record"]
    _log_access = False

    position = fields.Integer(string="Entries linked", readonly=True)
    hash = fields.Char(string="Newest hash", readonly=True)
    verified_position = fields.Integer(string="Verified up to", readonly=True)
    verified_at = fields.Datetime(string="Verified", readonly=True)
    problem = fields.Text(readonly=True)

    def init(self):
        self.env.cr.execute(
            "INSERT INTO sync_audit_chain (id, position, hash) VALUES (1, 0, %s) ON CONFLICT DO NOTHING", [GENESIS]
        )
        self.env.cr.execute(GUARD)

    # -- linking ---------------------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _link_after_commit(self):
        """Link what this transaction adds, as soon as it is committed."""
        postcommit = self.env.cr.postcommit
        if not postcommit.data.get(SCHEDULED):
            postcommit.data[SCHEDULED] = True
            postcommit.add(self._link_soon)

    @api.model
    @api.private
    def _link_soon(self):
        """Link what is there unless another does so just now; what fails is done within a minute by housekeeping."""
        try:
            self._link_all(wait=False)
        except Exception as error:
            if getattr(error, "pgcode", None) in CONFLICTS or isinstance(error, LOST):
                _logger.info("The audit trail is linked later: %s", error)
            else:
                _logger.exception("The audit trail could not be linked; it is tried again within a minute")

    @api.model
    @api.private
    def _link_all(self, *, wait=True):
        """Link all that is committed; returns how many entries.

        :param wait: for the lock of another who links just now, or leave it to him
        """
        linked = 0
        while True:
            with read_committed(self.env.registry) as cr:
                count = link(cr, wait=wait)
            linked += count
            if count < CHUNK:
                return linked

    # -- verifying -------------------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _verify(self, cr=None):
        """Walk along the whole chain; returns a :class:`Verdict`. Links what is there first."""
        if cr is not None:
            return verify(cr)
        self._link_all()
        with read_committed(self.env.registry) as own:
            return verify(own)


def link(cr, *, wait=True, limit=CHUNK):
    """Link the next ``limit`` committed entries over a READ COMMITTED cursor; returns how many.

    The lock comes first and the entries are read by a statement that starts under it, so that none is linked twice and
    positions have no gaps.
    """
    cr.execute(_HEAD if wait else _HEAD_IF_FREE)
    row = cr.fetchone()
    if row is None:
        return 0
    chain = Chain(*row)
    cr.execute(f"{_SELECT} WHERE hash IS NULL ORDER BY id LIMIT %s", [limit])
    entries = [chain.add(entry_of(found)) for found in cr.fetchall()]
    if entries:
        columns = ("id", "position", "previous_hash", "hash")
        cr.execute(_LINK, [[entry[name] for entry in entries] for name in columns])
        cr.execute("UPDATE sync_audit_chain SET position = %s, hash = %s WHERE id = 1", [chain.position, chain.head])
    return len(entries)


def walk(cr, after=0, upto=None):
    """Linked entries behind the position ``after``, up to and with ``upto``, in their order; a chunk in memory at a
    time."""
    while upto is None or after < upto:
        cr.execute(
            f"{_SELECT} WHERE position > %s AND (%s IS NULL OR position <= %s) ORDER BY position, id LIMIT %s",
            [after, upto, upto, CHUNK],
        )
        rows = cr.fetchall()
        if not rows:
            return
        for row in rows:
            entry = entry_of(row)
            after = entry["position"]
            yield entry


def verify(cr, after=0, head=GENESIS):
    """What is linked behind the position ``after``, whose hash is ``head``, up to the newest link there is now.

    Besides the links it is looked at whether the newest ones are there, and whether every anchor that was taken is
    still a link of this chain.
    """
    cr.execute("SELECT position, hash FROM sync_audit_chain WHERE id = 1")
    newest = cr.fetchone() or (0, GENESIS)
    verdict = Verdict()
    chain = Chain(after, head)
    verdict.breaks = list(chain.verify(walk(cr, after, newest[0])))
    verdict.count, verdict.position, verdict.head = chain.count, chain.position, chain.head
    if chain.position < newest[0]:
        reason = f"the newest entries are missing: {newest[0]} were linked"
        verdict.breaks.append(Break(chain.position + 1, reason))
    elif chain.head != newest[1]:
        verdict.breaks.append(Break(chain.position, "the newest entry is not the one that was linked"))
    cr.execute("SELECT id, position FROM sync_audit_entry WHERE position > %s ORDER BY position LIMIT 1", [newest[0]])
    beyond = cr.fetchone()
    cr.execute("SELECT position FROM sync_audit_chain WHERE id = 1")
    if beyond and cr.fetchone()[0] == newest[0]:
        verdict.breaks.append(Break(beyond[1], "it stands behind the newest link", beyond[0]))
    cr.execute(
        """SELECT a.position, a.hash FROM sync_audit_anchor a LEFT JOIN sync_audit_entry e ON e.position = a.position
            WHERE a.position > %s AND e.hash IS DISTINCT FROM a.hash ORDER BY a.position""",
        [after],
    )
    verdict.breaks += [Break(position, "an anchor names another hash for it") for position, _hash in cr.fetchall()]
    cr.execute("SELECT count(*) FROM sync_audit_entry WHERE hash IS NULL")
    (verdict.tail,) = cr.fetchone()
    return verdict
