"""The first flow: one order from the shop's webhook to its money, played against a running Odoo.

Every step waits for what Odoo has recorded, never for a length of time; the partners are told what to do through their
control APIs and Odoo is only looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from .configuration import Configuration
from .controls import Controls
from .odoo_client import Odoo, OdooUnavailable, Process
from .timeline import Timeline

POLL_SECONDS = 0.5
Found = TypeVar("Found")


class TooLate(Exception):
    """Something did not happen in time; the message says what."""


class FirstFlow:
    """Plays the flow once.

    :param limit: seconds for all of it
    """

    def __init__(
        self, configuration: Configuration, controls: Controls, odoo: Odoo, timeline: Timeline, *, limit: float
    ) -> None:
        self.configuration, self.controls, self.odoo, self.timeline = configuration, controls, odoo, timeline
        self._deadline = time.monotonic() + limit
        self._order_number = ""
        self.process: Process | None = None
        self._trouble = ""

    def play(self) -> Process:
        """Every step, in order.

        :raise TooLate: when a step, or a milestone at the end, did not come in time
        """
        order = self._place_order()
        request = self._until("the 3PL is asked to ship", lambda: self.controls.fulfilment_request(order["name"]))
        self.timeline.act("3PL has the fulfilment request", request["reference_id"])
        first = self._ship(request, "first")
        self._until("the first parcel is booked", lambda: self._reached("shipment.confirmed", 1))
        self._carry(first, shuffled=True, twice=True)
        rest = self._ship(request, "rest")
        self._until("the rest is booked", lambda: self._reached("goods.shipped"))
        self._carry(rest)
        self._until("everything is invoiced", lambda: self._reached("order.invoiced"))
        self._until("finance has booked the invoices", lambda: self._booked(times=2))
        self._pay(order)
        self._until("the process is complete", lambda: self.process is not None and self.process.state == "completed")
        self._until("every milestone is reached", lambda: self.process is not None and not self.process.missing)
        assert self.process is not None
        return self.process

    def _place_order(self) -> dict[str, Any]:
        catalogue = self.configuration.shop.catalogue
        by_lot = [article.sku for article in catalogue if article.sku in self.configuration.threepl.lots]
        skus = dict.fromkeys([article.sku for article in catalogue[:2]] + by_lot[:1])
        order = self.controls.shop(
            "orders",
            lines=[{"sku": sku, "quantity": 2 * number} for number, sku in enumerate(skus, start=1)],
            customer=0,
            discount="5.00",
        )
        self._order_number = order["name"]
        self.timeline.act("Shop sends an order", f"{order['name']}, {order['total']} {order['currency']}")
        if not order["accepted"]:
            self.timeline.act("Odoo did not take it yet", f"HTTP {order['status'] or 'without answer'}")
        return order

    def _ship(self, request: dict[str, Any], part: str) -> dict[str, Any]:
        shipment = self.controls.threepl("confirm", reference_id=request["reference_id"], part=part)
        said = "3PL confirms a part" if part == "first" else "3PL confirms the rest"
        self.timeline.act(said, f"{shipment['shipment_id']}, {shipment['tracking_numbers'][0]}")
        return shipment

    def _carry(self, shipment: dict[str, Any], *, shuffled: bool = False, twice: bool = False) -> None:
        number = shipment["tracking_numbers"][0]
        self.controls.carrier(
            "journey", tracking_number=number, since=shipment["shipped_at"], shuffled=shuffled, twice=twice
        )
        manner = "out of order and twice" if shuffled else "in order"
        self.timeline.act(f"Carrier reports, {manner}", number)

    def _pay(self, order: dict[str, Any]) -> None:
        payment = self.controls.gateway(
            "payments", order_number=order["name"], amount=order["total"], currency=order["currency"]
        )
        self.timeline.act("Customer pays", f"{payment['payment_id']}, {order['total']} {order['currency']}")

    def _reached(self, code: str, times: int = 1) -> bool:
        return self.process is not None and self.process.has(code, times)

    def _booked(self, times: int) -> bool:
        """Whether finance has booked every invoice that Odoo has posted for the order."""
        posted = {
            milestone.subject
            for milestone in (self.process.milestones if self.process else ())
            if milestone.code == "invoice.posted" and milestone.is_met
        }
        booked = {booking["number"] for booking in self.controls.state("finance")["bookings"]}
        return len(posted) >= times and all(any(number in subject for number in booked) for subject in posted)

    def _until(self, what: str, probe: Callable[[], Found]) -> Found:
        """Look until ``probe`` finds something, telling the news on the way."""
        while True:
            self._look()
            found = probe()
            if found:
                return found
            if time.monotonic() > self._deadline:
                raise TooLate(f"{what}: not in time{self._trouble}")
            time.sleep(POLL_SECONDS)

    def _look(self) -> None:
        try:
            self.process = self.odoo.process(self._order_number)
            self._trouble = ""
        except OdooUnavailable as error:
            # A restart of Odoo is no reason to give up before the deadline.
            self._trouble = f" (Odoo: {error})"
        self.timeline.news(self.process)
