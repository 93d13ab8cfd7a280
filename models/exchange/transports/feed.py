"""Nothing is sent: the partner fetches it from its feed."""

from datetime import timedelta

from odoo import api, models

from ....core.faults import Fault
from ....core.queue.feed import FEED, WAITING_CODE
from ....core.work import Wait


class SyncTransportFeed(models.AbstractModel):
    """What is ready waits in the partner's feed until it was fetched and acknowledged; see ``feed.py``."""

    _name = "sync.transport.feed"
    _description = "Transport: fetched by the partner"
    _inherit = ["sync.transport"]
    _transport = "feed"

    @api.private
    def _prepare(self, work, door):
        """No parcel: the work waits, as long as its endpoint says; after that a person is told."""
        self.env.cr.execute("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
        now = self.env.cr.fetchone()[0]
        hours = door.feed_hours
        work.outcome = Wait(
            wait_type=FEED,
            wait_ref=str(door.id),
            fault=Fault(WAITING_CODE, f"{door.name} has not fetched it yet.", subject=f"endpoint {door.code}"),
            deadline=now + timedelta(hours=hours) if hours else None,
            process_id=work.process_id,
        )
