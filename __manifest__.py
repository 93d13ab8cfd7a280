{
    "name": "Sync Governance",
    "summary": "Odoo as the governed control plane of a distributor's integrations",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Integration",
    "author": "Sync Governance contributors",
    "website": "https://github.com/sync-governance/sync_governance",
    "license": "LGPL-3",
    "application": True,
    "depends": ["sale_stock", "purchase_stock", "stock_delivery", "account_payment"],
    "external_dependencies": {"python": ["requests", "jsonschema", "cryptography", "jmespath"]},
    "data": [
        "security/groups.xml",
        "security/ir.model.access.csv",
        "data/engine.xml",
    ],
    "assets": {
        "web.assets_tests": ["sync_governance/static/tests/tours/**/*"],
    },
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}
