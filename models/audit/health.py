"""The trail looks after itself: linked each minute, its newest part verified and anchored each day."""

import logging

from odoo import api, models

from ...core.audit import GENESIS
from ..exchange.cursor import read_committed
from ..monitor.checks import LOOKS, Finding
from .chain import verify

_logger = logging.getLogger(__name__)

TAIL_MINUTES = 10
"""Entries that are not linked after this are a sign that nobody links."""
STALE_HOURS = 50
"""Verified less often than every other day: the scheduled action does not run."""


class SyncEngine(models.AbstractModel):
    _inherit = "sync.engine"

    @api.model
    @api.private
    def _housekeep(self):
        self._look_after("audit trail", self.env["sync.audit.chain"]._link_all)
        return super()._housekeep()


class SyncAuditChain(models.Model):
    _inherit = "sync.audit.chain"

    @api.model
    @api.private
    def _daily(self):
        """Link, verify what came since the last time, and anchor the newest link."""
        self._link_all()
        verdict = self._verify_newest()
        if verdict.breaks:
            _logger.error("The audit trail does not hold: %s", verdict.breaks[0])
        self.env["sync.audit.anchor"]._take()
        return verdict

    @api.model
    @api.private
    def _verify_newest(self):
        """Verify from where the last time ended; what was found stays until the whole chain is found to hold again."""
        with read_committed(self.env.registry) as cr:
            cr.execute("SELECT coalesce(verified_position, 0) FROM sync_audit_chain WHERE id = 1")
            (after,) = cr.fetchone()
            head = GENESIS
            if after:
                cr.execute("SELECT hash FROM sync_audit_entry WHERE position = %s", [after])
                row = cr.fetchone()
                # The link where it ended last is gone: then nothing is taken on trust.
                after, head = (after, row[0]) if row else (0, GENESIS)
            verdict = verify(cr, after, head)
            self._keep_verdict(cr, verdict, whole=after == 0)
        return verdict

    @api.model
    @api.private
    def _keep_verdict(self, cr, verdict, *, whole):
        """Remember what a walk found."""
        found = "\n".join(map(str, verdict.breaks[:20])) or None
        cr.execute(
            """UPDATE sync_audit_chain
                  SET verified_at = now() AT TIME ZONE 'UTC',
                      verified_position = CASE WHEN %(found)s::text IS NULL THEN %(position)s
                                               ELSE verified_position END,
                      problem = CASE WHEN %(whole)s THEN %(found)s ELSE coalesce(%(found)s, problem) END
                WHERE id = 1""",
            {"found": found, "position": verdict.position, "whole": whole},
        )


def look(_env, cr):
    """Whether the trail holds, is linked, and somebody verifies it."""
    cr.execute(
        """SELECT position, problem, verified_at IS NULL OR verified_at < (now() AT TIME ZONE 'UTC')
                                                            - make_interval(hours => %s),
                  (SELECT count(*) FROM sync_audit_entry
                    WHERE hash IS NULL AND occurred_at < (now() AT TIME ZONE 'UTC') - make_interval(mins => %s)),
                  coalesce((SELECT min(occurred_at) FROM sync_audit_entry WHERE position = 1)
                           < (now() AT TIME ZONE 'UTC') - make_interval(hours => %s), false)
             FROM sync_audit_chain WHERE id = 1""",
        [STALE_HOURS, TAIL_MINUTES, STALE_HOURS],
    )
    row = cr.fetchone()
    if row is None:
        return Finding("bad", "The head of the audit trail is missing.", 1)
    linked, problem, stale, tail, old = row
    if problem:
        return Finding("bad", "The audit trail does not hold: somebody changed it in the database.", 1, problem)
    if tail:
        return Finding("warning", f"{tail:,} entries of the audit trail wait to be linked.", tail)
    if stale and old:
        return Finding("warning", "Nobody has verified the audit trail for two days.", linked)
    return Finding("ok", f"The audit trail holds; {linked:,} entries.", linked)


LOOKS["audit"] = look


class SyncEngineCheck(models.Model):
    _inherit = "sync.engine.check"

    @api.model
    def _texts(self):
        return {
            **super()._texts(),
            "audit": (
                self.env._("Audit trail"),
                self.env._(
                    "The details name the entries. Keep a copy of the database, run the command “sync_audit verify”,"
                    " and compare with the anchors kept outside. If entries only wait to be linked, see that the"
                    " scheduled actions run."
                ),
            ),
        }
