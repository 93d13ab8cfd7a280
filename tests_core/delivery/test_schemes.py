"""Every scheme is data; settings that do not fit are named, and what is shown is read without trusting it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sync_governance.core.delivery import secret_forms, shown
from sync_governance.core.delivery.schemes import kind_of, scheme_of, schemes
from sync_governance.core.faults import Fault
from sync_governance.core.security import hashing


def test_signatures_and_what_is_shown_are_one_list():
    assert {"standard_webhooks", "hmac", "api_key", "basic", "oauth2", "mtls"} <= set(schemes())
    assert kind_of("shopify") == "signature" and kind_of("basic") == "basic"
    assert all(scheme.title and scheme.description for scheme in schemes().values())


@pytest.mark.parametrize(
    ("scheme", "settings", "said"),
    [
        ("basic", {"header": "X-Key"}, "does not have the setting"),
        ("api_key", {"header": "X Y"}, "name of a header"),
        ("api_key", {"header": "X-Acme"}, "known to carry secrets"),
        ("api_key", {"prefix": "a\nb"}, "plain text"),
        ("api_key", {"dedupe": ["header:x"]}, "dedupe must be"),
        ("oauth2", {"token_seconds": 5}, "whole number"),
        ("oauth2", {"token_seconds": True}, "whole number"),
        ("oauth2", {"grant": "password"}, "grant must be one of"),
        ("oauth2", {"client_authentication": "none"}, "must be one of"),
        ("oauth2", {"token_url": "ftp://x/"}, "address like"),
        ("oauth2", {"token_url": "https://u:p@x/"}, "address like"),
        ("oauth2", {"token_url": 7}, "address like"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(scheme, settings, said):
    with pytest.raises(Fault, match=said) as caught:
        scheme_of(scheme, settings)
    assert caught.value.code == "engine.configuration"


@given(st.dictionaries(st.sampled_from(["Authorization", "x-api-key"]), st.text(max_size=40)))
def test_whatever_a_stranger_shows_is_a_fault_of_his(headers):
    key = scheme_of("api_key", {"header": "X-Api-Key", "prefix": "Key "})
    for read in (lambda: shown.key(headers, key), lambda: shown.bearer(headers), lambda: shown.user(headers)):
        try:
            read()
        except Fault as fault:
            assert fault.code in ("authentication.missing", "authentication.credential_invalid")


def test_a_user_is_read_as_it_was_written():
    assert shown.user({"authorization": shown.basic("ada", "pass:wörd ")}) == ("ada", "pass:wörd ")


@pytest.mark.parametrize(
    ("scheme", "sends", "secret", "said"),
    [
        ("api_key", False, "my own", "made here"),
        ("api_key", False, hashing.generate_key("sgs"), "made here"),
        ("api_key", True, "a\nb", "cannot have"),
        ("api_key", True, "ü", "cannot have"),
        ("oauth2", False, hashing.generate_key("sgk"), "made here"),
        ("oauth2", True, "", "empty"),
        ("basic", False, "short", "fewer than"),
        ("mtls", False, "nonsense", "neither"),
        ("mtls", True, "nonsense", "not a certificate"),
    ],
    ids=[
        "own key",
        "key of another kind",
        "two lines",
        "not ascii",
        "key as secret",
        "empty",
        "short",
        "no name",
        "no pem",
    ],
)
def test_what_cannot_be_a_secret_is_refused_without_showing_it(scheme, sends, secret, said):
    problem = secret_forms.problem(secret, scheme, sends=sends)
    assert said in problem
    assert not secret or secret not in problem


@pytest.mark.parametrize("scheme", ["api_key", "oauth2", "basic"])
def test_what_we_make_is_a_secret_of_its_scheme_and_kept_as_a_hash(scheme):
    secret = secret_forms.issue(scheme)
    assert secret_forms.problem(secret, scheme, sends=False) is None
    kept = secret_forms.kept(secret, scheme, sends=False)
    assert kept.hashed and secret not in kept.hashed
    assert secret_forms.kept(secret, scheme, sends=True) == (None, "")


def test_the_secret_of_a_client_may_bring_a_refresh_token():
    assert secret_forms.client_secret("plain") == ("plain", "")
    assert secret_forms.client_secret('"quoted"') == ('"quoted"', "")
    assert secret_forms.client_secret('{"client_secret": "s", "refresh_token": "r"}') == ("s", "r")
