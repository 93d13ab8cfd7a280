"""What has to be looked after every minute, whoever works."""

import logging

from odoo import api, models

from ...core import queue
from .cursor import CONFLICTS, read_committed

_logger = logging.getLogger(__name__)

IDLE_LANES = 5000
"""Lanes looked at in one transaction, and how many such windows a minute."""
IDLE_WINDOWS = 20


class SyncEngine(models.AbstractModel):
    _inherit = "sync.engine"

    @api.model
    @api.private
    def _housekeep(self):
        """Every minute, one by one: when one fails it is logged, and the others are done all the same."""
        moved = [
            self._look_after("rescue", self._rescue),
            self._look_after("lost wake-ups", self._sweep),
        ]
        self._look_after("health of endpoints", self._look_after_endpoints)
        self._look_after("pick-ups", self._look_after_polls)
        self._look_after("dead workers", self._bury)
        self._look_after("idle lanes", self._delete_idle_lanes)
        self._look_after("health", self.env["sync.engine.check"]._refresh)
        if any(moved):
            self._wake()

    def _look_after_endpoints(self):
        with read_committed(self.env.registry) as cr:
            # Superuser: the system looks after every company's endpoints.
            api.Environment(cr, api.SUPERUSER_ID, {})["sync.endpoint"]._look_after()

    def _look_after_polls(self):
        with read_committed(self.env.registry) as cr:
            # Superuser: as above.
            api.Environment(cr, api.SUPERUSER_ID, {})["sync.endpoint"]._look_after_polls()

    def _look_after(self, name, part):
        try:
            return part()
        except Exception as error:
            if getattr(error, "pgcode", None) in CONFLICTS:
                _logger.info("Housekeeping (%s) lost a race and comes again: %s", name, error.pgcode)
            else:
                _logger.exception("Housekeeping (%s) failed", name)
            return None

    @api.model
    @api.private
    def _rescue(self):
        """Release the lanes of workers that died; returns them."""
        with read_committed(self.env.registry) as cr:
            rescued = queue.rescue(cr)
        if rescued:
            _logger.warning("Took up %s lanes of workers that died", len(rescued))
        return rescued

    def _sweep(self):
        with read_committed(self.env.registry) as cr:
            lost = queue.sweep(cr)
        if lost:
            _logger.error("Found %s lanes asleep with open work: lost wake-ups, please report", len(lost))
            self.env["sync.engine.check"]._note("lost_wakeups", len(lost))
        return lost

    def _bury(self):
        with read_committed(self.env.registry) as cr:
            cr.execute("DELETE FROM sync_worker WHERE heartbeat_at < (now() AT TIME ZONE 'UTC') - interval '1 hour'")

    def _delete_idle_lanes(self):
        """Go on with the round over all lanes, some windows a minute; the place is kept between runs."""
        for _ in range(IDLE_WINDOWS):
            with read_committed(self.env.registry) as cr:
                cr.execute(
                    """INSERT INTO sync_purge (step, position, removed) VALUES ('lane', 0, 0) ON CONFLICT DO NOTHING"""
                )
                cr.execute("SELECT position FROM sync_purge WHERE step = 'lane' FOR UPDATE")
                (after,) = cr.fetchone()
                upto, deleted = queue.delete_idle(cr, after=after, limit=IDLE_LANES)
                cr.execute(
                    """UPDATE sync_purge
                          SET position = %s, removed = removed + %s,
                              finished_at = CASE WHEN %s THEN now() AT TIME ZONE 'UTC' END
                        WHERE step = 'lane'""",
                    [upto or 0, len(deleted), upto is None],
                )
            if upto is None:
                return
