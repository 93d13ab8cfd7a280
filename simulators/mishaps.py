"""Have the shop send two good orders and one of every faulty kind, and wait until Odoo has an exception for each fault.

For pictures and for looking around: what otherwise trickles in within half an hour is there at once.
"""

from __future__ import annotations

import argparse
import sys
import time

from . import configuration
from .controls import Controls, PartnerUnavailable
from .odoo_client import Odoo, OdooUnavailable
from .timeline import Timeline

FAULTS = ("wrong_signature", "broken_json", "unknown_currency", "wrong_total", "unknown_sku")
GOOD_ORDERS = 2
LIMIT_SECONDS = 60.0
POLL_SECONDS = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True, help="the JSON file that all partners read")
    arguments = parser.parse_args()
    try:
        settings = configuration.load(arguments.config)
    except configuration.ConfigurationError as error:
        sys.exit(f"mishaps: {error}")
    sys.stdout.reconfigure(errors="replace")
    try:
        return play(Controls(settings), Odoo(settings.odoo), Timeline())
    except (PartnerUnavailable, OdooUnavailable) as error:
        sys.exit(f"mishaps: {error}")


def play(controls: Controls, odoo: Odoo, timeline: Timeline, *, clock=time.monotonic, sleep=time.sleep) -> int:
    """Send the orders; 0 as soon as every fault is with a person, 1 if that takes too long."""
    timeline.title("What else a day brings")
    for customer, fault in enumerate((*FAULTS, *[None] * GOOD_ORDERS)):
        order = controls.shop("orders", customer=customer, fault=fault)
        timeline.act("Shop sends an order", order["name"] + (f", {fault.replace('_', ' ')}" if fault else ""))
    deadline = clock() + LIMIT_SECONDS
    while len(found := odoo.open_exceptions()) < len(FAULTS):
        if clock() > deadline:
            timeline.title(f"Only {len(found)} of {len(FAULTS)} faults became exceptions")
            return 1
        sleep(POLL_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
