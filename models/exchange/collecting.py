"""The role of a source: what we fetch from a partner, instead of being sent it."""

from dataclasses import dataclass, field
from typing import Any

from odoo import api, models

from ...core.faults import Fault


@dataclass(slots=True)
class Received:
    """One thing that was fetched: a file, a message of a broker, an entry of a page.

    ``body`` are its bytes; ``id`` is how the same one is recognised when it comes again (empty: by its content);
    ``name`` is for people; ``headers`` are kept with it, and topic and ordering key may stand in them. ``token`` is the
    source's own, for settling. ``fault``: it is refused for good, by the source (``receive.too_large``) or, after it
    was handed over, by the intake. ``repeated``: after that, that it was known already.
    """

    body: bytes
    id: str = ""
    name: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    token: Any = None
    topic: str | None = None
    key: str | None = None
    fault: Fault | None = None
    repeated: bool = False


class Session:
    """One connection of one poll, as a context manager, with no transaction open: it touches no record.

    ``batches`` yields lists of :class:`Received`. Each list is taken over in one transaction, together with
    ``position`` as it is then (JSON values; what the next poll must know of where this one was), and only then handed
    to ``settle``. The next list is asked for after that. A crash between the two is a repeat, which is recognised.

    Raise a :class:`Fault` for what the connection does: those with the blame ``endpoint`` and ``throttle`` count
    against the endpoint's breaker (``retry_after`` on the fault: seconds), all others become an exception at once.
    """

    position: Any = None
    memory: Any = None
    """What the next poll should know and may be lost: JSON values, kept when the poll ends."""
    metered = False
    """Each batch is a request that the endpoint's own rate counts: it is begun when there is room for it."""
    again: float | None = None
    """Ask once more in so many seconds, sooner than the interval says."""

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        """Close the connection."""

    def batches(self):
        """Lists of :class:`Received`, until there is nothing more just now."""
        raise LookupError("This source has nothing")

    def settle(self, items):
        """These are kept, or refused for good (those with a ``fault``): tell the partner. Does no harm twice."""


class SyncSource(models.AbstractModel):
    """Inherit this role and name the transport of the endpoints that are polled.

    ``_door`` reads what is needed, with a transaction open; ``_session`` runs in a thread with none and touches no
    record. ``door`` must have ``credential_id`` (or None): whose use is noted.
    """

    _name = "sync.source"
    _description = "Source"
    _transport = None
    _proofs = ()
    """The ways of authentication that fit, the usual one first; empty: all that fit https."""

    @api.private
    def _all(self):
        """{transport: model} of every source there is."""
        models_ = (self.env[name] for name in sorted(self.env.registry.descendants(["sync.source"], "_inherit")))
        return {model._transport: model for model in models_ if model._transport}

    @api.private
    def _for(self, transport):
        """The source of that name, or None."""
        return self._all().get(transport)

    @api.private
    def _door(self, endpoint):
        """A dict with what the session needs to know of the endpoint.

        :raises Fault: where it cannot be polled as it is set up
        """
        raise LookupError(f"{self._name} has no door")

    @staticmethod
    def _session(door, position, memory):
        """The :class:`Session` of one poll.

        :param position: what the last batch that was taken over left, or None
        :param memory: what the poll before left, or None
        """
        raise LookupError("This source has no session")
