"""Profiles are data, and data can be wrong: what does not fit is named."""

from datetime import datetime, timezone

import pytest
from sync_governance.core.delivery.profiles import profile_of, profiles
from sync_governance.core.delivery.signatures import Secret, dedupe_key, sign, topic, verify
from sync_governance.core.faults import Fault

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
TIMED = {
    "signature_headers": ["X-Acme-Signature"],
    "layout": "pairs",
    "schemes": {"s": "hmac-sha512"},
    "encoding": "base64",
    "signed": "{timestamp}\n{body}",
    "timestamp_member": "at",
    "tolerance_seconds": 60,
    "dedupe": [["header:X-Acme-Topic", "body:/event/ids/0"]],
    "topic": ["header:X-Acme-Topic"],
}


def test_a_sender_without_a_profile_is_described_by_settings():
    headers = sign(b"{}", profile="hmac", secrets=[Secret("k", "s")], message_id="", now=NOW, settings=TIMED)
    assert headers["X-Acme-Signature"].startswith(f"at={int(NOW.timestamp())},s=")
    headers["X-Acme-Topic"] = "order"
    result = verify(b"{}", headers, profile="hmac", secrets=[Secret("k", "s")], now=NOW, settings=TIMED)
    assert (result.ok, result.topic, result.dedupe_key) == (True, "order", None)
    assert dedupe_key("hmac", headers, {"event": {"ids": ["e1"]}}, settings=TIMED) == "order|e1"
    assert topic("hmac", headers, None, settings=TIMED) == "order"


def test_an_endpoint_may_narrow_the_tolerance():
    settings = {"tolerance_seconds": 10}
    assert profile_of("stripe", settings).tolerance_seconds == 10
    assert profiles()["stripe"].tolerance_seconds == 300


@pytest.mark.parametrize(
    ("profile", "settings", "said"),
    [
        ("shopify", {"tolerance_seconds": 10}, "does not have the setting"),
        ("stripe", {"tolerance_seconds": 0}, "needs tolerance_seconds"),
        ("stripe", {"tolerance_seconds": "300"}, "whole number"),
        ("stripe", {"tolerance_seconds": True}, "whole number"),
        ("stripe", {"tolerance_seconds": 10**9}, "whole number"),
        ("stripe", {"dedupe": ["header:x"]}, "dedupe must be"),
        ("stripe", {"dedupe": [["cookie:x"]]}, "dedupe must be"),
        ("stripe", {"topic": "header:x"}, "topic must be"),
        ("hmac", {"layout": "curly"}, "layout must be one of"),
        ("hmac", {"encoding": "rot13"}, "encoding must be one of"),
        ("hmac", {"prefix": 3}, "prefix must be text"),
        ("hmac", {"signature_headers": []}, "list of header names"),
        ("hmac", {"signature_headers": ["X Y"]}, "list of header names"),
        ("hmac", {"schemes": {"": "hmac-sha1"}}, "algorithm must be one of"),
        ("hmac", {"schemes": {}}, "which algorithm"),
        ("hmac", {"schemes": {"v1": "hmac-sha256"}}, "one scheme without a name"),
        ("hmac", {"signed": "nothing"}, "must contain {body}"),
        ("hmac", {"signed": "{timestamp}{body}", "tolerance_seconds": 5}, "timestamp_header or timestamp_member"),
        ("hmac", {"signed": "{message_id}{body}"}, "needs message_id_header"),
        ("hmac", {"timestamp_member": "t"}, "for the layout pairs"),
        ("hmac", {"timestamp_header": "a b"}, "name of a header"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(profile, settings, said):
    with pytest.raises(Fault, match=said.replace("{", r"\{")) as caught:
        profile_of(profile, settings)
    assert caught.value.code == "engine.configuration"
    result = verify(b"", {}, profile=profile, secrets=[Secret("k", "s")], now=NOW, settings=settings)
    assert result.fault.code == "engine.configuration"


def test_every_profile_says_what_it_is():
    assert all(profile.title and profile.description for profile in profiles().values())
