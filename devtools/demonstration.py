"""The demonstration: a small distributor, two people who approve each other's work, and five partners on loopback.

`seed(env, ports)` runs inside Odoo's shell on a fresh clone and returns the simulators' configuration. Everything goes
through the same doors that people use: partners come from packs, one person writes, another approves.
"""

import base64
import json
import secrets

CATALOGUE = (
    ("NL-LAMP-01", "Desk lamp Lumen", "4006381333931", "49.90", 19, 240, False),
    ("NL-LAMP-02", "Floor lamp Aurora", "4006381333948", "129.00", 19, 60, False),
    ("NL-CABLE-2", "Cable 2 m, fabric", "4006381333955", "8.50", 19, 900, False),
    ("NL-BULB-E27", "LED bulb E27, 806 lm", "4006381333962", "6.95", 19, 1500, False),
    ("NL-DIM-01", "Wireless dimmer", "4006381333979", "34.00", 19, 180, False),
    ("NL-SENS-01", "Motion sensor", "4006381333986", "27.50", 19, 130, False),
    ("NL-BOOK-01", "The Light Handbook", "4006381333993", "24.90", 7, 75, False),
    ("NL-BATT-CR", "Coin cells CR2032, 4 pcs", "4006381334006", "5.40", 19, 600, True),
)
LOT = "L2611"
DOMAINS = ("sales", "warehouse", "finance", "service", "integration")


def seed(env, ports: dict[str, int]) -> dict:
    """Fill the database and say where everybody is; `ports` are loopback ports by name."""
    company = _company(env)
    taxes = _taxes(env, company)
    products = _products(env, company, taxes)
    author, approver, owners = _people(env, company)
    keys = _secrets()
    _partners(env, company, author, approver, owners, ports, keys)
    _change(env, author)
    return _simulators(env, ports, keys, products)


def _company(env):
    """A German distributor that keeps its books in euro."""
    company = env.company
    euro = env.ref("base.EUR")
    euro.active = True
    env.ref("base.USD").active = True
    company.write(
        {
            "name": "Nordlicht Distribution GmbH",
            "currency_id": euro.id,
            "street": "Speicherstrasse 12",
            "zip": "20457",
            "city": "Hamburg",
            "country_id": env.ref("base.de").id,
            "email": "office@nordlicht.example",
        }
    )
    env["product.pricelist"].search([("company_id", "in", (company.id, False))]).write({"currency_id": euro.id})
    env["ir.config_parameter"].set_param("web.base.url.freeze", "True")
    return company


def _taxes(env, company):
    """19 and 7 percent on sales, beside what the chart of accounts brought."""
    template = env["account.tax"].search([("type_tax_use", "=", "sale"), ("company_id", "=", company.id)], limit=1)
    taxes = {}
    for rate in (19, 7):
        taxes[rate] = template.copy({"name": f"{rate}%", "description": f"VAT {rate}%", "amount": rate})
    template.active = False
    company.account_sale_tax_id = taxes[19]
    return taxes


def _products(env, company, taxes):
    """Eight articles in stock, one of them by lot."""
    stock = env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1).lot_stock_id
    products = env["product.product"]
    for sku, name, gtin, price, rate, quantity, by_lot in CATALOGUE:
        product = products.create(
            {
                "name": name,
                "default_code": sku,
                "barcode": gtin,
                "type": "consu",
                "is_storable": True,
                "tracking": "lot" if by_lot else "none",
                "list_price": float(price),
                "taxes_id": [(6, 0, taxes[rate].ids)],
                "invoice_policy": "delivery",
            }
        )
        lot = env["stock.lot"].create({"name": LOT, "product_id": product.id}) if by_lot else None
        env["stock.quant"]._update_available_quantity(product, stock, quantity, lot_id=lot)
        products += product
    return products


