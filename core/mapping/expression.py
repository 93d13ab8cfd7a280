"""JMESPath expressions of a mapping: compiled once, exact numbers, and a view of the surroundings.

Besides JMESPath's own language an expression may say

* ``$.currency`` or ``@root.currency``: from the root of the source document,
* ``@parent.id``: from the source that encloses the current one,
* ``@index`` and ``@position``: the place of the item in its list, from zero and from one,
* ``@group``: the items of a grouped list rule,
* ``@context.company``: a value that the caller added,
* ``at(list, index)``: the item at an index that the document itself gives.

Plain paths, nearly all of a mapping, are walked directly; everything else goes through JMESPath's interpreter, one
per evaluation, so that expressions are shared between threads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jmespath.exceptions import EmptyExpressionError, JMESPathError, LexerError, ParseError
from jmespath.parser import Parser
from jmespath.visitor import Options, TreeInterpreter

from .exact import NotExact, shortened
from .functions import SCOPE_FUNCTIONS, ScopedFunctions, arity
from .scope import Place, Scope

__all__ = ["Expression", "ExpressionError", "ReadError"]

_TOKEN = re.compile(
    r"""(?P<quoted>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`)"""
    rf"""|(?<![.\w])@(?P<name>{"|".join(SCOPE_FUNCTIONS)})\b(?!\()|(?<![.\w])(?P<root>\$)|(?P<other>.)""",
    re.DOTALL,
)
_LONG_FRACTION = re.compile(r"\d[\d.]{16,}|\d[eE]")


class ExpressionError(ValueError):
    """The text is no expression; ``position`` is where in the text, if that is known."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message if position is None else f"{message} (at character {position + 1})")
        self.position = position


class ReadError(ValueError):
    """The expression met values it cannot work on; the message continues a sentence."""


class Expression:
    """A compiled expression; immutable."""

    __slots__ = ("_items_of", "_origin", "_steps", "text", "tree")

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise ExpressionError("an expression is text")
        self.text = text
        self.tree = _compile(text)
        plain = _plain_path(self.tree)
        self._origin, self._steps = plain if plain is not None else (None, ())
        self._items_of = _filtered_path(self.tree)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def read(self, scope: Scope) -> Any:  # pylint: disable=method-required-super
        """The value in ``scope``, None where there is none. Raises :class:`ReadError`."""
        if self._origin is not None:
            return _walk(_origin_value(self._origin, scope), self._steps)
        interpreter = TreeInterpreter(Options(custom_functions=ScopedFunctions(scope)))
        try:
            return interpreter.visit(self.tree, scope.current)
        except JMESPathError as error:
            reason = shortened(str(error), 160)
            raise ReadError(f"the expression {self.text} does not fit the document: {reason}") from error
        except (NotExact, TypeError, ArithmeticError) as error:
            raise ReadError(f"the expression {self.text} cannot work on these values") from error

    def holds(self, scope: Scope) -> bool:
        """Whether the value is true as JMESPath sees it: not null, false, empty text, list or object."""
        value = self.read(scope)
        return not (value is None or value is False or (isinstance(value, (str, list, dict)) and not value))

    def place(self, scope: Scope) -> Place | None:
        """Where the value stands in the source document; None where the expression is not a plain path."""
        if self._origin is None:
            return None
        base = _origin_place(self._origin, scope)
        return None if base is None else (*base, *self._steps)

    def item_places(self, items: Sequence[Any], scope: Scope) -> list[Place | None]:
        """The places of the list items that this expression gave: of a plain path, or of a filter over one."""
        place = self.place(scope)
        if place is not None:
            return [(*place, index) for index in range(len(items))]
        if self._origin == "group" and not self._steps:
            return list(scope.group_places)
        if self._items_of is None:
            return [None] * len(items)
        origin, steps = self._items_of
        base = _origin_place(origin, scope)
        source = _walk(_origin_value(origin, scope), steps)
        if base is None or not isinstance(source, list):
            return [None] * len(items)
        positions: dict[int, list[int]] = {}
        for index, item in enumerate(source):
            positions.setdefault(id(item), []).append(index)
        places: list[Place | None] = []
        for item in items:
            known = positions.get(id(item))
            # equal small values share one object: they are taken in the order they stand in
            places.append((*base, *steps, known.pop(0) if len(known) > 1 else known[0]) if known else None)
        return places


@lru_cache(maxsize=4096)
def _compile(text: str) -> Mapping[str, Any]:
    """The syntax tree of ``text``, checked: known functions, exact literals."""
    rewritten, origins = _rewrite(text)
    try:
        tree = Parser().parse(rewritten).parsed
    except RecursionError:
        raise ExpressionError("the expression is nested too deep") from None
    except EmptyExpressionError:
        raise ExpressionError("the expression is empty") from None
    except (LexerError, ParseError) as error:
        position = error.lexer_position if isinstance(error, LexerError) else error.lex_position
        where = origins[min(position, len(origins) - 1)]
        if where >= len(text) or getattr(error, "token_value", "") in (None, ""):
            raise ExpressionError("the expression ends too early", len(text)) from None
        raise ExpressionError(f"the expression cannot be read from '{shortened(text[where:], 30)}'", where) from None
    return _checked(tree)


def _rewrite(text: str) -> tuple[str, list[int]]:
    """The text with its surroundings as function calls, and for every character where it came from."""
    rewritten = ""
    origins: list[int] = []
    for match in _TOKEN.finditer(text):
        if match["name"] or match["root"]:
            piece = f"{match['name'] or 'root'}()"
        else:
            piece = match.group()
            if piece.startswith("`") and _LONG_FRACTION.search(piece):
                raise ExpressionError("a number in an expression has at most 15 digits and no exponent", match.start())
        rewritten += piece
        origins += [match.start() + min(offset, len(match.group()) - 1) for offset in range(len(piece))]
    return rewritten, [*origins, len(text)]


def _checked(node: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the tree with exact literals; refuses unknown functions and wrong numbers of arguments."""
    copied = dict(node)
    if node["type"] == "literal":
        copied["value"] = _exact_literal(node["value"])
    if node["type"] == "function_expression":
        name, count = node["value"], len(node["children"])
        expected = arity(name)
        if expected is None:
            raise ExpressionError(f"there is no function {name}()")
        least, open_ended = expected
        if count < least or (count > least and not open_ended):
            raise ExpressionError(f"{name}() takes {least} argument{'' if least == 1 else 's'}, not {count}")
    if node["type"] != "slice":
        copied["children"] = [_checked(part) for part in node["children"]]
    return copied


def _exact_literal(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        return [_exact_literal(item) for item in value]
    if isinstance(value, dict):
        return {name: _exact_literal(item) for name, item in value.items()}
    return value


def _plain_path(node: Mapping[str, Any]) -> tuple[str, tuple[str | int, ...]] | None:
    """``(origin, steps)`` when the tree is a chain of members and positions."""
    kind = node["type"]
    if kind in ("current", "identity"):
        return "current", ()
    if kind == "field":
        return "current", (node["value"],)
    if kind == "function_expression" and node["value"] in SCOPE_FUNCTIONS:
        return node["value"], ()
    if kind not in ("subexpression", "index_expression"):
        return None
    first, *rest = node["children"]
    head = _plain_path(first)
    steps = [part["value"] for part in rest if part["type"] in ("field", "index")]
    if head is None or len(steps) != len(rest):
        return None
    return head[0], (*head[1], *steps)


def _filtered_path(node: Mapping[str, Any]) -> tuple[str, tuple[str | int, ...]] | None:
    """The plain path whose items the tree passes on unchanged: ``items[?x]``, ``items[*]``, ``items[]``."""
    if node["type"] not in ("filter_projection", "projection") or node["children"][1]["type"] != "identity":
        return None
    base = node["children"][0]
    return _plain_path(base["children"][0] if base["type"] == "flatten" else base)


def _walk(value: Any, steps: Sequence[str | int]) -> Any:
    for step in steps:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        elif isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def _origin_value(origin: str, scope: Scope) -> Any:
    if origin == "current":
        return scope.current
    if origin == "root":
        return scope.root
    if origin == "parent":
        return None if scope.parent is None else scope.parent.current
    if origin == "group":
        return scope.group
    if origin == "context":
        return scope.context
    if scope.index is None:
        return None
    return scope.index if origin == "index" else scope.index + 1


def _origin_place(origin: str, scope: Scope) -> Place | None:
    if origin == "current":
        return scope.place
    if origin == "root":
        return ()
    if origin == "parent" and scope.parent is not None:
        return scope.parent.place
    return None
