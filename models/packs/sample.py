"""The samples of a pack, replayed through the versions that an interface runs on. Nothing is stored, nothing acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core import canonical, contracts
from ...core.codecs import codec
from ...core.codecs.media import MEDIA_TYPES, form_of_answer
from ...core.differences import differences
from ...core.faults import Fault
from . import reading

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one sample: ``problem`` is None when it came out as the pack says."""

    title: str
    problem: str | None


class References:
    """The cross-references that a sample names, the same in both directions."""

    def __init__(self, known: dict[str, dict[str, str]]) -> None:
        self._known = known

    def resolve(self, domain: str, values: list[str]) -> dict[str, str]:
        """Codes of those ``values`` that are known."""
        return {value: self._known[domain][value] for value in values if value in self._known.get(domain, {})}

    reverse = resolve

    def records(self, question: Any, values: list[str]) -> dict[str, str]:
        """As ``resolve``; a sample calls the domain ``product by gtin``."""
        return self.resolve(f"{question.kind} by {question.by}", values)


def replay(pack: dict[str, Any], interface: Any, mapping: Any = None) -> list[Trial]:
    """A :class:`Trial` of each sample that ``pack`` has for the interface (a ``sync.interface``), by its versions now.

    What comes out, or the codes of the faults, must be what the pack says.

    :param mapping: compiled rules that are tried in the place of the interface's own
    """
    return [
        Trial(sample.get("title") or sample["file"], problem(pack, interface, sample, mapping))
        for sample in pack.get("samples", ())
        if sample["interface"] == interface.pack_code
    ]


def replay_examples(interface: Any) -> list[Trial]:
    """The examples of the catalogue, for an interface without a mapping: its partner speaks the canonical language."""
    if interface.mapping_id:
        return []
    validator = interface.contract_id._validator() if interface.contract_id else None
    examples = canonical.catalogue()[interface.document_type].examples
    faults = [contracts.validate(validator, example) if validator else [] for example in examples]
    return [
        Trial(f"Example {number} of {interface.document_type}", "; ".join(fault.detail for fault in found) or None)
        for number, found in enumerate(faults, 1)
    ]


def problem(pack: dict[str, Any], interface: Any, sample: dict[str, Any], mapping: Any = None) -> str | None:
    """In what a sample does not come out as the pack says, or None."""
    try:
        document, faults = _translated(interface, _source(pack, interface, sample["file"]), sample, mapping)
    except Fault as fault:
        document, faults = None, list(fault.causes) or [fault]
    codes = [fault.code for fault in faults]
    if codes != sample.get("faults", []):
        said = "; ".join(fault.detail for fault in faults) or "it goes through"
        return f"expected {', '.join(sample.get('faults', ())) or 'no fault'}, and {said}"
    if "expected" in sample:
        found = differences(_read(pack, sample["expected"]), codec("json").decode(codec("json").encode(document)))
        if found:
            return "; ".join(str(each) for each in found[:SHOWN])
    return None


def _read(pack, file):
    return codec("json").decode(reading.content(pack["name"], file))


def _source(pack, interface, file):
    """The document of a sample: what comes in is in the partner's form, what goes out is canonical, in JSON."""
    if interface.direction != "inbound":
        return _read(pack, file)
    endpoint = interface.endpoint_id
    name, options = endpoint.codec, endpoint.codec_options or ""
    if interface.replies_to_id:
        name, options = form_of_answer({"content-type": MEDIA_TYPES.get(file.rpartition(".")[2], "")}, name, options)
    return codec(name, options).decode(reading.content(pack["name"], file))


def _translated(interface, source, sample, mapping):
    """(document, faults) after contract, mapping and the check of what came out, in the order of the direction."""
    inbound = interface.direction == "inbound"
    contract = interface.contract_id._validator() if interface.contract_id else None
    shape = canonical.validator(interface.document_type)
    before, after = (contract, shape) if inbound else (shape, contract)
    if before and (faults := contracts.validate(before, source)):
        return None, faults
    if mapping is None and interface.mapping_id:
        mapping = interface.mapping_id._compiled()
    if mapping is None:
        return source, contracts.validate(after, source) if after else []
    references = References(sample.get("references", {}))
    context = sample.get("context", {})
    result = mapping.evaluate(source, lookup=references, context=context)
    if result.faults:
        return result.document, result.faults
    return result.document, contracts.validate(after, result.document, code="validate.canonical") if after else []
