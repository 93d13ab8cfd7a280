"""Values of Odoo as canonical documents write them."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ..handlers.reading import plain, unit_code


def timestamp(value: datetime) -> str:
    """A naive UTC datetime of Odoo as RFC 3339."""
    return value.replace(tzinfo=timezone.utc, microsecond=0).isoformat()


def day(value: date) -> str:
    """A date, or the day of a naive UTC datetime, as YYYY-MM-DD."""
    return value.strftime("%Y-%m-%d")


def amount(value: float, currency: Any) -> str:
    """A sum of Odoo, a float, as decimal text with the digits of its currency."""
    return f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-currency.decimal_places), ROUND_HALF_UP):f}"


def number(value: float, digits: int = 6) -> str:
    """A price, rate or quantity of Odoo as decimal text without the noise of floats."""
    return plain(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def quantity(env: Any, value: float, unit: Any) -> dict[str, str]:
    """A quantity with its unit's code."""
    return {"value": number(value), "unit": unit_code(env, unit)}


def without_empty(document: dict[str, Any]) -> dict[str, Any]:
    """The document without members that say nothing."""
    return {key: value for key, value in document.items() if value not in (None, False, "", {})}


def address(partner: Any) -> dict[str, Any]:
    """A postal address."""
    return without_empty(
        {
            "street": partner.street,
            "street2": partner.street2,
            "city": partner.city,
            "region": partner.state_id.code,
            "postal_code": partner.zip,
            "country": partner.country_id.code,
        }
    )


def party(partner: Any) -> dict[str, Any]:
    """A person or company with the identifiers that Odoo has."""
    known = (("own", partner.ref), ("gln", gln(partner)), ("vat", partner.vat))
    company = partner.commercial_partner_id
    return without_empty(
        {
            "identifiers": [{"scheme": scheme, "value": value} for scheme, value in known if value] or None,
            "name": partner.name or company.name,
            "company_name": company.name if company.is_company else None,
            "email": partner.email or company.email,
            "phone": partner.phone or company.phone,
            "address": address(partner),
        }
    )


def gln(partner: Any) -> str | None:
    """The GLN (13 digits) of a contact, where a module of Odoo keeps it."""
    value = partner.global_location_number if "global_location_number" in partner._fields else None
    return value if value and value.isdigit() and len(value) == 13 else None


def item(product: Any) -> dict[str, Any]:
    """A product by its codes."""
    known = (("sku", product.default_code), ("gtin", gtin(product.barcode)))
    return {
        "identifiers": [{"scheme": scheme, "value": value} for scheme, value in known if value]
        or [{"scheme": "own", "value": str(product.id)}],
        "description": product.name,
    }


def gtin(barcode: str | None) -> str | None:
    """The barcode if it is a GTIN (8, 12, 13 or 14 digits)."""
    return barcode if barcode and barcode.isdigit() and len(barcode) in (8, 12, 13, 14) else None


def lots(env: Any, move: Any) -> list[dict[str, Any]] | None:
    """The lots of a move with their quantities."""
    lines = move.move_line_ids.filtered(lambda line: line.lot_id and line.quantity)
    return [
        {"lot": line.lot_id.name, "quantity": quantity(env, line.quantity, line.product_uom_id)} for line in lines
    ] or None
