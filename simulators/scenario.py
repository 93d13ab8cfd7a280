"""Play the first flow live and print its timeline; then keep traffic trickling until stopped.

With --once: exit status 0 only if every milestone of the order was reached in time, else say which are missing.
"""

from __future__ import annotations

import argparse
import signal
import sys

from . import configuration
from .controls import Controls, PartnerUnavailable
from .first_flow import FirstFlow, TooLate
from .odoo_client import Odoo, OdooUnavailable
from .timeline import Timeline
from .traffic import Traffic

LIMIT_SECONDS = 180.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", required=True, help="the JSON file that all partners read")
    parser.add_argument("--once", action="store_true", help="stop after the first flow")
    parser.add_argument("--limit", type=float, default=LIMIT_SECONDS, help="seconds for the flow (%(default)s)")
    arguments = parser.parse_args()
    try:
        settings = configuration.load(arguments.config)
    except configuration.ConfigurationError as error:
        sys.exit(f"scenario: {error}")
    # A terminal that cannot show a mark shows a question mark.
    sys.stdout.reconfigure(errors="replace")
    # Being stopped ends the flow and the traffic alike, at once.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    controls, odoo, timeline = Controls(settings), Odoo(settings.odoo), Timeline()
    try:
        status = play(FirstFlow(settings, controls, odoo, timeline, limit=arguments.limit), odoo, timeline)
        if arguments.once:
            return status
        timeline.title("Traffic goes on until stopped.")
        Traffic(controls, timeline).run()
    except KeyboardInterrupt:
        return 130 if arguments.once else 0
    return 0


def play(flow: FirstFlow, odoo: Odoo, timeline: Timeline) -> int:
    """Play the flow; the exit status."""
    timeline.title("One order, all the way to its money")
    try:
        process = flow.play()
    except (TooLate, PartnerUnavailable) as error:
        timeline.title(f"Not complete. {error}")
        _explain(flow, odoo, timeline)
        return 1
    timeline.title(f"Complete: {process.name}, {len(process.milestones)} milestones in {timeline.seconds:.1f} s")
    return 0


def _explain(flow: FirstFlow, odoo: Odoo, timeline: Timeline) -> None:
    """What is missing, and what waits for a person."""
    if flow.process is None:
        timeline.act("No process of the order was found")
    for milestone in flow.process.missing if flow.process else ():
        timeline.act(f"Missing: {milestone.name}", milestone.subject)
    try:
        for exception in odoo.open_exceptions():
            timeline.act("Open exception", exception)
    except OdooUnavailable as error:
        timeline.act("Odoo does not answer", str(error))


if __name__ == "__main__":
    sys.exit(main())
