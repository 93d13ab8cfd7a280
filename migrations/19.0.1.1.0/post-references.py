"""Rows of the engine refer to what was set up without foreign keys now, see ``engine_record.Setting``."""

from psycopg2 import sql

SETTINGS = {
    "sync_message": (
        "endpoint_id",
        "interface_id",
        "trading_partner_id",
        "company_id",
        "document_type_id",
        "contract_id",
        "mapping_id",
        "policy_id",
    ),
    "sync_transmission": ("endpoint_id", "trading_partner_id", "company_id"),
    "sync_event": ("document_type_id", "company_id", "trading_partner_id"),
    "sync_lane": ("endpoint_id", "company_id"),
    "sync_dedupe": ("endpoint_id", "company_id"),
    "sync_payload": ("company_id",),
    "sync_attempt": ("company_id",),
    "sync_effect": ("company_id",),
}


def migrate(cr, version):
    """Take the old foreign keys away."""
    for table, columns in SETTINGS.items():
        for column in columns:
            cr.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}").format(
                    sql.Identifier(table), sql.Identifier(f"{table}_{column}_fkey")
                )
            )
