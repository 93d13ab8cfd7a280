"""Statements that are run so often that a kept connection prepares them: the server plans them once.

What a cursor is given stays as it is, text with placeholders; here it becomes PREPARE, the first time, and EXECUTE.
"""

import itertools
import os
import re
from dataclasses import dataclass
from functools import lru_cache

from odoo.tools import config

from ...core.queue.sql import Frequent

POOLED_VARIABLE = "SYNC_GOVERNANCE_POOLED"
POOLED_OPTION = "sync_governance_pooled"


BY_INDEX = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
"""A plan lives as long as its connection: one that was made while the queue was empty must be good for a full one."""

BY_HASH = "SET LOCAL enable_hashjoin = on"
"""For statements about many, which are planned each time."""

PLANNED_ONCE = "SET LOCAL plan_cache_mode = force_generic_plan"
"""For statements about one document: the server would plan those with many parts anew each time. Those about many need
a plan for how many they are."""


def is_pooled():
    """Whether a pooler gives our connections to others between two transactions: then nothing is left in them."""
    value = os.environ.get(POOLED_VARIABLE) or config.get(POOLED_OPTION) or ""
    return str(value).strip().lower() in ("1", "true", "yes", "on")


# A placeholder with the type that it is cast to: the server cannot always tell it from the rest.
_PLACEHOLDER = re.compile(r"%%|%(?:\((?P<name>\w+)\))?s(?P<cast>::\w+(?:\[\])?)?")
_NUMBERS = itertools.count(1)


# What cannot be prepared, and needs no plan.
_PLAIN = ("BEGIN", "COMMIT", "SET ")


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement; without ``name`` and ``prepare`` it goes as it is."""

    name: str
    prepare: str
    execute: str


@lru_cache(maxsize=256)
def plans(query):
    """The plans of a text of one or more statements, separated by semicolons.

    ``query`` is text of our own in which no literal has a semicolon.
    """
    parts = (part.strip() for part in query.split(";"))
    return tuple(
        Plan("", "", part) if part.startswith(_PLAIN) else _plan(f"sync_{next(_NUMBERS)}", part) for part in parts
    )


def _plan(name, text):
    types, arguments, numbers = [], [], {}

    def number(found):
        if found[0] == "%%":
            return "%%"
        place, cast = found["name"], found["cast"] or ""
        if place in numbers:
            return f"${numbers[place]}{cast}"
        types.append(cast[2:] or "unknown")
        arguments.append(f"%({place})s{cast}" if place else f"%s{cast}")
        if place:
            numbers[place] = len(types)
        return f"${len(types)}{cast}"

    body = _PLACEHOLDER.sub(number, text)
    declared, given = (f" ({', '.join(list)})" if list else "" for list in (types, arguments))
    return Plan(name, f"PREPARE {name}{declared} AS {body}", f"EXECUTE {name}{given}")


class Preparing:
    """``execute`` of a cursor whose connection is kept: prepares what is :class:`Frequent` and passes on the rest."""

    def __init__(self, execute):
        self._execute = execute
        self._prepares = not is_pooled()
        self._known = set()
        self._first = ""

    def __call__(self, query, params=None, log_exceptions=True, *, before=""):
        """``before`` are statements that travel along."""
        if not self._prepares or not isinstance(query, Frequent):
            return self._execute(before + query if before else query, params, log_exceptions)
        wanted = plans(query)
        parts = []
        for plan in wanted:
            if plan.prepare and plan.name not in self._known:
                parts.append(plan.prepare)
            parts.append(plan.execute)
        try:
            answer = self._execute(self._first + before + "; ".join(parts), params, log_exceptions)
        except BaseException:
            # Some of it may be prepared, and stays so whatever is rolled back.
            self._known.clear()
            self._first = "DEALLOCATE ALL; "
            raise
        self._first = ""
        self._known.update(plan.name for plan in wanted)
        return answer
