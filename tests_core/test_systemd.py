"""The shipped units of systemd are what systemd takes, and what the manual names."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
UNITS = sorted((ROOT / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze here")
def test_systemd_takes_it(unit, tmp_path):
    # What is to be started may not be installed here, nor its user.
    text = unit.read_text(encoding="utf-8").replace("/usr/bin/odoo", "/bin/true")
    copy = tmp_path / unit.name.replace("@", "@production")
    copy.write_text(re.sub(r"^(User|Group)=odoo$", r"\1=root", text, flags=re.MULTILINE), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_manual_names_it(unit):
    assert f"systemd/{unit.name}" in (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_workers_have_longer_to_end_than_they_wait_for_what_they_have_in_hand():
    crew = (ROOT / "models" / "exchange" / "crew.py").read_text(encoding="utf-8")
    waits = int(re.search(r"^DRAIN_SECONDS = (\d+)$", crew, re.MULTILINE)[1])
    for unit in UNITS:
        assert int(re.search(r"^TimeoutStopSec=(\d+)$", unit.read_text(encoding="utf-8"), re.MULTILINE)[1]) > waits
