"""In which data region something stands: our company, a partner, one of its systems."""

from odoo import api, fields, models
from odoo.exceptions import AccessError

OFFICERS = "sync_governance.group_security_officer"
HELP = "Personal data that goes from one region to another needs an approval. Empty at an endpoint: as its partner."


class SyncDataRegion(models.Model):
    """A jurisdiction of data protection. A short list that security officers keep; records name one of it."""

    _name = "sync.data.region"
    _description = "Data region"
    _order = "name"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short, in small letters: it stands in faults and in the audit trail.")
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE (code)", "There is a region with this code.")
    _code_form = models.Constraint("CHECK (code ~ '^[a-z][a-z0-9-]{1,15}$')", "A code has 2 to 16 small letters.")

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result


class ResCompany(models.Model):
    _inherit = "res.company"

    sync_region_id = fields.Many2one(
        "sync.data.region",
        string="Data region",
        ondelete="restrict",
        help="Where this company keeps personal data. While it is empty no transfer is looked at.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("sync_region_id") for vals in vals_list):
            self._check_may_set_region()
        return super().create(vals_list)

    def write(self, vals):
        if "sync_region_id" not in vals or all(
            one.sync_region_id.id == (vals["sync_region_id"] or False) for one in self
        ):
            return super().write(vals)
        self._check_may_set_region()
        before = {one.id: one.sync_region_id.code or None for one in self}
        result = super().write(vals)
        for company in self:
            self.env["sync.audit.entry"]._note(
                "change",
                "data region",
                company,
                before=before[company.id] or "",
                after=company.sync_region_id.code or "",
            )
        self.env.registry.clear_cache()
        return result

    def _check_may_set_region(self):
        """Without a region nothing is refused any more: that is for whoever answers for security."""
        if not (self.env.su or self.env.user.has_group(OFFICERS)):
            raise AccessError(self.env._("A security officer says in which data region a company is."))


class SyncTradingPartner(models.Model):
    _inherit = "sync.trading.partner"

    region_id = fields.Many2one(
        "sync.data.region",
        string="Data region",
        ondelete="restrict",
        tracking=True,
        help="Where the partner's systems keep what they are sent. Once the partner is certified, a security officer"
        " changes it: it decides whether a transfer of personal data needs an approval.",
    )

    def write(self, vals):
        if "region_id" in vals:
            self._refuse_to_move(self.filtered(lambda one: one.region_id.id != (vals["region_id"] or False)))
        return super().write(vals)

    @api.model
    @api.private
    def _refuse_to_move(self, partners):
        """:raises AccessError: for partners that were looked at already, unless a security officer moves them"""
        settled = partners.filtered(lambda one: one.state not in ("draft", "testing"))
        if settled and not (self.env.su or self.env.user.has_group(OFFICERS)):
            raise AccessError(
                self.env._("%s is certified: a security officer changes its data region.", settled[0].display_name)
            )


class SyncEndpoint(models.Model):
    _inherit = "sync.endpoint"

    region_id = fields.Many2one("sync.data.region", string="Data region", ondelete="restrict", tracking=True, help=HELP)

    def write(self, vals):
        if "region_id" not in vals:
            return super().write(vals)
        moved = self.filtered(lambda door: door.region_id.id != (vals["region_id"] or False))
        self.env["sync.trading.partner"]._refuse_to_move(moved.trading_partner_id)
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    @api.private
    def _region(self):
        """The region of the system behind the endpoint, possibly empty."""
        self.ensure_one()
        return self.region_id or self.trading_partner_id.region_id
