"""Reading packs as the loader does: JSON with exact numbers, one folder each."""

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from sync_governance.core import canonical, contracts
from sync_governance.core.codecs import codec
from sync_governance.core.faults import Fault
from sync_governance.core.mapping import Mapping, Result

PACKS = Path(__file__).resolve().parent.parent.parent / "packs"


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)


class References:
    """The cross-references of a sample, the same in both directions."""

    def __init__(self, known: dict[str, dict[str, str]]) -> None:
        self._known = known

    def resolve(self, domain: str, values: list[str]) -> dict[str, str]:
        return {value: self._known[domain][value] for value in values if value in self._known.get(domain, {})}

    reverse = resolve


@dataclass(frozen=True)
class Pack:
    """A pack with its parts by code."""

    folder: Path
    data: dict[str, Any]

    def part(self, kind: str, code: str) -> dict[str, Any]:
        return next(entry for entry in self.data.get(kind, []) if entry["code"] == code)

    def file(self, name: str) -> Any:
        return read_json(self.folder / name)

    def contract(self, code: str) -> Any:
        part = self.part("contracts", code)
        return canonical.validator(part["document_type"]) if part.get("canonical") else self.file(part["file"])

    def mapping(self, code: str) -> Mapping:
        return Mapping.parse(self.file(self.part("mappings", code)["file"]))

    def inbound(self, interface: dict[str, Any]) -> bool:
        if interface.get("reply_to"):
            return True
        return self.part("endpoints", interface["endpoint"])["direction"] == "inbound"

    def codec(self, interface: dict[str, Any]) -> Any:
        """The codec of the interface's endpoint."""
        endpoint = self.part("endpoints", interface["endpoint"])
        return codec(endpoint["codec"], endpoint.get("layout"))

    def source(self, sample: dict[str, Any]) -> Any:
        """The document of a sample as the stages get it: read by the endpoint's codec where it comes in.

        Raises Fault for one that cannot be read.
        """
        interface = self.part("interfaces", sample["interface"])
        raw = (self.folder / sample["file"]).read_bytes()
        return (self.codec(interface) if self.inbound(interface) else codec("json")).decode(raw)

    def translate(
        self,
        interface: dict[str, Any],
        source: Any,
        *,
        context: dict[str, Any] | None = None,
        references: dict[str, dict[str, str]] | None = None,
    ) -> tuple[list[Fault], Result | None]:
        """Through contract, mapping and the check of what came out, in the order of the direction."""
        contract = self.contract(interface["contract"])
        shape = canonical.validator(interface["document_type"])
        before, after = (contract, shape) if self.inbound(interface) else (shape, contract)
        faults = contracts.validate(before, source)
        if faults:
            return faults, None
        if "mapping" not in interface:
            return contracts.validate(after, source, code="validate.canonical"), Result(source)
        mapping = self.mapping(interface["mapping"])
        result = mapping.evaluate(source, lookup=References(references or {}), context=context or {})
        return result.faults or contracts.validate(after, result.document, code="validate.canonical"), result


@cache
def packs() -> dict[str, Pack]:
    return {path.parent.name: Pack(path.parent, read_json(path)) for path in sorted(PACKS.glob("*/pack.json"))}


def decoded(path: Path) -> Any:
    """A document as the codec hands it to the stages."""
    return codec("json").decode(path.read_bytes())
