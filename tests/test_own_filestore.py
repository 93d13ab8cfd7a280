"""Test processes that run beside each other share nothing that one of them could clear away."""

import os
from pathlib import Path

from odoo.tests import TransactionCase
from odoo.tools import config


class TestOwnFilestore(TransactionCase):
    def test_the_files_of_a_test_process_are_those_of_its_own_database(self):
        folder = Path(self.env["ir.attachment"]._filestore())
        self.assertEqual(folder.name, self.env.cr.dbname)
        self.assertEqual(folder, Path(config["data_dir"], "filestore", self.env.cr.dbname))

    def test_what_the_template_stored_can_be_read(self):
        stored = self.env["ir.attachment"].search([("store_fname", "!=", False)], limit=20)
        self.assertTrue(stored)
        for attachment in stored:
            self.assertTrue(os.path.isfile(attachment._full_path(attachment.store_fname)), attachment.name)
