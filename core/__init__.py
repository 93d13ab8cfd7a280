"""Pure Python: the algorithms of the addon. Nothing below this package imports Odoo."""
