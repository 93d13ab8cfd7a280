"""Deadlines are due times since this version: those that are set already get theirs."""

DUE_TIMES = """
    INSERT INTO sync_due (kind, res_id, company_id, due_at, documents, tries)
    SELECT 'message.parked', id, company_id, wait_until, 0, 0
      FROM sync_message WHERE state = 'parked' AND wait_until IS NOT NULL
    UNION ALL
    SELECT 'milestone.due', m.id, m.company_id, m.due_at, 0, 0
      FROM sync_milestone m JOIN sync_process p ON p.id = m.process_id
     WHERE m.state = 'expected' AND m.due_at IS NOT NULL AND p.state IN ('running', 'on_hold')
    UNION ALL
    SELECT 'exception.resolve', id, company_id, due_at, 0, 0
      FROM sync_exception WHERE state IN ('new', 'in_progress') AND due_at IS NOT NULL
    UNION ALL
    SELECT 'credential.expiry', c.id, c.company_id, v.valid_until - interval '14 days', 0, 0
      FROM sync_credential c JOIN sync_credential_version v ON v.credential_id = c.id AND v.state = 'active'
     WHERE c.active AND v.valid_until IS NOT NULL
    UNION ALL
    SELECT 'interface.watch', id, company_id, now() AT TIME ZONE 'UTC', 0, 0
      FROM sync_interface WHERE state = 'live'
    ON CONFLICT (kind, res_id) DO NOTHING
"""
# The scheduled action that looked for overdue milestones.
OLD_ACTION = """
    DELETE FROM ir_cron
     WHERE id = (SELECT res_id FROM ir_model_data
                  WHERE module = 'sync_governance' AND name = 'cron_overdue_milestones')
    RETURNING ir_actions_server_id
"""


def migrate(cr, version):
    """Set the due times, and remove the scheduled action that did the same by polling."""
    cr.execute(DUE_TIMES)
    cr.execute(OLD_ACTION)
    cr.execute("DELETE FROM ir_act_server WHERE id = ANY(%s)", [[row[0] for row in cr.fetchall()]])
    cr.execute("DELETE FROM ir_model_data WHERE module = 'sync_governance' AND name LIKE 'cron_overdue_milestones%'")
