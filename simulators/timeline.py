"""The timeline in the terminal: how long after the start, what happened, to which document."""

from __future__ import annotations

import time
from typing import TextIO

from .console import say
from .odoo_client import Milestone, Process

_TEXT_WIDTH = 38


class Timeline:
    """Prints each thing once, aligned. ``▸`` is what a partner does, ``●`` a milestone that Odoo has recorded."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out
        self._started = time.monotonic()
        self._seen: set[int] = set()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def title(self, text: str) -> None:
        say(f"\n{text}\n", self._out)

    def act(self, text: str, reference: str = "") -> None:
        """A partner did something."""
        self._line("▸", text, reference)

    def news(self, process: Process | None) -> None:
        """The milestones that were not known to be reached before."""
        for milestone in sorted(process.milestones if process else (), key=_when):
            if milestone.is_met and milestone.milestone_id not in self._seen:
                self._seen.add(milestone.milestone_id)
                self._line("●", milestone.name, milestone.subject)

    def _line(self, mark: str, text: str, reference: str) -> None:
        say(f"{self.seconds:7.1f} s  {mark} {text:<{_TEXT_WIDTH}}  {reference}".rstrip(), self._out)


def _when(milestone: Milestone) -> tuple[float, int]:
    return (milestone.occurred_at.timestamp() if milestone.occurred_at else 0.0, milestone.milestone_id)
