"""What travels between the stages of the engine.

A :class:`Work` is one message on its way through the pipeline; a stage fills in what it learned and leaves an
outcome where the way ends: a :class:`~sync_governance.core.faults.Fault`, a :class:`Wait`, or :class:`Done`.
Nothing here knows Odoo: records are named by model and id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from .codecs.parts import Place
from .delivery.cloudevents import Event
from .faults import Fault

Direction = Literal["inbound", "outbound", "internal"]
EffectKind = Literal["created", "updated", "linked", "cancelled"]


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that a message changed in Odoo: ``kind`` happened to record ``res_id`` of ``res_model``."""

    kind: EffectKind
    res_model: str
    res_id: int
    label: str = ""


@dataclass(slots=True)
class Done:
    """The message reached its end.

    ``reference`` is the business reference people search for (an order number); ``process_id`` the process the
    message belongs to; ``response`` a document to hand back to a synchronous caller; ``note`` one plain sentence
    for the attempt log; ``lines`` what became of each line, as an ``acknowledgement`` tells it.
    """

    effects: list[Effect] = field(default_factory=list)
    reference: str | None = None
    process_id: int | None = None
    response: dict[str, Any] | None = None
    note: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Wait:
    """The message is early: park it until (``wait_type``, ``wait_ref``) is met, or until ``deadline`` (UTC, naive).

    ``wait_type`` is a word of a closed list (``process``, ``order``, ``shipment``, ``customer``, ``reference``),
    ``wait_ref`` the key that whoever meets the wait releases by. At the deadline the message becomes an exception with
    ``fault``, or ``goes_on`` and is worked again.
    """

    wait_type: str
    wait_ref: str
    fault: Fault
    deadline: datetime | None = None
    process_id: int | None = None
    goes_on: bool = False


Outcome = Done | Wait | Fault


@dataclass(frozen=True, slots=True)
class Replay:
    """A message that was opened again: where it starts (``receive``, ``apply``, ``translate``, ``deliver``).

    ``pinned`` says that it runs under ``contract_id`` and ``mapping_id``, those of its last run, and not under those of
    its interface. ``was_done``: it had been done before.
    """

    start: str
    pinned: bool = False
    contract_id: int | None = None
    mapping_id: int | None = None
    was_done: bool = False


@dataclass(frozen=True, slots=True)
class ForeignWrite:
    """What a document writes that belongs to another system: proposed to the steward, or applied and told to him.

    ``what`` in business words, ``owner`` the system of record, ``paths`` the members; ``document`` is what is applied
    once the steward accepts, ``whole`` that nothing is applied without him.
    """

    state: Literal["proposed", "told"]
    domain: str
    what: str
    owner: str
    steward_id: int | None
    version: int
    paths: tuple[str, ...]
    document: dict[str, Any]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What an answer answers: message ``message_id`` (``uid``) of ours, its canonical ``document`` as long as that is
    kept, and the record ``res_id`` of ``res_model`` that it was about, where there is one."""

    message_id: int
    uid: str
    document: dict[str, Any] | None
    res_model: str | None = None
    res_id: int | None = None


@dataclass(slots=True)
class Work:
    """One message in the pipeline. Times are aware and in UTC; ``document`` is the partner's, ``canonical`` ours,
    ``addressed`` the translated document of which the address of its request is made.

    ``notices`` are sentences for the attempt log: odd, and no reason to stop. ``canonical`` is what is applied;
    ``translated`` the whole document where another system's part was left out of that. ``place`` is where ``raw`` stood
    in its file, ``in_its_file`` what only that file showed to be wrong with it. ``foreign`` are its writes to
    what others own; ``left_to_steward``: it is not applied before he has decided. ``event`` is what an outbound
    document tells of, ``content_type`` the form of ``encoded``, ``file`` what it leaves in together with others.
    ``sent_to``: host and port, where an endpoint has two addresses. ``acknowledges``: it is a partner's syntax
    acknowledgement of what we sent. ``answer_limit``: so many bytes of the answer to it become a document. ``request``
    is what an answer answers; ``fallback``: none came, and Odoo gives it.
    """

    message_id: int
    uid: str
    direction: Direction
    endpoint_id: int
    interface_id: int | None
    trading_partner_id: int
    company_id: int
    document_type: str | None
    attempt: int
    received_at: datetime
    ordering_key: str = ""
    lane_id: int | None = None
    transmission_id: int | None = None
    event_id: int | None = None
    process_id: int | None = None
    reference: str | None = None
    replay: Replay | None = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    place: Place | None = None
    in_its_file: Fault | None = None
    document: Any = None
    canonical: dict[str, Any] | None = None
    translated: dict[str, Any] | None = None
    foreign: list[ForeignWrite] = field(default_factory=list)
    left_to_steward: bool = False
    acknowledges: bool = False
    encoded: bytes | None = None
    content_type: str = "application/json"
    file: Any = None
    event: Event | None = None
    addressed: Any = None
    response: bytes | None = None
    response_status: int | None = None
    answer_limit: int | None = None
    request: Request | None = None
    fallback: bool = False
    sent_to: str | None = None
    stage: str = ""
    notices: list[str] = field(default_factory=list)
    outcome: Outcome | None = None
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Whether the work is still on its way (no outcome yet)."""
        return self.outcome is None
