"""How many buffers a statement touches: PostgreSQL's own `auto_explain`, so that the statements run as they are."""

from __future__ import annotations

import json

SETTINGS = """
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_analyze = on;
SET auto_explain.log_timing = off;
SET auto_explain.log_buffers = on;
SET auto_explain.log_format = json;
SET auto_explain.log_level = notice;
SET client_min_messages = notice;
"""


class Counted:
    """A cursor that adds up the buffers its statements touched, whether they were cached or read."""

    def __init__(self, connection) -> None:
        self.connection = connection
        self.cursor = connection.cursor()
        self.cursor.execute(SETTINGS)
        self.buffers = 0

    def execute(self, query, parameters=None) -> None:
        del self.connection.notices[:]
        self.cursor.execute(query, parameters)
        for notice in self.connection.notices:
            _, found, plan = notice.partition("plan:\n")
            if found:
                node = json.loads(plan)["Plan"]
                self.buffers += node["Shared Hit Blocks"] + node["Shared Read Blocks"]

    def fetchall(self):
        return self.cursor.fetchall()

    def fetchone(self):
        return self.cursor.fetchone()

    @property
    def rowcount(self) -> int:
        return self.cursor.rowcount
