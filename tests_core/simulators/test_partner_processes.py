"""The partners as processes: started together, stopped together, and never left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from partner_settings import settings_for
from sync_governance.simulators import configuration
from sync_governance.simulators.configuration import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("shop", "threepl", "carrier", "gateway", "finance")


def free_ports():
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in NAMES]
    ports = {name: listener.getsockname()[1] for name, listener in zip(NAMES, listeners, strict=True)}
    for listener in listeners:
        listener.close()
    return ports


def answers(port):
    try:
        return requests.get(f"http://127.0.0.1:{port}/state", timeout=2).status_code == 200
    except requests.ConnectionError:
        return False


@pytest.fixture
def ports():
    return free_ports()


@pytest.fixture
def config_file(tmp_path, odoo, ports):
    path = tmp_path / "partners.json"
    path.write_text(json.dumps(settings_for(odoo, **ports)), encoding="utf-8")
    return path


@pytest.fixture
def run():
    started = []

    def start(module, *arguments):
        command = [sys.executable, "-m", module, *map(str, arguments)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def all_partners(run, config_file):
    process = run("simulators", "--config", config_file)
    lines = [process.stdout.readline().strip() for _ in range(len(NAMES) + 1)]
    assert lines[-1] == "ready", lines
    return process


def test_they_say_when_they_are_ready_and_stop_when_told(all_partners, ports):
    assert all(answers(port) for port in ports.values())
    all_partners.send_signal(signal.SIGTERM)
    assert all_partners.wait(10) == 0
    assert not any(answers(port) for port in ports.values())


def test_a_killed_parent_leaves_nothing_running(all_partners, ports, eventually):
    all_partners.kill()
    eventually(lambda: not any(answers(port) for port in ports.values()))


def test_the_scenario_plays_once_and_says_by_its_status_how_it_went(all_partners, run, config_file, odoo, ports):
    odoo.plays = True
    odoo.partners = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    played = run("simulators.scenario", "--config", config_file, "--once")
    out, errors = played.communicate(timeout=60)
    assert (played.returncode, errors) == (0, ""), out + errors
    assert "Complete" in out
    odoo.plays = False
    late = run("simulators.scenario", "--config", config_file, "--once", "--limit", "0.1")
    assert "Not complete" in late.communicate(timeout=60)[0]
    assert late.returncode == 1


def test_a_scenario_that_is_stopped_ends_at_once(all_partners, run, config_file):
    playing = run("simulators.scenario", "--config", config_file)
    while "Shop sends" not in playing.stdout.readline():
        assert playing.poll() is None
    os.kill(playing.pid, signal.SIGTERM)
    assert playing.wait(10) == 0


def test_one_partner_that_cannot_start_stops_the_others(run, tmp_path, odoo, ports):
    with socket.create_server(("127.0.0.1", ports["finance"])):
        path = tmp_path / "partners.json"
        path.write_text(json.dumps(settings_for(odoo, **ports)), encoding="utf-8")
        process = run("simulators", "--config", path)
        assert process.wait(20) == 1
        assert "finance did not start" in process.stderr.read()
        assert not answers(ports["shop"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shop": None}, "no section 'shop'"),
        ({"finance": {"port": 1}}, "finance.secret is missing"),
        ({"finance": {"port": 1, "secret": "s", "colour": "red"}}, "finance.colour is not known"),
        ({"finance": {"port": "1", "secret": "s"}}, "finance.port must be a whole number"),
    ],
)
def test_a_wrong_configuration_is_named(odoo, change, said):
    with pytest.raises(ConfigurationError, match=said):
        configuration.parse(settings_for(odoo) | change)


def test_a_shop_needs_something_to_sell(odoo):
    data = settings_for(odoo)
    data["shop"]["catalogue"] = []
    with pytest.raises(ConfigurationError, match="catalogue is empty"):
        configuration.parse(data)


def test_a_file_that_is_no_configuration_is_named(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("{", encoding="utf-8")
    for place in (path, tmp_path / "nothing"):
        with pytest.raises(ConfigurationError, match=place.name):
            configuration.load(place)


def test_the_simulators_import_nothing_of_the_addon():
    for path in (ROOT / "simulators").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "sync_governance" not in text, path.name
        assert "from .." not in text, path.name
        assert "import odoo" not in text, path.name
