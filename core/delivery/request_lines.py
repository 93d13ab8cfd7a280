"""Method and address of a request where they depend on the document, as with ``PATCH .../Account/Number__c/C100``.

They are data: a method, and a path below the endpoint's address in which ``{...}`` holds a JMESPath expression over
the canonical document. Where a ``body`` is given, an expression over the translated document, its value is what is
sent, and the path reads the translated document too: a mapping can look up what the address depends on, and not send
it.

Each value in an address is percent-encoded as a whole, so that it stays one segment of the path or one value of the
query; a list is several segments. No document can lead to another host, leave the endpoint's path, or add a parameter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from ..faults import Fault
from ..mapping.expression import Expression, ExpressionError, ReadError
from ..mapping.scope import Scope

METHODS = ("POST", "PUT", "PATCH", "DELETE")
MOST_CHARACTERS = 500
"""Of one value, and so of what a document may add to an address in one place."""
_HOLE = re.compile(r"\{([^{}]*)\}")
_PLAIN = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/?-]*")


@dataclass(frozen=True, slots=True)
class RequestLine:
    """``parts`` are texts as they stand, and expressions whose value is encoded; ``body`` gives what is sent, None for
    the whole document."""

    method: str = "POST"
    parts: tuple[str | Expression, ...] = ()
    body: Expression | None = None

    def sent(self, document: Any) -> Any:
        """What of the translated document is sent.

        :raises Fault: ``translate.mapping_failed`` when nothing of it is
        """
        if self.body is None:
            return document
        try:
            found = self.body.read(Scope(document, context={}))
        except ReadError as error:
            raise _unfit(f"values that {self.body.text} cannot work on") from error
        if found is None:
            raise _unfit(f"nothing to be sent at {self.body.text}")
        return found

    def address(self, base: str, document: Any) -> str:
        """The address for a document, below the endpoint's address ``base``.

        :raises Fault: ``translate.mapping_failed`` when the document has no fitting value
        """
        if not self.parts:
            return base
        filled = "".join(part if isinstance(part, str) else _value(part, document) for part in self.parts)
        path, _mark, query = filled.partition("?")
        if any(segment in (".", "..") for segment in path.split("/")):
            # Clients take these for steps up, encoded or not.
            raise _unfit("a path of dots")
        parts = urlsplit(base)
        queries = "&".join(filter(None, (parts.query, query)))
        return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{path}", query=queries, fragment=""))


@lru_cache(maxsize=512)
def request_line(method: str, path: str, body: str = "") -> RequestLine | None:
    """Compiled; None where a document is simply sent by POST to the endpoint's address.

    :raises Fault: ``engine.configuration``
    """
    method = method or "POST"
    if method not in METHODS:
        raise _misconfigured(f"A request is one of {', '.join(METHODS)}.")
    if method == "POST" and not path and not body:
        return None
    parts: list[str | Expression] = []
    end = 0
    for hole in _HOLE.finditer(path):
        parts.append(_plain(path[end : hole.start()], path))
        parts.append(_compiled(hole[1]))
        end = hole.end()
    parts.append(_plain(path[end:], path))
    if path.startswith(("/", "?")) or "//" in path or any(step in (".", "..") for step in path.split("/")):
        raise _misconfigured(f"The path {path} is not one below the endpoint's address: orders/{{number}}.")
    return RequestLine(method, tuple(part for part in parts if part != ""), _compiled(body) if body else None)


def _compiled(text: str) -> Expression:
    try:
        return Expression(text)
    except ExpressionError as error:
        raise _misconfigured(f"The expression {text} cannot be read: {error}.") from error


def _plain(text: str, path: str) -> str:
    if not _PLAIN.fullmatch(text):
        raise _misconfigured(f"The path {path} has characters that addresses do not have, or braces without a pair.")
    return text


def _value(expression: Expression, document: Any) -> str:
    try:
        value = expression.read(Scope(document, context={}))
    except ReadError as error:
        # The library's words may hold the values that it could not work on.
        raise _unfit(f"values that {expression.text} cannot work on") from error
    if isinstance(value, list) and value:
        return "/".join(_segment(each, expression) for each in value)
    return _segment(value, expression)


def _segment(value: Any, expression: Expression) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)) or not str(value).strip():
        raise _unfit(f"no text or number at {expression.text}")
    text = str(value)
    if len(text) > MOST_CHARACTERS:
        raise _unfit(f"more than {MOST_CHARACTERS} characters at {expression.text}")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as error:
        raise _unfit(f"characters that cannot be sent at {expression.text}") from error


def _unfit(why: str) -> Fault:
    return Fault(
        "translate.mapping_failed",
        f"The address and the body of the request are made of the document, which has {why}.",
        subject="address of a document",
    )


def _misconfigured(detail: str) -> Fault:
    return Fault("engine.configuration", detail, subject="address of a document")
