"""What is wrong with a mapping document, all at once and each at its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["MappingError", "Problem", "child"]


@dataclass(frozen=True, slots=True)
class Problem:
    """``message`` about the place ``pointer`` (RFC 6901) of the document named ``mapping``."""

    mapping: str
    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.mapping}{self.pointer or '/'}: {self.message}"


class MappingError(ValueError):
    """The mapping document cannot be used; ``problems`` lists everything that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def child(pointer: str, *names: str | int) -> str:
    """The JSON pointer of a member below ``pointer``."""
    return pointer + "".join("/" + str(name).replace("~", "~0").replace("/", "~1") for name in names)
