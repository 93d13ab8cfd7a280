"""Documents that wait: at their deadline, and gathered until it is time."""

from odoo import api, models

from ...core import queue
from .loop import IN_OTHER_HANDS_SECONDS

CHUNK = 1_000
"""Documents that are released in one transaction."""


class SyncDueParked(models.AbstractModel):
    """The deadline of a parked message: it goes on by itself, or a person decides."""

    _name = "sync.due.message.parked"
    _description = "Deadline of a parked document"
    _inherit = ["sync.due.kind"]
    _kind = queue.PARKED
    _title = "A document has waited long enough"
    _about = "sync.message"

    @api.model
    @api.private
    def _due(self, due_times):
        queue.end_waits(self.env.cr, [due.res_id for due in due_times])


class SyncDueGathered(models.AbstractModel):
    """Documents of an interface that are worked together: enough are there, or it is time for them."""

    _name = "sync.due.interface.gathered"
    _description = "Release of gathered documents"
    _inherit = ["sync.due.kind"]
    _kind = queue.GATHERED
    _title = "Gathered documents go on"
    _about = "sync.interface"

    @api.model
    @api.private
    def _due(self, due_times):
        interfaces = self.env["sync.interface"].browse([due.res_id for due in due_times]).exists()
        again = []
        for interface in interfaces:
            seconds = interface.policy_id._seconds_to_window()
            if seconds:
                # Its hours were changed meanwhile.
                again.append((interface, seconds))
                continue
            for wait_type in ("batch", "window"):
                moved, more = queue.release_waiting(
                    self.env.cr, wait_type, [str(interface.id)], limit=CHUNK, patient=False
                )
                if more:
                    again.append((interface, 0 if moved else IN_OTHER_HANDS_SECONDS))
        queue.schedule_in(self.env.cr, queue.GATHERED, [(i.id, i.company_id.id, seconds) for i, seconds in again])


class SyncDue(models.Model):
    _inherit = "sync.due"

    @api.model
    @api.private
    def _hasten_gathered(self, interfaces):
        """Look at once at what these interfaces have gathered."""
        self.env.cr.execute(
            "UPDATE sync_due SET due_at = now() AT TIME ZONE 'UTC' WHERE kind = %s AND res_id = ANY(%s)",
            [queue.GATHERED, interfaces.ids],
        )
