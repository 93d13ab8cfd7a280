"""What has to be looked after every minute, whoever works."""

import logging

from odoo import api, models

from ...core import queue
from .cursor import read_committed

_logger = logging.getLogger(__name__)


class SyncEngine(models.AbstractModel):
    _inherit = "sync.engine"

    @api.model
    @api.private
    def _housekeep(self):
        """Every minute: rescue the work of dead workers, expire what waited too long, find lost wake-ups."""
        rescued = self._rescue()
        with read_committed(self.env.registry) as cr:
            opened = queue.release_overdue(cr)
        # Apart: what locks lanes holds no message of another statement, or two could wait in a circle.
        with read_committed(self.env.registry) as cr:
            expired = queue.expire_parked(cr)
            lost = queue.sweep(cr)
            cr.execute(
                """DELETE FROM sync_worker
                    WHERE heartbeat_at < (now() AT TIME ZONE 'UTC') - interval '1 hour'"""
            )
            cr.execute(
                """DELETE FROM sync_command
                    WHERE executed_at < (now() AT TIME ZONE 'UTC') - interval '1 day'"""
            )
        with read_committed(self.env.registry) as cr:
            # Superuser: the system looks after every company's endpoints.
            api.Environment(cr, api.SUPERUSER_ID, {})["sync.endpoint"]._look_after()
        if lost:
            _logger.error(
                "Found %s lanes asleep with open work: lost wake-ups, please report",
                len(lost),
            )
        if rescued or expired or opened or lost:
            self._wake()

    @api.model
    @api.private
    def _rescue(self):
        """Release the lanes of workers that died; returns them."""
        with read_committed(self.env.registry) as cr:
            rescued = queue.rescue(cr)
        if rescued:
            _logger.warning("Took up %s lanes of workers that died", len(rescued))
        return rescued
