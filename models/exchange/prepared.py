"""Statements that are run so often that a kept connection prepares them: the server plans them once.

What a cursor is given stays as it is, text with placeholders; here it becomes PREPARE, the first time, and EXECUTE.
"""

import itertools
import re
from dataclasses import dataclass
from functools import lru_cache

from ...core.queue.sql import Frequent

# A placeholder with the type that it is cast to: the server cannot always tell it from the rest.
_PLACEHOLDER = re.compile(r"%%|%(?:\((?P<name>\w+)\))?s(?P<cast>::\w+(?:\[\])?)?")
_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement. ``places`` counts its positional placeholders; named ones are filled from the whole."""

    name: str
    prepare: str
    execute: str
    places: int


@lru_cache(maxsize=256)
def plans(query):
    """The plans of a text of one or more statements, separated by semicolons.

    ``query`` is text of our own in which no literal has a semicolon.
    """
    return tuple(_plan(f"sync_{next(_NUMBERS)}", part) for part in query.split(";"))


def _plan(name, text):
    types, arguments, numbers, places = [], [], {}, 0

    def number(found):
        nonlocal places
        if found[0] == "%%":
            return "%%"
        place, cast = found["name"], found["cast"] or ""
        if place is None:
            places += 1
        elif place in numbers:
            return f"${numbers[place]}{cast}"
        types.append(cast[2:] or "unknown")
        arguments.append(f"%({place})s{cast}" if place else f"%s{cast}")
        numbers[place] = len(types)
        return f"${len(types)}{cast}"

    body = _PLACEHOLDER.sub(number, text)
    declared, given = (f" ({', '.join(list)})" if list else "" for list in (types, arguments))
    return Plan(name, f"PREPARE {name}{declared} AS {body}", f"EXECUTE {name}{given}", places)


class Preparing:
    """``execute`` of a cursor whose connection is kept: prepares what is :class:`Frequent` and passes on the rest."""

    def __init__(self, execute):
        self._execute = execute
        self._known = set()

    def __call__(self, query, params=None, log_exceptions=True, *, before="", after=""):
        """``before`` and ``after`` are statements that travel along."""
        if not isinstance(query, Frequent):
            return self._execute(f"{before}{query}{after}" if before or after else query, params, log_exceptions)
        wanted = plans(query)
        unknown = [plan for plan in wanted if plan.name not in self._known]
        parts = [*(plan.prepare for plan in unknown), *(plan.execute for plan in wanted)]
        answer = self._execute(f"{before}{'; '.join(parts)}{after}", params, log_exceptions)
        self._known.update(plan.name for plan in unknown)
        return answer