def _people(env, company):
    """Ada connects partners, Ben approves; Sally, Wanda and Finn own interfaces and work their exceptions."""
    users = env["res.users"].with_context(no_reset_password=True)

    def person(name, login, groups):
        return users.create(
            {
                "name": name,
                "login": login,
                "password": login,
                "email": f"{login}@nordlicht.example",
                "company_id": company.id,
                "company_ids": [(6, 0, company.ids)],
                "group_ids": [(4, env.ref(group).id) for group in groups],
            }
        )

    author = person(
        "Ada Author",
        "ada",
        ["sync_governance.group_manager", "sync_governance.group_security_officer"],
    )
    approver = person("Ben Approver", "ben", [f"sync_governance.group_approver_{domain}" for domain in DOMAINS])
    sally = person(
        "Sally Sales",
        "sally",
        [
            "sync_governance.group_operator_sales",
            "sync_governance.group_operator_service",
            "sales_team.group_sale_salesman_all_leads",
        ],
    )
    wanda = person("Wanda Warehouse", "wanda", ["sync_governance.group_operator_warehouse", "stock.group_stock_user"])
    finn = person("Finn Finance", "finn", ["sync_governance.group_operator_finance", "account.group_account_invoice"])
    owners = {
        "sync_governance.group_operator_sales": sally.id,
        "sync_governance.group_operator_service": sally.id,
        "sync_governance.group_operator_warehouse": wanda.id,
        "sync_governance.group_operator_finance": finn.id,
    }
    admin = env.ref("base.user_admin")
    admin.write(
        {
            "group_ids": [
                (4, env.ref(f"sync_governance.{group}").id)
                for group in (
                    "group_manager",
                    "group_security_officer",
                    *(f"group_operator_{domain}" for domain in DOMAINS),
                    *(f"group_approver_{domain}" for domain in DOMAINS),
                )
            ]
        }
    )
    return author, approver, owners


def _secrets() -> dict[str, str]:
    """A secret per endpoint, new in every demonstration."""

    def webhook_secret() -> str:
        return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()

    return {
        "shop-orders": secrets.token_hex(24),
        "threepl-requests": webhook_secret(),
        "threepl-confirmations": webhook_secret(),
        "carrier-tracking": secrets.token_hex(24),
        "gateway-payments": "whsec_" + secrets.token_hex(24),
        "finance-invoices": webhook_secret(),
    }


def _partners(env, company, author, approver, owners, ports, keys):
    """Every partner from its pack, by the real workflow: Ada's drafts, Ben's approvals."""
    from odoo.addons.sync_governance.models.packs.onboarding import bring_live

    addresses = {
        "threepl-requests": f"http://127.0.0.1:{ports['threepl']}/requests",
        "finance-invoices": f"http://127.0.0.1:{ports['finance']}/invoices",
    }
    for pack in ("shopify", "threepl", "carrier", "stripe", "finance", "odoo"):
        bring_live(
            env, pack, company, author=author, approver=approver, secrets=keys, addresses=addresses, owners=owners
        )


def _change(env, author):
    """Ada asks for a change of the shop's contract; it waits for Ben."""
    contract = env["sync.contract"].with_user(author).search([("code", "=", "shopify.order")])._next_version()
    schema = json.loads(contract.schema)
    schema["properties"]["gift_message"] = {"type": "string", "maxLength": 500}
    schema["properties"]["currency"] = {"$ref": "#/$defs/currency", "description": "The shop's currency, as ISO 4217."}
    contract.schema = json.dumps(schema, indent=2)
    request = env["sync.change.request"].with_user(author).browse(contract.action_request_change()["res_id"])
    request.write(
        {"name": "Orders with a gift message", "reason": "The shop will sell gift wrapping from December on."}
    )
    request.action_submit()


def _simulators(env, ports, keys, products) -> dict:
    """What each simulator is told: its own port, its secrets, and where Odoo takes its webhooks."""
    url = f"http://127.0.0.1:{ports['odoo']}"
    env["ir.config_parameter"].set_param("web.base.url", url)
    return {
        "odoo": {"url": url, "database": env.cr.dbname, "login": "admin", "password": "admin"},
        "shop": {
            "port": ports["shop"],
            "secret": keys["shop-orders"],
            "intake_url": f"{url}/sync/in/shop-orders",
            "shop_domain": "nordlicht.myshopify.com",
            "currency": "EUR",
            "first_order_number": 1001,
            "catalogue": [
                {
                    "sku": product.default_code,
                    "title": product.name,
                    "price": price,
                    "tax_rate": f"{rate / 100:.2f}",
                    "variant_id": 44_100_000_000 + product.id,
                }
                for product, (_sku, _name, _gtin, price, rate, _quantity, _lot) in zip(products, CATALOGUE, strict=True)
            ],
        },
        "threepl": {
            "port": ports["threepl"],
            "secret_in": keys["threepl-requests"],
            "secret_out": keys["threepl-confirmations"],
            "lots": {sku: LOT for sku, *_rest, by_lot in CATALOGUE if by_lot},
            "intake_url": f"{url}/sync/in/threepl-confirmations",
        },
        "carrier": {
            "port": ports["carrier"],
            "secret": keys["carrier-tracking"],
            "intake_url": f"{url}/sync/in/carrier-tracking",
        },
        "gateway": {
            "port": ports["gateway"],
            "secret": keys["gateway-payments"],
            "intake_url": f"{url}/sync/in/gateway-payments",
            "currency": "EUR",
        },
        "finance": {"port": ports["finance"], "secret": keys["finance-invoices"]},
    }
