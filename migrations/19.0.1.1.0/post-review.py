"""Reviews of credentials are due times since this version: those that are there get theirs."""

DUE_TIMES = """
    INSERT INTO sync_due (kind, res_id, company_id, due_at, documents, tries)
    SELECT 'credential.review', id, company_id, review_date, 0, 0
      FROM sync_credential WHERE active AND review_date IS NOT NULL
    ON CONFLICT (kind, res_id) DO NOTHING
"""


def migrate(cr, version):
    """Set the due times."""
    cr.execute(DUE_TIMES)
