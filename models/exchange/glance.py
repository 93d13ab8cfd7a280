"""One look at everything that may wait, so that a pass asks further only where something does."""

from dataclasses import dataclass

from ...core import queue
from ..exception.collecting import ANYTHING as EXCEPTIONS
from .cursor import looking
from .drawing import ANY_DUE as STATES
from .poll import ANY_WANTED


@dataclass(frozen=True, slots=True)
class Glance:
    """What waits. ``pools`` have lanes in good standing that are due, ``doubtful`` whether there are any others.

    ``polls``: partners are to be asked what they have for us. ``states``: some are to be drawn up.
    """

    commands: bool
    due: bool
    events: bool
    exceptions: bool
    pools: frozenset
    doubtful: bool
    polls: bool = False
    states: bool = False


_GLANCE = queue.Frequent(f"""
    SELECT EXISTS (SELECT FROM sync_command WHERE executed_at IS NULL),
           EXISTS (SELECT FROM sync_due WHERE due_at <= {queue.UTC_NOW}),
           EXISTS (SELECT FROM sync_event WHERE state = 'new'),
           EXISTS (SELECT FROM ({EXCEPTIONS}) AS x (failed, rejected, over) WHERE failed OR rejected OR over),
           ARRAY({queue.POOLS_WITH_WORK}),
           EXISTS ({queue.ANY_IN_DOUBT}),
           EXISTS ({ANY_WANTED}),
           EXISTS ({STATES})
""")


def glance(registry, pools):
    """What there is to do just now for a worker that serves ``pools``; one statement."""
    with looking(registry) as cr:
        cr.execute(_GLANCE, {"pools": list(pools)})
        commands, due, events, exceptions, with_work, doubtful, polls, states = cr.fetchone()
    return Glance(commands, due, events, exceptions, frozenset(with_work), doubtful, polls, states)
