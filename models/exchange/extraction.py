"""What a transmission is, read off headers and body as the endpoint says: its topic, and its ordering key."""

from ...core.delivery import signatures
from ...core.delivery.recognition import lower, value_at

UNREAD = "unread"
LONGEST_KEY = 200


def topic(profile, headers, document):
    """The sender's name for this kind of document; None when it cannot be told."""
    if profile["topic_source"] == "constant":
        return profile["topic_value"]
    if profile["topic_source"] in ("header", "pointer") and profile["topic_value"]:
        return _read(profile["topic_source"], profile["topic_value"], headers, document)
    return signatures.topic(
        profile["authentication"], headers, document, settings=profile["authentication_settings"]
    )


def lane_key(profile, headers, document):
    """The ordering key. A body whose key cannot be read waits in the endpoint's lane of unread bodies."""
    if profile["key_source"] == "constant":
        return profile["key_value"] or UNREAD
    found = _read(profile["key_source"], profile["key_value"] or "", headers, document)
    return found[:LONGEST_KEY] if found else UNREAD


def _read(source, place, headers, document):
    prefix = {"header": "header", "pointer": "body"}[source]
    return value_at(f"{prefix}:{place}", lower(headers), document)
