"""Lanes have a pool of workers since this version; what is delivered has one of its own."""


def migrate(cr, version):
    """Sort the lanes that are there."""
    cr.execute(
        "UPDATE sync_lane SET worker_pool = 'delivery' WHERE direction = 'outbound' AND worker_pool <> 'delivery'"
    )
