"""JMESPath's functions over exact numbers, and the functions that read the surroundings of a rule.

JMESPath's own library knows ``int`` and ``float``; documents here carry ``int`` and ``Decimal``. What would make a
binary float works on decimals: ``avg`` rounds to twelve decimals, all others are exact.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from jmespath import functions
from jmespath.exceptions import JMESPathTypeError

from . import exact
from .scope import Scope

__all__ = ["SCOPE_FUNCTIONS", "ScopedFunctions", "arity"]

SCOPE_FUNCTIONS = ("root", "parent", "index", "position", "group", "context")


class ScopedFunctions(functions.Functions):
    """The functions of one evaluation: they know the scope that the expression is evaluated in."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def _get_allowed_pytypes(self, types: list[str]) -> tuple[list[str], list[tuple[str, ...]]]:
        allowed, subtypes = super()._get_allowed_pytypes(types)
        if "float" in allowed:
            allowed = [*allowed, "Decimal"]
        return allowed, [(*names, "Decimal") if "float" in names else names for names in subtypes]

    def _convert_to_jmespath_type(self, pyobject: str) -> str:
        return "number" if pyobject == "Decimal" else super()._convert_to_jmespath_type(pyobject)

    @functions.signature({"types": []})
    def _func_type(self, arg: Any) -> str | None:
        return "number" if isinstance(arg, Decimal) else super()._func_type(arg)

    @functions.signature({"types": ["array-number"]})
    def _func_sum(self, arg: list[Any]) -> Decimal | int:
        return sum(arg) if all(isinstance(number, int) for number in arg) else exact.total(map(exact.exact, arg))

    @functions.signature({"types": ["array-number"]})
    def _func_avg(self, arg: list[Any]) -> Decimal | None:
        if not arg:
            return None
        return exact.trimmed(exact.divide(exact.total(map(exact.exact, arg)), Decimal(len(arg)), 12, "half_even"))

    @functions.signature({"types": ["number"]})
    def _func_abs(self, arg: Any) -> Decimal | int:
        return arg.copy_abs() if isinstance(arg, Decimal) else abs(arg)

    @functions.signature({"types": []})
    def _func_to_number(self, arg: Any) -> Decimal | int | None:
        if isinstance(arg, (int, Decimal)) and not isinstance(arg, bool):
            return arg
        try:
            number = exact.exact(arg) if isinstance(arg, str) else None
        except exact.NotExact:
            return None
        if number is None:
            return None
        return int(number) if number == number.to_integral_value() and number.as_tuple().exponent == 0 else number

    @functions.signature({"types": []})
    def _func_to_string(self, arg: Any) -> str:
        if isinstance(arg, Decimal):
            return exact.plain(arg)
        return arg if isinstance(arg, str) else json.dumps(arg, separators=(",", ":"), default=_plain, sort_keys=False)

    @functions.signature({"types": ["array", "string"]}, {"types": []})
    def _func_contains(self, subject: Any, search: Any) -> bool:
        if isinstance(subject, str) and not isinstance(search, str):
            raise JMESPathTypeError("contains", search, type(search).__name__, ["string"])
        return search in subject

    @functions.signature({"types": ["array", "null"]}, {"types": ["number", "null"]})
    def _func_at(self, array: list[Any] | None, index: Any) -> Any:
        """``at(list, index)``: the item at an index that is itself a value of the document."""
        if array is None or index is None or index != int(index) or not 0 <= index < len(array):
            return None
        return array[int(index)]

    @functions.signature()
    def _func_root(self) -> Any:
        return self._scope.root

    @functions.signature()
    def _func_parent(self) -> Any:
        return None if self._scope.parent is None else self._scope.parent.current

    @functions.signature()
    def _func_index(self) -> int | None:
        return self._scope.index

    @functions.signature()
    def _func_position(self) -> int | None:
        return None if self._scope.index is None else self._scope.index + 1

    @functions.signature()
    def _func_group(self) -> Any:
        return self._scope.group

    @functions.signature()
    def _func_context(self) -> Any:
        return self._scope.context


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return exact.plain(value)
    raise TypeError(f"{type(value).__name__} is no value of a document")


def arity(name: str) -> tuple[int, bool] | None:
    """How many arguments the function takes and whether more may follow; None when there is no such function."""
    entry = ScopedFunctions.FUNCTION_TABLE.get(name)
    if entry is None:
        return None
    signature = entry["signature"]
    return len(signature), bool(signature and signature[-1].get("variadic"))
