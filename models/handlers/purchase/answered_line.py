"""What a supplier's answer says of one line of a purchase order, compared with what was ordered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

from ..reading import decimal, identifiers, plain, unit_record


@dataclass(slots=True)
class LineAnswer:
    """The answer to ``line`` (a purchase order line).

    ``status`` follows from the figures and not from what the supplier calls them; ``words`` say them. ``delivery_on``
    is the one day for the whole line where the answer names another one than planned. ``differs``: something else than
    that day is not as ordered. ``parts`` are the answer itself.
    """

    line: Any
    status: str
    words: str
    parts: list[dict[str, Any]]
    delivery_on: date | None = None
    differs: bool = False


def lines_named(order: Any, answered: list[dict[str, Any]]) -> tuple[dict[Any, list[dict[str, Any]]], list[str]]:
    """``{order line: what is said of it}`` and the names of what is no line of the order."""
    found, unknown = {}, []
    for said in answered:
        line = _line(order, said)
        if line:
            found.setdefault(line, []).append(said)
        else:
            unknown.append(said["id"])
    return found, unknown


def _line(order: Any, said: dict[str, Any]) -> Any:
    """The line by our id, else by its item, else by its place, unless its item is another one."""
    lines = order.order_line.filtered(lambda line: not line.display_type)
    if own := lines.filtered(lambda line: str(line.id) == said["id"]):
        return own
    item = said.get("item")
    named = lines.filtered(lambda line: _is(line.product_id, item, order.partner_id))
    if len(named) == 1:
        return named
    place = int(said["id"]) if said["id"].isdecimal() and len(said["id"]) < 6 else 0
    at = lines.sorted(lambda line: (line.sequence, line.id))[place - 1 : place] if place else lines.browse()
    if named:
        return at & named
    known = identifiers(item, "sku", "gtin", "own")
    return at if not known else lines.browse()


def _is(product: Any, item: dict[str, Any] | None, supplier: Any) -> bool:
    """Whether an item is named by one of the codes of ``product``, ours or those of the supplier."""
    theirs = product.seller_ids.filtered(
        lambda seller: seller.partner_id.commercial_partner_id == supplier.commercial_partner_id
    ).mapped("product_code")
    return bool(
        (product.default_code and product.default_code in identifiers(item, "sku", "own"))
        or (product.barcode and product.barcode in identifiers(item, "gtin"))
        or {code for code in theirs if code} & set(identifiers(item, "partner"))
    )


def as_a_whole(line: Any, status: str) -> LineAnswer:
    """The answer to a line of an order that was answered as a whole."""
    env = line.env
    words = env._("Rejected") if status == "rejected" else env._("As ordered")
    return LineAnswer(line, status, words, [], differs=status == "rejected")


def compared(line: Any, parts: list[dict[str, Any]]) -> LineAnswer:
    """The answer to ``line`` from what is said of it, in one part or several (60 now, 40 in April)."""
    env, said = line.env, []
    come, total, named = set(), Decimal(0), True
    rejected = [part for part in parts if part["status"] == "rejected"]
    later = [part for part in parts if part["status"] == "backordered" and not part.get("delivery_on")]
    convertible = True
    for part in parts:
        quantity, fits = _quantity(line, part)
        convertible = convertible and fits
        said.append(_part_in_words(env, line, part, quantity))
        if part in rejected:
            continue
        if part.get("delivery_on"):
            come.add(date.fromisoformat(part["delivery_on"]))
        named = named and quantity is not None
        total += quantity or Decimal(0)
    going = [part for part in parts if part not in rejected]
    same_quantity = not going or not named or line.product_uom_id.compare(float(total), line.product_qty) == 0
    prices, same_price = _prices(line, going)
    unexplained = not _says_a_figure(going) and any(part["status"] == "accepted_with_changes" for part in going)
    differs = not (same_quantity and same_price and convertible) or bool(rejected or later or unexplained)
    day = next(iter(come)) if len(come) == 1 and not later else None
    moved = day if day and day not in _planned(line) else None
    differs = differs or len(come) > 1
    words = ", ".join(dict.fromkeys(said))
    if differs or moved:
        words = env._("%(said)s; ordered: %(ordered)s", said=words, ordered=_ordered(line))
    words = ". ".join(filter(None, [words, prices, " ".join(_reasons(parts))]))
    return LineAnswer(line, _status(going, later, differs or moved), words, parts, moved, differs)


def _status(going: list[Any], later: list[Any], differs: Any) -> str:
    if not going:
        return "rejected"
    if len(later) == len(going):
        return "backordered"
    return "accepted_with_changes" if differs else "accepted"


def _says_a_figure(parts: list[dict[str, Any]]) -> bool:
    return any(part.get(name) for part in parts for name in ("quantity", "unit_price", "delivery_on"))


def _quantity(line: Any, part: dict[str, Any]) -> tuple[Decimal | None, bool]:
    """The quantity of a part in the unit of the line, or None where it names none; whether it could be converted."""
    said = part.get("quantity")
    if not said:
        return None, True
    value, unit = decimal(said["value"]), _unit(line, said["unit"])
    if not unit:
        return value, False
    if unit == line.product_uom_id:
        return value, True
    return decimal(unit._compute_quantity(float(value), line.product_uom_id, rounding_method="HALF-UP")), True


def _unit(line: Any, code: str) -> Any:
    """The unit of an answer. ``EA`` is "each", in which the order is written, however it calls that."""
    return line.product_uom_id if code == "EA" else unit_record(line.env, code, line.product_id)


def _prices(line: Any, parts: list[dict[str, Any]]) -> tuple[str, bool]:
    """Another price in words; whether the price is the one ordered, but for what is lost in rounding the line."""
    currency = line.currency_id
    for part in parts:
        if not part.get("unit_price"):
            continue
        price, unit = decimal(part["unit_price"]), _unit(line, (part.get("quantity") or {}).get("unit", "EA"))
        if unit and unit != line.product_uom_id:
            price = decimal(unit._compute_price(float(price), line.product_uom_id))
        ordered = line.price_unit_discounted
        if currency.compare_amounts(float(price) * line.product_qty, ordered * line.product_qty):
            words = line.env._(
                "Price %(said)s instead of %(ordered)s %(currency)s",
                said=plain(price),
                ordered=f"{ordered:g}",
                currency=currency.name,
            )
            return words, False
    return "", True


def _planned(line: Any) -> set[date]:
    """The day that was ordered: as we count it, and as UTC does, in which it may have been sent."""
    planned = line.date_planned
    return {planned.date(), local(line, planned).date()} if planned else set()


def local(line: Any, moment: datetime) -> datetime:
    """A naive UTC moment in the time zone in which people plan the order."""
    return moment.replace(tzinfo=timezone.utc).astimezone(line.order_id.get_order_timezone())


def planned_on(line: Any, day: date) -> datetime:
    """The planned arrival (naive UTC) on another day, at the hour that it had."""
    hour = local(line, line.date_planned).time() if line.date_planned else datetime.min.time()
    zone = line.order_id.get_order_timezone()
    return zone.localize(datetime.combine(day, hour)).astimezone(timezone.utc).replace(tzinfo=None)


def _ordered(line: Any) -> str:
    day = f" {line.env._('on')} {local(line, line.date_planned).date().isoformat()}" if line.date_planned else ""
    return f"{plain(decimal(line.product_qty))} {line.product_uom_id.name}{day}"


def _part_in_words(env: Any, line: Any, part: dict[str, Any], quantity: Decimal | None) -> str:
    """``60 Units on 2026-03-18``, ``40 Units later``, ``Rejected``."""
    if quantity is None:
        amount = ""
    else:
        convertible = _unit(line, part["quantity"]["unit"])
        amount = f"{plain(quantity)} {line.product_uom_id.name if convertible else part['quantity']['unit']}"
    day = part.get("delivery_on")
    if part["status"] == "rejected":
        what = env._("rejected")
    elif day:
        what = env._("on %s", day)
    elif part["status"] == "backordered":
        what = env._("later")
    else:
        what = "" if amount else env._("as ordered") if part["status"] == "accepted" else env._("changed")
    said = f"{amount} {what}".strip()
    return said[:1].upper() + said[1:]


def _reasons(parts: list[dict[str, Any]]) -> list[str]:
    reasons = [part["reason"] for part in parts if part.get("reason")]
    return list(dict.fromkeys(f"({reason.get('text') or reason['code']})" for reason in reasons))
