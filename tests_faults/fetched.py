"""A partner that calls nobody: files in a folder and a list over HTTP, which the crews fetch while they are killed."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from .checker import Fetched
from .senders import probe_document
from .stage import Stage

FILES, LIST = "probe-files", "probe-list"
PAGE = 5
FOLDERS = "SYNC_GOVERNANCE_FOLDERS"


class Offered:
    """What the partner has for us, and what it remembers of it. Made before anything is started: it sets up the folder.

    ``brought``: {(line, number): how often a file with it was brought}; ``listed``: the entries of the list.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        root = Path(stage.plan["folder"]).resolve()
        self.inbox = root / "inbox"
        self.inbox.mkdir()
        os.environ[FOLDERS] = str(root)
        self.brought: Counter = Counter()
        self.listed: list[bytes] = []
        self.cut_offs = 0
        self._lines: Counter = Counter()
        self._server = _list_server(self.listed, stage.plan["probe_list"])
        place = f"127.0.0.1:{self._server.server_port}"
        stage.sql("UPDATE sync_endpoint SET folder = %s WHERE code = %s", [str(self.inbox), FILES])
        stage.sql(
            "UPDATE sync_endpoint SET url = %s, allowed_private_hosts = %s WHERE code = %s",
            [f"http://{place}", place, LIST],
        )

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # -- what the partner does ---------------------------------------------------------------------------------------

    def bring(self, line: str) -> None:
        """A file with the next document of a line, written under another name and renamed; sometimes it comes again."""
        number = self._next(line)
        name, body = f"{sum(self._lines.values()):06d}.json", _body(line, number)
        self._put(name, body)
        self.brought[line, number] += 1
        if random.random() < 0.1:
            self._put(f"{name.removesuffix('.json')}-again.json", body)
            self.brought[line, number] += 1

    def offer(self, line: str) -> None:
        """The next document of a line stands in the list."""
        self.listed.append(_body(line, self._next(line)))

    def _next(self, line) -> int:
        self._lines[line] += 1
        return self._lines[line]

    def _put(self, name, body):
        (self.inbox / f"{name}.part").write_bytes(body)
        (self.inbox / f"{name}.part").rename(self.inbox / name)

    # -- what time and people do -------------------------------------------------------------------------------------

    def ask_to_look(self) -> None:
        """What “Look now” does at both endpoints."""
        self.stage.sql(
            """INSERT INTO sync_poll (endpoint_id, company_id, wanted_at)
               SELECT id, company_id, now() AT TIME ZONE 'UTC' FROM sync_endpoint WHERE code IN (%s, %s) ORDER BY id
               ON CONFLICT (endpoint_id) DO UPDATE SET wanted_at = excluded.wanted_at""",
            [FILES, LIST],
        )

    def cut_off(self) -> None:
        """The time is over by which a file is expected that never comes; somebody handles that, whoever dies."""
        self.stage.sql(
            "UPDATE sync_due SET due_at = (now() AT TIME ZONE 'UTC') - interval '1 second' WHERE kind = %s", [CUT_OFF]
        )
        self.cut_offs += 1
        self.stage.wait(lambda: not self.stage.sql(_CUT_OFF_DUE, [CUT_OFF])[0][0], "the cut-off is handled", 60)

    def fetch_all(self, seconds: float) -> None:
        """Until nothing is left at the partner."""

        def nothing_left() -> bool:
            self.ask_to_look()
            time.sleep(0.3)
            found = self.stage.sql(_STORED, [LIST])[0][0]
            return not self.left() and found >= len(self.listed)

        self.stage.wait(nothing_left, "everything is fetched", seconds)

    # -- what is there -----------------------------------------------------------------------------------------------

    def left(self) -> list[str]:
        """Names of files that still lie in the folder, or among the refused ones."""
        refused = self.inbox / "refused"
        return sorted(path.name for place in (self.inbox, refused) for path in place.glob("*") if path.is_file())

    def facts(self) -> Fetched:
        """What became of it all."""
        archived = Counter(map(_told, (self.inbox / "archive").glob("*")))
        sql = self.stage.sql
        return Fetched(
            brought=self.brought,
            listed=[_told_in(body) for body in self.listed],
            messages=dict(sql(_MESSAGES, [FILES, LIST])),
            effects=sql("SELECT line, number FROM sync_faults_effect WHERE line LIKE 'fetched-%%' ORDER BY id", []),
            archived=archived,
            left=self.left(),
            late_told=sql(_TOLD, ["receive.file_late"])[0][0],
            late=self.cut_offs,
            repeats_told=sql(_TOLD, ["receive.file_repeated"])[0][0],
        )


CUT_OFF = "expectation.cutoff"
_CUT_OFF_DUE = "SELECT count(*) FROM sync_due WHERE kind = %s AND due_at <= (now() AT TIME ZONE 'UTC')"
_STORED = """
    SELECT count(*) FROM sync_message m JOIN sync_endpoint e ON e.id = m.endpoint_id WHERE e.code = %s
"""
_MESSAGES = """
    SELECT m.state, count(*) FROM sync_message m JOIN sync_endpoint e ON e.id = m.endpoint_id
     WHERE e.code IN (%s, %s) GROUP BY m.state
"""
_TOLD = "SELECT coalesce(sum(count), 0)::int FROM sync_exception WHERE code = %s"


def _body(line, number):
    return json.dumps(probe_document(line, number, "plain")).encode()


def _told(path):
    return _told_in(path.read_bytes())


def _told_in(body):
    document = json.loads(body)
    return document["list"], int(document["version"])


def _list_server(listed, key):
    """Offers what is listed, five on a page by a cursor, to whoever shows the key."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            given = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            known = self.headers["Authorization"] == f"Bearer {key}"
            since = datetime.fromisoformat(given.get("since", "2000-01-01T00:00:00+00:00").replace("Z", "+00:00"))
            entries = [json.loads(body) for body in list(listed)]
            entries = [one for one in entries if datetime.fromisoformat(one["changed_at"]) >= since]
            at = int(given.get("cursor", 0))
            answer = {"data": entries[at : at + PAGE], "next": str(at + PAGE) if len(entries) > at + PAGE else None}
            body = json.dumps(answer).encode() if known else b"{}"
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
