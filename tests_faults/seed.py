"""Runs in `odoo shell` on a fresh database: the demonstration's partners and the probe; returns what senders use."""

import base64
import os
import secrets
import tempfile
from pathlib import Path
from unittest.mock import patch

PACKS = Path(__file__).with_name("packs")


def seed(env, ports):
    """:param ports: loopback ports by name, as the demonstration takes them"""
    from devtools import demonstration

    told = demonstration.seed(env, ports)
    key = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    list_key = secrets.token_urlsafe(24)
    _probe(env, {"probe-block": key, "probe-skip": key, "probe-list": list_key})
    env["stock.quant"].search([("location_id.usage", "=", "internal")]).unlink()
    for product in env["product.product"].search([("is_storable", "=", True), ("tracking", "=", "none")]):
        warehouse = env["stock.warehouse"].search([], limit=1)
        env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 1_000_000)
    return {
        "probe": key,
        "probe_list": list_key,
        "shop": told["shop"]["secret"],
        "shop_domain": told["shop"]["shop_domain"],
        "catalogue": [article for article in told["shop"]["catalogue"] if article["sku"] != "NL-BATT-CR"],
    }


def _probe(env, keys):
    """The probe's partner, by the real workflow; its documents are canonical and need no mapping."""
    from odoo.addons.sync_governance.models.packs import reading
    from odoo.addons.sync_governance.models.packs.onboarding import VERSIONED, take_live

    author = env["res.users"].search([("login", "=", "ada")])
    approver = env["res.users"].search([("login", "=", "ben")])
    reading.schema()  # of the addon's own folder, and kept
    loader = env["sync.pack"].with_user(author).with_company(env.company)
    with patch.object(reading, "FOLDER", PACKS):
        owners = {"business_owner_id": author.id, "technical_owner_id": author.id}
        partner = loader._load("probe", env.company, {"environment": "production", "secrets": keys, **owners})
    partner.interface_ids.contract_id.form = "canonical"
    for name in VERSIONED:
        versions = partner.interface_ids[name]
        versions.action_submit()
        versions.with_user(approver).action_approve()
    partner.partner_id = env["res.partner"].create({"name": "Probe"})
    files, listed = (partner.endpoint_ids.filtered(lambda e, c=c: e.code == c) for c in ("probe-files", "probe-list"))
    listed.url = "https://list.example.com"
    place = Path(tempfile.gettempdir()).resolve()
    with patch.dict(os.environ, {"SYNC_GOVERNANCE_FOLDERS": str(place)}):  # the suite names another one
        files.folder = str(place / "sync-faults")
        take_live(partner, author, approver)
    for name, pattern in (("Never", "never_*.json"), ("Probe", "*.json")):
        minimum = {"name": name, "endpoint_id": files.id, "pattern": pattern, "tz": "UTC", "cutoff_hour": 3.0}
        env["sync.expectation"].with_user(author).create(minimum)
