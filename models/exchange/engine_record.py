"""Rows that only the engine writes."""

from odoo import api, models
from odoo.exceptions import UserError


class SyncEngineRecord(models.AbstractModel):
    """A row of the engine: read through the ORM, written by the engine's SQL alone.

    The queue's promises rest on statements that lock in one order and move state in one place. A write through the
    ORM, by a person, an import or another module, would go past them, so it is refused here and not in a view.
    """

    _name = "sync.engine.record"
    _description = "Row of the engine"
    _log_access = False

    # Refusing is the point: nothing of what super() does may happen.
    # pylint: disable=method-required-super,no-raise-unlink

    @api.model_create_multi
    def create(self, vals_list):
        raise UserError(self._refusal())

    def write(self, vals):
        if vals:
            raise UserError(self._refusal())
        return True

    def unlink(self):
        raise UserError(self._refusal())

    def copy(self, default=None):
        raise UserError(self._refusal())

    @api.model
    def _refusal(self):
        return self.env._(
            "%(model)s is written by the engine only. Use the buttons (Retry, Cancel) instead.",
            model=self._description,
        )
