"""What a credential may do, and under which name its owner comes."""

import secrets

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core.security import scopes


class SyncCredential(models.Model):
    _inherit = "sync.credential"

    authentication = fields.Selection(related="endpoint_id.authentication")
    proxied = fields.Char(related="endpoint_id.proxy_url", string="Proxy of its endpoint")
    username = fields.Char(
        string="User or client",
        copy=False,
        tracking=True,
        help="The name that is sent beside the secret: the user of HTTP Basic, the client's id of OAuth 2.",
    )
    may_write = fields.Boolean(
        string="May send documents", default=True, tracking=True, help="Whoever shows it may bring documents."
    )
    may_read = fields.Boolean(
        string="May read", tracking=True, help="Whoever shows it may read what concerns its own trading partner."
    )
    document_type_ids = fields.Many2many(
        "sync.document.type",
        string="Only these kinds of documents",
        tracking=True,
        help="Empty: every kind that the interfaces of its endpoint carry.",
    )

    # A request may name the user and no endpoint: then the name has to lead to one.
    _username_uniq = models.UniqueIndex(
        "(username) WHERE purpose = 'verify' AND username IS NOT NULL", "Another credential has this user or client."
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            endpoint = self.env["sync.endpoint"].browse(vals.get("endpoint_id"))
            if endpoint.direction == "inbound" and endpoint.authentication == "oauth2" and not vals.get("username"):
                vals["username"] = f"sgc_{secrets.token_hex(8)}"
        return super().create(vals_list)

    @api.constrains("username", "endpoint_id", "purpose")
    def _check_username(self):
        for credential in self:
            name = credential.username or ""
            if not name and credential._scheme() in ("basic", "oauth2"):
                raise ValidationError(
                    self.env._("%s goes by a user or client as well: enter its name.", credential.endpoint_id.name)
                )
            if ":" in name or not name.isprintable() or len(name) > 200:
                raise ValidationError(self.env._("The name of a user or client is plain text without colons."))

    @api.private
    def _scopes(self):
        """What it may do, as scopes of OAuth 2."""
        self.ensure_one()
        actions = [action for action, may in (("write", self.may_write), ("read", self.may_read)) if may]
        return scopes.granted(actions, self.document_type_ids.mapped("code"))
