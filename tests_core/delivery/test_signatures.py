"""Verification and signing by profile, with the vectors that the specifications and the vendors publish."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError
from sync_governance.core.delivery.signatures import Secret, dedupe_key, profiles, secret_problem, sign, topic, verify
from sync_governance.core.faults import Fault

SENT_AT = 1614265330
NOW = datetime.fromtimestamp(SENT_AT, timezone.utc)
BODY = b'{"test": 2432232314}'
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GOOD = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
BAD = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA="
PRIVATE = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
STRIPE = "3c5817089d739023dd6190f70a3757e04f7a2fd8b5dab12c2e000f51970dccff"
ED25519 = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="


def webhook(signature=GOOD, message_id=MESSAGE_ID, timestamp=str(SENT_AT)):
    headers = {"Webhook-Id": message_id, "webhook-timestamp": timestamp, "WEBHOOK-SIGNATURE": signature}
    return {name: value for name, value in headers.items() if value is not None}


def verdict(headers, *secrets, profile="standard_webhooks", body=BODY, now=NOW, settings=None):
    held = [Secret(f"key-{number}", value) for number, value in enumerate(secrets or [SECRET], start=1)]
    return verify(body, headers, profile=profile, secrets=held, now=now, settings=settings)


@pytest.mark.parametrize(
    ("secret", "signature"),
    [
        (SECRET, GOOD),
        (SECRET.removeprefix("whsec_"), GOOD),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "v1,LVOXivKoo4FWasi/IaHvzhE/u+7/cu2AME+zS/nXqzk="),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBr", "v1,yK2tMbA6BHPrMEJ1lLv7UlJJbgFoqGenJkiajZ29evg="),
        (PUBLIC, ED25519),
        (PRIVATE, ED25519),
    ],
)
def test_the_specifications_vectors_hold(secret, signature):
    result = verdict(webhook(signature), secret)
    assert (result.ok, result.key_id, result.dedupe_key, result.timestamp) == (True, "key-1", MESSAGE_ID, NOW)


@pytest.mark.parametrize(
    ("secret", "signature"),
    [(SECRET, GOOD), (PRIVATE, ED25519)],
)
def test_signing_gives_the_specifications_vectors(secret, signature):
    headers = sign(BODY, profile="standard_webhooks", secrets=[Secret("k", secret)], message_id=MESSAGE_ID, now=NOW)
    assert headers == {
        "webhook-id": MESSAGE_ID, "webhook-timestamp": str(SENT_AT), "webhook-signature": signature
    }  # fmt: skip


@pytest.mark.parametrize(
    ("profile", "headers", "secret", "body"),
    [
        (
            "github",
            {"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
            "It's a Secret to Everybody",
            b"Hello, World!",
        ),
        (
            "shopify",
            {"x-shopify-hmac-sha256": "YBwnJ9vsibq7srObgXybmGHWuwos+jDEL//7749XS78="},
            "hush",
            b'{"id":820982911946154508,"name":"#9999"}',
        ),
        (
            "shopify",
            {"Shopify-Hmac-Sha256": "YBwnJ9vsibq7srObgXybmGHWuwos+jDEL//7749XS78="},
            "hush",
            b'{"id":820982911946154508,"name":"#9999"}',
        ),
        (
            "stripe",
            {"Stripe-Signature": f"t={SENT_AT},v0=00,v1={STRIPE}"},
            "whsec_test_secret",
            b'{"id":"evt_test_webhook","object":"event"}',
        ),
    ],
)  # fmt: skip
def test_the_vendors_vectors_hold_and_a_changed_body_does_not(profile, headers, secret, body):
    assert verdict(headers, secret, profile=profile, body=body).ok
    assert verdict(headers, secret, profile=profile, body=body + b" ").fault.code == "authentication.signature_invalid"
    assert verdict(headers, "other", profile=profile, body=body).fault.code == "authentication.signature_invalid"


@pytest.mark.parametrize(
    "signature",
    [
        BAD,
        GOOD[:-5],
        "v1,",
        "v1",
        ",",
        "v2," + GOOD[3:],
        GOOD[3:],
        "v1,g0hM9SsE é",
        "v1,\udcff",
        ED25519,
        "v1a,not base64",
        "v1a,AAAA",
        " ".join(["v1,AAAA"] * 5000),
    ],
)
def test_a_malformed_signature_is_an_invalid_one(signature):
    for secret in (SECRET, PUBLIC):
        if (secret, signature) != (PUBLIC, ED25519):
            assert verdict(webhook(signature), secret).fault.code == "authentication.signature_invalid"


@pytest.mark.parametrize("timestamp", ["hello", "1614265330.9", "-1", "٣", "1614265330\n1", "9" * 13, "1e9", "0x1"])
def test_a_time_that_is_no_number_of_seconds_is_an_invalid_signature(timestamp):
    assert verdict(webhook(timestamp=timestamp)).fault.code == "authentication.signature_invalid"


@pytest.mark.parametrize("message_id", ["msg.1", "msg 1", "ü", "x" * 257, "a\x00b"])
def test_an_id_that_would_make_the_signed_bytes_ambiguous_is_an_invalid_signature(message_id):
    assert verdict(webhook(message_id=message_id)).fault.code == "authentication.signature_invalid"


@pytest.mark.parametrize("name", ["Webhook-Id", "webhook-timestamp", "WEBHOOK-SIGNATURE"])
def test_an_absent_header_is_named(name):
    headers = webhook()
    del headers[name]
    fault = verdict(headers).fault
    assert fault.code == "authentication.missing"
    assert name.lower() in fault.detail


def test_one_good_signature_among_many_is_enough():
    assert verdict(webhook(f"{BAD} v2,AAAA {GOOD}")).ok


def test_any_active_secret_may_have_signed_and_is_named():
    other = "whsec_" + base64.b64encode(b"o" * 32).decode()
    assert verdict(webhook(), other, SECRET).key_id == "key-2"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_time_within_the_tolerance_is_accepted(seconds):
    assert verdict(webhook(), now=NOW + timedelta(seconds=seconds)).ok


@pytest.mark.parametrize("seconds", [-301, 301, 10**8])
def test_a_time_outside_the_tolerance_is_refused_either_way(seconds):
    result = verdict(webhook(), now=NOW + timedelta(seconds=seconds))
    assert (result.ok, result.fault.code) == (False, "authentication.timestamp_outside_tolerance")
    assert result.key_id == "key-1"


def test_a_year_beyond_the_calendar_is_outside_the_tolerance_and_not_an_exception():
    signed = sign(BODY, profile="stripe", secrets=[Secret("k", "s")], message_id="", now=NOW)["Stripe-Signature"]
    assert verdict({"Stripe-Signature": signed}, "s", profile="stripe").ok
    far = {"webhook-id": "m", "webhook-timestamp": "999999999999"}
    content = b"m.999999999999." + BODY
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    far["webhook-signature"] = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert verdict(far).fault.code == "authentication.timestamp_outside_tolerance"


def test_stripes_signed_time_is_held_to_both_sides_as_well():
    headers = sign(BODY, profile="stripe", secrets=[Secret("k", "s")], message_id="", now=NOW)
    for seconds in (-301, 301):
        result = verdict(headers, "s", profile="stripe", now=NOW + timedelta(seconds=seconds))
        assert result.fault.code == "authentication.timestamp_outside_tolerance"


def test_a_naive_time_of_ours_means_utc():
    assert verdict(webhook(), now=NOW.replace(tzinfo=None)).ok


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_***", "whpk_AAAA", "whsk_AAAA"])
def test_a_secret_that_is_no_key_is_our_mistake_and_not_the_senders(secret):
    assert verdict(webhook(), secret).fault.code == "engine.configuration"
    assert secret_problem(secret, profile="standard_webhooks")
    with pytest.raises(Fault) as caught:
        sign(BODY, profile="standard_webhooks", secrets=[Secret("k", secret)], message_id="m", now=NOW)
    assert caught.value.code == "deliver.credential_missing"
    assert not secret[6:] or secret[6:] not in caught.value.detail


def test_a_broken_secret_beside_a_good_one_does_no_harm():
    assert verdict(webhook(), "whsec_***", SECRET).key_id == "key-2"
    assert secret_problem(SECRET, profile="standard_webhooks") is None


def test_no_secret_at_all_is_our_mistake():
    result = verify(BODY, webhook(), profile="standard_webhooks", secrets=[], now=NOW)
    assert result.fault.code == "engine.configuration"


def test_a_public_key_never_serves_as_a_symmetric_one():
    forged = sign(
        BODY,
        profile="standard_webhooks",
        secrets=[Secret("k", PUBLIC.removeprefix("whpk_"))],
        message_id=MESSAGE_ID,
        now=NOW,
    )
    assert not verdict(forged, PUBLIC).ok


def test_a_public_key_cannot_sign():
    with pytest.raises(Fault, match="no secret to sign with"):
        sign(BODY, profile="standard_webhooks", secrets=[Secret("k", PUBLIC)], message_id="m", now=NOW)


def test_during_a_rotation_every_secret_signs():
    old, new = Secret("old", SECRET), Secret("new", "whsec_" + base64.b64encode(b"n" * 32).decode())
    headers = sign(BODY, profile="standard_webhooks", secrets=[old, new], message_id="m", now=NOW)
    for secret in (old, new):
        assert verdict(headers, secret.value).ok
    pairs = sign(BODY, profile="stripe", secrets=[old, new], message_id="m", now=NOW)
    assert verdict(pairs, new.value, profile="stripe").ok


@pytest.mark.parametrize("message_id", ["", "a.b", "a b", "ä"])
def test_a_message_id_that_cannot_be_signed_is_refused(message_id):
    with pytest.raises(Fault, match="message id"):
        sign(BODY, profile="standard_webhooks", secrets=[Secret("k", SECRET)], message_id=message_id, now=NOW)


@pytest.mark.parametrize("profile", sorted(profiles()))
def test_every_profile_verifies_what_it_signs(profile):
    secret = Secret("k", SECRET)
    headers = sign(BODY, profile=profile, secrets=[secret], message_id=MESSAGE_ID, now=NOW)
    assert verify(BODY, headers, profile=profile, secrets=[secret], now=NOW).ok
    assert not verify(BODY + b"x", headers, profile=profile, secrets=[secret], now=NOW).ok


def test_the_reference_library_accepts_ours_and_we_accept_its():
    now = datetime.now(timezone.utc)
    ours = sign(BODY, profile="standard_webhooks", secrets=[Secret("k", SECRET)], message_id="m", now=now)
    assert Webhook(SECRET).verify(BODY, ours) == {"test": 2432232314}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY + b" ", ours)
    theirs = webhook(Webhook(SECRET).sign("m", now, BODY.decode()), "m", str(int(now.timestamp())))
    assert verdict(theirs, now=now).ok


def test_easypost_normalises_its_secret():
    headers = sign(BODY, profile="easypost", secrets=[Secret("k", "sécret")], message_id="", now=NOW)
    assert headers["X-Hmac-Signature"].startswith("hmac-sha256-hex=")
    assert verdict(headers, "se\u0301cret", profile="easypost").ok
    assert not verdict({"X-Hmac-Signature": "sha256=00"}, "s", profile="easypost").ok


def test_an_unknown_profile_is_our_mistake():
    assert verdict(webhook(), profile="nobody").fault.code == "engine.configuration"


header_values = st.text(max_size=60) | st.sampled_from(
    [GOOD, BAD, ED25519, str(SENT_AT), f"t={SENT_AT},v1=00", "t=,v1=", "sha256="]
)


@given(
    profile=st.sampled_from(sorted(profiles())),
    values=st.lists(header_values, min_size=3, max_size=3),
    body=st.binary(max_size=40),
)
def test_whatever_a_stranger_sends_is_refused_and_nothing_is_raised(profile, values, body):
    rules = profiles()[profile]
    names = [rules.signature_headers[0], rules.timestamp_header or "x", rules.message_id_header or "y"]
    result = verify(
        body, dict(zip(names, values, strict=True)), profile=profile, secrets=[Secret("k", SECRET)], now=NOW
    )
    assert not result.ok
    assert result.fault.code in ("authentication.signature_invalid", "authentication.missing")


def test_a_secret_is_never_printed():
    assert SECRET not in repr(Secret("k", SECRET))


def test_shopifys_key_is_topic_and_event_else_the_delivery():
    both = {"X-Shopify-Topic": "orders/create", "x-shopify-event-id": "e1", "X-Shopify-Webhook-Id": "w1"}
    assert dedupe_key("shopify", both, None) == "orders/create|e1"
    assert dedupe_key("shopify", {"X-Shopify-Webhook-Id": "w1"}, None) == "w1"
    assert dedupe_key("shopify", {}, {}) is None
    assert topic("shopify", both, None) == "orders/create"


def test_a_key_in_the_body_is_known_after_decoding():
    document = {"id": "evt_1", "type": "payment_intent.succeeded"}
    assert dedupe_key("stripe", {}, None) is None
    assert dedupe_key("stripe", {}, document) == "evt_1"
    assert topic("stripe", {}, document) == "payment_intent.succeeded"


@pytest.mark.parametrize("document", [[], "text", 7, {"id": None}, {"id": {"a": 1}}, {"id": ""}, {"id": True}])
def test_a_body_without_the_key_has_none(document):
    assert dedupe_key("stripe", {}, document) is None


def test_a_number_is_a_key_and_an_unwieldy_text_is_represented_by_its_digest():
    assert dedupe_key("stripe", {}, {"id": 0}) == "0"
    for unwieldy in ("x" * 300, "a\x00b", "\ud800"):
        assert dedupe_key("stripe", {}, {"id": unwieldy}).startswith("sha256:")
        assert topic("stripe", {}, {"type": unwieldy}) is None
