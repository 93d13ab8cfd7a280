"""Cross-references as the mapping evaluator asks for them."""

import re

from odoo import api, models
from odoo.tools import SQL

from .record_lookup import RecordLookup
from .xref import MODELS

RECORD = re.compile(r"#[1-9][0-9]{0,8}", re.ASCII)


class XrefLookup:
    """The :class:`core.mapping.LookupPort` of one partner in one company: one statement per domain and direction.

    A mapping speaks in canonical codes. An identifier that stands for a record answers with the record's own code
    where that is part of the canonical documents (a product's reference, a unit's or currency's code), else not at all:
    the handler resolves it to the record. ``#42`` is the record that Odoo knows by the number 42, for mappings whose
    canonical document names it so.
    """

    CODE_FIELDS = {
        "product": "default_code",
        "currency": "name",
        "country": "code",
        "customer": "ref",
        "warehouse": "code",
        "carrier": "governed_code",
    }

    def __init__(self, env, trading_partner_id, company_id, user_id=None):
        self.env = env
        self.user_id = user_id or env.uid
        self.trading_partner_id = trading_partner_id
        self.company_id = company_id

    def resolve(self, domain, values):
        """Our code for each of the partner's ``values`` that is known."""
        rows = self._rows(domain, SQL("external_id = ANY(%s)", [str(value) for value in values]), SQL("external_id"))
        codes = self._codes(domain, [row[1] for row in rows if row[1]])
        answer = {}
        for external, res_id, code, _own in rows:
            found = code or codes.get(res_id)
            if found:
                answer.setdefault(external, found)
        return answer

    def reverse(self, domain, values):
        """The partner's code for each of our ``values`` that is known; several where it is not clear which."""
        values = [str(value) for value in values]
        ids = self._ids(domain, values)
        condition = SQL("(canonical_code = ANY(%s) OR res_id = ANY(%s))", values, list(ids) or [0])
        answer = {}
        owns = {}
        for external, res_id, code, own in self._rows(domain, condition, SQL("external_id")):
            ours = code or ids.get(res_id)
            if owns.get(ours, own) == own:
                answer.setdefault(ours, []).append(external)
                owns[ours] = own
        return {ours: externals[0] if len(externals) == 1 else externals for ours, externals in answer.items()}

    def records(self, question, values):
        """The identifier that is wanted of the records that ``values`` identify; see :class:`RecordLookup`."""
        records = RecordLookup(self.env, self.user_id, self.company_id, self.trading_partner_id)
        return records.answer(question, values)

    def _rows(self, domain, condition, order):
        """(external id, record id, code, partner's own) that are valid now, the partner's own first."""
        self.env["sync.xref"].flush_model()
        return self.env.execute_query(
            SQL(
                """SELECT external_id, res_id, canonical_code, trading_partner_id IS NOT NULL
                     FROM sync_xref
                    WHERE company_id = %s AND domain = %s AND active AND %s
                      AND (trading_partner_id IS NULL OR trading_partner_id = %s)
                      AND (valid_from IS NULL OR valid_from <= (now() AT TIME ZONE 'UTC')::date)
                      AND (valid_to IS NULL OR valid_to >= (now() AT TIME ZONE 'UTC')::date)
                    ORDER BY trading_partner_id NULLS LAST, %s, id""",
                self.company_id,
                domain,
                condition,
                self.trading_partner_id or 0,
                order,
            )
        )

    def _codes(self, domain, ids):
        field = self.CODE_FIELDS.get(domain)
        if not field or not ids:
            return {}
        records = self._model(domain).browse(set(ids)).exists()
        return {record.id: record[field] for record in records if record[field]}

    def _ids(self, domain, codes):
        field = self.CODE_FIELDS.get(domain)
        numbers = {int(code[1:]): code for code in codes if RECORD.fullmatch(code) and domain in MODELS}
        if not field or not codes:
            return numbers
        return {record.id: record[field] for record in self._model(domain).search([(field, "in", codes)])} | numbers

    def _model(self, domain):
        # sudo: reads the code of a record that a cross-reference of this company names, nothing else
        return self.env[MODELS[domain]].sudo().with_company(self.company_id).with_context(active_test=False)


class SyncXref(models.Model):
    _inherit = "sync.xref"

    @api.model
    @api.private
    def _lookup_port(self, trading_partner_id, company_id, user_id=None):
        """The cross-references of one partner, for :meth:`core.mapping.Mapping.evaluate_many`; records are looked up
        with the rights of the user ``user_id``, else of the environment's."""
        return XrefLookup(self.env, trading_partner_id, company_id, user_id)
