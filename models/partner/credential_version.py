"""One version of a secret."""

import os
from functools import lru_cache

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, config

from ...core.delivery import secret_forms
from ...core.security.keyring import KeyProblem, KeyRing
from ...core.table import arrange

CONFIG_OPTION = "sync_governance_keys"
ENVIRONMENT_VARIABLE = "SYNC_GOVERNANCE_KEYS"


class SyncCredentialVersion(models.Model):
    """The secret itself stands in ``secret_encrypted``, or its hash in ``secret_hash``, columns that are no fields: no
    read, export, search or RPC can name them. What is encrypted is bound to its row (the row's id is authenticated with
    it), so that it opens nowhere else."""

    _name = "sync.credential.version"
    _description = "Version of a secret"
    _inherit = ["sync.transition", "sync.sealed"]
    _order = "id desc"
    _rec_name = "create_date"
    _guarded_fields = ("state", "key_id", "hint", "valid_from", "valid_until")
    _sealed = {"secret_encrypted": "sync.credential.version:{id}:secret"}

    credential_id = fields.Many2one("sync.credential", required=True, index=True, ondelete="restrict", readonly=True)
    company_id = fields.Many2one(related="credential_id.company_id", store=True, index=True, precompute=True)
    state = fields.Selection(
        [("active", "Active"), ("overlap", "Valid beside the newer one"), ("revoked", "Revoked")],
        required=True,
        default="active",
        readonly=True,
    )
    key_id = fields.Char(string="Encrypted with key", readonly=True, help="Name of the server's key that encrypts it.")
    hint = fields.Char(string="Begins with", readonly=True, help="How a key that Odoo has made can be recognised.")
    valid_from = fields.Datetime(string="Valid from", readonly=True)
    valid_until = fields.Datetime(string="Valid until", readonly=True)
    create_uid = fields.Many2one("res.users", readonly=True, string="Set by")
    create_date = fields.Datetime(readonly=True, string="Set on")

    _known_state = models.Constraint("CHECK (state IN ('active', 'overlap', 'revoked'))", "Unknown state.")
    _one_active = models.UniqueIndex("(credential_id) WHERE state = 'active'", "A credential has one newest secret.")

    def init(self):
        result = super().init()
        # An AES-GCM token or a hash, written by this model only: no fields of the ORM.
        arrange(self.env.cr, self._table, columns={"secret_encrypted": "text", "secret_hash": "text"})
        return result

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise UserError(self.env._("A version comes from setting the secret of its credential."))

    def copy(self, default=None):  # pylint: disable=method-required-super
        raise UserError(self.env._("A secret is not copied."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Versions are revoked, not deleted: messages name them."))

    def _is_valid(self, now):
        self.ensure_one()
        return (
            self.state in ("active", "overlap")
            and (not self.valid_from or self.valid_from <= now)
            and (not self.valid_until or self.valid_until > now)
        )

    # -- transitions, for the credential ---------------------------------------------------------------------------

    @api.model
    @api.private
    def _store(self, credential, secret, *, valid_from, valid_until):
        """Keep ``secret``, encrypted or hashed, as the active version of ``credential``; the one before is overlap."""
        endpoint = credential.endpoint_id
        scheme, sends = credential._scheme(), credential.purpose != "verify"
        secret = secret_forms.tidied(secret, scheme, sends=sends)
        unusable = secret_forms.problem(secret, scheme, sends=sends, settings=endpoint._settings())
        if unusable:
            raise UserError(
                self.env._(
                    "This cannot be a secret for %(endpoint)s. %(problem)s", endpoint=endpoint.name, problem=unusable
                )
            )
        credential.version_ids.filtered(lambda v: v.state == "active")._move({"state": "overlap"})
        self.env.flush_all()
        # The only way past create() above.
        version = super().create(  # pylint: disable=super-method-mismatch
            [{"credential_id": credential.id, "state": "active"}]
        )
        kept = secret_forms.kept(secret, scheme, sends=sends)
        token = None if kept.hashed else self._seal(secret, aad_of(version.id))
        version._move(
            {
                "key_id": token.split(".")[1] if token else False,
                "hint": kept.hint or False,
                "valid_from": valid_from,
                "valid_until": valid_until,
            }
        )
        version.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE sync_credential_version SET secret_encrypted = %s, secret_hash = %s WHERE id = %s",
                token,
                kept.hashed,
                version.id,
            ),
            log_exceptions=False,
        )
        self._forget()
        return version

    @api.model
    @api.private
    def _forget(self):
        """Let no process go on with the secrets it has read: now, and once more when this is committed.

        In between another thread may have read what was valid before.
        """
        self.env.registry.clear_cache()
        postcommit = self.env.cr.postcommit
        if not postcommit.data.get("sync_governance.forget"):
            postcommit.data["sync_governance.forget"] = True
            postcommit.add(self.env.registry.clear_cache)

    @api.private
    def _overlap_until(self, end):
        """Valid beside the newer version until ``end``, or earlier if it ends earlier by itself."""
        for version in self:
            until = min(end, version.valid_until) if version.valid_until else end
            version._move({"state": "overlap", "valid_until": until})
        self._forget()

    @api.private
    def _set_end(self, end):
        self._move({"valid_until": end})
        self._forget()

    @api.private
    def _revoke(self):
        """End the versions now and destroy their secrets."""
        ended = self.filtered(lambda v: v.state != "revoked")
        ended._move({"state": "revoked", "valid_until": fields.Datetime.now()})
        ended.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE sync_credential_version SET secret_encrypted = NULL, secret_hash = NULL WHERE id = ANY(%s)",
                ended.ids,
            )
        )
        self._forget()

    # -- encryption ------------------------------------------------------------------------------------------------

    @api.model
    @api.private
    def _seal(self, secret, aad):
        """``secret`` encrypted under the server's newest key, bound to ``aad``.

        :raises UserError: when no usable key is configured, naming what to add
        """
        try:
            return self._ring().encrypt(secret, aad)
        except KeyProblem as problem:
            raise UserError(problem.detail) from problem

    @api.model
    @api.private
    def _unseal(self, token, aad):
        """The secret behind ``token``.

        :raises KeyProblem: a fault for the administrator, naming the key
        """
        return self._ring().decrypt(token, aad)

    @api.model
    def _ring(self):
        """The server's keys.

        :raises KeyProblem: when none is configured, naming what to add
        """
        text = configured_keys()
        if not text:
            raise KeyProblem(
                self.env._(
                    "No key is configured to encrypt secrets with. Add the line\n\n%(option)s = k1:<base64 of 32 random"
                    " bytes>\n\nto the server's configuration file, or set %(variable)s in its environment,"
                    " and restart.",
                    option=CONFIG_OPTION,
                    variable=ENVIRONMENT_VARIABLE,
                )
            )
        return _parsed(text)


def configured_keys():
    """The server's keys as they are configured; empty when they are not."""
    return config.get(CONFIG_OPTION) or os.environ.get(ENVIRONMENT_VARIABLE) or ""


def server_ring():
    """The server's keys, for a thread that has no environment.

    :raises KeyProblem: when none is configured or one cannot be read
    """
    return _parsed(configured_keys())


def aad_of(version_id):
    """What the token of a row is bound to."""
    return SyncCredentialVersion._sealed["secret_encrypted"].format(id=version_id)


@lru_cache(maxsize=4)
def _parsed(text):
    return KeyRing.from_config(text)
