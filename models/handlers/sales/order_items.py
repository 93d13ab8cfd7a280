"""What was ordered: products, units and the lines of the order."""

from odoo import api, models

from ....core.faults import Fault
from ..reading import identifiers, unit_record


class OrderItems(models.AbstractModel):
    """Finds every product of an order at once: by cross-reference, then by SKU, then by barcode."""

    _inherit = "sync.handler.order.create"

    @api.private
    def _products(self, work, document):
        """``{line id: product}``; the fault names every line whose product is not known."""
        lines = document["lines"]
        found = self._find_products(work.trading_partner_id, [line["item"] for line in lines])
        unknown = [(index, line) for index, (line, product) in enumerate(zip(lines, found, strict=True)) if not product]
        if unknown:
            raise self._unknown_products(document, unknown)
        return {line["id"]: product for line, product in zip(lines, found, strict=True)}

    @api.private
    def _find_products(self, trading_partner_id, items):
        """One product per item, in order; an empty record where none, or more than one, is meant."""
        keys = {key for item in items for key in identifiers(item, "partner", "sku", "gtin", "own")}
        by_key = self._xref()._resolve("product", trading_partner_id, sorted(keys))
        Product = self.env["product.product"].with_context(active_test=True)
        linked = {p.id: p for p in Product.browse({int(i) for i in by_key.values()}).exists() if p.active}
        codes = {code for item in items for code in identifiers(item, "sku", "own")}
        gtins = {code for item in items for code in identifiers(item, "gtin")}
        domain = [
            ("company_id", "in", (self.env.company.id, False)),
            "|",
            ("default_code", "in", sorted(codes)),
            ("barcode", "in", sorted(gtins)),
        ]
        by_code, by_gtin = {}, {}
        for product in Product.search(domain) if codes or gtins else Product:
            by_code.setdefault(product.default_code, []).append(product)
            by_gtin.setdefault(product.barcode, []).append(product)
        result = []
        for item in items:
            candidates = [
                [linked[int(by_key[key])]]
                for key in identifiers(item, "partner", "sku", "gtin", "own")
                if key in by_key and int(by_key[key]) in linked
            ]
            candidates += [by_code[code] for code in identifiers(item, "sku", "own") if code in by_code]
            candidates += [by_gtin[code] for code in identifiers(item, "gtin") if code in by_gtin]
            first = next(iter(candidates), [])
            result.append(first[0] if len(first) == 1 else Product)
        return result

    @api.private
    def _unknown_products(self, document, unknown):
        causes = []
        for index, line in unknown:
            name = self._item_name(line["item"])
            causes.append(
                Fault(
                    "apply.product_unknown",
                    f"Line {index + 1}: the product {name} is not known, or several products have that code.",
                    pointer=f"/lines/{index}/item",
                    found=name,
                    reference=document["number"],
                    subject=f"product {name}",
                )
            )
        names = ", ".join(dict.fromkeys(self._item_name(line["item"]) for _index, line in unknown))
        return Fault(
            "apply.product_unknown",
            f"Order {document['number']} asks for products that Odoo does not know: {names}."
            " Add the SKU or barcode to the product, or a cross-reference, and retry.",
            pointer=causes[0].pointer,
            found=names,
            reference=document["number"],
            subject=f"product {names}",
            causes=causes,
        )

    @api.private
    def _item_name(self, item):
        codes = identifiers(item, "sku", "gtin", "partner", "own")
        return codes[0] if codes else item.get("description") or "without a code"

    @api.private
    def _unit(self, document, line, product):
        code = line["quantity"]["unit"]
        unit = unit_record(self.env, code, product)
        if not unit:
            raise Fault(
                "apply.not_supported",
                f"Order {document['number']}, line {document['lines'].index(line) + 1}: {product.display_name} is kept"
                f" in {product.uom_id.name} and cannot be sold in {code}.",
                expected=product.uom_id.name,
                found=code,
                reference=document["number"],
                subject=f"unit {code} of {product.default_code or product.id}",
            )
        return unit
