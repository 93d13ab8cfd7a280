"""How documents travel, as a pack says it: its members, and the fields of an endpoint that hold them.

Never among them: secrets, hosts and addresses, folders and keys of servers. They belong to a partner and are entered
where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """A member of an endpoint in a pack that is an object: ``{its member: the field}``, for these transports."""

    member: str
    transports: tuple[str, ...]
    fields: dict[str, str]


FILES = ("pattern", "ready", "quiet_seconds", "marker", "suffixes", "after", "archive", "refused", "known_by", "name",
         "exists")  # fmt: skip
PULL = ("path", "content", "items", "paging", "cursor_at", "parameter", "first_page", "since", "changed_at",
        "overlap_minutes", "start")  # fmt: skip
PARTS = (
    Part("files", ("folder", "sftp"), {name: f"file_{name}" for name in FILES}),
    Part("files", ("sftp",), {"folder": "folder"}),
    Part("pull", ("https_pull",), {name: f"pull_{name}" for name in PULL}),
    Part("broker", ("amqp",), {name: f"amqp_{name}" for name in ("exchange", "routing_key", "queue")}),
    Part(
        "broker",
        ("kafka",),
        {name: f"kafka_{name}" for name in ("topic", "group", "mechanism", "idempotent", "version")},
    ),
    Part(
        "mail",
        ("mail",),
        {
            "mailbox": "mail_name",
            "attachments": "mail_pattern",
            "subject": "mail_subject",
            "text": "mail_body",
            "file_name": "file_name",
        },
    ),
    Part(
        "health",
        ("https", "folder", "sftp", "https_pull", "amqp", "kafka", "mail"),
        {name: name for name in ("alert_after_minutes", "stop_after_days")},
    ),
    Part(
        "failover",
        ("https",),
        {"after": "failover_after", "back_minutes": "failback_minutes", "shares_ids": "secondary_shares_ids"},
    ),
    Part("feed", ("feed",), {"seconds": "feed_seconds", "hours": "feed_hours"}),
)
ALONE = {
    "poll_minutes": ("folder", "sftp", "https_pull", "amqp", "kafka"),
    "event_form": ("https",),
    "hold_unread": ("webhook", "folder", "sftp", "https_pull", "amqp", "kafka", "mail"),
    "confidential": ("webhook", "https", "feed", "folder", "sftp", "https_pull", "amqp", "kafka", "mail"),
}
"""Members that are a field of the same name."""

LIMITS = {
    "inbound": ("max_body_bytes", "rate_per_minute", "max_waiting"),
    "outbound": (
        "connect_timeout",
        "read_timeout",
        "delivery_rate",
        "delivery_burst",
        "most_in_flight",
        "max_body_bytes",
    ),
}
CONNECTING = ("connect_timeout", "read_timeout")
"""Limits of endpoints at which we fetch as well."""
ASKING = ("delivery_rate", "delivery_burst")
"""Limits of endpoints that we ask page by page."""

FIELDS = tuple(
    sorted(
        {name for part in PARTS for name in part.fields.values()}
        | {*ALONE}
        | {*LIMITS["inbound"]}
        | {*LIMITS["outbound"]}
    )
)
"""All of them."""


def values_of(entry: dict[str, Any]) -> dict[str, Any]:
    """The values of an endpoint's fields that its entry in a pack says; what it does not say stays as it is."""
    values = {}
    for part in PARTS:
        if entry["transport"] in part.transports:
            said = entry.get(part.member, {})
            values |= {field: _stored(said[name]) for name, field in part.fields.items() if name in said}
    values |= {name: entry[name] for name in ALONE if name in entry}
    return values | {name: _stored(value) for name, value in entry.get("limits", {}).items()}


def entry_of(endpoint) -> dict[str, Any]:
    """The members that say how the documents of an endpoint travel."""
    entry: dict[str, Any] = {}
    for part in PARTS:
        if endpoint.transport in part.transports:
            said = {name: _said(endpoint, field) for name, field in part.fields.items()}
            entry[part.member] = {**entry.get(part.member, {}), **said}
    entry |= {
        name: _said(endpoint, name)
        for name, transports in ALONE.items()
        if endpoint.transport in transports and (name != "poll_minutes" or endpoint.direction == "inbound")
    }
    names = LIMITS.get(endpoint.direction, ())
    if endpoint.direction == "inbound" and endpoint.transport not in ("webhook", "mail"):
        names += CONNECTING
    if endpoint.transport == "https_pull":
        names += ASKING
    return {**entry, "limits": {name: _said(endpoint, name) for name in names}}


def _said(endpoint, name: str) -> Any:
    """A value as a pack writes it; what is empty is said only where the field would not be empty by itself."""
    value, field = endpoint[name], endpoint._fields[name]
    if field.type in ("integer", "float"):
        return int(value) if value == int(value) else value
    if field.type == "boolean":
        return value if field.default else value or None
    return value or ("" if field.default else None)


def _stored(value: Any) -> Any:
    """A value of a pack as a field takes it: numbers come as Decimal, and an empty text is none."""
    if hasattr(value, "as_tuple"):
        return float(value)
    return value if value != "" else False
