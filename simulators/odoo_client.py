"""What the scenario sees of Odoo, from outside: JSON-RPC as the web client speaks it.

Every model and field that the scenario relies on is named here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import requests

from .configuration import OdooAccess

_TIMEOUTS = (2.0, 30.0)


class OdooUnavailable(Exception):
    """Odoo does not answer, or refuses; the message says what it said."""


@dataclass(frozen=True)
class Milestone:
    """One row of ``sync.milestone``. ``subject`` is the document it is about, a picking or an invoice."""

    milestone_id: int
    code: str
    name: str
    state: str
    subject: str
    occurred_at: datetime | None

    @property
    def is_met(self) -> bool:
        return self.state in ("reached", "waived")


@dataclass(frozen=True)
class Process:
    """One row of ``sync.process`` with its milestones in the order in which they are due to happen."""

    process_id: int
    name: str
    state: str
    milestones: tuple[Milestone, ...]

    def has(self, code: str, times: int = 1) -> bool:
        """Whether the milestone was reached, for so many subjects."""
        return sum(milestone.is_met for milestone in self.milestones if milestone.code == code) >= times

    @property
    def missing(self) -> tuple[Milestone, ...]:
        return tuple(milestone for milestone in self.milestones if not milestone.is_met)


class Odoo:
    """A logged-in user who only reads."""

    def __init__(self, access: OdooAccess) -> None:
        self._access = access
        self._session = requests.Session()
        self._session.trust_env = False
        self._logged_in = False

    def process(self, order_number: str) -> Process | None:
        """The process of the order that the shop calls ``order_number``; None as long as there is none."""
        found = self._search_read(
            "sync.process", [("reference", "=", order_number)], ["name", "state"], order="id desc", limit=1
        )
        if not found:
            return None
        rows = self._search_read(
            "sync.milestone",
            [("process_id", "=", found[0]["id"])],
            ["code", "name", "state", "subject_name", "occurred_at"],
            order="sequence, id",
        )
        milestones = tuple(
            Milestone(
                milestone_id=row["id"],
                code=row["code"],
                name=row["name"],
                state=row["state"],
                subject=row["subject_name"] or "",
                occurred_at=_moment(row["occurred_at"]),
            )
            for row in rows
        )
        return Process(found[0]["id"], found[0]["name"], found[0]["state"], milestones)

    def open_exceptions(self) -> list[str]:
        """What waits for a person, newest first."""
        rows = self._search_read("sync.exception", [("is_open", "=", True)], ["name"], order="id desc", limit=20)
        return [row["name"] for row in rows]

    def _search_read(self, model: str, domain: list[Any], fields: list[str], **options: Any) -> list[dict[str, Any]]:
        if not self._logged_in:
            credentials = {
                "db": self._access.database,
                "login": self._access.login,
                "password": self._access.password,
            }
            self._call("/web/session/authenticate", credentials)
            self._logged_in = True
        params = {"model": model, "method": "search_read", "args": [domain, fields], "kwargs": options}
        return self._call("/web/dataset/call_kw", params)

    def _call(self, path: str, params: dict[str, Any]) -> Any:
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        try:
            response = self._session.post(self._access.url.rstrip("/") + path, json=body, timeout=_TIMEOUTS)
            answer = response.json()
        except (requests.RequestException, ValueError) as error:
            self._logged_in = False
            raise OdooUnavailable(type(error).__name__) from error
        if "error" in answer:
            self._logged_in = False
            error = answer["error"]
            raise OdooUnavailable(str(error.get("data", {}).get("message") or error.get("message")))
        return answer["result"]


def _moment(text: str | bool | None) -> datetime | None:
    """Odoo writes times in UTC without saying so, and False for none."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc) if text else None
