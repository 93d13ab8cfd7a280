"""What happens when the module is removed."""


def uninstall_hook(env):
    """Agents lose their rights with the module's groups; the users stay, archived, because documents name them."""
    env["res.users"].search([("login", "=like", "sync.agent.%")]).action_archive()
    env.cr.execute(
        "DROP FUNCTION IF EXISTS sync_lifecycle_guard(), sync_policy_gate_guard(), sync_interface_guard() CASCADE"
    )
    env.cr.execute(
        "DROP FUNCTION IF EXISTS sync_audit_guard(), sync_audit_head_guard(), sync_audit_anchor_guard() CASCADE"
    )
