"""Documents that are kept to be read: nothing in Odoo acts on them."""

from odoo import api, models

from ....core.work import Done


class Kept(models.AbstractModel):
    """An interface names it by ``kept`` for information that nothing in Odoo takes yet: a payout, a stock count.

    The canonical document stays with its message and with the process of the order that it names.
    """

    _name = "sync.handler.kept"
    _description = "Documents to be read"
    _inherit = "sync.handler"
    _handler = "kept"
    _repeatable = True
    _writes = False

    @api.private
    def _apply_one(self, work):
        return Done(reference=work.reference, note="Kept to be read. Nothing in Odoo was changed.")
