"""The carrier, as seen through EasyPost's trackers: ``tracker.updated`` events, signed with ``X-Hmac-Signature``.

Every event holds the whole tracker as it was at that moment, with all scans so far.

Control:

``scan``     one scan of ``tracking_number``: ``step`` is one of :data:`STEPS`, optionally ``occurred_at`` and ``twice``
``journey``  scans up to the step ``until``, spread between ``since`` (default: a minute ago) and now; ``shuffled``
             delivers them out of order, ``twice`` delivers each of them twice
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from . import signing
from .configuration import CarrierSettings, Configuration
from .outbox import Delivery
from .partner import ControlError, Partner, run

TOPIC = "tracker.updated"
# step -> (status, status_detail, message), in EasyPost's words and in the order in which they happen
STEPS = {
    "label": ("pre_transit", "label_created", "Shipping label created"),
    "accepted": ("in_transit", "received_at_origin_facility", "Received at origin facility"),
    "in_transit": ("in_transit", "departed_facility", "Departed facility"),
    "out_for_delivery": ("out_for_delivery", "out_for_delivery", "Out for delivery"),
    "delivered": ("delivered", "arrived_at_destination", "Delivered"),
    "delayed": ("failure", "delivery_exception", "Address not found"),
    "returned": ("return_to_sender", "return", "On the way back to the sender"),
}
_ON_THE_WAY = ("label", "accepted", "in_transit", "out_for_delivery", "delivered")
_PLACES = {
    "label": "Hamburg",
    "accepted": "Hamburg",
    "in_transit": "Hannover",
    "out_for_delivery": "Berlin",
    "delivered": "Berlin",
}


@dataclass
class Tracker:
    tracking_number: str
    tracker_id: str
    created_at: str
    scans: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Event:
    event_id: str
    step: str
    tracking_number: str
    body: bytes


class Carrier(Partner):
    name = "carrier"

    def __init__(self, settings: CarrierSettings) -> None:
        super().__init__(settings.port)
        self.settings = settings
        self.trackers: dict[str, Tracker] = {}

    def state(self) -> dict[str, Any]:
        with self.lock:
            trackers = [
                {
                    "tracking_number": tracker.tracking_number,
                    "status": tracker.scans[-1]["status"] if tracker.scans else "unknown",
                    "scans": tracker.scans,
                }
                for tracker in self.trackers.values()
            ]
        return {"trackers": trackers} | super().state()

    def control_scan(
        self, *, tracking_number: str, step: str, occurred_at: str | None = None, twice: bool = False
    ) -> dict[str, Any]:
        moment = datetime.fromisoformat(occurred_at) if occurred_at else datetime.now(timezone.utc)
        event = self._event(tracking_number, step, moment)
        deliveries = [self._deliver(event) for _ in range(2 if twice else 1)]
        return {"events": [_told(event, delivery) for delivery in deliveries]}

    def control_journey(
        self,
        *,
        tracking_number: str,
        until: str = "delivered",
        since: str | None = None,
        shuffled: bool = False,
        twice: bool = False,
    ) -> dict[str, Any]:
        if until not in _ON_THE_WAY:
            raise ControlError(f"until is one of {', '.join(_ON_THE_WAY)}")
        with self.lock:
            done = len(self._tracker(tracking_number).scans)
        steps = _ON_THE_WAY[done : _ON_THE_WAY.index(until) + 1]
        now = datetime.now(timezone.utc)
        start = datetime.fromisoformat(since) if since else now - timedelta(minutes=1)
        pace = max((now - start) / (len(steps) + 1), timedelta())
        events = [self._event(tracking_number, step, start + pace * number) for number, step in enumerate(steps, 1)]
        if shuffled:
            # Later before earlier, pair by pair: enough to be wrong everywhere, and the same every time.
            events = [event for pair in range(0, len(events), 2) for event in reversed(events[pair : pair + 2])]
        sent = events + events if twice else events
        return {"events": [_told(event, self._deliver(event)) for event in sent]}

    def _tracker(self, tracking_number: str) -> Tracker:
        if tracking_number not in self.trackers:
            tracker = Tracker(tracking_number, f"trk_{uuid.uuid4().hex}", _text(_now()))
            self.keep(self.trackers, tracking_number, tracker)
        return self.trackers[tracking_number]

    def _event(self, tracking_number: str, step: str, moment: datetime) -> Event:
        if step not in STEPS:
            raise ControlError(f"the steps are {', '.join(STEPS)}")
        if moment.tzinfo is None:
            raise ControlError("a time has an offset")
        status, detail, message = STEPS[step]
        with self.lock:
            tracker = self._tracker(tracking_number)
            before = tracker.scans[-1]["status"] if tracker.scans else "unknown"
            tracker.scans.append(
                {
                    "object": "TrackingDetail",
                    "message": message,
                    "description": message,
                    "status": status,
                    "status_detail": detail,
                    "datetime": _text(moment),
                    "source": self.settings.carrier,
                    "carrier_code": None,
                    "tracking_location": {
                        "object": "TrackingLocation",
                        "city": _PLACES.get(step, "Berlin"),
                        "state": None,
                        "country": "DE",
                        "zip": None,
                    },
                }
            )
            document = self._document(tracker, before)
        return Event(document["id"], step, tracking_number, json.dumps(document, separators=(",", ":")).encode())

    def _document(self, tracker: Tracker, status_before: str) -> dict[str, Any]:
        last, now = tracker.scans[-1], _text(_now())
        delivered = last["status"] == "delivered"
        return {
            "description": TOPIC,
            "mode": "production",
            "previous_attributes": {"status": status_before},
            "created_at": now,
            "pending_urls": [self.settings.intake_url],
            "completed_urls": [],
            "updated_at": now,
            "id": f"evt_{uuid.uuid4().hex}",
            "user_id": "user_demonstration",
            "status": "pending",
            "object": "Event",
            "result": {
                "id": tracker.tracker_id,
                "object": "Tracker",
                "mode": "production",
                "tracking_code": tracker.tracking_number,
                "status": last["status"],
                "status_detail": last["status_detail"],
                "created_at": tracker.created_at,
                "updated_at": last["datetime"],
                "signed_by": "A. Neighbour" if delivered else None,
                "weight": None,
                "est_delivery_date": None,
                "shipment_id": None,
                "carrier": self.settings.carrier,
                "tracking_details": list(tracker.scans),
                "carrier_detail": None,
                "public_url": f"https://track.example.com/{tracker.tracking_number}",
                "fees": [],
            },
        }

    def _deliver(self, event: Event) -> Delivery:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "EasyPost/v2",
            "X-Hmac-Signature": signing.easypost(event.body, self.settings.secret),
        }
        return self.outbox.send(
            self.settings.intake_url,
            event.body,
            lambda: headers,
            webhook_id=event.event_id,
            topic=TOPIC,
            reference=f"{event.tracking_number} {event.step}",
        )


def _told(event: Event, delivery: Delivery) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "step": event.step,
        "status": delivery.status,
        "accepted": delivery.accepted,
    }


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _text(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def make(configuration: Configuration) -> Carrier:
    return Carrier(configuration.carrier)


if __name__ == "__main__":
    run(make)
