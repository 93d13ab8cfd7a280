"""The partners in this process, delivering to a stand-in for Odoo."""

import base64
import time

import pytest
from odoo_stand_in import OdooStandIn
from partner_settings import settings_for
from sync_governance.simulators import configuration
from sync_governance.simulators.carrier import Carrier
from sync_governance.simulators.controls import Controls
from sync_governance.simulators.finance import Finance
from sync_governance.simulators.gateway import Gateway
from sync_governance.simulators.shop import Shop
from sync_governance.simulators.threepl import Threepl


@pytest.fixture
def odoo():
    stand_in = OdooStandIn()
    yield stand_in
    stand_in.stop()


@pytest.fixture
def settings(odoo):
    return configuration.parse(settings_for(odoo))


@pytest.fixture
def started(settings):
    """Start a partner: ``started(Shop)``."""
    kinds = {
        Shop: settings.shop,
        Threepl: settings.threepl,
        Carrier: settings.carrier,
        Gateway: settings.gateway,
        Finance: settings.finance,
    }
    partners = []

    def start(kind):
        partner = kind(kinds[kind])
        partner.outbox.retry_seconds = (0.05, 0.05)
        partner.start()
        partners.append(partner)
        return partner

    yield start
    for partner in partners:
        partner.stop()


@pytest.fixture
def partners(started, odoo, settings):
    """All five, known to the stand-in, with the controls that the scenario uses."""
    running = {
        "shop": started(Shop),
        "threepl": started(Threepl),
        "carrier": started(Carrier),
        "gateway": started(Gateway),
        "finance": started(Finance),
    }
    odoo.partners = {name: partner.url for name, partner in running.items()}
    ports = {name: partner.port for name, partner in running.items()}
    return Controls(configuration.parse(settings_for(odoo, **ports)))


@pytest.fixture
def webhook_secret():
    return "whsec_" + base64.b64encode(b"s" * 32).decode()


@pytest.fixture
def eventually():
    """Wait for a condition that other threads bring about."""

    def wait(condition, seconds=5.0):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.02)

    return wait
