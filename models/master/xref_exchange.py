"""Cross-references in and out as files, by Odoo's own import and export."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .xref import DOMAINS, MODELS
from .xref_lookup import XrefLookup

# By what a file names a record, in this order; the name where a model has no code.
KEYS = {**{domain: (name,) for domain, name in XrefLookup.CODE_FIELDS.items()}, "product": ("default_code", "barcode")}
BY_ROW = "sync_xref_by_row"


class NotTogether(Exception):
    """Some rows of an import do not fit; they are tried one by one."""


class SyncXref(models.Model):
    """``record_code`` is how a file names the record. It is turned into the record before anything is written, all rows
    of one domain and company by one search; a code that fits none or several is refused with its row."""

    _inherit = "sync.xref"

    record_code = fields.Char(
        string="Our code",
        compute="_compute_record_code",
        readonly=False,
        help="The code of the record: a product's reference or barcode, a customer's reference, a currency's code; the"
        " name where there is none. For import and export.",
    )

    @api.depends("res_model", "res_id", "domain")
    def _compute_record_code(self):
        codes = {}
        for domain in {xref.domain for xref in self if xref.res_id and xref.domain in MODELS}:
            ids = {xref.res_id for xref in self if xref.domain == domain}
            records = self._coded(domain).browse(ids).exists()
            codes.update({(domain, record.id): _code(record, domain) for record in records})
        for xref in self:
            xref.record_code = codes.get((xref.domain, xref.res_id), False)

    @api.model
    def load(self, fields, data):
        """As Odoo's import, and each row that does not fit is told for itself."""
        return super(SyncXref, self.with_context(**{BY_ROW: True})).load(fields, data)

    def _load_records(self, data_list, update=False):
        if len(data_list) < 2 or not self.env.context.get(BY_ROW):
            return super()._load_records(data_list, update)
        try:
            return super()._load_records(data_list, update)
        except ValidationError as error:
            # Odoo would tell the error of all rows together as one of the first row, and then each row's own.
            raise NotTogether from error

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(self._with_records(vals_list))

    def write(self, vals):
        if "record_code" not in vals:
            return super().write(vals)
        for xref in self:
            row = {
                "domain": xref.domain,
                "company_id": xref.company_id.id,
                "trading_partner_id": xref.trading_partner_id.id,
            }
            (found,) = self._with_records([{**row, **vals}])
            super(SyncXref, xref).write({name: found[name] for name in found if name in vals or name == "res_id"})
        return True

    @api.model
    def _with_records(self, vals_list):
        """The values with the records that their ``record_code`` names.

        :raises ValidationError: for a code that fits no record, or several
        """
        wanted = {}
        for vals in vals_list:
            code = (vals.get("record_code") or "").strip()
            if code and not vals.get("res_id"):
                wanted.setdefault((vals.get("domain"), self._company_of(vals)), set()).add(code)
        found = {key: self._records_of(*key, codes) for key, codes in wanted.items()}
        made = []
        for vals in vals_list:
            row = {name: value for name, value in vals.items() if name != "record_code"}
            code = (vals.get("record_code") or "").strip()
            if code and not vals.get("res_id"):
                domain = vals.get("domain")
                row["res_id"] = self._only(domain, code, found[domain, self._company_of(vals)].get(code, ()))
            made.append(row)
        return made

    @api.model
    def _company_of(self, vals):
        partner = self.env["sync.trading.partner"].browse(vals.get("trading_partner_id") or [])
        return partner.company_id.id or vals.get("company_id") or self.env.company.id

    @api.model
    def _only(self, domain, code, ids):
        words = dict(DOMAINS)[domain].lower()
        if not ids:
            raise ValidationError(self.env._("There is no %(kind)s with the code “%(code)s”.", kind=words, code=code))
        if len(ids) > 1:
            raise ValidationError(
                self.env._(
                    "“%(code)s” fits %(count)s records (%(kind)s): name one of them by hand.",
                    code=code,
                    count=len(ids),
                    kind=words,
                )
            )
        return next(iter(ids))

    @api.model
    def _records_of(self, domain, company_id, codes):
        """{code: ids of the records it fits}; the first field in which there is one decides."""
        if domain not in MODELS:
            raise ValidationError(self.env._("In this domain an identifier stands for a code, not for a record."))
        records = self._coded(domain)
        own = [("company_id", "in", (company_id, False))] if "company_id" in records._fields else []
        found = {}
        for name in KEYS.get(domain, (records._rec_name,)):
            missing = sorted(codes - found.keys())
            for record in records.search([*own, (name, "in", missing)]) if missing else ():
                found.setdefault(record[name], set()).add(record.id)
        return found

    @api.model
    def _coded(self, domain):
        # sudo: who writes cross-references may name a record by its code; only whether it exists is learnt
        return self.env[MODELS[domain]].sudo().with_context(active_test=True)


def _code(record, domain):
    names = KEYS.get(domain, (record._rec_name,))
    return next((record[name] for name in names if record[name]), False)
