"""An entry of the canonical catalogue."""

import json

from odoo import api, fields, models
from odoo.tools import ormcache

from ...core.canonical import catalogue, definitions
from ...core.security.masking import carries_personal
from ..governance.domains import DOMAINS


class SyncDocumentType(models.Model):
    """What documents exist between Odoo and its partners.

    The catalogue in the code is the source; nobody edits it here.
    """

    _name = "sync.document.type"
    _description = "Document type"
    _order = "code"
    _rec_name = "title"
    _rec_names_search = ["code", "title"]

    code = fields.Char(required=True, readonly=True)
    title = fields.Char(required=True, readonly=True, translate=True)
    domain = fields.Selection(DOMAINS, required=True, readonly=True)
    description = fields.Text(readonly=True, translate=True)
    active = fields.Boolean(default=True, readonly=True)
    personal_data = fields.Boolean(
        string="Personal data",
        readonly=True,
        help="Its documents can say who somebody is: crossing from one data region to another is approved.",
    )
    schema = fields.Text(compute="_compute_catalogue", help="JSON Schema 2020-12 of the canonical document.")
    example = fields.Text(compute="_compute_catalogue")
    interface_count = fields.Integer(compute="_compute_interface_count")

    _code_uniq = models.UniqueIndex("(code)", "A document type exists once.")

    @api.depends("code")
    def _compute_catalogue(self):
        known = catalogue()
        for document_type in self:
            entry = known.get(document_type.code)
            document_type.schema = _pretty(entry.schema) if entry else False
            document_type.example = _pretty(entry.examples[0]) if entry and entry.examples else False

    def _compute_interface_count(self):
        counts = dict(
            self.env["sync.interface"]._read_group(
                [("document_type_id", "in", self.ids)], ["document_type_id"], ["__count"]
            )
        )
        for document_type in self:
            document_type.interface_count = counts.get(document_type, 0)

    @api.model
    def _sync_catalogue(self):
        """Make the records equal to the catalogue of the code; a type that left it is archived."""
        known = self.with_context(active_test=False).search([("code", "!=", False)])
        by_code, shared = {record.code: record for record in known}, definitions()["$defs"]
        for code, entry in catalogue().items():
            values = {
                "title": entry.title,
                "domain": entry.domain,
                "description": entry.description,
                "active": True,
                "personal_data": carries_personal(entry.schema, shared),
            }
            record = by_code.pop(code, None)
            if record is None:
                self.create({"code": code, **values})
            elif any(record[name] != value for name, value in values.items()):
                record.write(values)
        for gone in by_code.values():
            gone.active = False
        self.env.registry.clear_cache()

    @api.model
    @ormcache("code")
    def _id_of(self, code):
        """The id of the document type ``code``.

        :raises LookupError: when the catalogue does not know it
        """
        record = self.sudo().search([("code", "=", code)], limit=1)  # sudo: the catalogue is no secret
        if not record:
            raise LookupError(f"The catalogue has no document type {code}")
        return record.id

    @api.model
    @ormcache("document_type_id")
    def _code_of(self, document_type_id):
        """The code of a document type; a code never changes."""
        return self.sudo().browse(document_type_id).code  # sudo: the catalogue is no secret

    def action_open_interfaces(self):
        """The interfaces that carry documents of this type."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sync_governance.action_interface")
        action["domain"] = [("document_type_id", "=", self.id)]
        return action


def _pretty(value):
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def _plain(value):
    return dict(value) if hasattr(value, "items") else str(value)
