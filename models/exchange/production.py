"""Which database is the real one: a copy must not act for the original."""

import logging
import time
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..partner.trading_partner import ENVIRONMENTS
from .cursor import read_committed

_logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
# Per process and database: when it was looked at last, and what was seen.
_SEEN: dict[str, tuple[float, "Standing"]] = {}

_LOOK = """
    SELECT (SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'), d.datname, d.oid::text,
           coalesce((SELECT lower(value) IN ('true', '1') FROM ir_config_parameter
                      WHERE key = 'database.is_neutralized'), false),
           p.fingerprint, coalesce(p.as_copy, false),
           coalesce(p.environment, 'production')
      FROM pg_database d LEFT JOIN sync_production p ON p.id = 1
     WHERE d.datname = current_database()
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """``reason`` why nothing may be exchanged: ``copy``, ``neutralized``, or None when all is well.

    ``fingerprint`` is what this database is now: its uuid, its name and its number in the server. ``known`` is what
    stands in the books. ``environment`` is what it is for; a neutralized copy is never production.
    """

    reason: str | None
    fingerprint: str
    known: str | None
    neutralized: bool
    environment: str = "production"

    @property
    def is_production(self) -> bool:
        """Whether production endpoints may be talked to from here."""
        return self.environment == "production"


class SyncProduction(models.Model):
    """One row: the fingerprint of the database that may exchange documents with partners.

    A copy of a database keeps everything, its uuid and the secrets of all endpoints too, but not its name and its
    number in the server together. The first engine that runs here writes the fingerprint; when another one is found,
    nothing is claimed, delivered or taken in until a security officer has said on screen that this is the one.
    """

    _name = "sync.production"
    _description = "The database in use"
    _inherit = ["sync.engine.record"]
    _log_access = False

    fingerprint = fields.Char(readonly=True)
    as_copy = fields.Boolean(
        readonly=True, help="This neutralized copy was released for tests: it exchanges documents all the same."
    )
    environment = fields.Selection(
        ENVIRONMENTS,
        readonly=True,
        string="This database is for",
        help="Anything but production exchanges no document with production endpoints.",
    )
    confirmed_by = fields.Many2one("res.users", readonly=True, ondelete="set null")
    confirmed_at = fields.Datetime(readonly=True)

    def init(self):
        self.env.cr.execute("INSERT INTO sync_production (id) VALUES (1) ON CONFLICT DO NOTHING")
        self.env.cr.execute("UPDATE sync_production SET environment = 'production' WHERE environment IS NULL")

    @api.depends("environment")
    def _compute_display_name(self):
        for record in self:
            record.display_name = self.env._("This database")

    @api.model
    @api.private
    def _standing(self):
        """What this database is, as seen at most a second ago by this process."""
        name = self.env.cr.dbname
        seen_at, standing = _SEEN.get(name, (0.0, None))
        now = time.monotonic()
        if standing is None or now - seen_at > LOOK_SECONDS:
            before, standing = standing, self._look()
            _SEEN[name] = now, standing
            if standing.reason and (before is None or before.reason != standing.reason):
                _logger.error("Nothing is exchanged with partners: %s", EXPLAINED[standing.reason])
        return standing

    @api.model
    @api.private
    def _forget(self):
        """Look again the next time."""
        _SEEN.pop(self.env.cr.dbname, None)

    def _look(self):
        with read_committed(self.env.registry) as cr:
            cr.execute(_LOOK)
            uuid, name, oid, neutralized, known, as_copy, environment = cr.fetchone()
            here = f"{uuid}/{name}/{oid}"
            if known is None and not neutralized:
                # The first look: until now nothing was exchanged from here.
                cr.execute(
                    """UPDATE sync_production SET fingerprint = %s
                        WHERE id = (SELECT id FROM sync_production WHERE id = 1 AND fingerprint IS NULL
                                       FOR NO KEY UPDATE SKIP LOCKED)""",
                    [here],
                )
                known = here
        if neutralized and not (as_copy and known == here):
            return Standing("neutralized", here, known, True, "test")
        if neutralized and environment == "production":
            environment = "test"
        return Standing("copy" if known != here else None, here, known, neutralized, environment)

    @api.model
    @api.private
    def _refuses(self, environment):
        """Whether an endpoint of this environment must not be talked to from here."""
        return environment == "production" and not self._standing().is_production

    def action_is_production(self):
        """Production endpoints may be talked to from here."""
        self._set_environment("production")

    def action_is_test(self):
        """This database is for tests: production endpoints are refused both ways."""
        self._set_environment("test")

    def action_is_development(self):
        """This database is for development: production endpoints are refused both ways."""
        self._set_environment("development")

    @api.private
    def _set_environment(self, environment):
        if not self.env.user.has_group("sync_governance.group_security_officer"):
            raise AccessError(self.env._("Only a security officer says what this database is for."))
        self.env.cr.execute("UPDATE sync_production SET environment = %s WHERE id = 1", [environment])
        self.invalidate_model()
        self.env.registry.clear_cache()
        _logger.warning("User %s declared this database: %s", self.env.user.login, environment)
        self._forget()
        self.env.cr.postcommit.add(self._forget)

    @api.model
    @api.private
    def _confirm(self):
        """This is the database that exchanges documents from now on; for security officers."""
        if not self.env.user.has_group("sync_governance.group_security_officer"):
            raise AccessError(
                self.env._("Only a security officer says which database exchanges documents with partners.")
            )
        self.env.cr.execute(
            """UPDATE sync_production SET fingerprint = u.value || '/' || d.datname || '/' || d.oid,
                      as_copy = EXISTS (SELECT FROM ir_config_parameter WHERE key = 'database.is_neutralized'
                                           AND lower(value) IN ('true', '1')),
                      confirmed_by = %s, confirmed_at = now() AT TIME ZONE 'UTC'
                 FROM pg_database d, ir_config_parameter u
                WHERE sync_production.id = 1 AND d.datname = current_database() AND u.key = 'database.uuid'""",
            [self.env.uid],
        )
        _logger.warning("User %s confirmed that this database exchanges documents", self.env.user.login)
        self.env.cr.postcommit.add(self._forget)
        self.env["sync.engine"]._wake_after_commit()


EXPLAINED = {
    "copy": "this is not the database that was in use before; a security officer confirms it under Engine health",
    "neutralized": "this is a neutralized copy; a security officer can release it for tests under Engine health",
}
