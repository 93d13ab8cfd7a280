"""One technical door of a trading partner."""

import json
import re
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...core.delivery.schemes import scheme_of, schemes
from ...core.faults import Fault
from .trading_partner import CONNECTABLE

STATES = [("draft", "Draft"), ("live", "Live"), ("suspended", "Suspended"), ("retired", "Retired")]
DIRECTIONS = [("inbound", "Receives"), ("outbound", "Sends"), ("internal", "Inside Odoo")]
CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
ALLOWED_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")
PROFILE_FIELDS = (
    "active",
    "allowed_private_hosts",
    "allowed_sources",
    "authentication",
    "authentication_settings",
    "code",
    "codec",
    "codec_options",
    "company_id",
    "direction",
    "hold_unread",
    "key_source",
    "key_value",
    "max_body_bytes",
    "max_waiting",
    "rate_per_minute",
    "test_flag_source",
    "test_flag_value",
    "test_flag_words",
    "topic_source",
    "topic_value",
    "trading_partner_id",
    "user_id",
)


class SyncEndpoint(models.Model):
    """Where documents of one partner come in or go out, how the sender proves who he is, and as whom we act.

    ``draft -> live <-> suspended -> retired``. Pausing is not a state: a paused endpoint still takes in what arrives,
    and its queue stands still until somebody resumes it.
    """

    _name = "sync.endpoint"
    _description = "Endpoint"
    _inherit = ["sync.transition", "mail.thread", "mail.activity.mixin"]
    _order = "trading_partner_id, code"
    _rec_names_search = ["name", "code"]
    _guarded_fields = ("state", "paused")

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(
        required=True,
        copy=False,
        tracking=True,
        help="Unique in this database; part of the address that partners call.",
    )
    trading_partner_id = fields.Many2one(
        "sync.trading.partner", string="Trading partner", required=True, index=True, ondelete="restrict", tracking=True
    )
    company_id = fields.Many2one(related="trading_partner_id.company_id", store=True, index=True, precompute=True)
    environment = fields.Selection(related="trading_partner_id.environment", store=True, precompute=True)
    direction = fields.Selection(DIRECTIONS, required=True, default="inbound", tracking=True)
    transport = fields.Selection(
        [
            ("webhook", "Webhook"),
            ("https", "HTTPS request"),
            ("feed", "Fetched from our feed"),
            ("internal", "None, stays inside Odoo"),
        ],
        compute="_compute_transport",
        store=True,
        required=True,
        precompute=True,
    )
    codec = fields.Selection(
        [("json", "JSON")],
        string="Format",
        required=True,
        default="json",
        help="The format of the files. An EDI interchange may carry many documents: each becomes a message of its own.",
    )
    authentication = fields.Selection(
        selection="_select_authentication",
        required=True,
        default="standard_webhooks",
        tracking=True,
        help="How the sender of a document is recognised: by a signature over the body, or by what each request shows.",
    )
    authentication_settings = fields.Text(
        string="Authentication settings",
        help="JSON. Refines the way of signing, for senders that deviate from it: "
        '{"signature_headers": ["X-Sig"], "encoding": "base64"}',
    )
    key_source = fields.Selection(
        [
            ("pointer", "A member of the document"),
            ("header", "A header"),
            ("constant", "One key for all"),
            ("event", "The key of the event"),
        ],
        string="Ordering key",
        required=True,
        default="pointer",
        help="Documents with the same key are worked strictly one after the other.",
    )
    key_value = fields.Char(
        string="Key is found at", help="JSON pointer (/order/id), name of the header, or the constant."
    )
    topic_source = fields.Selection(
        [("pointer", "A member of the document"), ("header", "A header"), ("constant", "Always the same")],
        string="Kind of document",
        default="header",
        help="How a received document says what it is; the interfaces of the endpoint name the values they take.",
    )
    topic_value = fields.Char(
        string="Kind is found at",
        help="JSON pointer (/type), name of the header, or the constant. Several pointers with a blank between them are"
        " joined with a slash: an 860 that cancels is 860/01, and goes to the interface for 860/01, else for 860.",
    )
    url = fields.Char(string="Address", tracking=True, help="Where we send to.")
    intake_url = fields.Char(string="Address for the partner", compute="_compute_intake_url")
    allowed_private_hosts = fields.Text(
        string="Allowed private hosts",
        tracking=True,
        help="One host:port per line. Addresses inside our own network are refused unless they stand here.",
    )
    connect_timeout = fields.Integer(string="Connect timeout (s)", required=True, default=5)
    read_timeout = fields.Integer(string="Read timeout (s)", required=True, default=20)
    max_body_bytes = fields.Integer(string="Largest body (bytes)", required=True, default=1_048_576)
    pack_code = fields.Char(readonly=True, copy=False, help="What the pack calls it from which it was loaded.")
    user_id = fields.Many2one(
        "res.users",
        string="Acts as",
        copy=False,
        tracking=True,
        ondelete="restrict",
        domain="[('share', '=', False), ('company_ids', '=', company_id)]",
        help="The endpoint's own internal user. What its documents change in Odoo carries this name.",
    )
    state = fields.Selection(
        STATES, required=True, default="draft", copy=False, readonly=True, tracking=True, index=True
    )
    paused = fields.Boolean(copy=False, readonly=True, default=False, tracking=True)
    active = fields.Boolean(default=True)
    credential_ids = fields.One2many("sync.credential", "endpoint_id", string="Credentials")
    interface_ids = fields.One2many("sync.interface", "endpoint_id", string="Interfaces")
    interface_count = fields.Integer(compute="_compute_interface_count")
    missing = fields.Text(string="Before it can go live", compute="_compute_missing")

    _code_uniq = models.Constraint("UNIQUE (code)", "This code is taken by another endpoint.")
    _code_form = models.Constraint(
        "CHECK (code ~ '^[a-z0-9][a-z0-9-]{1,62}$')", "A code has small letters, digits and dashes."
    )
    _user_uniq = models.Constraint("UNIQUE (user_id)", "Each endpoint acts as a user of its own.")
    _known_state = models.Constraint("CHECK (state IN ('draft', 'live', 'suspended', 'retired'))", "Unknown state.")
    _limits = models.Constraint(
        """CHECK (connect_timeout BETWEEN 1 AND 60 AND read_timeout BETWEEN 1 AND 300
              AND max_body_bytes BETWEEN 1 AND CASE WHEN carrier IS NULL THEN 16777216 ELSE 268435456 END)""",
        "Timeouts are 1 to 60 and 1 to 300 seconds; a body has at most 16 MiB, or 256 MiB where we fetch it.",
    )
    _transport_fits = models.Constraint(
        """CHECK ((transport = 'internal') = (direction = 'internal')
              AND (transport <> 'webhook' OR direction = 'inbound')
              AND (transport NOT IN ('https', 'feed') OR direction = 'outbound'))""",
        "The transport does not fit the direction.",
    )
    _proof_needed = models.Constraint(
        """CHECK (CASE WHEN direction = 'internal' THEN authentication = 'none'
                       ELSE authentication <> 'none' OR transport NOT IN ('webhook', 'https', 'feed') END)""",
        "Only what stays inside Odoo works without authentication, and what needs none, such as a folder.",
    )

    # -- computed --------------------------------------------------------------------------------------------------

    @api.model
    def _select_authentication(self):
        return [(name, profile.title) for name, profile in schemes().items()] + [("none", "None, inside Odoo")]

    @api.depends("direction")
    def _compute_transport(self):
        by_direction = {"inbound": "webhook", "outbound": "https", "internal": "internal"}
        for endpoint in self:
            endpoint.transport = by_direction.get(endpoint.direction)

    @api.onchange("direction")
    def _onchange_direction(self):
        if self.direction == "internal":
            self.authentication = "none"
        elif self.authentication == "none":
            self.authentication = "standard_webhooks"
        if self.direction != "inbound":
            self.key_source = "event"
        elif self.key_source == "event":
            self.key_source = "pointer"

    @api.depends("code", "direction")
    def _compute_intake_url(self):
        base = self.get_base_url()
        for endpoint in self:
            inbound = endpoint.direction == "inbound" and endpoint.code
            endpoint.intake_url = f"{base}/sync/in/{endpoint.code}" if inbound else False

    @api.depends("interface_ids")
    def _compute_interface_count(self):
        counts = dict(
            self.env["sync.interface"]._read_group([("endpoint_id", "in", self.ids)], ["endpoint_id"], ["__count"])
        )
        for endpoint in self:
            endpoint.interface_count = counts.get(endpoint, 0)

    @api.depends("state", "user_id", "url", "credential_ids", "trading_partner_id.state")
    def _compute_missing(self):
        for endpoint in self:
            gaps = endpoint._missing() if endpoint.state == "draft" else []
            endpoint.missing = "\n".join(gaps) or False

    # -- rules -----------------------------------------------------------------------------------------------------

    @api.constrains("code")
    def _check_code(self):
        for endpoint in self:
            if not CODE.fullmatch(endpoint.code or ""):
                raise ValidationError(
                    self.env._("A code has small letters, digits and dashes: “%s” has not.", endpoint.code)
                )

    @api.constrains("authentication", "authentication_settings")
    def _check_authentication(self):
        for endpoint in self.filtered(lambda e: e.authentication != "none"):
            try:
                scheme_of(endpoint.authentication, endpoint._settings())
            except Fault as fault:
                raise ValidationError(fault.detail) from fault

    @api.constrains("url", "direction", "environment")
    def _check_url(self):
        for endpoint, url in [(door, address) for door in self for address in door._urls()]:
            parts = urlsplit(url)
            allowed = endpoint._private_hosts()
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
                raise ValidationError(
                    self.env._("The address is like https://host/path, without a user or password in it.")
                )
            if parts.scheme == "http" and f"{parts.hostname}:{parts.port or 80}" not in allowed:
                raise ValidationError(
                    self.env._("Documents leave encrypted (https). Plain http is for allowed private hosts only.")
                )

    @api.constrains("allowed_private_hosts")
    def _check_private_hosts(self):
        for endpoint in self:
            for host in endpoint._private_hosts():
                if not ALLOWED_HOST.fullmatch(host):
                    raise ValidationError(
                        self.env._("Allowed private hosts are written host:port, one per line: “%s” is not.", host)
                    )

    @api.constrains("key_source", "key_value", "topic_source", "topic_value", "direction")
    def _check_sources(self):
        for endpoint in self:
            pairs = []
            if endpoint.key_source != "event":
                pairs.append((endpoint.key_source, endpoint.key_value, self.env._("ordering key")))
            elif endpoint.direction == "inbound":
                raise ValidationError(
                    self.env._("What arrives has no event yet: take its ordering key from the document.")
                )
            if endpoint.direction == "inbound":
                pairs.append((endpoint.topic_source, endpoint.topic_value, self.env._("kind of document")))
            for source, value, what in pairs:
                if not source or not value:
                    raise ValidationError(self.env._("Say where the %s is found.", what))
                if source == "pointer" and not value.startswith("/"):
                    raise ValidationError(
                        self.env._("A pointer to the %(what)s begins with a slash: /%(value)s", what=what, value=value)
                    )

    @api.constrains("state", "user_id", "trading_partner_id", "url", "direction")
    def _check_live(self):
        for endpoint in self.filtered(lambda e: e.state == "live"):
            endpoint._refuse_missing()

    def _refuse_missing(self):
        missing = self._missing()
        if missing:
            raise ValidationError(
                self.env._("The endpoint %s cannot be live yet:", self.code) + "\n- " + "\n- ".join(missing)
            )

    def _missing(self):
        """What the endpoint lacks to be live, in sentences."""
        self.ensure_one()
        missing = []
        if self.trading_partner_id.state not in CONNECTABLE:
            missing.append(self.env._("Its trading partner is in testing, certified or live"))
        if not self.user_id:
            missing.append(self.env._("A user of its own, as whom it acts"))
        if self.transport == "https" and not self.url:
            missing.append(self.env._("The address to send to"))
        if self.direction != "internal" and not self._has_valid_credential():
            missing.append(
                self.env._("An endpoint by which the partner calls, with a credential that may read")
                if self.transport == "feed"
                else self.env._("A valid credential")
            )
        return missing

    def _settings(self):
        """The authentication settings as a dict."""
        self.ensure_one()
        if not self.authentication_settings:
            return {}
        try:
            settings = json.loads(self.authentication_settings)
        except ValueError as error:
            raise ValidationError(self.env._("The authentication settings are not JSON: %s", error)) from error
        if not isinstance(settings, dict):
            raise ValidationError(self.env._("The authentication settings are a JSON object: {…}"))
        return settings

    def _urls(self):
        """The addresses that we send to."""
        self.ensure_one()
        return [self.url] if self.url else []

    def _private_hosts(self):
        """The allowed private hosts, as host:port."""
        self.ensure_one()
        return [line.strip() for line in (self.allowed_private_hosts or "").splitlines() if line.strip()]

    # -- writing ---------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        endpoints = super().create(vals_list)
        self.env.registry.clear_cache()
        return endpoints

    def write(self, vals):
        result = super().write(vals)
        if any(name in vals for name in PROFILE_FIELDS):
            self.env.registry.clear_cache()
        return result

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_only_drafts(self):
        if any(endpoint.state != "draft" for endpoint in self):
            raise UserError(
                self.env._("An endpoint that was on the wire is retired, not deleted: its messages name it.")
            )

    # -- transitions -----------------------------------------------------------------------------------------------

    def action_go_live(self):
        """draft -> live."""
        self._expect_state("draft")
        self._step(state="live")

    def action_suspend(self):
        """live -> suspended: off the wire; senders are told to come back later."""
        self._expect_state("live")
        self._step(state="suspended")

    def action_resume(self):
        """suspended -> live."""
        self._expect_state("suspended")
        self._step(state="live")
        self.env["sync.engine"]._wake_after_commit()

    def action_retire(self):
        """The end; its address is not given to another."""
        self._expect_state("draft", "live", "suspended")
        self.interface_ids.filtered(lambda i: i.state != "retired").action_retire()
        self._step(state="retired")

    def action_pause(self):
        """Let the queue stand still; what arrives is kept."""
        self._step(paused=True)

    def action_unpause(self):
        """Let the queue go on."""
        self._step(paused=False)
        self.env["sync.engine"]._wake_after_commit()

    def _step(self, **vals):
        self.check_access("write")
        self._move(vals)
        self.env.registry.clear_cache()

    def action_open_interfaces(self):
        """The interfaces of the endpoint."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sync_governance.action_interface")
        action["domain"] = [("endpoint_id", "=", self.id)]
        action["context"] = {"default_endpoint_id": self.id}
        return action
