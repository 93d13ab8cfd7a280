"""The finance system: takes invoices by Standard Webhooks, books each one once and answers with the booking number.

Control:

``mode``  behave as ``mode`` (see :mod:`.receiving`), with ``retry_after`` and ``count``
"""

from __future__ import annotations

import itertools
import random
from dataclasses import asdict, dataclass
from typing import Any

from .configuration import Configuration, FinanceSettings
from .partner import Answer, Partner, run
from .receiving import Reception


@dataclass
class Booking:
    booking_number: str
    webhook_id: str
    number: str
    document_type: str
    gross: str
    document: dict[str, Any]


class Finance(Partner):
    name = "finance"

    def __init__(self, settings: FinanceSettings) -> None:
        super().__init__(settings.port)
        self.reception = Reception(settings.secret, self._book)
        self.at_stop.append(self.reception.stop)
        self.bookings: dict[str, Booking] = {}
        self._numbers = itertools.count(random.randrange(10**5, 10**6))

    def receive(self, body: bytes, headers: Any) -> Answer:
        return self.reception.receive(body, headers)

    def state(self) -> dict[str, Any]:
        with self.lock:
            bookings = [asdict(booking) for booking in self.bookings.values()]
        return {"bookings": bookings, **self.reception.shown(), **super().state()}

    def control_mode(self, *, mode: str, retry_after: int = 5, count: int = 0) -> dict[str, Any]:
        return self.reception.set_mode(mode, retry_after=retry_after, count=count)

    def _book(self, document: dict[str, Any], webhook_id: str) -> Answer:
        data = document["data"]
        number, gross = str(data["document_number"]), str(data["totals"]["gross"])
        with self.lock:
            known = self.bookings.get(number)
            if known is not None and known.document != document:
                return Answer(409, {"error": f"{number} is booked as {known.booking_number} with other content"})
            if known is None:
                known = Booking(f"BK-{next(self._numbers)}", webhook_id, number, data["document_type"], gross, document)
                self.keep(self.bookings, number, known)
        return Answer(200, {"booking_number": known.booking_number, "number": number, "status": "booked"})


def make(configuration: Configuration) -> Finance:
    return Finance(configuration.finance)


if __name__ == "__main__":
    run(make)
