"""Documents that a person carries out: each becomes an exception of its own."""

from odoo import api, models

from ....core.canonical import catalogue
from ....core.faults import Fault


class ByHand(models.AbstractModel):
    """An interface names it by ``by.hand`` where a document must not be missed and nothing in Odoo carries it out.

    Whoever owns the interface is told at once, has until the time of the service level, and closes the exception with
    a note of what was done.
    """

    _name = "sync.handler.by.hand"
    _description = "Documents that a person carries out"
    _inherit = "sync.handler"
    _handler = "by.hand"
    _repeatable = True
    _writes = False

    @api.private
    def _apply_one(self, work):
        title = catalogue()[work.document_type].title
        number = work.reference or work.uid
        raise Fault(
            "apply.not_supported",
            f"{title}: {number}. Read the document, do in Odoo what it asks for, and close this with a note.",
            reference=number,
            subject=f"{work.document_type} {number} {work.uid}",
        )
