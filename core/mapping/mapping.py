"""A mapping: parsed and compiled once, then used by any thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from typing import Any

from ..faults import Fault
from .compiling import compile_document
from .document import read_document
from .evaluation import Ask, Evaluation
from .failures import Notice
from .inheritance import flatten
from .lookup import Answer, Identified, LookupPort, NoReferences
from .rules import Template

__all__ = ["Mapping", "Result"]

_NOTHING: MappingType[str, Any] = {}


@dataclass(slots=True)
class Result:
    """The document that came out, what went wrong, which source patterns the rules looked at, and what was odd.

    With faults the document holds what could be translated: worth showing, not worth using.
    """

    document: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)
    used_paths: frozenset[str] = frozenset()
    notices: list[Notice] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing went wrong."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class Mapping:
    """A compiled mapping from a source document to the document ``target``.

    ``domains`` are the cross-reference domains it asks for, ``reads`` all source patterns it may look at,
    ``targets`` the patterns of all values it may make.
    """

    name: str
    title: str
    target: str
    domains: frozenset[str]
    reads: frozenset[str]
    targets: frozenset[str]
    _template: Template = field(repr=False)

    @classmethod
    def parse(
        cls,
        document: Any,
        bases: MappingType[str, Any] | Callable[[str], Any] | None = None,
    ) -> Mapping:
        """Compile a mapping document; ``bases`` gives the documents it extends, by name.

        :raises MappingError: with every problem and its place
        """
        lookup = bases.get if isinstance(bases, MappingType) else bases
        flat = flatten(read_document(document), lookup)
        compiled = compile_document(flat)
        return cls(
            flat.name,
            flat.title,
            flat.target,
            frozenset(compiled.domains),
            frozenset(compiled.reads),
            frozenset(compiled.targets),
            compiled.template,
        )

    def evaluate(
        self,
        source: Any,
        *,
        lookup: LookupPort | None = None,
        context: MappingType[str, Any] | None = None,
    ) -> Result:
        """Translate one document; numbers in it are ``int`` or ``Decimal``, never ``float``."""
        return self.evaluate_many([source], lookup=lookup, contexts=[context or _NOTHING])[0]

    def evaluate_many(
        self,
        sources: Sequence[Any],
        *,
        lookup: LookupPort | None = None,
        contexts: Sequence[MappingType[str, Any]] | None = None,
    ) -> list[Result]:
        """Translate many documents; each question for cross-references or records is asked once for all."""
        lookup = lookup or NoReferences()
        contexts = contexts or [_NOTHING] * len(sources)
        evaluations = [
            Evaluation(self.name, self._template, source, context)
            for source, context in zip(sources, contexts, strict=True)
        ]
        waiting = [evaluation for evaluation in evaluations if evaluation.waits]
        while waiting:
            answers = _answers(waiting, lookup)
            for evaluation in waiting:
                evaluation.resume(answers)
            waiting = [evaluation for evaluation in waiting if evaluation.waits]
        return [_result(evaluation) for evaluation in evaluations]


def _answers(evaluations: Sequence[Evaluation], lookup: LookupPort) -> dict[Ask, Answer]:
    asked: dict[Ask, dict[str, None]] = {}
    for evaluation in evaluations:
        for ask, codes in evaluation.asks().items():
            asked.setdefault(ask, {}).update(dict.fromkeys(codes))
    return {ask: _answer(lookup, ask, list(codes)) for ask, codes in asked.items()}


def _answer(lookup: LookupPort, ask: Ask, codes: list[str]) -> Answer:
    if isinstance(ask, Identified):
        return lookup.records(ask, codes)
    domain, reverse = ask
    return (lookup.reverse if reverse else lookup.resolve)(domain, codes)


def _result(evaluation: Evaluation) -> Result:
    evaluation.close()
    used = frozenset().union(*(rule.reads for rule in evaluation.executed))
    return Result(evaluation.document, evaluation.faults, used, evaluation.notices)
