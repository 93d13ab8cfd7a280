"""Lanes at rest leave after a day: those that rest now begin that day now."""


def migrate(cr, version):
    """Say since when."""
    cr.execute(
        """UPDATE sync_lane SET rested_at = now() AT TIME ZONE 'UTC'
            WHERE next_at IS NULL AND claim IS NULL AND blocked_message_id IS NULL AND rested_at IS NULL"""
    )
