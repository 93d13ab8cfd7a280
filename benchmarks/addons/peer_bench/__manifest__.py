{
    "name": "Queue Job: benchmark",
    "summary": "A job that does nothing",
    "version": "19.0.1.0.0",
    "author": "Sync Governance contributors",
    "website": "https://github.com/sync-governance/sync_governance",
    "license": "LGPL-3",
    "category": "Hidden",
    "depends": ["queue_job"],
    "installable": True,
}
