"""``odoo sync_audit``: what can be asked of the trail from the server's command line."""

import json
import os
import socket
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

from ...core.audit import archive
from ...core.audit.signing import fingerprint
from ...core.audit.syslog import json_line, syslog_line
from ...core.security.keyring import KeyProblem
from ..exchange.cursor import read_committed
from .anchor import is_genuine
from .chain import walk
from .sending import syslog

SHOWN = 20
FOLLOW_SECONDS = 2.0


def run(options):
    """One verb of the command; returns the exit status: 0 good, 1 the trail does not hold, 2 it could not be done."""
    try:
        return VERBS[options.verb](options)
    except KeyProblem as problem:
        _complain(problem.detail)
    except (OSError, ValueError) as error:
        _complain(str(error))
    return 2


def _say(text):
    sys.stdout.write(f"{text}\n")


def _complain(text):
    sys.stderr.write(f"{text}\n")


def _verify(options):
    if options.archive:
        return _verify_archive(options)
    with _environment(options) as env:
        verdict = env["sync.audit.chain"]._verify()
        with read_committed(env.registry) as cr:
            env["sync.audit.chain"]._keep_verdict(cr, verdict, whole=True)
            problems = [str(found) for found in verdict.breaks]
            problems += _compared_with_anchors(cr, options.anchors) if options.anchors else []
    _say(f"{verdict.count} entries up to no. {verdict.position}, newest hash {verdict.head}")
    if verdict.tail:
        _say(f"{verdict.tail} entries are written and not linked yet")
    return _told(problems)


def _compared_with_anchors(cr, path):
    """What the anchors of a file (one statement on each line, as they were told outside) say against the chain."""
    problems = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), start=1):
        start = line.find("{")
        if start < 0:
            continue
        statement = json.loads(line[start:])
        if "signature" in statement and not is_genuine(statement):
            problems.append(f"line {number} of {path}: the signature does not fit")
        cr.execute("SELECT hash FROM sync_audit_entry WHERE position = %s", [statement["position"]])
        row = cr.fetchone()
        if row is None or row[0] != statement["hash"]:
            problems.append(f"entry {statement['position']}: the anchor of {statement['taken_at']} names another hash")
    return problems


def _verify_archive(options):
    with open(options.archive, "rb") as file:
        report = archive.check(file, public_key=options.public_key)
    about = report.about
    if about:
        _say(f"{report.count} entries, {about.get('from')} to {about.get('until')}, database {about.get('database')}")
    if report.public_key:
        _say(f"signed with the key {report.public_key}\nfingerprint {report.fingerprint}")
        if not options.public_key:
            _say("Compare the fingerprint with the one of the installation (Audit > Anchors), or give --public-key.")
    return _told(report.problems)


def _told(problems):
    for problem in problems[:SHOWN]:
        _say(f"DOES NOT HOLD: {problem}")
    if len(problems) > SHOWN:
        _say(f"… and {len(problems) - SHOWN} more")
    if not problems:
        _say("holds")
    return 1 if problems else 0


def _export(options):
    since, until = period(options.since, options.until)
    target = Path(options.out)
    with _environment(options) as env:
        chain = env["sync.audit.chain"]
        # Written beside it and then given its name: half an archive is none.
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=target.name, delete=False) as file:
            try:
                summary, public_key = chain._archive(file, since, until)
                os.replace(file.name, target)
            except BaseException:
                os.unlink(file.name)
                raise
        chain._note_archive(since, until, summary)
    _say(f"{summary.count} entries ({summary.first} to {summary.last}) in {target}")
    _say(f"signed with the key {public_key}\nfingerprint {fingerprint(public_key)}")
    return 0


def _stream(options):
    with ExitStack() as stack:
        registry = Registry(options.database)
        send = _printed
        if options.syslog:
            message = stack.enter_context(syslog(options.syslog, stream=options.tcp))
            host, process = socket.gethostname(), str(os.getpid())

            def send(entry):
                message(syslog_line(entry, host=host, process=process))

        with _environment(options) as env:
            env["sync.audit.entry"]._note(
                "export", "stream", to=options.syslog or "standard output", behind=options.after, follow=options.follow
            )
        after = options.after
        while True:
            with _environment(options) as env:
                env["sync.audit.chain"]._link_all()
            with read_committed(registry) as cr:
                for entry in walk(cr, after):
                    send(entry)
                    after = entry["position"]
            sys.stdout.flush()
            if not options.follow:
                return 0
            time.sleep(FOLLOW_SECONDS)


def _printed(entry):
    _say(json_line(entry))


def _anchor(options):
    with _environment(options) as env:
        env["sync.audit.chain"]._link_all()
        statement = env["sync.audit.anchor"]._take()
    _say(json_line(statement) if statement else "The newest entry is anchored already.")
    return 0


def _key(options):
    with _environment(options) as env:
        signer = env["sync.audit.anchor"]._signer()
    _say(f"key {signer.key_id}\npublic key {signer.public_key}\nfingerprint {fingerprint(signer.public_key)}")
    return 0


VERBS = {"verify": _verify, "export": _export, "stream": _stream, "anchor": _anchor, "key": _key}


class _environment:
    """An environment of the system in a transaction of its own, for what a command writes and reads."""

    def __init__(self, options):
        self.registry = Registry(options.database)

    def __enter__(self):
        self._cursor = self.registry.cursor()
        # Superuser: whoever may start commands on the server is its administrator.
        return api.Environment(self._cursor, SUPERUSER_ID, {"sync_audit_source": "command"})

    def __exit__(self, kind, _error, _traceback):
        with self._cursor:  # commits, and links what was written; rolls back on an error
            if kind is not None:
                self._cursor.rollback()


def period(since, until):
    """Two days (ISO 8601, UTC) as the period from the beginning of the first to the end of the last.

    :raises ValueError: when one is no day, or the last is before the first
    """
    first, last = date.fromisoformat(since), date.fromisoformat(until)
    if last < first:
        raise ValueError(f"The period ends ({until}) before it begins ({since}).")
    return datetime.combine(first, time_of_day()), datetime.combine(last + timedelta(days=1), time_of_day())
