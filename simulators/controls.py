"""How the scenario tells the partners what to do, and looks at them: over their control API, like anybody else."""

from __future__ import annotations

from typing import Any

import requests

from .configuration import Configuration

_TIMEOUTS = (2.0, 60.0)


class PartnerUnavailable(Exception):
    """A partner does not answer, or cannot do what was asked."""


class Controls:
    """The control APIs of all partners: ``controls.shop("orders", shipping="4.90")``, ``controls.state("finance")``."""

    def __init__(self, configuration: Configuration) -> None:
        self._ports = {
            name: getattr(configuration, name).port for name in ("shop", "threepl", "carrier", "gateway", "finance")
        }
        self._session = requests.Session()
        self._session.trust_env = False

    def shop(self, verb: str, **arguments: Any) -> dict[str, Any]:
        return self._told("shop", verb, arguments)

    def threepl(self, verb: str, **arguments: Any) -> dict[str, Any]:
        return self._told("threepl", verb, arguments)

    def carrier(self, verb: str, **arguments: Any) -> dict[str, Any]:
        return self._told("carrier", verb, arguments)

    def gateway(self, verb: str, **arguments: Any) -> dict[str, Any]:
        return self._told("gateway", verb, arguments)

    def finance(self, verb: str, **arguments: Any) -> dict[str, Any]:
        return self._told("finance", verb, arguments)

    def state(self, name: str) -> dict[str, Any]:
        return self._answer(name, "GET", "state", None)

    def fulfilment_request(self, order_number: str) -> dict[str, Any] | None:
        """What the 3PL was asked to ship for the shop's order; None as long as nothing has arrived."""
        for request in self.state("threepl")["requests"]:
            if order_number in (request["order_number"], request["customer_order_number"]):
                return request
        return None

    def _told(self, name: str, verb: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return self._answer(name, "POST", f"control/{verb}", arguments)

    def _answer(self, name: str, method: str, path: str, arguments: dict[str, Any] | None) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self._ports[name]}/{path}"
        try:
            response = self._session.request(method, url, json=arguments, timeout=_TIMEOUTS)
            document = response.json()
        except (requests.RequestException, ValueError) as error:
            raise PartnerUnavailable(f"{name}: {type(error).__name__}") from error
        if not response.ok:
            raise PartnerUnavailable(f"{name}: {document.get('error', response.status_code)}")
        return document
