"""What is left of the minute, for those who ask."""

import time

from odoo import api, models

from ..exchange.gauge import _SLICES


class SyncGauge(models.Model):
    _inherit = "sync.gauge"

    @api.model
    @api.private
    def _left(self, profile):
        """(documents a minute, how many of them may still come, seconds until the next minute), or None: no limit."""
        limit = profile["rate_per_minute"]
        if not limit:
            return None
        self.env.cr.execute(
            """SELECT coalesce(sum(taken) FILTER (WHERE minute = date_trunc('minute', now() AT TIME ZONE 'UTC')), 0),
                      60 - floor(extract(second FROM now() AT TIME ZONE 'UTC'))
                 FROM sync_gauge WHERE endpoint_id = %s""",
            [profile["id"]],
        )
        taken, seconds = self.env.cr.fetchone()
        mine = _SLICES.get((self.env.cr.dbname, profile["id"]))
        # What this process was promised counts as taken, and may still come.
        promised = mine.rate if mine and time.monotonic() < mine.minute_ends else 0
        return limit, min(limit, limit - int(taken) + promised), int(seconds)
