"""The role of a table with columns that are encrypted under the server's keys."""

import logging

from odoo import api, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

CHUNK = 200


class SyncSealed(models.AbstractModel):
    """Inherit this role and name the columns: then the command ``sync_keys`` checks them and encrypts them anew.

    ``_sealed`` is {column: what the token is bound to, with ``{id}`` for the row's}. The columns hold tokens of
    :class:`~sync_governance.core.security.keyring.KeyRing` and belong to no field.
    """

    _name = "sync.sealed"
    _description = "Table with encrypted columns"
    _sealed = {}

    @api.model
    @api.private
    def _sealed_tables(self):
        """The models that have encrypted columns."""
        names = sorted(self.env.registry.descendants(["sync.sealed"], "_inherit"))
        return [self.env[name] for name in names if self.env[name]._sealed and not self.env[name]._abstract]

    @api.model
    @api.private
    def _sealed_chunk(self, cr, column, after, *, lock=False, not_under=None):
        """Rows (id, token) after an id, in their order; ``not_under``: only those that another key has encrypted.

        :param lock: hold the rows until the end of the transaction
        """
        cr.execute(
            SQL(
                "SELECT id, %(column)s FROM %(table)s WHERE id > %(after)s AND %(column)s IS NOT NULL"
                " AND (%(key)s::text IS NULL OR split_part(%(column)s, '.', 2) <> %(key)s)"
                " ORDER BY id LIMIT %(limit)s %(lock)s",
                column=SQL.identifier(column),
                table=SQL.identifier(self._table),
                after=after,
                key=not_under,
                limit=CHUNK,
                lock=SQL("FOR NO KEY UPDATE") if lock else SQL(),
            )
        )
        return cr.fetchall()

    @api.model
    @api.private
    def _reseal(self, cr, column, tokens):
        """Write tokens {id: token} that were encrypted anew."""
        for row_id, token in tokens.items():
            cr.execute(
                SQL(
                    "UPDATE %s SET %s = %s WHERE id = %s",
                    SQL.identifier(self._table),
                    SQL.identifier(column),
                    token,
                    row_id,
                ),
                log_exceptions=False,
            )
