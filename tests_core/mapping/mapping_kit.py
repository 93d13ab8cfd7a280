"""Short ways to say what a test of the mapping language is about."""

from collections.abc import Sequence
from typing import Any

from sync_governance.core.mapping import Mapping, MappingError, Result


def mapping(*rules: dict[str, Any], **members: Any) -> Mapping:
    return Mapping.parse({"mapping": "trial", "target": "thing", "rules": list(rules), **members})


def result(source: Any, *rules: dict[str, Any], **arguments: Any) -> Result:
    return mapping(*rules).evaluate(source, **arguments)


def translate(source: Any, *rules: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    """What the rules make of the source, without a fault."""
    outcome = result(source, *rules, **arguments)
    assert [fault.detail for fault in outcome.faults] == []
    return outcome.document


def convert(value: Any, *converters: Any, **others: Any) -> Any:
    """What the converters make of one value; the other members of the source go by their names."""
    return translate({"v": value, **others}, {"to": "v", "from": "v", "convert": list(converters)}).get("v")


def refusal(value: Any, *converters: Any, **others: Any):
    """The one fault that the converters answer with."""
    outcome = result({"v": value, **others}, {"to": "v", "from": "v", "convert": list(converters)})
    (fault,) = outcome.faults
    assert "v" not in outcome.document
    return fault


def problems(document: Any, bases: Any = None) -> dict[str, str]:
    """What parsing says, by pointer."""
    try:
        Mapping.parse(document, bases)
    except MappingError as error:
        return {problem.pointer: problem.message for problem in error.problems}
    return {}


class References:
    """A lookup that counts how often it is asked."""

    def __init__(self, **domains: dict[str, Any]) -> None:
        self.domains = domains
        self.asked: list[tuple[str, str, list[str]]] = []

    def resolve(self, domain: str, values: Sequence[str]) -> dict[str, Any]:
        self.asked.append(("resolve", domain, list(values)))
        return {value: self.domains[domain][value] for value in values if value in self.domains.get(domain, {})}

    def reverse(self, domain: str, values: Sequence[str]) -> dict[str, Any]:
        self.asked.append(("reverse", domain, list(values)))
        ours = {code: theirs for theirs, code in self.domains.get(domain, {}).items()}
        return {value: ours[value] for value in values if value in ours}
