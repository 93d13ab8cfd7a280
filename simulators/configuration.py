"""The JSON file that tells the partners their ports, secrets and where to deliver."""

from __future__ import annotations

import json
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

Section = TypeVar("Section")


class ConfigurationError(Exception):
    """The configuration is not usable; the message says which member is wrong."""


@dataclass(frozen=True)
class OdooAccess:
    """Where the scenario looks from outside, and as whom."""

    url: str
    database: str
    login: str
    password: str


@dataclass(frozen=True)
class Article:
    """What the shop sells. ``tax_rate`` is a fraction, 0.19."""

    sku: str
    title: str
    price: Decimal
    tax_rate: Decimal
    variant_id: int


@dataclass(frozen=True)
class ShopSettings:
    port: int
    secret: str
    intake_url: str
    shop_domain: str
    currency: str
    catalogue: tuple[Article, ...]
    taxes_included: bool = False
    tax_title: str = "VAT"
    shipping_price: Decimal = Decimal("4.90")
    first_order_number: int | None = None


@dataclass(frozen=True)
class ThreeplSettings:
    """``secret_in`` verifies what Odoo sends, ``secret_out`` signs what the 3PL sends; ``lots``: SKU -> lot number."""

    port: int
    secret_in: str
    secret_out: str
    intake_url: str
    lots: dict[str, str]


@dataclass(frozen=True)
class CarrierSettings:
    port: int
    secret: str
    intake_url: str
    carrier: str = "DemoPost"


@dataclass(frozen=True)
class GatewaySettings:
    port: int
    secret: str
    intake_url: str
    currency: str = "EUR"


@dataclass(frozen=True)
class FinanceSettings:
    port: int
    secret: str


@dataclass(frozen=True)
class Configuration:
    odoo: OdooAccess
    shop: ShopSettings
    threepl: ThreeplSettings
    carrier: CarrierSettings
    gateway: GatewaySettings
    finance: FinanceSettings


def load(path: str | Path) -> Configuration:
    """Read the configuration.

    :raise ConfigurationError: for a file that cannot be read, a missing or an unknown member
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    return parse(data)


def parse(data: dict[str, Any]) -> Configuration:
    """The configuration in decoded JSON."""
    sections = {
        "odoo": OdooAccess,
        "shop": ShopSettings,
        "threepl": ThreeplSettings,
        "carrier": CarrierSettings,
        "gateway": GatewaySettings,
        "finance": FinanceSettings,
    }
    missing = [name for name in sections if not isinstance(data.get(name), dict)]
    if missing:
        raise ConfigurationError(f"the configuration has no section {missing[0]!r}")
    shop = dict(data["shop"])
    shop["catalogue"] = tuple(
        _section(Article, dict(article), f"shop.catalogue[{number}]")
        for number, article in enumerate(shop.get("catalogue", ()))
    )
    if not shop["catalogue"]:
        raise ConfigurationError("shop.catalogue is empty")
    data = data | {"shop": shop, "threepl": {"lots": {}} | data["threepl"]}
    return Configuration(**{name: _section(kind, dict(data[name]), name) for name, kind in sections.items()})


def _section(kind: type[Section], members: dict[str, Any], place: str) -> Section:
    known = {field.name: field for field in fields(kind)}
    for name in members:
        if name not in known:
            raise ConfigurationError(f"{place}.{name} is not known")
    for name, field in known.items():
        if name not in members and field.default is MISSING:
            raise ConfigurationError(f"{place}.{name} is missing")
        if name in members and field.type == "Decimal":
            members[name] = Decimal(str(members[name]))
        if name in members and field.type == "int" and not isinstance(members[name], int):
            raise ConfigurationError(f"{place}.{name} must be a whole number")
    return kind(**members)
