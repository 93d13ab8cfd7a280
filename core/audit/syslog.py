"""Entries as lines for other systems: JSON lines, and RFC 5424 for syslog.

A syslog message carries the whole entry as its JSON line. Over TCP it is framed by its length (RFC 6587, 3.4.1), over
UDP it is one datagram.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

FACILITY = 13
"""Log audit (RFC 5424, table 1)."""
NOTICE, WARNING = 5, 4
LOUD = ("access", "erasure", "export", "right")
"""Kinds that say more than that somebody did his work."""


def json_line(entry: Mapping[str, Any]) -> str:
    """``entry`` as one line of JSON, members sorted, without the line feed."""
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def syslog_line(entry: Mapping[str, Any], *, host: str, app: str = "sync_governance", process: str = "-") -> bytes:
    """``entry`` as an RFC 5424 message; the kind is its message id.

    :param host: the host name that is told; what a header may not hold is left out of it
    """
    severity = WARNING if entry.get("kind") in LOUD else NOTICE
    header = " ".join(
        (
            f"<{FACILITY * 8 + severity}>1",
            str(entry.get("occurred_at") or "-"),
            _header(host, 255),
            _header(app, 48),
            _header(process, 128),
            _header(str(entry.get("kind") or "-"), 32),
            "-",
        )
    )
    return header.encode("ascii") + b" \xef\xbb\xbf" + json_line(entry).encode("utf-8", "backslashreplace")


def framed(message: bytes) -> bytes:
    """``message`` for a stream: its length in front."""
    return b"%d %s" % (len(message), message)


def _header(text: str, length: int) -> str:
    return "".join(char for char in text if 33 <= ord(char) <= 126)[:length] or "-"
