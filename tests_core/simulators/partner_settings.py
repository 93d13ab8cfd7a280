"""A configuration of all partners that delivers to a stand-in for Odoo."""

from odoo_stand_in import SECRETS

CATALOGUE = [
    {"sku": "LAMP", "title": "Desk lamp", "price": "49.90", "tax_rate": "0.19", "variant_id": 4401},
    {"sku": "BOOK", "title": "Handbook", "price": 24.90, "tax_rate": "0.07", "variant_id": 4402},
    {"sku": "CELL", "title": "Coin cells", "price": "5.40", "tax_rate": "0.19", "variant_id": 4403},
]


def settings_for(odoo, **ports):
    """The configuration of all partners, delivering to ``odoo``."""
    ports = {"shop": 0, "threepl": 0, "carrier": 0, "gateway": 0, "finance": 0} | ports
    shop = {"shop_domain": "demo.myshopify.example", "currency": "EUR", "catalogue": CATALOGUE}
    intake = {name: f"{odoo.url}/sync/in/{name}" for name in SECRETS}
    return {
        "odoo": {"url": odoo.url, "database": "demo", "login": "admin", "password": "admin"},
        "shop": shop | {"port": ports["shop"], "secret": SECRETS["shop-orders"], "intake_url": intake["shop-orders"]},
        "threepl": {
            "port": ports["threepl"],
            "secret_in": SECRETS["threepl-requests"],
            "secret_out": SECRETS["threepl-confirmations"],
            "intake_url": intake["threepl-confirmations"],
            "lots": {"CELL": "L-7"},
        },
        "carrier": {
            "port": ports["carrier"],
            "secret": SECRETS["carrier-tracking"],
            "intake_url": intake["carrier-tracking"],
        },
        "gateway": {
            "port": ports["gateway"],
            "secret": SECRETS["gateway-payments"],
            "intake_url": intake["gateway-payments"],
        },
        "finance": {"port": ports["finance"], "secret": SECRETS["finance-invoices"]},
    }
