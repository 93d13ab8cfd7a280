"""Documents of one key in the right order: of snapshots only the newest matters."""

from ....core.faults import Fault
from . import fall_back

NAME = "sequence"


def run(batch, works):
    """Supersede a snapshot behind which a newer one already waits, or one that comes back after a newer was applied.

    And keep what came after its request was answered by a fallback that stands.
    """
    fall_back.keep_what_is_late(batch, works)
    works = [work for work in works if work.live]
    snapshots = [work for work in works if batch.interface(work.interface_id).head_policy == "supersede"]
    if not snapshots:
        return
    batch.env.cr.execute(
        """SELECT m.id FROM sync_message m
            WHERE m.id = ANY(%s)
              AND (EXISTS (SELECT 1 FROM sync_message o
                            WHERE o.lane_id = m.lane_id AND o.state = 'ready' AND o.id > m.id
                              AND o.interface_id = m.interface_id)
                OR EXISTS (SELECT 1 FROM sync_message o
                            WHERE o.lane_id = m.lane_id AND o.state = 'done' AND o.snapshot AND o.id > m.id
                              AND o.interface_id = m.interface_id))""",
        [[work.message_id for work in snapshots]],
    )
    old = {row[0] for row in batch.env.cr.fetchall()}
    for work in snapshots:
        if work.message_id in old:
            work.outcome = Fault(
                "sequence.superseded",
                "A newer statement of the same thing has arrived.",
            )
