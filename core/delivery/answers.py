"""Whether a partner took a document, where its HTTP status does not say: GraphQL and batches answer 200 in any case.

Rules are data, an object of JMESPath expressions over the JSON of an answer:

``accepted``   must hold of an answer with a status of 2xx, else the document was refused; required
``throttled``  when it holds, the partner asks to slow down
``failed``     when it holds, the partner's system failed, and the same document may be taken later
``ambiguous``  when it holds, the partner has several records of the key that we name, and changed none
``codes``      the partner's own codes of what is wrong, for people; whole texts of it stay in the kept answer

They are asked in the order ``throttled``, ``failed``, ``ambiguous``, ``accepted``. ``@context.status`` is the HTTP
status. All but ``accepted`` are asked of refusals too (3xx and 4xx), as partners say there what is only for now: where
such an answer cannot be read, its status stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ..codecs import codec
from ..faults import Fault
from ..mapping.expression import Expression, ExpressionError, ReadError
from ..mapping.scope import Scope
from .http import DeliveryResult

MEMBERS = ("accepted", "throttled", "failed", "ambiguous", "codes")
REFUSALS = ("deliver.rejected", "deliver.redirected")
# What a partner calls an error. Sentences may name people.
_CODE = re.compile(r"[A-Za-z0-9_.:/-]{1,80}")
_MOST_CODES = 5


@dataclass(frozen=True, slots=True)
class AnswerRules:
    """Compiled rules; the members are explained above."""

    accepted: Expression
    throttled: Expression | None = None
    failed: Expression | None = None
    ambiguous: Expression | None = None
    codes: Expression | None = None


@lru_cache(maxsize=256)
def rules_of(text: str) -> AnswerRules | None:
    """The rules in ``text`` (JSON), None where it is empty.

    :raise Fault: ``engine.configuration``
    """
    if not text.strip():
        return None
    try:
        data = json.loads(text)
    except ValueError as error:
        raise _misconfigured(f"are not JSON: {error}") from error
    if not isinstance(data, Mapping) or "accepted" not in data:
        raise _misconfigured('are a JSON object that says at least when a document is taken: {"accepted": "…"}')
    foreign = sorted(set(data) - set(MEMBERS))
    if foreign:
        raise _misconfigured(f"have no member {foreign[0]!r}; they have {', '.join(MEMBERS)}")
    try:
        return AnswerRules(**{name: Expression(said) for name, said in data.items()})
    except ExpressionError as error:
        raise _misconfigured(f"hold an expression that cannot be read: {error}") from error


def judged(result: DeliveryResult, rules: AnswerRules | None, *, place: str) -> DeliveryResult:
    """``result`` with what the partner's words say of it. Only answers of 2xx and refusals are looked at.

    :param place: whom the texts name
    """
    if rules is None or (result.fault is not None and result.fault.code not in REFUSALS):
        return result
    return replace(result, fault=_fault(result, rules, place))


def _fault(result: DeliveryResult, rules: AnswerRules, place: str) -> Fault | None:
    try:
        # 204 says by its status that it says nothing.
        said = result.body or (b"{}" if result.status == 204 else b"")
        document = None if result.truncated else codec("json").decode(said)
    except Fault:
        document = None
    if document is None and result.fault is not None:
        return result.fault
    if document is None:
        return Fault(
            "deliver.answer_unreadable",
            f"{place} answered HTTP {result.status} with something that cannot be read, so nobody knows whether it"
            " took the document.",
            found=result.status,
            subject=place,
        )
    scope = Scope(document, context={"status": result.status})
    if _holds(rules.throttled, scope):
        return Fault("deliver.throttled", f"{place} asks to slow down in its answer.", subject=place)
    if _holds(rules.failed, scope):
        return Fault("deliver.server_error", f"{place} says that it failed{_named(rules, scope)}.", subject=place)
    if _holds(rules.ambiguous, scope):
        return Fault(
            "deliver.ambiguous",
            f"{place} has several records of the key that the document names, and changed none.",
            found=result.status,
            subject=place,
        )
    if result.fault is None and _holds(rules.accepted, scope):
        return None
    if result.fault is not None and result.fault.code != "deliver.rejected":
        return result.fault
    return Fault(
        "deliver.rejected",
        f"{place} answered HTTP {result.status} and did not take the document{_named(rules, scope)}.",
        found=result.status,
        subject=place,
    )


def _holds(rule: Expression | None, scope: Scope) -> bool:
    """Whether a rule holds; an answer of another shape than the rule expects does not meet it."""
    try:
        return rule is not None and rule.holds(scope)
    except ReadError:
        return False


def _named(rules: AnswerRules, scope: Scope) -> str:
    """The partner's codes in brackets, as far as they are codes."""
    try:
        found: Any = rules.codes.read(scope) if rules.codes else None
    except ReadError:
        found = None
    several = found if isinstance(found, list) else [found]
    codes = [str(one) for one in several if isinstance(one, (str, int)) and _CODE.fullmatch(str(one))]
    return f" ({', '.join(dict.fromkeys(codes[:_MOST_CODES]))})" if codes else ""


def _misconfigured(detail: str) -> Fault:
    return Fault("engine.configuration", f"The rules for answers {detail}.", subject="rules for answers")
