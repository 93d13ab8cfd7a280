"""A message has one document of a kind since this version, and the database says so."""


def migrate(cr, version):
    """Of several keep the newest, which is the one that was shown."""
    cr.execute(
        """DELETE FROM sync_payload p USING sync_payload n
            WHERE p.message_id = n.message_id AND p.kind = n.kind AND p.id < n.id"""
    )
