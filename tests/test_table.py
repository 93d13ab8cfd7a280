"""An upgrade changes a table only where it lacks something: whoever works on it goes on."""

from odoo.tests import TransactionCase

from ..core.table import arrange


class TestTable(TransactionCase):
    def test_what_is_there_is_not_locked_again(self):
        for model in ("sync.message", "sync.lane", "sync.event", "sync.payload", "sync.due", "sync.command"):
            with self.subTest(model):
                statements = []
                self.patch(self.env.cr, "execute", self.noting(statements))
                self.env[model].init()
                self.assertEqual([s for s in statements if s.startswith(("ALTER", "CREATE"))], [])

    def noting(self, statements):
        execute = self.env.cr.execute

        def note(query, *arguments, **options):
            statements.append(str(query).strip())
            return execute(query, *arguments, **options)

        return note

    def test_only_what_is_missing_is_added(self):
        cr = self.env.cr
        cr.execute("CREATE TABLE sync_trial (id int, number int, word text DEFAULT 'old')")
        wanted = {
            "columns": {"number": "int", "more": "text NOT NULL DEFAULT ''"},
            "defaults": {"number": "7", "word": "'new'"},
            "storage": {"fillfactor": 50, "autovacuum_vacuum_scale_factor": 0},
            "unique": {"sync_trial_number": "(number) WHERE number > 0"},
        }
        self.assertEqual(len(arrange(cr, "sync_trial", **wanted)), 2)
        cr.execute("INSERT INTO sync_trial (id) VALUES (1) RETURNING number, word, more")
        self.assertEqual(cr.fetchone(), (7, "old", ""))
        self.assertEqual(arrange(cr, "sync_trial", **wanted), [])
        self.assertEqual(
            arrange(cr, "sync_trial", storage={"fillfactor": 60}), ["ALTER TABLE sync_trial SET (fillfactor = 60)"]
        )
