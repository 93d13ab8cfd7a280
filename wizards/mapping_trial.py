"""One mapping tried on one document, without effect; and what people are shown of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from markupsafe import Markup

from ..core import canonical, contracts
from ..core.codecs import codec
from ..core.codecs.recognition import recognised
from ..core.faults import Fault
from ..core.mapping import MappingError, line_of
from ..models.exchange.payload import Hidden, readable

LARGEST = 2_000_000
"""Bytes of a source that the workbench takes; larger files are for ``odoo sync_translate``."""
LONGEST = 100
"""Rows of a table that is shown."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. ``line`` of the rules as written, ``place`` in the source, ``target`` in the result."""

    words: str
    line: int | None = None
    rule: str = ""
    place: str = ""
    target: str = ""


@dataclass(slots=True)
class Trial:
    """What came of it: ``document`` as far as it could be made, ``used`` source patterns the rules looked at."""

    document: Any = None
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    used: frozenset[str] = frozenset()


def documents_in(text: str, endpoint: Any, inbound: bool) -> list[Any]:
    """The documents in ``text``: read by the codec of the endpoint, or JSON that somebody has decoded already.

    :param endpoint: a ``sync.endpoint``, or an empty one: JSON
    :raises Fault: ``decode.*`` for what cannot be read
    """
    raw = text.encode()
    if len(raw) > LARGEST:
        raise Fault("decode.too_large", f"The workbench takes {LARGEST:,} bytes; use the command sync_translate.")
    name = endpoint.codec if endpoint and inbound else "json"
    if name != "ndjson" and recognised(raw) == "JSON":
        return [codec("json").decode(raw)]
    reader = codec(name, (endpoint.codec_options or "") if name == endpoint.codec else "")
    if not hasattr(reader, "split"):
        return [reader.decode(raw)]
    parts = [part for part in reader.split(raw) if part.document is not None or part.faults]
    faults = [fault for part in parts for fault in part.faults]
    documents = [part.document for part in parts if part.document is not None]
    if faults and not documents:
        raise contracts.summary(faults)
    return documents


def compiled(mapping: Any, rules: str) -> tuple[Any, list[Problem]]:
    """(the rules compiled in the place of the mapping's own, or None, and what is wrong with them)"""
    try:
        return mapping._compiled_as(rules), []
    except MappingError as error:
        return None, [
            Problem(
                problem.message,
                line_of(rules, problem.pointer) if problem.mapping == mapping.code else None,
                problem.pointer if problem.mapping == mapping.code else f"{problem.mapping} {problem.pointer}",
            )
            for problem in error.problems
        ]
    except json.JSONDecodeError as error:
        return None, [Problem(f"The rules are not JSON: {error.msg}.", error.lineno)]
    except ValueError as error:
        return None, [Problem(f"The rules are not JSON: {error}.")]


@dataclass(frozen=True, slots=True)
class Ends:
    """What a document is held against before the rules and after them; compiled validators, or None."""

    before: Any
    after: Any

    @classmethod
    def of(cls, mapping: Any, interface: Any) -> Ends:
        """As production does it: the contract at the partner's end, the canonical form at ours."""
        shape = canonical.validator(mapping.document_type_id.code)
        contract = interface.contract_id._validator() if interface.contract_id else None
        return cls(contract, shape) if is_inbound(mapping, interface) else cls(shape, contract)


def is_inbound(mapping: Any, interface: Any) -> bool:
    """Whether the partner's document is the source."""
    if interface:
        return interface.direction == "inbound"
    return mapping.target in (False, mapping.document_type_id.code)


def tried(rules: Any, source: Any, ends: Ends, *, text: str, lookup: Any, context: dict[str, Any]) -> Trial:
    """The compiled ``rules``, which are written as ``text``, on ``source``."""
    context = {"message_id": "trial", "received_at": datetime.now(timezone.utc).isoformat(), **context}
    try:
        result = rules.evaluate(source, lookup=lookup, context=context)
    except Fault as fault:
        return Trial(problems=[Problem(fault.detail)])
    problems = [Problem(fault.detail, place=fault.pointer or "") for fault in _valid(ends.before, source)]
    problems += [_problem(fault, text, rules.name) for fault in result.faults]
    if not result.faults:
        problems += [Problem(fault.detail, target=fault.pointer or "") for fault in _valid(ends.after, result.document)]
    return Trial(result.document, problems, [notice.text for notice in result.notices], result.used_paths)


def _valid(validator, document):
    return contracts.validate(validator, document) if validator else []


def _problem(fault, text, code):
    name, pointer = getattr(fault, "rule", None) or (code, "")
    own = name == code
    return Problem(
        fault.detail,
        line_of(text, pointer) if own and pointer else None,
        "" if own else name,
        getattr(fault, "source", None) or "",
        getattr(fault, "target", None) or "",
    )


def pretty(document: Any) -> str:
    """A document as people read it, its numbers digit for digit."""
    return readable(codec("json").encode(document), Hidden(False, False))


def table(heads: list[str], rows: list[tuple], more: str) -> Markup:
    """Rows as a table; values are escaped. ``more`` says with ``%s`` how many rows are not shown."""
    if not rows:
        return Markup("")
    head = Markup().join(Markup("<th>%s</th>") % each for each in heads)
    body = [
        Markup("<tr>%s</tr>") % Markup().join(Markup("<td class='text-break'>%s</td>") % cell for cell in row)
        for row in rows[:LONGEST]
    ]
    if len(rows) > LONGEST:
        body.append(Markup("<tr><td colspan='%s'>%s</td></tr>") % (len(heads), more % (len(rows) - LONGEST)))
    return Markup("<table class='table table-sm mb-0'><thead><tr>%s</tr></thead><tbody>%s</tbody></table>") % (
        head,
        Markup().join(body),
    )
