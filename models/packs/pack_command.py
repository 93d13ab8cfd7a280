"""``odoo sync_pack``: compare a pack with what is set up, bring it up to date, make a pack of what is set up."""

import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError, ValidationError
from odoo.modules.registry import Registry

from ...core.faults import Fault
from ..exchange.cursor import rolled_back
from . import reading


class Refused(Exception):
    """The command cannot do what it was asked; ``args[0]`` says why."""


def run(options):
    """One verb of the command; returns its exit status: 0 done or nothing differs, 1 diff found something to change,
    2 it could not be done, and then nothing was changed."""
    try:
        return {"diff": _diff, "apply": _apply, "export": _export}[options.verb](options)
    except (Refused, UserError, ValidationError, OSError) as error:
        sys.stderr.write(f"{error}\n")
    except Fault as fault:
        sys.stderr.write(f"{fault.detail}\n")
    except OperationalError as error:
        sys.stderr.write(f"The database cannot be reached: {error}\n")
    return 2


def _diff(options):
    with rolled_back(Registry(options.database)) as cr:
        changes = _applied(cr, options)
    _tell(changes, options)
    return 1 if any(change.action != "keep" for change in changes) else 0


def _apply(options):
    registry = Registry(options.database)
    with registry.cursor() as cr:
        changes = _applied(cr, options)
    registry.signal_changes()  # the servers that run forget what they remember of the configuration
    _tell(changes, options)
    return 0


def _applied(cr, options):
    """What becomes different in the transaction of ``cr``."""
    env = _environment(cr)
    company = _company(env, options)
    values = {name: value for name in ("code", "environment", "endpoints") if (value := getattr(options, name))}
    if options.owner:
        owner = env["res.users"].search([("login", "=", options.owner)])
        if not owner:
            raise Refused(f"There is no user with the login {options.owner}.")
        values |= {"business_owner_id": owner.id, "technical_owner_id": owner.id}
    if options.answers:
        values["answers"] = dict(_answer(text) for text in options.answers)
    with _pack(options.pack) as name:
        partner, changes = env["sync.pack"]._apply(name, company, values)
    if open_questions := partner._unanswered():
        sys.stderr.write(f"Not answered yet: {', '.join(open_questions)}.\n")
    return changes


def _answer(text):
    code, equals, said = text.partition("=")
    if not (code and equals and said):
        raise Refused(f"An answer is written like org=acme.example.com, and not like {text!r}.")
    return code, said


def _export(options):
    folder = Path(options.out)
    with rolled_back(Registry(options.database)) as cr:
        env = _environment(cr)
        domain = [("code", "=", options.code), ("company_id", "=", _company(env, options).id)]
        partner = env["sync.trading.partner"].search(domain)
        if not partner:
            known = env["sync.trading.partner"].search([domain[1]]).mapped("code")
            raise Refused(f"There is no trading partner {options.code}; there are {', '.join(known) or 'none'}.")
        exported = env["sync.pack"]._export(partner, options.name or folder.resolve().name)
    _write(exported, folder)
    return 0


def _write(exported, folder):
    """The files of a pack, in an empty folder or over an earlier export of it."""
    if folder.is_dir() and any(folder.iterdir()):
        if reading.from_folder(folder).name != exported.name:
            raise Refused(f"{folder} holds something else than the pack {exported.name}.")
        for file in reading.from_folder(folder).files.keys() - exported.files.keys():
            (folder / file).unlink()
    for file, content in exported.files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        sys.stdout.write(f"{path}\n")


@contextmanager
def _pack(given):
    """The name of the pack: of one on this server, or of one in the folder given."""
    elsewhere = "/" in given or Path(given).joinpath("pack.json").is_file()
    with reading.lent(reading.from_folder(Path(given))) if elsewhere else nullcontext(given) as name:
        yield name


def _environment(cr):
    return api.Environment(cr, SUPERUSER_ID, {})  # whoever may start the server owns the database


def _company(env, options):
    if not options.company:
        return env.company
    company = env["res.company"].search([("name", "=", options.company)])
    if len(company) != 1:
        raise Refused(f"There is no company {options.company}, or there are several.")
    return company


def _tell(changes, options):
    if options.json:
        for change in changes:
            sys.stdout.write(change.as_json() + "\n")
    elif changes:
        sys.stdout.write("\n".join(line for change in changes for line in change.lines()) + "\n")
    else:
        sys.stderr.write("Nothing differs.\n")
