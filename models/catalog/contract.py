"""A versioned JSON Schema."""

import json
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core import contracts
from ...core.faults import Fault


class SyncContract(models.Model):
    """What a partner's document must look like, or what a document of our own must look like for one partner."""

    _name = "sync.contract"
    _description = "Contract"
    _inherit = ["sync.lifecycle"]
    _order = "code, id desc"
    _rec_names_search = ["code", "name"]
    _lifecycle_interface_field = "contract_id"
    _lifecycle_content = (
        "code",
        "version",
        "company_id",
        "document_type_id",
        "form",
        "trading_partner_id",
        "schema",
        "compatibility",
        "undeclared",
    )

    code = fields.Char(required=True, index=True, tracking=True, help="For example shopify.order")
    name = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, index=True, help="Empty: for every company."
    )
    document_type_id = fields.Many2one(
        "sync.document.type",
        string="Document type",
        required=True,
        index=True,
        ondelete="restrict",
        help="What the document means to the business, whatever its form.",
    )
    form = fields.Selection(
        [("partner", "The partner's own document"), ("canonical", "The canonical document")],
        required=True,
        default="partner",
        help="A partner's own document needs a mapping, the canonical one travels as it is.",
    )
    trading_partner_id = fields.Many2one(
        "sync.trading.partner",
        string="Only for",
        index=True,
        ondelete="restrict",
        help="Empty: every partner that speaks like this.",
    )
    domain = fields.Selection(compute="_compute_domain", store=True, precompute=True, readonly=True)
    schema = fields.Text(string="JSON Schema", required=True)
    interface_ids = fields.One2many("sync.interface", "contract_id", string="Used by")

    _version_uniq = models.UniqueIndex("(code, version, COALESCE(company_id, 0))", "This version exists already.")

    @api.depends("document_type_id.domain")
    def _compute_domain(self):
        for contract in self:
            contract.domain = contract.document_type_id.domain or "integration"

    @api.constrains("schema")
    def _check_schema(self):
        for contract in self:
            try:
                contract._validator()
            except ValueError as error:
                raise ValidationError(
                    self.env._("The schema of “%(name)s” is not JSON: %(error)s", name=contract.name, error=error)
                ) from error
            except Fault as fault:
                raise ValidationError(fault.detail) from fault

    @api.private
    def _validator(self):
        """The compiled schema; the same object for the same content."""
        self.ensure_one()
        return contracts.compile(json.loads(self.schema, parse_float=Decimal))

    @api.private
    def _validate(self, document):
        """Everything in which ``document`` differs from the contract, as faults."""
        return contracts.validate(self._validator(), document)

    def _missing_for_review(self):
        missing = super()._missing_for_review()
        schema = self._validator().schema
        if not {"type", "$ref", "allOf", "anyOf", "oneOf"} & set(schema):
            missing.append(
                self.env._("The schema of “%s” says nothing about the document: give it at least a type.", self.name)
            )
        return missing
