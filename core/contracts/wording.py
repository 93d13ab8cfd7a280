"""Validation errors as faults that a person in sales or in a warehouse understands.

A sentence names the place in words and then the difference: *Line 2: quantity must be a decimal number, found
'three'*. What a field should hold is said by the schema's own annotation ``x-expected``, if it has one.

Where alternatives are allowed (``anyOf``, ``oneOf``), the alternative that the document comes closest to is taken as
the one that was meant, and only its differences are reported.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from jsonschema.exceptions import ValidationError

from ..faults import Fault
from .formats import EXPECTED
from .pointer import pattern_of, place, pointer, words

_FOUND_LENGTH = 80
_LIST_LENGTH = 12
_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def as_faults(errors: Iterable[ValidationError], code: str) -> list[Fault]:
    """One fault per difference, each difference once."""
    faults: dict[tuple[str, str], Fault] = {}
    for error in errors:
        for single in _singles(error):
            fault = _fault(single, code)
            faults.setdefault((fault.pointer or "", fault.detail), fault)
    return list(faults.values())


# --------------------------------------------------------------------------------------------- alternatives


def _singles(error: ValidationError) -> list[ValidationError]:
    """``error`` itself, or the errors of the alternative that was most likely meant."""
    if error.validator not in ("anyOf", "oneOf") or not error.context:
        return [error]
    branches = _branches(error)
    if _joint_words(error, branches):
        return [error]
    best = min(branches, key=lambda branch: _distance(error, branch))
    return [single for suberror in best for single in _singles(suberror)]


def _branches(error: ValidationError) -> list[list[ValidationError]]:
    """The errors below ``error``, by the alternative that they belong to."""
    by_branch = sorted(error.context or (), key=_branch_index)
    # pylint: disable-next=bad-builtin-groupby
    return [list(branch) for _index, branch in groupby(by_branch, key=_branch_index)]


def _branch_index(suberror: ValidationError) -> Any:
    """Which alternative it belongs to; the library does not say it of the alternative ``false``."""
    return suberror.schema_path[0] if suberror.schema_path else -1


def _distance(error: ValidationError, branch: Sequence[ValidationError]) -> tuple[int, int, int]:
    """How far the document is from an alternative: the kind of value first, then what tells alternatives apart."""
    here = len(error.absolute_path)
    keywords = [(suberror.validator, len(suberror.absolute_path) - here) for suberror in branch]
    wrong_kind = sum(keyword == "type" and depth == 0 for keyword, depth in keywords)
    wrong_tag = sum(keyword in ("const", "enum") and depth <= 1 for keyword, depth in keywords)
    return wrong_kind, wrong_tag, len(branch)


def _joint_words(error: ValidationError, branches: Sequence[Sequence[ValidationError]]) -> str:
    """What all alternatives expect, in one breath, where each differs in a single and comparable way."""
    if any(len(branch) != 1 for branch in branches) or len(branches) != len(error.validator_value):
        return ""
    singles = [branch[0] for branch in branches]
    if all(single.validator == "required" for single in singles):
        parents = {tuple(single.absolute_path)[:-1] for single in singles}
        if parents == {tuple(error.absolute_path)}:
            return "needs " + _either(words(str(single.absolute_path[-1])) for single in singles)
    elif all(single.absolute_path == error.absolute_path for single in singles):
        if all(single.validator in ("type", "const", "enum", "format", "pattern") for single in singles):
            return "must be " + _either(_expected(single) for single in singles)
    return ""


# ------------------------------------------------------------------------------------------------ one fault


def _fault(error: ValidationError, code: str) -> Fault:
    path = list(error.absolute_path)
    keyword = str(error.validator or "false")
    expected = _expected(error)
    if error.validator in ("required", "dependentRequired", "additionalProperties"):
        found = None
    else:
        found = _found(error.instance)
    return Fault(
        code,
        _sentence(place(path), _difference(error, keyword, expected)),
        pointer=pointer(path),
        expected=expected,
        found=found,
        subject=f"{pattern_of(path) or '/'} {keyword}",
    )


def _sentence(where: Sequence[str], difference: str) -> str:
    *around, subject = where or ["the document"]
    text = f"{', '.join(around)}: {subject} {difference}" if around else f"{subject} {difference}"
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "?")) else text + "."


def _difference(error: ValidationError, keyword: str, expected: str) -> str:
    """What is wrong, as the sentence goes on after the name of the field."""
    written = _DIFFERENCES.get(keyword)
    if written is not None:
        return written(error)
    return f"must be {expected}, found {_found(error.instance)}"


def _expected(error: ValidationError) -> str:
    """What should have been there, as it follows *must be*."""
    schema: Any = error.schema
    if isinstance(schema, Mapping) and error.validator in ("type", "pattern", "format", "enum", "const"):
        if isinstance(schema.get("x-expected"), str):
            return schema["x-expected"]
    write = _EXPECTATIONS.get(str(error.validator or "false"))
    return write(error) if write else f"as agreed ({error.validator})"


# --------------------------------------------------------------------------------------------- expectations


def _type_words(error: ValidationError) -> str:
    types = error.validator_value
    return _either(_TYPES.get(name, name) for name in ([types] if isinstance(types, str) else types))


def _pattern_words(error: ValidationError) -> str:
    examples = error.schema.get("examples") if isinstance(error.schema, Mapping) else None
    return f"of the form {_found(examples[0])}" if examples else f"of the form {error.validator_value}"


def _enum_words(error: ValidationError) -> str:
    values = error.validator_value
    listed = [_found(value) for value in values[:_LIST_LENGTH]]
    if len(values) > _LIST_LENGTH:
        return f"one of {len(values)} agreed values ({', '.join(listed)} ...)"
    return _either(listed)


def _size(limit: str, thing: str) -> Callable[[ValidationError], str]:
    def write(error: ValidationError) -> str:
        number = error.validator_value
        return f"{limit} {number} {thing if number == 1 else _plural(thing)}"

    return write


def _entries(number: int) -> str:
    return f"at most {number} {'entry' if number == 1 else 'entries'}"


def _number_words(relation: str) -> Callable[[ValidationError], str]:
    return lambda error: f"{relation} {_found(error.validator_value)}"


_EXPECTATIONS: dict[str, Callable[[ValidationError], str]] = {
    "type": _type_words,
    "enum": _enum_words,
    "const": lambda error: _found(error.validator_value),
    "pattern": _pattern_words,
    "format": lambda error: EXPECTED.get(error.validator_value, f"a valid {error.validator_value}"),
    "minLength": _size("at least", "character"),
    "maxLength": _size("at most", "character"),
    "minItems": _size("at least", "entry"),
    "maxItems": _size("at most", "entry"),
    "minProperties": _size("at least", "field"),
    "maxProperties": _size("at most", "field"),
    "minimum": _number_words("at least"),
    "maximum": _number_words("at most"),
    "exclusiveMinimum": _number_words("more than"),
    "exclusiveMaximum": _number_words("less than"),
    "multipleOf": _number_words("a multiple of"),
    "required": lambda error: "present",
    "dependentRequired": lambda error: "present",
    "additionalProperties": lambda error: "absent",
    "unevaluatedProperties": lambda error: "absent",
    "unevaluatedItems": lambda error: "absent",
    "false": lambda error: "absent",
    "items": lambda error: _entries(len(error.schema.get("prefixItems", ()))),
    "uniqueItems": lambda error: "without repetition",
    "contains": lambda error: "a list with at least one entry of the agreed kind",
    "not": lambda error: "something else",
    "anyOf": lambda error: _joint_words(error, _branches(error)).removeprefix("must be ") or "of an agreed form",
    "oneOf": lambda error: _joint_words(error, _branches(error)).removeprefix("must be ") or "of one agreed form",
}


# ---------------------------------------------------------------------------------------------- differences


def _must_have(error: ValidationError) -> str:
    return f"must have {_expected(error)}, found {len(error.instance)}"


def _missing(error: ValidationError) -> str:
    return "is missing" if error.validator == "required" else error.message


def _empty_or_short(error: ValidationError) -> str:
    return "must not be empty" if not error.instance else _must_have(error)


def _not_known(error: ValidationError) -> str:
    known = error.schema.get("properties", ()) if isinstance(error.schema, Mapping) else ()
    close = difflib.get_close_matches(str(error.absolute_path[-1]), list(known), n=1)
    return f"is not a known field; is {words(close[0])} meant?" if close else "is not a known field"


def _unevaluated(error: ValidationError) -> str:
    surplus = [name for name in error.instance if repr(name) in error.message]
    return f"has fields that are not known: {', '.join(words(str(name)) for name in surplus)}"


def _alternatives(error: ValidationError) -> str:
    if not error.context:
        return "fits more than one of the agreed forms, and must fit exactly one"
    joint = _joint_words(error, _branches(error))
    return joint if joint.startswith("needs") else f"{joint}, found {_found(error.instance)}"


_DIFFERENCES: dict[str, Callable[[ValidationError], str]] = {
    "required": _missing,
    "dependentRequired": _missing,
    "additionalProperties": _not_known,
    "unevaluatedProperties": _unevaluated,
    "unevaluatedItems": lambda error: "has more entries than agreed",
    "false": lambda error: "must not be there",
    "minLength": _empty_or_short,
    "minItems": _empty_or_short,
    "minProperties": _empty_or_short,
    "maxLength": _must_have,
    "maxItems": _must_have,
    "items": _must_have,
    "maxProperties": _must_have,
    "uniqueItems": lambda error: "must not hold the same entry twice",
    "contains": lambda error: f"must be {_expected(error)}",
    "not": lambda error: f"holds what the agreement excludes: {_found(error.instance)}",
    "anyOf": _alternatives,
    "oneOf": _alternatives,
}


# --------------------------------------------------------------------------------------------------- values


def _found(value: Any) -> str:
    """``value`` as a sentence names it: text quoted and cut, lists and objects by their size."""
    if isinstance(value, str):
        shown = value if len(value) <= _FOUND_LENGTH else f"{value[:_FOUND_LENGTH]}..."
        return "'" + "".join(char if char.isprintable() else repr(char)[1:-1] for char in shown) + "'"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return str(value)


def _either(choices: Iterable[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    *others, last = dict.fromkeys(choices)
    return f"{', '.join(others)} or {last}" if others else last


def _plural(thing: str) -> str:
    return thing[:-1] + "ies" if thing.endswith("y") else thing + "s"
