{
    "name": "Sync Governance: the bare route of the benchmarks",
    "summary": "Inserts a body and commits, nothing else",
    "version": "19.0.1.0.0",
    "author": "Sync Governance contributors",
    "website": "https://github.com/sync-governance/sync_governance",
    "license": "LGPL-3",
    "category": "Hidden",
    "depends": ["base"],
    "installable": True,
}
