"""Tests in which people work in a browser."""

from odoo.tests import HttpCase


class BrowserCase(HttpCase):
    """The pages' scripts and styles are made beforehand: on a busy machine the first page would wait a minute."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.qweb"]._pregenerate_assets_bundles()
