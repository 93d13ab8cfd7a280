"""What is left of the minute, for those who ask."""

import math
import time

from odoo import api, models

from ..exchange.gauge import _SLICES, Slice, TurnedAway
from ..exchange.trip import request_cursor


class SyncGauge(models.Model):
    _inherit = "sync.gauge"

    @api.model
    @api.private
    def _admit_read(self, profile):
        """Let a read in, which counts as one document of the minute; how many documents wait does not matter to it.

        :raises TurnedAway: ``receive.too_many``
        """
        limit = profile["rate_per_minute"]
        if not limit:
            return
        most = self._most_in_total()
        mine = _SLICES.setdefault((self.env.cr.dbname, profile["id"]), Slice())
        with mine.lock:
            if mine.is_due((limit, profile["max_waiting"], most), 1):
                with request_cursor(self.env) as cr:
                    self._look(cr, mine, profile, limit, most, 1)
            if mine.rate < 1:
                mine.refused += 1
                raise TurnedAway(
                    "receive.too_many",
                    f"This endpoint answers {limit} calls a minute.",
                    subject=f"endpoint {profile['code']}",
                    retry_after=max(1, math.ceil(mine.minute_ends - time.monotonic())),
                )
            mine.rate -= 1
            mine.used += 1

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
