"""The first flow and the traffic, played with all partners against the stand-in for Odoo."""

import io
import random
import time

import pytest
from partner_settings import settings_for
from sync_governance.simulators import configuration, first_flow, scenario
from sync_governance.simulators.controls import PartnerUnavailable
from sync_governance.simulators.first_flow import FirstFlow
from sync_governance.simulators.odoo_client import Odoo, OdooUnavailable
from sync_governance.simulators.timeline import Timeline
from sync_governance.simulators.traffic import Traffic


@pytest.fixture
def play(odoo, partners, settings, monkeypatch):
    """Play the first flow; returns (exit status, what was printed)."""
    monkeypatch.setattr(first_flow, "POLL_SECONDS", 0.02)

    def played(limit=20.0):
        out = io.StringIO()
        client, timeline = Odoo(settings.odoo), Timeline(out)
        flow = FirstFlow(settings, partners, client, timeline, limit=limit)
        return scenario.play(flow, client, timeline), out.getvalue()

    return played


def test_the_flow_is_complete_when_every_milestone_is_reached(odoo, play):
    odoo.plays = True
    status, said = play()
    assert status == 0, said
    for line in (
        "Shop sends an order",
        "order received",
        "3PL confirms a part",
        "out of order and twice",
        "3PL confirms the rest",
        "invoice posted",
        "Customer pays",
        "payment received",
        "Complete: O2C/1",
    ):
        assert line in said
    assert all(received["ok"] for received in odoo.received)
    assert len(odoo.documents("carrier-tracking")) == 10


def test_the_timeline_is_aligned_and_tells_each_thing_once(odoo, play):
    odoo.plays = True
    lines = [line for line in play()[1].splitlines() if " s  " in line]
    assert len({line.index(" s  ") for line in lines}) == 1
    assert len([line for line in lines if "order received" in line]) == 1


def test_a_flow_that_does_not_go_on_says_what_is_missing(odoo, play):
    odoo.plays = True
    odoo._request_fulfilment = lambda order: order.reach("stock.reserved", order.name, state="expected")
    status, said = play(limit=0.3)
    assert status == 1
    assert "the 3PL is asked to ship: not in time" in said
    assert "Missing: stock reserved" in said
    assert "Unknown product NEW-1" in said


def test_a_webhook_that_is_not_taken_is_told(odoo, play):
    odoo.status = 503
    status, said = play(limit=0.2)
    assert status == 1
    assert "Odoo did not take it yet" in said
    assert "No process of the order was found" in said


def test_while_odoo_is_away_the_flow_waits(odoo, play):
    odoo.plays = True
    refused, authenticate = [], odoo._rpc

    def restarting(path, params):
        refused.append(path)
        if len(refused) < 5:
            return {"error": {"message": "Odoo Server Error"}}
        return authenticate(path, params)

    odoo._rpc = restarting
    assert play()[0] == 0


def test_nobody_there_is_told(odoo):
    access = settings_for(odoo)["odoo"] | {"url": "http://127.0.0.1:1"}
    with pytest.raises(OdooUnavailable, match="ConnectionError"):
        Odoo(configuration.OdooAccess(**access)).process("#1")


def test_what_odoo_refuses_is_told(odoo):
    access = settings_for(odoo)["odoo"] | {"password": "wrong"}
    with pytest.raises(OdooUnavailable, match="Access Denied"):
        Odoo(configuration.OdooAccess(**access)).process("#1")


class Day:
    """A clock that sleeping moves."""

    def __init__(self):
        self.now = time.monotonic()

    def sleep(self, seconds):
        self.now += seconds


def test_traffic_goes_on_with_faulty_orders_among_good_ones(odoo, partners):
    odoo.plays = True
    out, day = io.StringIO(), Day()
    traffic = Traffic(partners, Timeline(out), rng=random.Random(7), clock=lambda: day.now, sleep=day.sleep)
    end = day.now + 1200
    traffic.run(lambda: day.now > end)
    orders = partners.state("shop")["orders"]
    faults = [order["fault"] for order in orders]
    assert len(orders) > 30
    assert faults.count(None) > len(faults) / 2
    assert len(set(faults)) >= 4
    said = out.getvalue()
    for line in ("3PL confirms", "Carrier: delivered", "Customer pays", "has trouble"):
        assert line in said


def test_a_partner_that_is_away_ends_a_story_and_not_the_traffic(partners, monkeypatch):
    out, day = io.StringIO(), Day()
    traffic = Traffic(partners, Timeline(out), rng=random.Random(1), clock=lambda: day.now, sleep=day.sleep)

    def away(*_args, **_arguments):
        raise PartnerUnavailable("shop: ConnectionError")

    monkeypatch.setattr(partners, "shop", away)
    end = day.now + 200
    traffic.run(lambda: day.now > end)
    assert out.getvalue().count("Story ends") >= 3


def test_a_partner_that_cannot_do_it_says_why(partners):
    with pytest.raises(PartnerUnavailable, match="there is no order #0"):
        partners.shop("resend", name="#0")
    with pytest.raises(PartnerUnavailable, match="cannot fly"):
        partners.finance("fly")
