"""The bytes of a file that was kept in blocks, read as a stream."""

from io import BufferedReader, RawIOBase

from odoo import SUPERUSER_ID, api

from ...core.faults import Fault
from .cursor import read_committed
from .filing import BLOCK
from .sealing import SEALED, opened


def stream(registry, transmission_id, size):
    """The file as a stream of bytes.

    :raises Fault: ``receive.content_gone`` where retention or an erasure has taken them
    """
    return BufferedReader(Blocks(registry, transmission_id, size), BLOCK)


class Blocks(RawIOBase):
    """The bytes of a file, block by block: no transaction is open while it is read.

    :raises Fault: ``receive.content_gone`` where retention or an erasure has taken them
    """

    def __init__(self, registry, transmission_id, size):
        super().__init__()
        self.registry, self.block = registry, b""
        with read_committed(registry) as cr:
            cr.execute(
                """SELECT id FROM sync_payload WHERE transmission_id = %s AND kind = 'file' AND erased_at IS NULL
                    ORDER BY id""",
                [transmission_id],
            )
            self.ids = [row[0] for row in cr.fetchall()]
            cr.execute("SELECT coalesce(sum(size), 0) FROM sync_payload WHERE id = ANY(%s)", [self.ids])
            if cr.fetchone()[0] != size:
                raise Fault("receive.content_gone", "The bytes of the file are not kept any more.")

    def readable(self):
        """As of any stream."""
        return True

    def readinto(self, buffer):
        """As of any stream."""
        if not self.block and self.ids:
            self.block = self._next()
        count = min(len(buffer), len(self.block))
        buffer[:count] = self.block[:count]
        self.block = self.block[count:]
        return count

    def _next(self):
        with read_committed(self.registry) as cr:
            cr.execute(f"SELECT {SEALED} FROM sync_payload p WHERE p.id = %s", [self.ids.pop(0)])
            row = cr.fetchone()
            content = opened(api.Environment(cr, SUPERUSER_ID, {}), *row) if row else None  # for the server's keys
        if content is None:
            raise Fault("receive.content_gone", "The bytes of the file are not kept any more.")
        return content
