"""An order as a signed webhook, for whoever sends many."""

import json
from decimal import Decimal

from simulators import signed_order, signing
from simulators.configuration import Article
from simulators.shop import PEOPLE

DOMAIN = "nordlicht.example"


def test_an_order_has_one_of_each_article_and_a_signature_over_its_very_bytes():
    articles = [Article(f"A-{n}", f"Article {n}", Decimal("10.00"), Decimal("0.19"), n) for n in (1, 2)]
    body = signed_order.body(5001, articles, customer=PEOPLE[0], shop_domain=DOMAIN)
    document = json.loads(body)
    assert (document["id"], document["name"]) == (5001, "#5001")
    assert [(line["sku"], line["quantity"]) for line in document["line_items"]] == [("A-1", 1), ("A-2", 1)]
    headers = signed_order.headers(body, key="k-1", shop_domain=DOMAIN, secret="secret")
    assert headers["X-Shopify-Hmac-Sha256"] == signing.shopify(body, "secret")
    assert (headers["X-Shopify-Webhook-Id"], headers["X-Shopify-Event-Id"]) == ("k-1", "k-1")
    assert headers["X-Shopify-Shop-Domain"] == DOMAIN
