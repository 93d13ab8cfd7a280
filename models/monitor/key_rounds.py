"""A round over everything that is encrypted, for the command ``sync_keys``."""

import sys
from collections import Counter

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

from ...core.security.keyring import KeyProblem
from ..exchange.cursor import looking, read_committed
from ..partner.credential_version import server_ring

CONFIDENTIAL = {"sync.payload": "content", "sync.event": "document"}
"""What is encrypted of documents, by model."""


def run(database, what):
    """Do ``what`` (``check`` or ``reencrypt``) and print what came of it; returns the exit status."""
    registry = Registry(database)
    with registry.cursor() as cr:
        # Whoever starts the command owns the server: no rights are asked.
        sealed = api.Environment(cr, SUPERUSER_ID, {})["sync.sealed"]
        try:
            return check(sealed) if what == "check" else reencrypt(sealed)
        except KeyProblem as problem:
            _say(problem.detail)
            return 1


def check(sealed):
    """Open everything once."""
    opened, problems = Counter(), Counter()
    for table, column, key, problem in sealed._open_all(lambda: looking(sealed.env.registry)):
        opened[table, column, key] += problem is None
        problems[problem] += problem is not None
    for (table, column, key), count in sorted(opened.items()):
        _say(f"{table}.{column}: {count} opened with key {key}")
    confidential = 0
    for model, column in CONFIDENTIAL.items():
        for key, count in sorted(sealed.env[model]._keys_in_use().items()):
            confidential += count
            _say(f"{sealed.env[model]._table}.{column}: {count} under key {key}")
            if key not in server_ring().key_ids:
                problems[f"The key {key} is not configured, and confidential bodies are under it."] += count
    if not opened and not confidential:
        _say("Nothing is encrypted in this database.")
    return _told(problems)


def reencrypt(sealed):
    """Encrypt anew what another key than the first has encrypted, a few hundred rows in a transaction."""
    moved, problems = Counter(), Counter()
    for table, column, count, failed in sealed._reencrypt_all(lambda: read_committed(sealed.env.registry)):
        moved[table, column] += count
        problems.update(failed)
        _say(f"{table}.{column}: {moved[table, column]} encrypted anew")
    if moved:
        # Other processes have the old tokens in memory.
        sealed.env.registry.clear_cache()
        sealed.env.registry.signal_changes()
    bodies = 0
    for model, column in CONFIDENTIAL.items():
        if count := sealed.env[model]._reencrypt():
            bodies += count
            _say(f"{sealed.env[model]._table}.{column}: {count} encrypted anew")
    wrong = sealed._key_problems()
    problems.update({problem: 1 for problem in wrong if problem not in problems})
    if not moved and not bodies and not wrong:
        _say("Everything is encrypted with the first key already.")
    return _told(problems)


def _say(text):
    """To whoever runs the command, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _told(problems):
    for problem, count in sorted((problem, count) for problem, count in problems.items() if problem and count):
        _say(f"Not opened ({count}): {problem}")
    return 1 if any(problem and count for problem, count in problems.items()) else 0
