"""Partner's identifier <-> Odoo record or canonical code."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...core.faults import Fault

DOMAINS = [
    ("product", "Product"),
    ("customer", "Customer"),
    ("location", "Location"),
    ("warehouse", "Warehouse"),
    ("carrier", "Carrier"),
    ("unit", "Unit of measure"),
    ("tax", "Tax"),
    ("payment_term", "Payment term"),
    ("payment_method", "Payment method"),
    ("payment_journal", "Payment journal"),
    ("currency", "Currency"),
    ("country", "Country"),
    ("reason", "Reason"),
    ("status", "Status"),
    ("inventory_item", "Inventory item"),
    ("fulfilment_order", "Fulfilment order"),
    ("fulfilment_order_line", "Line of a fulfilment order"),
]
MODELS = {
    "product": "product.product",
    "customer": "res.partner",
    "location": "stock.location",
    "warehouse": "stock.warehouse",
    "carrier": "delivery.carrier",
    "unit": "uom.uom",
    "tax": "account.tax",
    "payment_term": "account.payment.term",
    "payment_method": "account.payment.method.line",
    "payment_journal": "account.journal",
    "currency": "res.currency",
    "country": "res.country",
}


class SyncXref(models.Model):
    """What a partner calls one of our records, or one of the canonical codes.

    An identifier of a partner goes before the company-wide one of the same name. Valid rows only; a row without dates
    is valid always.
    """

    _name = "sync.xref"
    _description = "Cross-reference"
    _order = "domain, external_id"
    _rec_name = "external_id"

    domain = fields.Selection(DOMAINS, string="Kind", required=True, index=True)
    trading_partner_id = fields.Many2one(
        "sync.trading.partner",
        string="Trading partner",
        index=True,
        ondelete="cascade",
        help="Empty: every partner of the company says so.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    external_id = fields.Char(string="Partner's identifier", required=True)
    res_model = fields.Char(string="Model", compute="_compute_res_model", store=True, precompute=True)
    res_id = fields.Many2oneReference(string="Record in Odoo", model_field="res_model")
    record_domain = fields.Boolean(
        compute="_compute_record_domain", help="Identifiers of this domain stand for records."
    )
    record_name = fields.Char(string="Stands for", compute="_compute_record_name")
    canonical_code = fields.Char(
        string="Canonical code", help="The code of the canonical documents, where there is no record."
    )
    valid_from = fields.Date(string="Valid from")
    valid_to = fields.Date(string="Valid until")
    active = fields.Boolean(default=True)

    # At each day an identifier stands for one thing. A range of one hash instead of the columns themselves: those would
    # need the extension btree_gist. Two different identifiers with one hash of 63 bits are not to be expected.
    _one_at_a_time = models.Constraint(
        """EXCLUDE USING gist (
            int8range(
                hashtextextended(
                    company_id::text || ' ' || COALESCE(trading_partner_id, 0)::text || ' ' || domain || ' '
                    || external_id, 0) >> 1,
                hashtextextended(
                    company_id::text || ' ' || COALESCE(trading_partner_id, 0)::text || ' ' || domain || ' '
                    || external_id, 0) >> 1, '[]') WITH &&,
            daterange(valid_from, valid_to, '[]') WITH &&) WHERE (active)""",
        lambda env, diag: env._("This identifier is in use already, at least on some of these days."),
    )
    _external = models.Index("(company_id, domain, external_id) WHERE active")
    _record = models.Index("(domain, res_id) WHERE res_id IS NOT NULL")
    _stands_for_one = models.Constraint(
        "CHECK ((COALESCE(res_id, 0) > 0) <> (COALESCE(canonical_code, '') <> ''))",
        "An identifier stands for a record or for a code: name one of them.",
    )
    _dates = models.Constraint(
        "CHECK (valid_from IS NULL OR valid_to IS NULL OR valid_from <= valid_to)", "It ends before it begins."
    )

    def init(self):
        # Until 19.0.1.1.0 an identifier stood for one thing for good.
        self.env.cr.execute("DROP INDEX IF EXISTS sync_xref_external_uniq")

    @api.depends("trading_partner_id")
    def _compute_company_id(self):
        for xref in self:
            xref.company_id = xref.trading_partner_id.company_id or xref.company_id or self.env.company

    @api.depends("domain")
    def _compute_res_model(self):
        for xref in self:
            xref.res_model = MODELS.get(xref.domain, False)

    @api.depends("domain")
    def _compute_record_domain(self):
        for xref in self:
            xref.record_domain = xref.domain in MODELS

    @api.depends("res_model", "res_id", "canonical_code")
    def _compute_record_name(self):
        names = {}
        for model in {xref.res_model for xref in self if xref.res_id and xref.res_model}:
            ids = {xref.res_id for xref in self if xref.res_model == model}
            # sudo: who may see the cross-reference may see the name of what it stands for
            names.update(
                {(model, record.id): record.display_name for record in self.env[model].sudo().browse(ids).exists()}
            )
        for xref in self:
            if xref.res_id:
                xref.record_name = names.get((xref.res_model, xref.res_id)) or self.env._("(deleted)")
            else:
                xref.record_name = xref.canonical_code

    @api.constrains("domain", "res_id")
    def _check_record(self):
        for xref in self.filtered("res_id"):
            model = MODELS.get(xref.domain)
            if not model:
                raise ValidationError(self.env._("In this domain an identifier stands for a code, not for a record."))
            if not self.env[model].sudo().browse(xref.res_id).exists():  # sudo: only whether it exists
                raise ValidationError(self.env._("There is no such record."))

    @api.constrains("company_id", "trading_partner_id")
    def _check_company(self):
        for xref in self.filtered("trading_partner_id"):
            if xref.company_id != xref.trading_partner_id.company_id:
                raise ValidationError(self.env._("%s belongs to another company.", xref.trading_partner_id.name))

    # -- for handlers and publishers -------------------------------------------------------------------------------

    @api.model
    @api.private
    def _resolve(self, domain, trading_partner_id, external_ids):
        """{external id: record id, or canonical code} for those that are known; one statement for all.

        The company is the environment's. A partner's own identifier goes before the company-wide one.
        """
        wanted = list({str(external) for external in external_ids if external not in (None, "")})
        if not wanted:
            return {}
        self.check_access("read")
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (external_id) external_id, res_id, canonical_code
                     FROM sync_xref
                    WHERE company_id = %(company)s AND domain = %(domain)s AND external_id = ANY(%(wanted)s) AND active
                      AND (trading_partner_id IS NULL OR trading_partner_id = %(partner)s)
                      AND (valid_from IS NULL OR valid_from <= (now() AT TIME ZONE 'UTC')::date)
                      AND (valid_to IS NULL OR valid_to >= (now() AT TIME ZONE 'UTC')::date)
                    ORDER BY external_id, trading_partner_id NULLS LAST""",
                company=self.env.company.id,
                domain=domain,
                wanted=wanted,
                partner=trading_partner_id or 0,
            )
        )
        return {external: res_id or code for external, res_id, code in rows}

    @api.model
    @api.private
    def _external(self, domain, trading_partner_id, records):
        """{record id: the partner's identifier}; the newest where there are several, the partner's own before all."""
        if not records:
            return {}
        self.check_access("read")
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (res_id) res_id, external_id
                     FROM sync_xref
                    WHERE company_id = %(company)s AND domain = %(domain)s AND res_id = ANY(%(ids)s) AND active
                      AND res_model = %(model)s AND (trading_partner_id IS NULL OR trading_partner_id = %(partner)s)
                      AND (valid_from IS NULL OR valid_from <= (now() AT TIME ZONE 'UTC')::date)
                      AND (valid_to IS NULL OR valid_to >= (now() AT TIME ZONE 'UTC')::date)
                    ORDER BY res_id, trading_partner_id NULLS LAST, id DESC""",
                company=self.env.company.id,
                domain=domain,
                ids=records.ids,
                model=records._name,
                partner=trading_partner_id or 0,
            )
        )
        return dict(rows)

    @api.model
    @api.private
    def _remember(self, domain, trading_partner_id, external_id, record, valid_from=False, valid_to=False):
        """Keep that the partner calls ``record`` ``external_id``, from and until a day where one is given.

        :raises Fault: ``translate.reference_ambiguous`` when the identifier stands for another record already
        """
        known = self._resolve(domain, trading_partner_id, [external_id]).get(str(external_id))
        if known == record.id:
            return
        if known is not None:
            raise Fault(
                "translate.reference_ambiguous",
                f"“{external_id}” stands for another {dict(DOMAINS)[domain].lower()} already, see its cross-reference.",
                found=str(external_id),
                subject=f"{domain} {external_id}",
            )
        self.create(
            {
                "domain": domain,
                "trading_partner_id": trading_partner_id or False,
                "company_id": self.env.company.id,
                "external_id": str(external_id),
                "res_id": record.id,
                "valid_from": valid_from,
                "valid_to": valid_to,
            }
        )

    def action_open_record(self):
        """Open what the identifier stands for."""
        self.ensure_one()
        if not self.res_id:
            return False
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }
