"""Values of canonical documents, as Odoo keeps them, and units of measure both ways."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

EACH = "EA"
# UN/ECE Recommendation 20 -> the units that Odoo ships.
UNITS = {
    "C62": "uom.product_uom_unit",
    "DZN": "uom.product_uom_dozen",
    "KGM": "uom.product_uom_kgm",
    "GRM": "uom.product_uom_gram",
    "TNE": "uom.product_uom_ton",
    "MTR": "uom.product_uom_meter",
    "CMT": "uom.product_uom_cm",
    "KMT": "uom.product_uom_km",
    "LTR": "uom.product_uom_litre",
    "HUR": "uom.product_uom_hour",
    "DAY": "uom.product_uom_day",
}


def moment(text: str) -> datetime:
    """A timestamp (RFC 3339 with offset) as naive UTC without microseconds, the way Odoo stores it."""
    return datetime.fromisoformat(text).astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)


def decimal(value: str | float | None) -> Decimal:
    """A decimal text, or a float of Odoo by its shortest exact notation, as Decimal; nothing is zero."""
    return Decimal(str(value or 0))


def money(value: Decimal, currency: Any) -> Decimal:
    """``value`` rounded half up to the smallest unit of an Odoo currency."""
    return value.quantize(Decimal(1).scaleb(-currency.decimal_places), ROUND_HALF_UP)


def plain(value: Decimal) -> str:
    """A Decimal as text without exponent and without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def identifiers(holder: dict[str, Any] | None, *schemes: str) -> list[str]:
    """The identifiers of an item, party or location in these schemes, in the order of the schemes."""
    known = (holder or {}).get("identifiers") or []
    return [entry["value"] for scheme in schemes for entry in known if entry["scheme"] == scheme]


def unit_record(env: Any, code: str, product: Any) -> Any:
    """The unit of measure that a document means for ``product``, or an empty record if it cannot be converted.

    ``EA`` is "each": the unit in which the product is kept.
    """
    if code == EACH:
        return product.uom_id
    unit = env.ref(UNITS.get(code, ""), raise_if_not_found=False) if code in UNITS else None
    return unit if unit and unit._has_common_reference(product.uom_id) else env["uom.uom"]


def unit_code(env: Any, unit: Any) -> str:
    """The code of a unit of measure; what Odoo does not ship counts as each. No statement for what is known."""
    id_of = env["ir.model.data"]._xmlid_to_res_id
    known = (code for code, xmlid in UNITS.items() if code != "C62" and id_of(xmlid) == unit.id)
    return next(known, EACH) if unit else EACH
