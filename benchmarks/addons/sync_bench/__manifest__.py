{
    "name": "Sync Governance: benchmark",
    "summary": "A handler and a publisher that do nothing",
    "version": "19.0.1.0.0",
    "author": "Sync Governance contributors",
    "website": "https://github.com/sync-governance/sync_governance",
    "license": "LGPL-3",
    "category": "Hidden",
    "depends": ["sync_governance"],
    "installable": True,
}
