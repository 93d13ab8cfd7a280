"""Rows that only the engine writes."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class Setting(fields.Many2one):
    """A reference from a row of the engine to what was set up: its company, endpoint, interface, version of a contract.

    There is no foreign key behind it. What carried a document is retired and never deleted, which its own model sees
    to; a check of every reference of every row would cost more than all else that is done with the row, and lock the
    few rows that all documents share.
    """

    def update_db_foreign_key(self, model, column):
        """None is wanted."""


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
