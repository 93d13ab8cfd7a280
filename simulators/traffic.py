"""Traffic that never ends: orders as a small shop has them, some of which go wrong.

Each order is a story, a generator that yields the seconds until it goes on. One loop tells all stories, so that many
orders are under way at once without a thread for each.
"""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from .controls import Controls, PartnerUnavailable
from .shop import PEOPLE
from .timeline import Timeline

Story = Iterator[float]

SECONDS_BETWEEN_ORDERS = (20.0, 40.0)
# What becomes of an order: how often, and what is told of it.
ORDER_FAULTS = {
    None: 74,
    "duplicate": 8,
    "unknown_sku": 5,
    "wrong_total": 4,
    "unknown_currency": 3,
    "broken_json": 3,
    "wrong_signature": 3,
}
_GOES_ON = (None, "duplicate")
_REQUEST_POLLS, _POLL_SECONDS = 90, 3.0


class Traffic:
    """Tells stories until :attr:`stopped` says so.

    :param clock, sleep: stand in for time in tests
    """

    def __init__(
        self,
        controls: Controls,
        timeline: Timeline,
        *,
        rng: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Any] = time.sleep,
        pace: float = 1.0,
    ) -> None:
        self.controls, self.timeline, self.pace = controls, timeline, pace
        self.rng = rng or random.Random()
        self._clock, self._sleep = clock, sleep
        self._count = itertools.count()
        self._waiting: list[tuple[float, int, Story]] = []
        self._begin(self._customers())
        self._begin(self._bad_days())

    def run(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Go on until ``stopped()``."""
        while not stopped():
            due = self._waiting[0][0] - self._clock()
            if due > 0:
                self._sleep(min(due, 1.0))
            else:
                self.step()

    def step(self) -> None:
        """Let the story that is due go on."""
        _due, _number, story = heapq.heappop(self._waiting)
        try:
            pause = next(story)
        except StopIteration:
            return
        except PartnerUnavailable as error:
            self.timeline.act("Story ends", str(error))
            return
        self._wait(story, pause)

    def _begin(self, story: Story) -> None:
        self._wait(story, 0.0)

    def _wait(self, story: Story, seconds: float) -> None:
        heapq.heappush(self._waiting, (self._clock() + seconds * self.pace, next(self._count), story))

    def _customers(self) -> Story:
        while True:
            yield self.rng.uniform(*SECONDS_BETWEEN_ORDERS)
            self._begin(self._order())

    def _bad_days(self) -> Story:
        """Now and then a partner's system has trouble for a request or two."""
        while True:
            yield self.rng.uniform(180, 420)
            partner, mode, count = self.rng.choice(
                (("finance", "fail_503", 2), ("finance", "throttle_429", 1), ("threepl", "fail_503", 1))
            )
            tell = self.controls.finance if partner == "finance" else self.controls.threepl
            try:
                tell("mode", mode=mode, count=count)
            except PartnerUnavailable as error:
                self.timeline.act("Story goes on", str(error))
                continue
            self.timeline.act(f"{partner.capitalize()} has trouble", mode)

    def _order(self) -> Story:
        fault = self._one_of(ORDER_FAULTS)
        order = self.controls.shop(
            "orders",
            customer=self.rng.randrange(len(PEOPLE)),
            discount=self.rng.choice(("0", "0", "0", "2.50", "5.00")),
            shipping=self.rng.choice((None, None, "0")),
            note=self.rng.choice((None, None, None, "Please leave it with the neighbours")),
            fault=fault,
        )
        self.timeline.act("Shop sends an order", f"{order['name']}{_in_words(fault)}")
        if fault not in _GOES_ON:
            return
        request = None
        for _poll in range(_REQUEST_POLLS):
            yield _POLL_SECONDS
            request = self.controls.fulfilment_request(order["name"])
            if request:
                break
        if request is None:
            self.timeline.act("Nobody asked to ship", order["name"])
            return
        self._begin(self._payment(order))
        yield from self._shipments(request)

    def _shipments(self, request: dict[str, Any]) -> Story:
        yield self.rng.uniform(6, 25)
        reference = request["reference_id"]
        manner = self._one_of({"whole": 50, "parts": 40, "over": 6, "twice": 4})
        pieces = sum(int(float(line["asked"])) for line in request["lines"])
        if manner == "parts" and pieces > 1:
            self._confirmed(reference, "first")
            yield self.rng.uniform(10, 45)
            self._confirmed(reference, "rest")
        elif manner == "over":
            self._confirmed(reference, "all", over=1)
        else:
            shipment = self._confirmed(reference, "all")
            if manner == "twice":
                self.controls.threepl("resend", shipment_id=shipment["shipment_id"])

    def _confirmed(self, reference: str, part: str, over: int = 0) -> dict[str, Any]:
        shipment = self.controls.threepl("confirm", reference_id=reference, part=part, over=over)
        said = "3PL confirms more than was ordered" if over else "3PL confirms"
        self.timeline.act(said, f"{reference}, {shipment['shipment_id']}")
        self._begin(self._parcel(shipment))
        return shipment

    def _parcel(self, shipment: dict[str, Any]) -> Story:
        number = shipment["tracking_numbers"][0]
        delayed = self.rng.random() < 0.08
        for step in ("label", "accepted", "in_transit", *(("delayed",) if delayed else ()), "delivered"):
            yield self.rng.uniform(4, 20)
            self.controls.carrier("scan", tracking_number=number, step=step, twice=self.rng.random() < 0.15)
            if step in ("delayed", "delivered"):
                self.timeline.act(f"Carrier: {step}", number)

    def _payment(self, order: dict[str, Any]) -> Story:
        yield self.rng.uniform(25, 90)
        fault = self._one_of({None: 88, "wrong_amount": 6, "duplicate": 6})
        self.controls.gateway(
            "payments", order_number=order["name"], amount=order["total"], currency=order["currency"], fault=fault
        )
        self.timeline.act("Customer pays", f"{order['name']}{_in_words(fault)}")

    def _one_of(self, weights: dict[Any, int]) -> Any:
        return self.rng.choices(list(weights), weights=list(weights.values()))[0]


def _in_words(fault: str | None) -> str:
    return f", {fault.replace('_', ' ')}" if fault else ""
