"""Real orders of a shop (signed, with tax, shipping and a customer; each becomes a confirmed sales order with its stock
reserved) stored beforehand, then worked by one and by two `odoo sync_worker` processes. Two articles an order, chosen
from 50 that are in stock without end; and all orders over one article, which every transaction then wants to reserve.
What would go out to partners waits, because their endpoints are paused.
"""

import json
import random
import uuid
from decimal import Decimal

from .kit import Arena, Measure, at_least
from .kit.measure import rate

QUESTION = "How many real orders a second, and what does a second process bring?"
ARTICLES = 50
DONE = """SELECT done_at, count(*) FROM sync_message m JOIN sync_endpoint e ON e.id = m.endpoint_id
           WHERE e.code = 'shop-orders' AND m.state = 'done' GROUP BY 1"""
WAITING = """SELECT 1 FROM sync_message m JOIN sync_endpoint e ON e.id = m.endpoint_id
              WHERE e.code = 'shop-orders' AND m.state = 'ready' LIMIT 1"""
PORTS = ("odoo", "shop", "threepl", "carrier", "finance", "payment", "gateway")


def run(arena: Arena) -> list[Measure]:
    many = Measure(f"Orders over {ARTICLES} articles", "per second", target=at_least(1.7))
    one = Measure("Orders over one article", "per second")
    count = 40 if arena.quick else 200
    for _ in range(arena.rounds):
        for measure, articles in ((many, ARTICLES), (one, 1)):
            for processes in (2, 1):
                measure.add(_side(processes), _worked(arena, processes, articles, count))
    return [many, one]


def _side(processes):
    return "one process" if processes == 1 else f"{processes} processes"


def _worked(arena, processes, articles, count):
    """Orders a second, from the first that was done to the last."""
    with arena.seeded("shop", "benchmarks.orders", "shop") as database:
        arena.rows(database, "UPDATE sync_endpoint SET paused = true WHERE direction = 'outbound'")
        arena.call(database, "benchmarks.orders", "receive", count=count, articles=articles)
        arena.rows(database, "VACUUM ANALYZE")
        with arena.workers(database, processes):
            arena.until_none(database, WAITING, seconds=600)
        failed = arena.rows(database, "SELECT fault_code, count(*) FROM sync_message WHERE state = 'failed' GROUP BY 1")
        if failed:
            raise RuntimeError(f"orders failed: {failed}")
        return rate(arena.rows(database, DONE))


# -- inside Odoo's shell ---------------------------------------------------------------------------------------------


def shop(env):
    """The demonstration's company and partners, with articles in stock without end and nobody to deliver to."""
    from devtools import demonstration

    told = demonstration.seed(env, {name: 9 for name in PORTS})
    product = env["product.product"].search([("default_code", "=", told["shop"]["catalogue"][0]["sku"])])
    warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
    for number in range(ARTICLES):
        article = product.copy({"default_code": _sku(number), "name": f"Article {number}", "barcode": False})
        env["stock.quant"]._update_available_quantity(article, warehouse.lot_stock_id, 1_000_000)
    env["ir.config_parameter"].set_param("bench.shop", json.dumps(told["shop"]))


def receive(env, count, articles):
    """Take in that many orders, each over two of the first ``articles`` (over the one, where there is one)."""
    from simulators import signed_order
    from simulators.configuration import Article
    from simulators.shop import PEOPLE

    told = json.loads(env["ir.config_parameter"].get_param("bench.shop"))
    model, domain = told["catalogue"][0], told["shop_domain"]
    goods = [
        Article(_sku(n), f"Article {n}", Decimal(model["price"]), Decimal(model["tax_rate"]), 5000 + n)
        for n in range(articles)
    ]
    env.cr.commit()
    chance = random.Random(count)
    for number in range(5001, 5001 + count):
        chosen = chance.sample(goods, min(2, len(goods)))
        body = signed_order.body(number, chosen, customer=PEOPLE[number % len(PEOPLE)], shop_domain=domain)
        headers = signed_order.headers(body, key=uuid.uuid4().hex, shop_domain=domain, secret=told["secret"])
        env["sync.intake"]._receive("shop-orders", body, headers, "127.0.0.1")


def _sku(number):
    return f"NL-BENCH-{number:02}"
