"""pytest plugin of `./dev test --no-browser`: tests that want a browser are skipped, even where one is installed."""

import unittest

from odoo.tests import common


def _no_browser():
    raise unittest.SkipTest("asked to run without a browser")


common._find_executable = _no_browser
