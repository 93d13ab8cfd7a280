"""What a day brings besides the first flow: one order of every fault, each ending as an exception."""

import io
from types import SimpleNamespace

from sync_governance.simulators.mishaps import FAULTS, GOOD_ORDERS, play
from sync_governance.simulators.timeline import Timeline
from sync_governance.simulators.traffic import ORDER_FAULTS


def shop(orders):
    """Controls that only write down what the shop was told."""

    def told(verb, **arguments):
        orders.append((verb, arguments["fault"]))
        return {"name": f"#{1000 + len(orders)}"}

    return SimpleNamespace(shop=told)


def test_one_order_of_every_fault_and_some_good_ones():
    orders = []
    odoo = SimpleNamespace(open_exceptions=lambda: ["exception"] * len(FAULTS))
    assert play(shop(orders), odoo, Timeline(io.StringIO())) == 0
    assert orders == [("orders", fault) for fault in (*FAULTS, *[None] * GOOD_ORDERS)]


def test_every_fault_that_traffic_knows_is_shown():
    assert set(FAULTS) == set(ORDER_FAULTS) - {None, "duplicate"}


def test_faults_that_nobody_hears_of_are_a_failure():
    moments = iter(range(0, 1000, 10))
    odoo = SimpleNamespace(open_exceptions=lambda: ["exception"])
    status = play(shop([]), odoo, Timeline(io.StringIO()), clock=lambda: next(moments), sleep=lambda _seconds: None)
    assert status == 1
