"""Frequent statements are prepared on kept connections: the same answers, planned once."""

import os
import sys
from unittest.mock import patch

from psycopg2.errors import DivisionByZero

from odoo.tests import TransactionCase
from odoo.tools import mute_logger

from odoo.addons.sync_governance.core.queue import Frequent
from odoo.addons.sync_governance.models.exchange.prepared import POOLED_VARIABLE, Preparing, plans

HERE = "odoo.addons.sync_governance."


def frequent():
    """{where it stands: statement} of all in the addon."""
    found = {}
    for name, module in list(sys.modules.items()):
        if name.startswith(HERE) and module is not None:
            for label, value in vars(module).items():
                many = value.items() if isinstance(value, dict) else [("", value)]
                found |= {f"{name}.{label}{key}": each for key, each in many if isinstance(each, Frequent)}
    return found


class TestPrepared(TransactionCase):
    def setUp(self):
        super().setUp()
        self.sent = []
        self.execute = Preparing(self.note)

    def note(self, query, params=None, log_exceptions=True):
        self.sent.append(query)
        return self.env.cr.execute(query, params, log_exceptions)

    def test_the_server_can_prepare_every_frequent_statement(self):
        statements = {statement: where for where, statement in frequent().items()}
        self.assertGreater(len(statements), 20)
        for statement, where in statements.items():
            for plan in plans(statement):
                with self.subTest(where, plan=plan.name), self.env.cr.savepoint():
                    if not plan.prepare:
                        continue
                    self.env.cr.execute(plan.prepare.replace("%%", "%"))

    def test_it_is_prepared_the_first_time_and_answers_alike(self):
        statement = Frequent("SELECT n * 2 FROM unnest(%s::int[]) AS n WHERE n > %s::int AND n %% 2 = 0 ORDER BY 1")
        for numbers, least, expected in (([1, 4, 6], 4, [12]), ([], 0, []), ([8, 2, 3], 0, [4, 16])):
            self.execute(statement, [numbers, least])
            self.assertEqual([row[0] for row in self.env.cr.fetchall()], expected)
        self.assertEqual([sent.count("PREPARE") for sent in self.sent], [1, 0, 0])

    def test_several_statements_travel_together_and_the_last_one_answers(self):
        self.env.cr.execute("CREATE TEMPORARY TABLE trial (id int, word text)")
        statement = Frequent(
            """INSERT INTO trial SELECT * FROM unnest(%(ids)s::int[], %(words)s::text[]);
               SELECT count(*), %(word)s::text, min(word) FROM trial WHERE id = ANY(%(ids)s::int[])"""
        )
        for count, words in ((1, [None]), (2, ["a; b %s"])):
            self.execute(statement, {"ids": [7], "words": words, "word": "o'clock"}, before="SELECT 1; ")
            self.assertEqual(self.env.cr.fetchone(), (count, "o'clock", words[0]))

    def test_behind_a_pooler_nothing_is_left_in_a_connection(self):
        with patch.dict(os.environ, {POOLED_VARIABLE: "1"}):
            execute = Preparing(self.note)
        execute(Frequent("SELECT %s::int + 1"), [1], before="SELECT 0; ")
        self.assertEqual(self.env.cr.fetchone(), (2,))
        self.assertEqual(self.sent, ["SELECT 0; SELECT %s::int + 1"])

    def test_after_an_error_it_is_prepared_anew(self):
        statement = Frequent("SELECT 10 / %s::int")
        for number, expected in ((2, 5), (0, None), (5, 2)):
            if expected is None:
                with self.assertRaises(DivisionByZero), self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                    self.execute(statement, [number])
            else:
                self.execute(statement, [number])
                self.assertEqual(self.env.cr.fetchone(), (expected,))
        self.assertEqual(["PREPARE" in sent for sent in self.sent], [True, False, True])

    def test_what_is_not_frequent_goes_as_it_is(self):
        self.execute("SELECT %s", ["as it is"])
        self.assertEqual(self.env.cr.fetchone(), ("as it is",))
        self.assertEqual(self.sent, ["SELECT %s"])
