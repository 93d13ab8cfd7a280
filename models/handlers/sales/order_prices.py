"""What was charged: prices, discounts, taxes and the total, exactly as the shop has them."""

from decimal import ROUND_HALF_UP, Decimal

from odoo import api, models
from odoo.fields import Command

from ....core.faults import Fault
from ..reading import decimal, money, plain

CHARGE_PRODUCTS = {
    "shipping": "sync_governance.product_charge_shipping",
    "fee": "sync_governance.product_charge_fee",
    "discount": "sync_governance.product_charge_discount",
    "tip": "sync_governance.product_charge_tip",
    "duty": "sync_governance.product_charge_duty",
}


class OrderPrices(models.AbstractModel):
    """Turns charged amounts into order lines without changing a cent.

    Taxes are found by rate, and the amount that the shop charged is kept beside them (Odoo's manual tax amounts), so
    a shop that rounds per line or per unit and a company that rounds per document agree. A tax that the rate does not
    explain is a fault, not a rounding.
    """

    _inherit = "sync.handler.order.create"

    @api.private
    def _lines(self, work, document, products, currency):
        """The values of all order lines, after the document's own arithmetic was checked."""
        self._check_arithmetic(document, currency)
        taxes = self._taxes(work, document)
        values = []
        for line in document["lines"]:
            values += self._product_lines(document, line, products[line["id"]], taxes, currency)
        for index, charge in enumerate(document["charges"]):
            if decimal(charge["amount"]):
                values.append(self._charge_line(document, charge, f"charge {index + 1}", taxes, currency))
        for sequence, line in enumerate(values):
            line["sequence"] = 10 + sequence
        return values

    # -- lines -----------------------------------------------------------------------------------------------------

    @api.private
    def _product_lines(self, document, line, product, taxes, currency):
        quantity, price = decimal(line["quantity"]["value"]), decimal(line["unit_price"])
        gross = money(quantity * price, currency)
        discount = sum((decimal(entry["amount"]) for entry in line["discounts"]), Decimal(0))
        values = {
            "product_id": product.id,
            "product_uom_id": self._unit(document, line, product).id,
            "product_uom_qty": float(quantity),
            "name": line.get("description") or line["item"].get("description") or product.display_name,
            "partner_line_ref": line["id"],
        }
        percent = self._exact_percent(quantity * price, discount, currency, bool(line["taxes"]), quantity)
        if not discount or percent:
            net = money(gross - discount, currency)
            return [self._priced(document, line, values, price, percent, net, quantity, line["taxes"], taxes, currency)]
        # The percentage would not give this amount to the cent: the discount is a line of its own.
        on_gross, on_discount = self._split_taxes(document, line["taxes"], gross, currency)
        reason = ", ".join(dict.fromkeys(entry["description"] for entry in line["discounts"]))
        below = {
            "product_id": self.env.ref(CHARGE_PRODUCTS["discount"]).id,
            "product_uom_qty": 1.0,
            "name": self.env._("%(reason)s on %(item)s", reason=reason, item=values["name"]),
            "partner_line_ref": line["id"],
        }
        return [
            self._priced(document, line, values, price, 0, gross, quantity, on_gross, taxes, currency),
            self._priced(document, line, below, -discount, 0, -discount, Decimal(1), on_discount, taxes, currency),
        ]

    @api.private
    def _exact_percent(self, gross, discount, currency, taxed, quantity):
        """The line discount in percent if it gives the amount to the cent, and for each part delivered; else 0."""
        if not discount or not gross:
            return Decimal(0)
        digits = self.env["decimal.precision"].precision_get("Discount")
        percent = (100 * discount / gross).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        net = gross * (1 - percent / 100)
        if not 0 < percent <= 100 or money(net, currency) != money(gross - discount, currency):
            return Decimal(0)
        # Parts of a taxed line are invoiced in exact shares; without tax each unit must be a whole amount itself.
        return percent if taxed or money(net / quantity, currency) == net / quantity else Decimal(0)

    @api.private
    def _charge_line(self, document, charge, name, taxes, currency):
        amount = decimal(charge["amount"])
        values = {
            "product_id": self.env.ref(CHARGE_PRODUCTS[charge["kind"]]).id,
            "product_uom_qty": 1.0,
            "name": charge["description"],
            "is_delivery": charge["kind"] == "shipping",
        }
        line = {"id": name}
        return self._priced(document, line, values, amount, 0, amount, Decimal(1), charge["taxes"], taxes, currency)

    @api.private
    def _priced(self, document, line, values, price, percent, net, quantity, charged, taxes, currency):
        """``values`` with price, discount, taxes and the tax amounts as charged."""
        records = [taxes[self._tax_key(entry)] for entry in charged]
        values |= {
            "price_unit": float(price),
            "technical_price_unit": float(price)
            - 1,  # differs from the price: Odoo takes it as set by hand and keeps it
            "discount": float(percent),
            "tax_ids": [Command.set([tax.id for tax in records if tax])],
        }
        amounts = {}
        for entry, tax in zip(charged, records, strict=True):
            if tax:
                amounts[tax] = amounts.get(tax, Decimal(0)) + decimal(entry["amount"])
        if amounts:
            self._check_taxes(document, line, charged, net, quantity, currency)
            base = net - sum(amounts.values()) if document["prices_include_tax"] else net
            values["extra_tax_data"] = {
                "currency_id": currency.id,
                "price_unit": float(price),
                "discount": float(percent),
                "quantity": float(quantity),
                "manual_total_excluded_currency": float(base),
                "manual_tax_amounts": {
                    str(tax.id): {"tax_amount_currency": float(amount), "base_amount_currency": float(base)}
                    for tax, amount in amounts.items()
                },
            }
        return values

    @api.private
    def _split_taxes(self, document, charged, gross, currency):
        """The charged taxes of a discounted line, as those on the full price and what the discount takes back."""
        on_gross, on_discount = [], []
        for entry in charged:
            full = money(self._computed_tax(document, entry, charged, gross), currency)
            on_gross.append(entry | {"amount": plain(full)})
            on_discount.append(entry | {"amount": plain(decimal(entry["amount"]) - full)})
        return on_gross, on_discount

    # -- taxes -----------------------------------------------------------------------------------------------------

    @api.private
    def _tax_key(self, entry):
        return entry["title"], plain(decimal(entry["rate"]))

    @api.private
    def _taxes(self, work, document):
        """``{(title, rate): tax}`` of the document; empty for a tax of zero that Odoo does not have."""
        holders = [*document["lines"], *document["charges"]]
        wanted = {self._tax_key(entry): entry for holder in holders for entry in holder["taxes"]}
        keys = sorted({key for title, rate in wanted for key in (f"{title}|{rate}", title)})
        known = self._xref()._resolve("tax", work.trading_partner_id, keys)
        included = document["prices_include_tax"]
        company_taxes = self.env["account.tax"].search(
            [
                *self.env["account.tax"]._check_company_domain(self.env.company),
                ("type_tax_use", "=", "sale"),
                ("amount_type", "=", "percent"),
            ]
        )
        found = {}
        for (title, rate), entry in wanted.items():
            linked = known.get(f"{title}|{rate}") or known.get(title)
            tax = self.env["account.tax"].browse(int(linked)).exists() if linked else self.env["account.tax"]
            if not tax:
                percent = decimal(entry["rate"]) * 100
                fitting = company_taxes.filtered(
                    lambda t, p=percent: decimal(t.amount) == p and (t.price_include == included or not p)
                )
                tax = self._preferred_tax(fitting, title)
            if not tax and (decimal(entry["rate"]) or decimal(entry["amount"])):
                raise self._tax_fault(document, title, rate, included)
            found[title, rate] = tax
        return found

    @api.private
    def _preferred_tax(self, taxes, title):
        """Of several taxes with one rate: the one of that name, the company's default, the first."""
        same_name = taxes.filtered(lambda t: t.name.casefold() == title.casefold())
        default = taxes & self.env.company.account_sale_tax_id
        return (same_name or default or taxes)[:1]

    @api.private
    def _tax_fault(self, document, title, rate, included):
        percent = plain(decimal(rate) * 100)
        how = "included in the price" if included else "on top of the price"
        return Fault(
            "apply.tax_unknown",
            f"Order {document['number']} charges {title} of {percent} %, {how}, and {self.env.company.name} has no such"
            " sales tax. Create the tax, or add a cross-reference for it, and retry.",
            found=f"{title} {percent} %",
            reference=document["number"],
            subject=f"tax {title} {percent} % {'included' if included else 'excluded'}",
        )

    @api.private
    def _computed_tax(self, document, entry, all_taxes, net):
        rate = decimal(entry["rate"])
        if document["prices_include_tax"]:
            return net * rate / (1 + sum((decimal(tax["rate"]) for tax in all_taxes), Decimal(0)))
        return net * rate

    @api.private
    def _check_taxes(self, document, line, charged, net, quantity, currency):
        """A charged tax may differ from the computed one by rounding each unit, not by more."""
        smallest = Decimal(1).scaleb(-currency.decimal_places)
        for entry in charged:
            computed = self._computed_tax(document, entry, charged, net)
            difference = decimal(entry["amount"]) - computed
            if abs(difference) > smallest * (1 + abs(quantity) / 2):
                total = decimal(document["totals"]["grand_total"])
                ours = total if document["prices_include_tax"] else total - difference
                raise self._total_fault(
                    document,
                    money(ours, currency),
                    total,
                    f"{self._line_name(document, line)}: the shop charged {entry['amount']} {entry['title']} where"
                    f" {plain(decimal(entry['rate']) * 100)} % of {net} is {money(computed, currency)}",
                )

    @api.private
    def _line_name(self, document, line):
        """A line as people count them, a charge by its own name."""
        return f"line {document['lines'].index(line) + 1}" if line in document["lines"] else line["id"]

    # -- total -----------------------------------------------------------------------------------------------------

    @api.private
    def _check_arithmetic(self, document, currency):
        """The lines, discounts, charges and taxes of the document must add up to its own total."""
        holders = [*document["lines"], *document["charges"]]
        lines = sum(
            (
                money(decimal(line["quantity"]["value"]) * decimal(line["unit_price"]), currency)
                for line in document["lines"]
            ),
            Decimal(0),
        )
        discounts = sum(
            (decimal(entry["amount"]) for line in document["lines"] for entry in line["discounts"]), Decimal(0)
        )
        charges = sum((decimal(charge["amount"]) for charge in document["charges"]), Decimal(0))
        tax = sum((decimal(entry["amount"]) for holder in holders for entry in holder["taxes"]), Decimal(0))
        computed = lines - discounts + charges + (0 if document["prices_include_tax"] else tax)
        stated = decimal(document["totals"]["grand_total"])
        if computed == stated:
            return
        difference = stated - computed
        causes = [
            (abs(tax), "the tax: the shop counts it another way than prices_include_tax says"),
            (discounts, "the discounts of the lines: the total was made without them, or with them twice"),
            *((abs(decimal(c["amount"])), f"the charge “{c['description']}”") for c in document["charges"]),
        ]
        why = next((text for amount, text in causes if amount and amount == abs(difference)), None)
        if not why and abs(difference) <= Decimal(1).scaleb(-currency.decimal_places) * len(holders):
            why = "rounding: the amounts of the lines were rounded one by one"
        raise self._total_fault(
            document, computed, stated, why or "a line, discount, charge or tax is missing or wrong"
        )

    @api.private
    def _check_total(self, order, document):
        """The order as Odoo computes it must come to what the customer was charged."""
        stated = decimal(document["totals"]["grand_total"])
        ours = money(decimal(order.amount_total), order.currency_id)
        if ours != stated:
            raise self._total_fault(
                document, ours, stated, "Odoo computes taxes another way; compare the taxes of the lines"
            )

    @api.private
    def _total_fault(self, document, ours, stated, why):
        currency = document["currency"]
        return Fault(
            "apply.total_mismatch",
            f"Order {document['number']}: the shop's total is {stated} {currency}, the order comes to {ours}"
            f" {currency}, a difference of {plain(stated - ours)} {currency}. Likely cause: {why}.",
            pointer="/totals/grand_total",
            expected=str(ours),
            found=str(stated),
            reference=document["number"],
            subject=f"order {document['number']}",
        )
