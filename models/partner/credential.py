"""A machine identity of an endpoint, with versions of its secret."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

DEFAULT_OVERLAP_HOURS = 24
LAST_USE_STEP = "1 minute"


class SyncCredential(models.Model):
    """What a sender proves himself with (``verify``), or what we sign with (``sign``).

    The secret goes in and is never read back: not by a form, an export, RPC or superuser through the ORM. It is
    encrypted or hashed, in columns that the ORM does not know, which only :meth:`sync.endpoint._secret_rows` reads, for
    the engine. During a rotation two versions are valid side by side.
    """

    _name = "sync.credential"
    _description = "Credential"
    _inherit = ["sync.transition", "mail.thread", "mail.activity.mixin"]
    _order = "endpoint_id, purpose, id"
    _guarded_fields = ("suspended_at", "last_used_at")

    name = fields.Char(required=True, tracking=True)
    endpoint_id = fields.Many2one("sync.endpoint", required=True, index=True, ondelete="restrict", tracking=True)
    trading_partner_id = fields.Many2one(
        string="Trading partner", related="endpoint_id.trading_partner_id", store=True, index=True
    )
    company_id = fields.Many2one(related="endpoint_id.company_id", store=True, index=True, precompute=True)
    purpose = fields.Selection(
        [
            ("verify", "Recognise what they send"),
            ("sign", "Sign what we send"),
            ("proxy", "Log in at the proxy"),
        ],
        required=True,
        tracking=True,
        compute="_compute_purpose",
        store=True,
        readonly=False,
        precompute=True,
    )
    secret_input = fields.Char(
        string="Secret",
        compute="_compute_secret_input",
        inverse="_inverse_secret_input",
        help="As the partner shows it. It is encrypted and cannot be read again, not even by you.",
    )
    version_ids = fields.One2many("sync.credential.version", "credential_id", string="Versions", readonly=True)
    valid_until = fields.Datetime(
        string="Expires on", tracking=True, help="The newest secret works until then; empty: no end."
    )
    review_date = fields.Date(
        string="Review by",
        tracking=True,
        help="By then somebody confirms that the credential is still needed.",
    )
    last_used_at = fields.Datetime(string="Last used", readonly=True, copy=False)
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [
            ("empty", "No secret"),
            ("valid", "Valid"),
            ("overlap", "Rotating"),
            ("expiring", "Expires soon"),
            ("expired", "Expired"),
            ("revoked", "Revoked"),
            ("suspended", "Suspended"),
        ],
        compute="_compute_state",
    )

    @api.depends("endpoint_id.direction")
    def _compute_purpose(self):
        for credential in self:
            credential.purpose = "sign" if credential.endpoint_id.direction == "outbound" else "verify"

    def _compute_secret_input(self):
        self.secret_input = False

    def _inverse_secret_input(self):
        for credential in self:
            secret = credential.secret_input
            if secret:
                credential._rotate(secret, overlap_hours=DEFAULT_OVERLAP_HOURS, valid_until=credential.valid_until)
        # The text typed in does not stay in memory for the answer of this very request.
        self.invalidate_recordset(["secret_input"])

    @api.depends("version_ids.state", "version_ids.valid_until", "version_ids.valid_from", "suspended_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for credential in self:
            versions = credential.version_ids
            valid = versions.filtered(lambda v: v._is_valid(now))
            soon = now + timedelta(days=14)
            if valid and credential.suspended_at:
                credential.state = "suspended"
            elif valid:
                newest = valid.sorted("id")[-1]
                if len(valid) > 1:
                    credential.state = "overlap"
                else:
                    credential.state = "expiring" if newest.valid_until and newest.valid_until < soon else "valid"
            elif not versions:
                credential.state = "empty"
            elif all(version.state == "revoked" for version in versions):
                credential.state = "revoked"
            else:
                credential.state = "expired"

    @api.constrains("endpoint_id", "purpose")
    def _check_purpose(self):
        for credential in self:
            direction = credential.endpoint_id.direction
            if direction == "internal":
                raise ValidationError(self.env._("What stays inside Odoo needs no credential."))
            if credential.purpose == "proxy":
                continue
            if credential.endpoint_id._connects() != (credential.purpose == "sign"):
                raise ValidationError(
                    self.env._(
                        "Where we are called we recognise the sender; where we send or fetch we show a secret: %s.",
                        credential.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        # The secret is stored once the record has its endpoint, under a name that no other part of create sees.
        secrets = [vals.get("secret_input") for vals in vals_list]
        credentials = super().create([{k: v for k, v in vals.items() if k != "secret_input"} for vals in vals_list])
        for credential, secret in zip(credentials, secrets, strict=True):
            if secret:
                credential._rotate(secret, overlap_hours=0, valid_until=credential.valid_until)
        self.env["sync.credential.version"]._forget()
        return credentials

    def unlink(self):
        self.env["sync.credential.version"]._forget()
        return super().unlink()

    def write(self, vals):
        if "endpoint_id" in vals and any(c.version_ids and c.endpoint_id.id != vals["endpoint_id"] for c in self):
            raise UserError(
                self.env._("A secret is valid for its own endpoint. Make a new credential for the other one.")
            )
        result = super().write(vals)
        if "valid_until" in vals:
            for credential in self:
                credential.version_ids.filtered(lambda v: v.state == "active")._set_end(credential.valid_until)
        self.env["sync.credential.version"]._forget()
        return result

    # -- what people do --------------------------------------------------------------------------------------------

    def action_rotate(self):
        """Ask for the new secret and how long the old one stays valid beside it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New secret"),
            "res_model": "sync.credential.rotate",
            "view_mode": "form",
            "target": "new",
            "context": {"default_credential_id": self.id},
        }

    def action_revoke(self):
        """End all versions at once and destroy their secrets."""
        self.check_access("write")
        for credential in self:
            credential.version_ids._revoke()
            credential.message_post(body=self.env._("All secrets revoked."))

    # -- what the engine does --------------------------------------------------------------------------------------

    @api.private
    def _rotate(self, secret, *, overlap_hours, valid_until=None):
        """Store ``secret`` as the newest version; the one before stays valid ``overlap_hours`` longer."""
        self.ensure_one()
        self.check_access("write")
        now = self.env.cr.now().replace(microsecond=0)  # valid at once, also for a reader in this transaction
        before = self.version_ids.filtered(lambda v: v.state in ("active", "overlap"))
        version = self.env["sync.credential.version"]._store(self, secret, valid_from=now, valid_until=valid_until)
        if overlap_hours:
            before._overlap_until(now + timedelta(hours=overlap_hours))
        else:
            before._revoke()
        if before:
            self.message_post(
                body=self.env._("New secret; the one before stays valid for %s hours.", overlap_hours)
                if overlap_hours
                else self.env._("New secret; the one before ended at once.")
            )
        return version

    @api.model
    @api.private
    def _used(self, cr, credential_ids):
        """Remember the last use, at most once a minute per credential, never waiting for another writer.

        :param cr: a READ COMMITTED cursor of the engine
        """
        ids = sorted(set(filter(None, credential_ids)))
        if ids:
            cr.execute(
                SQL(
                    """UPDATE sync_credential SET last_used_at = now() AT TIME ZONE 'UTC'
                        WHERE id IN (SELECT id FROM sync_credential
                                      WHERE id = ANY(%s) AND (last_used_at IS NULL
                                            OR last_used_at < (now() AT TIME ZONE 'UTC') - %s::interval)
                                      ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)""",
                    ids,
                    LAST_USE_STEP,
                )
            )
