"""Messages say themselves whether they stop their lane, and which of them were applied as snapshots."""


def migrate(cr, version):
    """Carry over what lanes and policies say; a lane that is stopped lets pass what stands before."""
    cr.execute("ALTER TABLE sync_lane DROP CONSTRAINT IF EXISTS sync_lane_sleeping_when_blocked")
    cr.execute(
        """UPDATE sync_message SET stops_lane = true
            WHERE id IN (SELECT blocked_message_id FROM sync_lane) AND state = 'failed'"""
    )
    cr.execute(
        """UPDATE sync_message m SET snapshot = true
             FROM sync_interface i JOIN sync_policy p ON p.id = i.policy_id
            WHERE i.id = m.interface_id AND p.head_policy = 'supersede' AND m.state = 'done'"""
    )
    cr.execute(
        """UPDATE sync_command SET state = CASE WHEN executed_at IS NULL THEN 'open' ELSE 'done' END,
                  cursor_id = 0, looked_at = 0
            WHERE state IS NULL"""
    )
