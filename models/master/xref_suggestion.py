"""What a partner's code may stand for: suggestions with a score and a reason, for people to take or leave."""

from __future__ import annotations

from dataclasses import dataclass

from odoo import api, models
from odoo.tools import SQL

from ...core.matching import Names, code_form, gtin_form, gtin_ways, likeness
from .xref import MODELS
from .xref_exchange import KEYS

CANDIDATES = 200
"""Records that one search by codes brings at most."""
NAMES = 200_000
"""So many names of ours are looked through at most, the newest."""
LEAST = 0.45
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A record that the code may stand for; ``score`` from 0 to 1, ``reason`` in words."""

    res_id: int
    name: str
    score: float
    reason: str


class SyncXref(models.Model):
    _inherit = "sync.xref"

    @api.model
    @api.private
    def _suggest(self, domain, company, hints):
        """{code: [Suggestion], the best first}; nothing is applied.

        Searches with the rights of the user in ``company``: a fixed number of statements, however many codes there are.

        :param hints: {the partner's code: :class:`~sync_governance.core.matching.Hints`}
        """
        model = self.env[MODELS[domain]].with_company(company) if domain in MODELS else None
        if model is None or not model.has_access("read"):
            return {code: [] for code in hints}
        own = [("company_id", "in", (company.id, False))] if "company_id" in model._fields else []
        found = {code: {} for code in hints}
        self._by_code(model, domain, own, found)
        if domain == "product":
            self._by_gtin(model, own, hints, found)
            self._by_supplier(model, company, found)
        unclear = [code for code in hints if max((each.score for each in found[code].values()), default=0) < 0.9]
        self._by_name(model, own, {code: (*hints[code].names, code) for code in unclear}, found)
        return {
            code: sorted(each.values(), key=lambda one: (-one.score, one.name))[:SHOWN] for code, each in found.items()
        }

    def _by_code(self, model, domain, own, found):
        """Our code is the same, but for how it is written."""
        forms = {}
        for code in found:
            forms.setdefault(code_form(code), []).append(code)
        for name in KEYS.get(domain, ()):
            if not model._fields[name].store:
                continue
            query = model._search([*own, (name, "!=", False)])
            field = model._field_to_sql(query.table, name, query)
            query.add_where(SQL("regexp_replace(lower(%s), '[^[:alnum:]]', '', 'g') = ANY(%s)", field, list(forms)))
            query.limit = CANDIDATES
            for record in model.browse(query):
                for code in forms.get(code_form(record[name]), ()):
                    same = record[name] == code
                    reason = self.env._("our code is the same") if same else self.env._("our code is %s", record[name])
                    _add(found[code], record, 0.97 if same else 0.92, reason)

    def _by_gtin(self, model, own, hints, found):
        """The barcode is the same trade item number, as the code itself or as the document says beside it."""
        wanted = {}
        for code, hint in hints.items():
            for number in filter(None, (gtin_form(code), *hint.gtins)):
                wanted.setdefault(number, []).append(code)
        forms = {short for number in wanted for short in gtin_ways(number)}
        for record in model.search([*own, ("barcode", "in", sorted(forms))], limit=CANDIDATES) if forms else ():
            for code in wanted.get(gtin_form(record.barcode) or "", ()):
                _add(found[code], record, 0.98, self.env._("the same GTIN %s", record.barcode))

    def _by_supplier(self, model, company, found):
        """A vendor calls the product so."""
        vendors = self.env["product.supplierinfo"]
        if not vendors.has_access("read"):
            return
        domain = [("product_code", "in", list(found)), ("company_id", "in", (company.id, False))]
        for line in vendors.search(domain, limit=CANDIDATES):
            products = line.product_id or line.product_tmpl_id.product_variant_ids
            score = 0.9 if len(products) == 1 else 0.7
            for record in products & model.browse(products.ids)._filtered_access("read"):
                vendor = line.partner_id.display_name
                _add(found[line.product_code], record, score, self.env._("%s calls it so as a vendor", vendor))

    def _by_name(self, model, own, wanted, found):
        """Our name is like one that the document says, or like the code.

        :param wanted: {code: names}
        """
        field = model._fields[model._rec_name or "name"]
        if not wanted or not (field.store or field.related):
            return
        query = model._search(own, limit=NAMES, order="id DESC")
        name = model._field_to_sql(query.table, field.name, query)
        rows = self.env.execute_query(query.select(SQL.identifier(query.table, "id"), name))
        ours = {key: text for key, text in rows if text}
        alike, hits = Names(ours.items()), []
        for code, names in wanted.items():
            for said in dict.fromkeys(names):
                for key in alike.like(said):
                    score = round(0.9 * likeness(said, ours[key]), 2)
                    if score >= LEAST:
                        hits.append((code, key, score, said))
        records = {record.id: record for record in model.browse({key for _code, key, _score, _said in hits})}
        for code, key, score, said in hits:
            _add(found[code], records[key], score, self.env._("the name is like “%s”", said))


def _add(found, record, score, reason):
    """Keep the better of two reasons for one record."""
    known = found.get(record.id)
    if known is None or known.score < score:
        found[record.id] = Suggestion(record.id, record.display_name, score, reason)
