"""A folder at a partner's SFTP server: where it is, and which key the server must show."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...core.delivery import sftp
from ...core.faults import Fault
from .endpoint_files import BY_FILE

SFTP = [("sftp", "SFTP")]


class SyncEndpoint(models.Model):
    """Nothing is read or sent before a person has confirmed the server's key, nor once the server shows another."""

    _inherit = "sync.endpoint"

    carrier = fields.Selection(selection_add=SFTP, ondelete={"sftp": "set null"})
    transport = fields.Selection(selection_add=SFTP, ondelete={"sftp": "cascade"})
    sftp_host = fields.Char(
        string="Server",
        tracking=True,
        help="Its name or address: files.partner.example. Inside our own network, or on another port than 22, it must"
        " stand under the allowed private hosts as well (Limits).",
    )
    sftp_port = fields.Integer(string="Port", required=True, default=sftp.PORT, tracking=True)
    sftp_host_key = fields.Text(
        string="Confirmed key of the server",
        readonly=True,
        copy=False,
        tracking=True,
        help="The fingerprint that the server must show. If it shows another one, nothing is read and nothing is sent.",
    )
    sftp_seen_key = fields.Char(
        string="Key that the server has shown",
        readonly=True,
        copy=False,
        help="Compare it with what the partner says it is, by another way than this connection.",
    )
    sftp_hint = fields.Char(compute="_compute_sftp_hint")

    _sftp_port_fits = models.Constraint("CHECK (sftp_port BETWEEN 1 AND 65535)", "A port is from 1 to 65535.")

    @api.depends("carrier")
    def _compute_sftp_hint(self):
        lacks = not sftp.is_installed()
        for endpoint in self:
            endpoint.sftp_hint = (
                self.env._(
                    "This server does not have the Python package %s (3.4 or newer): let its administrator install it"
                    " (pip install paramiko) on every server that works for this database.",
                    sftp.LIBRARY,
                )
                if lacks and endpoint.carrier == "sftp"
                else False
            )

    @api.constrains("carrier", "sftp_host")
    def _check_sftp_host(self):
        for endpoint in self.filtered(lambda one: one.carrier == "sftp" and one.sftp_host):
            if not set(endpoint.sftp_host) <= set(
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_[]:"
            ):
                raise ValidationError(self.env._("The server is a name or an address, like files.partner.example."))

    @api.constrains("authentication", "carrier")
    def _check_key_is_for_sftp(self):
        for endpoint in self.filtered(lambda one: one.authentication == "ssh_key" and one.carrier != "sftp"):
            raise ValidationError(self.env._("%s: a key of SSH is for SFTP only.", endpoint.name))

    def _folder_problem(self):
        if self.carrier == "sftp":
            return self.env._("has a line break") if not (self.folder or "").isprintable() else None
        return super()._folder_problem()

    def _missing(self):
        missing = super()._missing()
        if self.carrier == "sftp":
            if not self.sftp_host:
                missing.append(self.env._("The SFTP server"))
            elif not self.sftp_host_key:
                missing.append(self.env._("The server's key, got and confirmed (Files)"))
            if not any(row.username for row in self._valid_rows("sign")):
                missing.append(self.env._("A credential with the user at the SFTP server"))
            if self.sftp_hint:
                missing.append(self.sftp_hint)
        return missing

    def write(self, vals):
        moved = self.filtered(
            lambda one: (
                one.sftp_host_key
                and any(name in vals and one[name] != vals[name] for name in ("sftp_host", "sftp_port"))
            )
        )
        if moved.filtered(lambda one: one.state == "live"):
            raise UserError(self.env._("Suspend the endpoint before it goes to another server: its key is another."))
        result = super().write(vals)
        # Another server has another key.
        for endpoint in moved:
            endpoint._move({"sftp_host_key": False, "sftp_seen_key": False})
        return result

    # -- the server's key ------------------------------------------------------------------------------------------

    def action_sftp_get_key(self):
        """Ask the server for its key; nobody logs in, and nothing is believed yet."""
        self.ensure_one()
        self._may_confirm_key()
        if not self.sftp_host:
            raise UserError(self.env._("Say which server it is."))
        try:
            shown = sftp.shown_key(self._sftp_server())
        except Fault as fault:
            raise UserError(fault.detail) from fault
        self._move({"sftp_seen_key": shown})

    def action_sftp_confirm_key(self):
        """The key that the server has shown is the partner's: from now on it must show this one."""
        self.ensure_one()
        self._may_confirm_key()
        if not self.sftp_seen_key:
            raise UserError(self.env._("Get the server's key first."))
        before = self.sftp_host_key
        self._move({"sftp_host_key": self.sftp_seen_key, "sftp_seen_key": False})
        self.message_post(
            body=self.env._(
                "Confirmed key of the server: %(key)s. Before: %(before)s.",
                key=self.sftp_host_key,
                before=before or self.env._("none"),
            )
        )
        if self.state == "live" and not self.paused and self._is_polled():
            self.env["sync.poll"]._want(self.env.cr, self.ids)
            self.env["sync.engine"]._wake_after_commit()

    def _may_confirm_key(self):
        self.check_access("write" if self.env.user.has_group("sync_governance.group_manager") else "read")
        groups = ("sync_governance.group_manager", "sync_governance.group_security_officer")
        if not any(self.env.user.has_group(group) for group in groups):
            raise AccessError(self.env._("Integration managers and security officers confirm the key of a server."))

    @api.private
    def _sftp_server(self):
        """The server with what we show it (:class:`~sync_governance.core.delivery.sftp.Server`)."""
        self.ensure_one()
        rows = [row for row in self._valid_rows("sign") if row.sealed and row.username]
        secrets = {int(secret.key_id): secret.value for secret in self._secrets("sign")} if rows else {}
        secret = secrets.get(rows[0].credential_id, "") if rows else ""
        by_key = self.authentication == "ssh_key"
        return sftp.Server(
            host=(self.sftp_host or "").strip("[]"),
            port=self.sftp_port,
            folder=self.folder or ".",
            username=rows[0].username if rows else "",
            password="" if by_key else secret,
            private_key=secret if by_key else "",
            pins=sftp.pins(self.sftp_host_key or ""),
            allowed_hosts=tuple(self._private_hosts()),
            connect_timeout=float(self.connect_timeout),
            read_timeout=float(self.read_timeout),
        )

    @api.private
    def _sftp_door(self):
        """(server, credential's id) to connect with.

        :raises Fault: ``deliver.credential_missing``
        """
        server = self._sftp_server()
        rows = [row for row in self._valid_rows("sign") if row.sealed and row.username]
        if not rows:
            raise Fault(
                "deliver.credential_missing",
                f"{self.name} has no valid credential to log in with.",
                subject=f"endpoint {self.code}",
            )
        return server, rows[0].credential_id


BY_FILE.append("sftp")
