"""A versioned, declarative translation."""

import json
from decimal import Decimal
from functools import lru_cache

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...core.mapping import Mapping, MappingError
from ..governance.lifecycle import USABLE


class SyncMapping(models.Model):
    """Rules that turn a partner's document into the canonical one, or back; no code in them."""

    _name = "sync.mapping"
    _description = "Mapping"
    _inherit = ["sync.lifecycle"]
    _order = "code, id desc"
    _rec_names_search = ["code", "name"]
    _lifecycle_interface_field = "mapping_id"
    _lifecycle_content = (
        "code",
        "version",
        "company_id",
        "document_type_id",
        "trading_partner_id",
        "base_id",
        "document",
    )

    code = fields.Char(
        required=True, index=True, tracking=True, help="The name that the rules give themselves (“mapping”)."
    )
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
        help="The canonical side of the translation.",
    )
    trading_partner_id = fields.Many2one(
        "sync.trading.partner",
        string="Only for",
        index=True,
        ondelete="restrict",
        help="Empty: every partner that speaks like this.",
    )
    domain = fields.Selection(compute="_compute_domain", store=True, precompute=True, readonly=True)
    base_id = fields.Many2one(
        "sync.mapping",
        string="Builds on",
        index=True,
        ondelete="restrict",
        help="The version whose rules these rules extend or replace.",
    )
    document = fields.Text(string="Rules", required=True)
    target = fields.Char(compute="_compute_parsed", help="The document that comes out.")
    reads = fields.Text(compute="_compute_parsed", help="The members of the source that the rules look at.")
    reference_domains = fields.Char(
        string="Cross-references",
        compute="_compute_parsed",
        help="The domains of cross-references that the rules need.",
    )
    interface_ids = fields.One2many("sync.interface", "mapping_id", string="Used by")

    _version_uniq = models.UniqueIndex("(code, version, COALESCE(company_id, 0))", "This version exists already.")

    @api.depends("document_type_id.domain")
    def _compute_domain(self):
        for mapping in self:
            mapping.domain = mapping.document_type_id.domain or "integration"

    @api.depends("document", "base_id.document")
    def _compute_parsed(self):
        for mapping in self:
            try:
                compiled = mapping._compiled() if mapping.document else None
            except (MappingError, ValueError):
                compiled = None
            mapping.target = compiled.target if compiled else False
            mapping.reads = "\n".join(sorted(compiled.reads)) if compiled else False
            mapping.reference_domains = ", ".join(sorted(compiled.domains)) if compiled else False

    @api.constrains("document", "base_id", "code")
    def _check_document(self):
        for mapping in self:
            if mapping._has_cycle("base_id"):
                raise ValidationError(self.env._("“%s” builds on itself.", mapping.name))
            try:
                compiled = mapping._compiled()
            except MappingError as error:
                raise ValidationError(
                    self.env._("The rules of “%(name)s” cannot be used: %(error)s", name=mapping.name, error=error)
                ) from error
            except ValueError as error:
                raise ValidationError(
                    self.env._("The rules of “%(name)s” are not JSON: %(error)s", name=mapping.name, error=error)
                ) from error
            if compiled.name != mapping.code:
                raise ValidationError(
                    self.env._(
                        "The rules call themselves “%(name)s”, the mapping has the code “%(code)s”.",
                        name=compiled.name,
                        code=mapping.code,
                    )
                )

    @api.private
    def _compiled(self):
        """The compiled rules, base mappings included; the same object for the same content."""
        return _compile(self._chain())

    @api.private
    def _compiled_as(self, document):
        """The rules ``document`` (JSON text) compiled in the place of its own; nothing is kept.

        :raises MappingError: with every problem; ``ValueError`` for what is no JSON
        """
        (code, _own), *bases = self._chain()
        return _compile.__wrapped__(((code, document), *bases))

    def _chain(self):
        """((code, rules), ...): its own, then those that it builds on."""
        self.ensure_one()
        chain, mapping = [], self
        while mapping and len(chain) < 20:
            chain.append((mapping.code, mapping.document))
            mapping = mapping.base_id
        return tuple(chain)

    def action_workbench(self):
        """Try the rules on documents, without effect."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Workbench: %s", self.display_name),
            "res_model": "sync.mapping.workbench",
            "views": [(False, "form")],
            "context": {"default_mapping_id": self.id},
        }

    def _missing_for_review(self):
        missing = super()._missing_for_review()
        if self.base_id and self.base_id.state not in USABLE:
            missing.append(self.env._("“%s” builds on a mapping that is not approved.", self.name))
        return missing


@lru_cache(maxsize=512)
def _compile(chain):
    """Compile the first of ``chain``, (code, rules) pairs of which each extends the next."""
    documents = {code: json.loads(text, parse_float=Decimal) for code, text in chain}
    return Mapping.parse(documents[chain[0][0]], bases=documents)
