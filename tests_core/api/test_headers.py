"""Headers of the API: keys, tags, limits, deprecation."""

from datetime import date, datetime, timezone

import pytest
from sync_governance.core.api.headers import deprecation, entity_tag, idempotency_key, is_known, rate_limit
from sync_governance.core.faults import Fault


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (None, None),
        ('"8e03978e-40d5-43dd-bc93-6894a57f9324"', "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ("8e03978e", "8e03978e"),
        ('  "a b" ', "a b"),
        (r'"a\"b\\c"', r'a"b\c'),
        ('"' + "x" * 255 + '"', "x" * 255),
    ],
)
def test_a_key_is_a_string_of_a_structured_field_or_a_bare_token(text, key):
    assert idempotency_key(text) == key


@pytest.mark.parametrize(
    "text", ["", '""', '"a', 'a"', '"a" b', r'"a\b"', '"é"', '"a\tb"', '"' + "x" * 256 + '"', "a b"]
)
def test_whatever_else_is_no_key(text):
    with pytest.raises(Fault) as refusal:
        idempotency_key(text)
    assert refusal.value.code == "request.parameter_invalid"


def test_a_tag_is_known_in_a_list_weak_or_strong_or_by_a_star():
    tag = entity_tag(b"body")
    for header in (tag, f"W/{tag}", f'"x", {tag}', f'"x",W/{tag} , "y"', "*"):
        assert is_known(tag, header)
    for header in (None, "", '"x"', tag.strip('"'), entity_tag(b"other")):
        assert not is_known(tag, header)


def test_what_is_left_is_never_below_nothing():
    assert rate_limit(60, -3, -1) == {
        "RateLimit-Policy": '"documents";q=60;w=60',
        "RateLimit": '"documents";r=0;t=0',
    }


def test_a_deprecation_is_a_number_and_a_sunset_is_a_date_of_http():
    since = datetime(2023, 6, 30, 23, 59, 59, tzinfo=timezone.utc)
    told = deprecation(since, date(2026, 12, 31), "/page")
    assert told["Deprecation"] == "@1688169599"
    assert told["Sunset"] == "Thu, 31 Dec 2026 23:59:59 GMT"
    assert told["Link"].startswith('</page>; rel="deprecation"')
    assert deprecation(None, date(2026, 12, 31), "/page") == {}
    assert "Sunset" not in deprecation(since, None, "/page")


def test_no_sunset_is_before_the_deprecation():
    told = deprecation(datetime(2026, 5, 1, 8, 0), date(2026, 4, 1), "/page")
    assert told["Sunset"] == "Fri, 01 May 2026 08:00:00 GMT"
