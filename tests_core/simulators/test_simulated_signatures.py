"""The simulators sign by their own code: it and the addon's are held against each other and a third party."""

from datetime import datetime, timezone

import pytest
from standardwebhooks import Webhook
from sync_governance.core.delivery import signatures
from sync_governance.simulators import signing

BODY = '{"name":"#1001","note":"ü"}'.encode()
AT = 1614265330
NOW = datetime.fromtimestamp(AT, timezone.utc)


def verified(headers, profile, secret):
    key = signatures.Secret("k", secret)
    return signatures.verify(BODY, headers, profile=profile, secrets=[key], now=NOW).ok


def signed(profile, secret):
    key = signatures.Secret("k", secret)
    return signatures.sign(BODY, profile=profile, secrets=[key], message_id="m1", now=NOW)


def test_both_sign_alike(webhook_secret):
    assert signed("shopify", "s")["X-Shopify-Hmac-Sha256"] == signing.shopify(BODY, "s")
    assert signed("stripe", "whsec_s")["Stripe-Signature"] == signing.stripe(BODY, "whsec_s", now=AT)
    assert signed("easypost", "sécret")["X-Hmac-Signature"] == signing.easypost(BODY, "se\u0301cret")
    theirs = signing.standard_webhooks(BODY, webhook_secret, message_id="m1", now=AT)
    assert signed("standard_webhooks", webhook_secret) == theirs


def test_the_addon_verifies_what_they_sign(webhook_secret):
    assert verified({"X-Shopify-Hmac-Sha256": signing.shopify(BODY, "s")}, "shopify", "s")
    assert verified({"Stripe-Signature": signing.stripe(BODY, "s", now=AT)}, "stripe", "s")
    assert verified({"X-Hmac-Signature": signing.easypost(BODY, "s")}, "easypost", "s")
    headers = signing.standard_webhooks(BODY, webhook_secret, message_id="m", now=AT)
    assert verified(headers, "standard_webhooks", webhook_secret)
    assert not verified(headers | {"webhook-id": "n"}, "standard_webhooks", webhook_secret)


def test_they_verify_what_the_addon_signs(webhook_secret):
    headers = signed("standard_webhooks", webhook_secret)
    assert signing.check_standard_webhooks(BODY, headers, webhook_secret, now=AT) == "m1"


def test_a_third_party_verifies_them(webhook_secret):
    headers = signing.standard_webhooks(BODY, webhook_secret, message_id="m")
    assert Webhook(webhook_secret).verify(BODY, headers)["name"] == "#1001"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"webhook-id": None}, "missing"),
        ({"webhook-timestamp": "soon"}, "number of seconds"),
        ({"webhook-signature": "v1,ü"}, "no signature"),
        ({"webhook-timestamp": str(AT - 301)}, "no signature"),
    ],
)
def test_they_refuse_what_is_not_authentic(webhook_secret, change, said):
    headers = signed("standard_webhooks", webhook_secret) | change
    headers = {name: value for name, value in headers.items() if value is not None}
    with pytest.raises(signing.NotAuthentic, match=said):
        signing.check_standard_webhooks(BODY, headers, webhook_secret, now=AT)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_they_refuse_an_honest_signature_of_another_time(webhook_secret, seconds):
    with pytest.raises(signing.NotAuthentic, match="five minutes"):
        signing.check_standard_webhooks(
            BODY, signed("standard_webhooks", webhook_secret), webhook_secret, now=AT + seconds
        )
