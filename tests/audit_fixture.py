"""What the tests of the audit trail share."""

from odoo.tools import SQL

from odoo.addons.sync_governance.models.audit.chain import link, verify

from .governance_fixture import GovernanceCase


class AuditCase(GovernanceCase):
    """People of every group, an auditor, and a look at what was written down since the last look."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = cls.person("alma.auditor", "group_auditor")

    def setUp(self):
        super().setUp()
        self.seen = 0
        self.new_entries()

    def new_entries(self, **where):
        """Entries written since the last call, oldest first."""
        self.env.flush_all()
        domain = [("id", ">", self.seen), *((name, "=", value) for name, value in where.items())]
        found = self.env["sync.audit.entry"].search(domain, order="id")
        self.seen = max([self.seen, *self.env["sync.audit.entry"].search([], limit=1).ids])
        return found

    def link(self):
        while link(self.env.cr):
            continue

    def verified(self):
        self.env.flush_all()
        self.link()
        return verify(self.env.cr)

    def without_guard(self, statement, parameters=()):
        """What a superuser of the database can do."""
        self._guards("DISABLE")
        self.env.cr.execute(statement, parameters)
        self._guards("ENABLE")
        self.env.invalidate_all()

    def _guards(self, word):
        for table in ("sync_audit_entry", "sync_audit_chain", "sync_audit_anchor"):
            self.env.cr.execute(SQL("ALTER TABLE %s %s TRIGGER USER", SQL.identifier(table), SQL(word)))
