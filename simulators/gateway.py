"""The payment gateway: ``payment_intent.succeeded`` as Stripe documents it, signed with ``Stripe-Signature``.

Control:

``payments``  take a payment for ``order_number``: ``amount`` (decimal text), ``currency`` (default: the gateway's);
              ``fault`` may be ``wrong_amount`` (one unit too little) or ``duplicate`` (the event is delivered twice)
``resend``    deliver the event of the payment ``payment_id`` once more
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from . import signing
from .configuration import Configuration, GatewaySettings
from .outbox import Delivery
from .partner import ControlError, Partner, run

API_VERSION = "2025-09-30"
TOPIC = "payment_intent.succeeded"
FAULTS = ("wrong_amount", "duplicate")
# Currencies whose smallest unit is not a hundredth.
_DECIMALS = {
    **dict.fromkeys(("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv"), 0),
    **dict.fromkeys(("bhd", "jod", "kwd", "omr", "tnd"), 3),
}


@dataclass
class Payment:
    payment_id: str
    event_id: str
    order_number: str
    amount: int
    currency: str
    body: bytes

    def shown(self) -> dict[str, Any]:
        return {
            "payment_id": self.payment_id,
            "event_id": self.event_id,
            "order_number": self.order_number,
            "amount": self.amount,
            "currency": self.currency,
        }


class Gateway(Partner):
    name = "gateway"

    def __init__(self, settings: GatewaySettings) -> None:
        super().__init__(settings.port)
        self.settings = settings
        self.payments: dict[str, Payment] = {}

    def state(self) -> dict[str, Any]:
        with self.lock:
            return {"payments": [payment.shown() for payment in self.payments.values()]} | super().state()

    def control_payments(
        self, *, order_number: str, amount: str, currency: str | None = None, fault: str | None = None
    ) -> dict[str, Any]:
        currency = currency or self.settings.currency
        if fault is not None and fault not in FAULTS:
            raise ControlError(f"the faults are {', '.join(FAULTS)}")
        paid = Decimal(amount) - (1 if fault == "wrong_amount" else 0)
        payment = self._payment(order_number, minor_units(paid, currency), currency.lower())
        with self.lock:
            self.keep(self.payments, payment.payment_id, payment)
        delivery = self._deliver(payment)
        if fault == "duplicate":
            delivery = self._deliver(payment)
        return payment.shown() | {"status": delivery.status, "accepted": delivery.accepted}

    def control_resend(self, *, payment_id: str) -> dict[str, Any]:
        with self.lock:
            payment = self.payments.get(payment_id)
        if payment is None:
            raise ControlError(f"there is no payment {payment_id}", 404)
        delivery = self._deliver(payment)
        return payment.shown() | {"status": delivery.status, "accepted": delivery.accepted}

    def _payment(self, order_number: str, amount: int, currency: str) -> Payment:
        now = int(time.time())
        payment_id, event_id = f"pi_{secrets.token_hex(12)}", f"evt_{secrets.token_hex(12)}"
        document = {
            "id": event_id,
            "object": "event",
            "api_version": API_VERSION,
            "created": now,
            "data": {"object": _intent(payment_id, order_number, amount, currency, now)},
            "livemode": True,
            "pending_webhooks": 1,
            "request": {"id": f"req_{secrets.token_hex(7)}", "idempotency_key": None},
            "type": TOPIC,
        }
        return Payment(payment_id, event_id, order_number, amount, currency, json.dumps(document, indent=2).encode())

    def _deliver(self, payment: Payment) -> Delivery:
        return self.outbox.send(
            self.settings.intake_url,
            payment.body,
            lambda: {
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
                "Stripe-Signature": signing.stripe(payment.body, self.settings.secret),
            },
            webhook_id=payment.event_id,
            topic=TOPIC,
            reference=payment.order_number,
        )


def minor_units(amount: Decimal, currency: str) -> int:
    """``amount`` in the currency's smallest unit, as the gateway counts.

    :raise ControlError: for an amount that is not whole in that unit, or not above zero
    """
    minor = amount.scaleb(_DECIMALS.get(currency.lower(), 2))
    if minor != minor.to_integral_value() or minor <= 0:
        raise ControlError(f"{amount} is not an amount in {currency}")
    return int(minor)


def _intent(payment_id: str, order_number: str, amount: int, currency: str, now: int) -> dict[str, Any]:
    return {
        "id": payment_id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": amount,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic",
        "client_secret": None,
        "confirmation_method": "automatic",
        "created": now,
        "currency": currency,
        "customer": None,
        "description": f"Order {order_number}",
        "last_payment_error": None,
        "latest_charge": f"ch_{secrets.token_hex(12)}",
        "livemode": True,
        "metadata": {"order_number": order_number},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": f"pm_{secrets.token_hex(12)}",
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }


def make(configuration: Configuration) -> Gateway:
    return Gateway(configuration.gateway)


if __name__ == "__main__":
    run(make)
