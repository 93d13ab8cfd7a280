"""Cleans the table of lanes behind a busy worker process, more often than autovacuum wakes up.

Every claim and every release leaves a dead row version, and the next claims step over them: within a minute a few
hundred lanes are some hundred thousand dead versions. The table is small, so a pass takes milliseconds.
"""

import logging
import threading
from contextlib import closing

import psycopg2

from odoo.sql_db import connection_info_for

_logger = logging.getLogger(__name__)

EVERY_SECONDS = 15.0
# Nobody waits for us and we for nobody: another worker's janitor, or autovacuum, does as well.
VACUUM = "VACUUM (SKIP_LOCKED, TRUNCATE false) sync_lane"


class Janitor(threading.Thread):
    """Runs beside ``worker`` until :meth:`end`; does nothing while the worker is idle."""

    def __init__(self, worker):
        super().__init__(name="sync-janitor", daemon=True)
        self.worker = worker
        self._ended = threading.Event()

    def run(self):
        """Clean every few seconds when something was worked since the last time."""
        seen = 0
        while not self._ended.wait(EVERY_SECONDS):
            processed = self.worker.processed
            if processed == seen:
                continue
            seen = processed
            try:
                clean(self.worker.registry.db_name)
            except psycopg2.Error:
                # Fail open: autovacuum comes within its minute.
                _logger.warning("The table of lanes could not be cleaned", exc_info=True)

    def end(self):
        """Stop; a pass under way is not waited for."""
        self._ended.set()


def clean(db_name):
    """One pass, on a connection of its own: VACUUM runs in no transaction."""
    _name, info = connection_info_for(db_name)
    with closing(psycopg2.connect(**info)) as connection:
        connection.autocommit = True
        with connection.cursor() as cr:
            cr.execute(VACUUM)
