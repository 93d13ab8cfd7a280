"""Anchors: what the newest link was on a day, signed, and told to somebody outside."""

import logging
import os
import socket

from odoo import api, fields, models
from odoo.tools import config

from ...core.audit import canonical
from ...core.audit.signing import PURPOSE, Signer, fingerprint, holds
from ...core.audit.syslog import json_line, syslog_line
from ...core.security.keyring import KeyProblem
from ..exchange.cursor import read_committed
from .sending import syslog

_logger = logging.getLogger(__name__)

FILE_OPTION = "sync_governance_anchor_file"
SYSLOG_OPTION = "sync_governance_anchor_syslog"


class SyncAuditAnchor(models.Model):
    """Whoever owns the database can rewrite it, chain and all; he cannot take back what was told outside.

    Once a day the position and hash of the newest link go to the server's log, and to a file or a syslog collector
    where the configuration names one. A chain that was rewritten since does not lead through them any more.
    """

    _name = "sync.audit.anchor"
    _description = "Anchor of the audit trail"
    _inherit = ["sync.engine.record"]
    _log_access = False
    _order = "id desc"
    _rec_name = "position"

    taken_at = fields.Datetime(string="Taken", readonly=True)
    position = fields.Integer(string="Entry", required=True, readonly=True)
    hash = fields.Char(string="Hash (SHA-256)", required=True, readonly=True)
    key_id = fields.Char(string="Signed with key", readonly=True)
    public_key = fields.Char(string="Public key (Ed25519)", readonly=True)
    fingerprint = fields.Char(compute="_compute_fingerprint", string="Fingerprint of the key")
    signature = fields.Char(readonly=True)
    statement = fields.Text(readonly=True, help="What is signed and told outside, as JSON.")

    @api.depends("public_key")
    def _compute_fingerprint(self):
        for anchor in self:
            anchor.fingerprint = anchor.public_key and fingerprint(anchor.public_key)

    def init(self):
        # The same guard as the entries: added to, never changed.
        self.env.cr.execute("""
            DROP TRIGGER IF EXISTS sync_audit_anchor_fixed ON sync_audit_anchor;
            CREATE TRIGGER sync_audit_anchor_fixed BEFORE UPDATE OR DELETE ON sync_audit_anchor
                FOR EACH ROW EXECUTE FUNCTION sync_audit_anchor_guard();
        """)

    def _auto_init(self):
        self.env.cr.execute("""
            CREATE OR REPLACE FUNCTION sync_audit_anchor_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$
            BEGIN
                RAISE EXCEPTION 'An anchor stays as it is' USING ERRCODE = 'check_violation';
            END $guard$
        """)
        return super()._auto_init()

    @api.model
    @api.private
    def _signer(self):
        """The key that signs.

        :raises KeyProblem: when no key is configured, naming what to add
        """
        ring = self.env["sync.credential.version"]._ring()
        return Signer(ring.derive(PURPOSE), ring.primary)

    @api.model
    @api.private
    def _take(self):
        """Anchor the newest link if it is another than last time, and tell it outside; returns the statement or None.

        Without a key it is told all the same, unsigned: a hash outside is what counts.
        """
        with read_committed(self.env.registry) as cr:
            cr.execute(
                """SELECT c.position, c.hash, (SELECT max(position) FROM sync_audit_anchor),
                          to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                          (SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'), current_database()
                     FROM sync_audit_chain c WHERE c.id = 1 FOR UPDATE"""
            )
            position, newest, before, now, uuid, name = cr.fetchone()
            if not position or position == before:
                return None
            statement = {"database": uuid, "name": name, "position": position, "hash": newest, "taken_at": now}
            try:
                signer = self._signer()
            except KeyProblem as problem:
                _logger.warning("The audit trail is anchored unsigned: %s", problem.detail.split("\n", 1)[0])
                signer = None
            signed = sign(statement, signer)
            cr.execute(
                """INSERT INTO sync_audit_anchor (taken_at, position, hash, key_id, public_key, signature, statement)
                   VALUES (now() AT TIME ZONE 'UTC', %s, %s, %s, %s, %s, %s)""",
                [
                    position,
                    newest,
                    signed.get("key"),
                    signed.get("public_key"),
                    signed.get("signature"),
                    json_line(signed),
                ],
            )
        tell(signed)
        return signed


def sign(statement, signer):
    """``statement`` with its signature; as it is where there is no ``signer``."""
    if signer is None:
        return statement
    whole = {**statement, "key": signer.key_id, "public_key": signer.public_key}
    return {**whole, "signature": signer.sign(canonical(whole))}


def is_genuine(statement):
    """Whether a signed statement is what its own key signed."""
    content = {name: value for name, value in statement.items() if name != "signature"}
    return holds(str(statement.get("public_key")), str(statement.get("signature")), canonical(content))


def tell(statement):
    """To the log, the file and the collector of the configuration; what cannot be told is logged and not fatal."""
    line = json_line(statement)
    _logger.info("Audit anchor %s", line)
    if path := config.get(FILE_OPTION):
        try:
            with open(path, "a", encoding="utf-8") as file:
                file.write(line + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            _logger.error("The anchor of the audit trail could not be written to %s: %s", path, error.strerror)
    if address := config.get(SYSLOG_OPTION):
        entry = {"kind": "anchor", "occurred_at": statement["taken_at"], **statement}
        try:
            with syslog(address) as send:
                send(syslog_line(entry, host=socket.gethostname()))
        except (OSError, ValueError) as error:
            _logger.error("The anchor of the audit trail could not be sent to %s: %s", address, error)
