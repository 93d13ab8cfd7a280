"""Kills of the process at chosen steps of the engine, as the suite's environment says.

``SYNC_FAULTS_KILL`` is a JSON object {step: chance}; each death is noted in the file ``SYNC_FAULTS_KILLED`` before it
happens. ``SYNC_FAULTS_CLOCK`` shifts this process's idea of the time, in seconds. Without them nothing is patched.
"""

import functools
import json
import os
import random
import signal
import time

from odoo.modules.registry import Registry

from odoo.addons.sync_governance.core import queue
from odoo.addons.sync_governance.models.exchange import engine, inbound, journal, polling
from odoo.addons.sync_governance.models.exchange.sources.folder import FileSession

STEPS = {
    "claim": (queue, "claim_lanes"),
    "heads": (queue, "heads"),
    "load": (inbound, "load"),
    "stages": (inbound, "run_stages"),
    "fence": (queue, "fence"),
    "finish": (queue, "finish"),
    "record": (journal, "record"),
    "journal": (journal, "finish"),
    "committed": (Registry, "signal_changes"),
    "settle": (queue, "settle"),
    "verdicts": (inbound, "verdicts"),
    "abandon": (queue, "abandon"),
    "rescue": (queue, "rescue"),
    "route": (engine.route, "run"),
    "keep": (polling.Look, "_take_over"),
    "archive": (FileSession, "settle"),
}
"""Each step may kill before and after: ``before claim``, ``after claim``. ``before committed`` is after the commit."""


def arm():
    """Patch the steps that this process is to die at, and its clock."""
    chances = json.loads(os.environ.get("SYNC_FAULTS_KILL", "{}"))
    for step, chance in chances.items():
        when, name = step.split()
        owner, function = STEPS[name]
        setattr(owner, function, _deadly(getattr(owner, function), step, when, chance))
    shift = float(os.environ.get("SYNC_FAULTS_CLOCK", "0"))
    if shift:
        right = time.time
        time.time = lambda: right() + shift


def _deadly(function, step, when, chance):
    @functools.wraps(function)
    def call(*args, **kwargs):
        if when == "before":
            _die_perhaps(step, chance)
        answer = function(*args, **kwargs)
        if when == "after":
            _die_perhaps(step, chance)
        return answer

    return call


def _die_perhaps(step, chance):
    if random.SystemRandom().random() < chance:
        with open(os.environ["SYNC_FAULTS_KILLED"], "a", encoding="utf-8") as file:
            file.write(f"{step}\n")
        os.kill(os.getpid(), signal.SIGKILL)
