"""Records that a mapping looks up by what identifies them everywhere."""

import re

from ...core.faults import Fault
from ...core.matching import gtin_form, gtin_ways


class RecordLookup:
    """With the rights of one user in one company: what he may not read is not found. One search per question, however
    many values; the records of a batch are read together."""

    MODELS = {"product": "product.product", "contact": "res.partner", "warehouse": "stock.warehouse"}
    FIELDS = {
        ("product", "own"): "default_code",
        ("product", "gtin"): "barcode",
        ("contact", "own"): "ref",
        ("contact", "vat"): "vat",
        ("contact", "gln"): "global_location_number",
        ("warehouse", "own"): "code",
    }

    def __init__(self, env, user_id, company_id, trading_partner_id):
        company = env["res.company"].browse(company_id)
        # A mapping runs for an endpoint: its user's rights count, and not those of the worker.
        self.env = env(user=user_id, su=False, context={"allowed_company_ids": company.ids})
        self.company = company.with_env(self.env)
        self.trading_partner_id = trading_partner_id

    def answer(self, question, values):
        """{value: the identifier wanted, or one for each record that fits}; a value that fits none is left out.

        :raises Fault: ``engine.configuration`` when the user may not read them, or Odoo keeps no such identifier
        """
        found = {}
        for key, record in self._found(question, values):
            found.setdefault(key, set()).add(record)
        given = self._given(question, {record for records in found.values() for record in records})
        answer = {}
        for value in values:
            records = found.get(self._key(question.by, value), ())
            codes = [given.get(record.id) for record in sorted(records, key=lambda each: each.id)]
            if len(records) > 1:
                answer[value] = [code or str(record.id) for code, record in zip(codes, records, strict=True)]
            elif codes and codes[0]:
                answer[value] = codes[0]
        return answer

    # -- finding -----------------------------------------------------------------------------------------------------

    def _found(self, question, values):
        """(key, record) of every record that one of the values identifies."""
        model = self._model(self.MODELS[question.kind])
        if question.by == "supplier":
            yield from self._sold_as(model, values)
            return
        name = self._field(model, question.kind, question.by)
        wanted = sorted({way for value in values for way in self._ways(question.by, value)})
        domain = [*self._own(model), (name, "in", wanted)]
        if question.kind == "contact":
            domain.append(("parent_id", "=", False))  # the contacts of a company carry its numbers too
        for record in model.search(domain):
            yield self._key(question.by, record[name]), record

    def _sold_as(self, model, values):
        """The products that the partner sells under these codes; of a product with variants the variant it names."""
        vendors = self._model("product.supplierinfo")
        domain = [
            ("product_code", "in", sorted(values)),
            ("partner_id", "child_of", self._vendor().id),
            ("company_id", "in", (self.company.id, False)),
        ]
        for line in vendors.search(domain):
            for record in line.product_id or line.product_tmpl_id.product_variant_ids:
                yield line.product_code, record.with_env(model.env)

    def _given(self, question, records):
        """{record id: the identifier wanted}"""
        if not records:
            return {}
        model = self._model(self.MODELS[question.kind])
        together = model.browse(sorted(record.id for record in records))
        if question.give == "supplier":
            vendor = self._vendor()
            return {record.id: self._vendor_code(record, vendor) for record in together}
        name = self._field(model, question.kind, question.give)
        return {record.id: record[name] for record in together}

    def _vendor_code(self, product, vendor):
        lines = product.seller_ids.filtered(
            lambda line: (
                line.product_code
                and line.product_id in (product, product.browse())
                and line.partner_id.commercial_partner_id.id == vendor.id
            )
        )
        return lines[:1].product_code

    def _vendor(self):
        """The company in the address book that the trading partner is."""
        # sudo: which contact the trading partner is, nothing else of it
        partner = self.env["sync.trading.partner"].sudo().browse(self.trading_partner_id or [])
        if not partner.partner_id:
            raise Fault(
                "engine.configuration",
                f"The mapping looks up vendors' codes, and {partner.name or 'the partner'} has no contact in Odoo.",
                subject=f"contact of {partner.code or 'the partner'}",
            )
        return partner.partner_id.commercial_partner_id

    # -- what is compared ----------------------------------------------------------------------------------------------

    def _key(self, by, value):
        """What two ways to write one identifier have in common."""
        if by == "gtin":
            return gtin_form(value) or value
        return re.sub(r"[\W_]", "", value).upper() if by == "vat" else value

    def _ways(self, by, value):
        if by == "gtin":
            number = gtin_form(value)
            return gtin_ways(number) | {value} if number else {value}
        return {value, self._key(by, value)}

    def _model(self, name):
        model = self.env[name]
        if not model.has_access("read"):
            raise Fault(
                "engine.configuration",
                f"The mapping looks up records that {self.env.user.name} may not read ({model._description}).",
                subject=f"access to {name}",
            )
        return model

    def _field(self, model, kind, identifier):
        name = self.FIELDS[kind, identifier]
        if name not in model._fields:
            raise Fault(
                "engine.configuration",
                f"The mapping looks up by {identifier}, which {model._description} has not: a module is missing.",
                subject=f"field {name}",
            )
        return name

    def _own(self, model):
        return [("company_id", "in", (self.company.id, False))] if "company_id" in model._fields else []
