"""What Odoo taxes, as a tax service is asked for it and answers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ..reading import decimal, money, plain


def taxed(record: Any) -> list[tuple[Any, dict[str, Any]]]:
    """The lines of an order or invoice that are taxed, each with what Odoo computes for it (``tax_details``), rounded
    as Odoo books it."""
    tax = record.env["account.tax"]
    if record._name == "sale.order":
        lines = record.order_line.filtered(lambda line: not line.display_type and not line.is_downpayment)
        bases = [line._prepare_base_line_for_taxes_computation() for line in lines]
    else:
        lines = record.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        bases = [record._prepare_product_base_line_for_taxes_computation(line) for line in lines]
    tax._add_tax_details_in_base_lines(bases, record.company_id)
    tax._round_base_lines_tax_details(bases, record.company_id)
    return [(line, base["tax_details"]) for line, base in zip(lines, bases, strict=True)]


def net_of(record: Any, line: Any, details: dict[str, Any]) -> str:
    """The net amount of a line as canonical documents write it: of a credit note, what is given back."""
    return _signed(record, line, details["total_excluded_currency"] + details["delta_total_excluded_currency"])


def taxes_of(record: Any, line: Any, details: dict[str, Any]) -> list[dict[str, str]]:
    """The taxes of a line as canonical documents write them."""
    return [
        {
            "title": data["tax"].name,
            "rate": rate_of(data["tax"]),
            "amount": _signed(record, line, data["tax_amount_currency"]),
            "base": _signed(record, line, data["base_amount_currency"]),
        }
        for data in details["taxes_data"]
    ]


def rate_of(tax: Any) -> str:
    """The rate of one of Odoo's taxes as a fraction; 0 for one that is no percentage."""
    if tax.amount_type != "percent":
        return "0"
    return plain((decimal(tax.amount) / 100).quantize(Decimal("0.000001"), ROUND_HALF_UP))


def total(taxes: list[dict[str, str]]) -> Decimal:
    """What taxes of a document come to."""
    return sum((decimal(tax["amount"]) for tax in taxes), Decimal(0))


def _signed(record, line, value):
    sign = -1 if line.price_subtotal < 0 else 1
    return f"{money(sign * abs(decimal(value)), record.currency_id):f}"
