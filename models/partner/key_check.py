"""Whether the server's keys are those that encrypted what is in the database, and encrypting it anew."""

import logging

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.sql import column_exists

from ...core.security.keyring import KeyProblem
from .credential_version import server_ring

_logger = logging.getLogger(__name__)


class SyncSealed(models.AbstractModel):
    _inherit = "sync.sealed"

    def _register_hook(self):
        """Name a wrong key in the log as soon as a server starts, not when the first document meets it."""
        super()._register_hook()
        if self._name == "sync.sealed":
            for problem in self._key_problems():
                _logger.error("Secrets cannot be opened: %s", problem)

    @api.model
    @api.private
    def _key_problems(self):
        """A sentence for each key that is missing or another than the one that encrypted; looks at one row of each."""
        tokens = self._one_token_of_each_key(self.env.cr)
        if not tokens:
            return []
        try:
            ring = server_ring()
        except KeyProblem as problem:
            return [problem.detail]
        problems = []
        for _key, (token, aad) in sorted(tokens.items()):
            try:
                ring.decrypt(token, aad)
            except KeyProblem as problem:
                problems.append(problem.detail)
        return problems

    def _one_token_of_each_key(self, cr):
        """{key id: (a token, what it is bound to)} over all encrypted columns."""
        found = {}
        for model in self._sealed_tables():
            for column, aad in model._sealed.items():
                if not column_exists(cr, model._table, column):
                    continue  # the code is newer than the database, which is about to be upgraded
                cr.execute(
                    SQL(
                        "SELECT DISTINCT ON (split_part(%(column)s, '.', 2)) id, %(column)s FROM %(table)s"
                        " WHERE %(column)s IS NOT NULL ORDER BY split_part(%(column)s, '.', 2), id DESC",
                        column=SQL.identifier(column),
                        table=SQL.identifier(model._table),
                    )
                )
                for row_id, token in cr.fetchall():
                    found.setdefault(token.split(".")[1], (token, aad.format(id=row_id)))
        return found

    @api.model
    @api.private
    def _open_all(self, chunks):
        """Open everything that is encrypted; yields (table, column, key id, problem or None) of each row.

        :param chunks: opens a transaction for one chunk, a context manager that gives its cursor
        """
        ring = server_ring()
        for model in self._sealed_tables():
            for column, aad in model._sealed.items():
                after = 0
                while True:
                    with chunks() as cr:
                        rows = model._sealed_chunk(cr, column, after)
                    for row_id, token in rows:
                        yield model._table, column, token.split(".")[1], _problem(ring, token, aad.format(id=row_id))
                    if not rows:
                        break
                    after = rows[-1][0]

    @api.model
    @api.private
    def _reencrypt_all(self, chunks):
        """Encrypt anew, under the first key, what another has encrypted; yields (table, column, how many, problems).

        A chunk is one transaction, which holds its rows: who runs it twice, or stops it, changes nothing. What cannot
        be opened stays as it is.
        """
        ring = server_ring()
        for model in self._sealed_tables():
            for column, aad in model._sealed.items():
                after = 0
                while True:
                    with chunks() as cr:
                        rows = model._sealed_chunk(cr, column, after, lock=True, not_under=ring.primary)
                        tokens, problems = {}, []
                        for row_id, token in rows:
                            try:
                                tokens[row_id] = ring.rewrap(token, aad.format(id=row_id))
                            except KeyProblem as problem:
                                problems.append(problem.detail)
                        model._reseal(cr, column, tokens)
                    if not rows:
                        break
                    yield model._table, column, len(tokens), problems
                    after = rows[-1][0]


def _problem(ring, token, aad):
    try:
        ring.decrypt(token, aad)
    except KeyProblem as problem:
        return problem.detail
    return None


class SyncCredentialVersion(models.Model):
    _inherit = "sync.credential.version"

    @api.model
    @api.private
    def _reseal(self, cr, column, tokens):
        """Its form says which key it needs."""
        result = super()._reseal(cr, column, tokens)
        for version_id, token in tokens.items():
            cr.execute(
                "UPDATE sync_credential_version SET key_id = %s WHERE id = %s", [token.split(".")[1], version_id]
            )
        return result
