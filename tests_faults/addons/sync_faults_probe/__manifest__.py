{
    "name": "Sync Governance: probe of the fault suite",
    "summary": "A light handler that can be told to misbehave. For tests only, never install it elsewhere.",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "Sync Governance",
    "depends": ["sync_governance"],
    "installable": True,
}
