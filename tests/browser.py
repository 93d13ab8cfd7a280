"""Tests in which people work in a browser."""

from functools import partialmethod
from unittest.mock import patch

from odoo.tests import HttpCase
from odoo.tests.common import ChromeBrowser

PATIENCE = 240  # seconds for the first page, and for a whole tour: the machine may be busy with other tests


class BrowserCase(HttpCase):
    """The pages' scripts and styles are made beforehand, and a busy machine is waited for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.qweb"]._pregenerate_assets_bundles()  # nothing to do where the database has them

    def start_tour(self, url_path, tour_name, **options):
        wait = partialmethod(ChromeBrowser._wait_ready, timeout=PATIENCE)
        with patch.object(ChromeBrowser, "_wait_ready", wait):
            return super().start_tour(url_path, tour_name, **{"timeout": PATIENCE, **options})
