"""Databases that are ready at once: templates, made once per what they depend on, and clones of them.

- *base*: Odoo with the host modules, without the addon; keyed by the host, the list of modules and the lock file.
- *addon*: a clone of base with the addon installed; keyed by base and by the addon's installed files.
- *browser*: a clone of addon with the scripts and styles of its pages made; keyed by addon and by `static`.
- *bench* and *peer*: what the benchmarks measure, made from the others; see `benchmarks/kit/arena.py`.
- *clones*: named after the dev process that made them; dropped by it, or by the next dev once it is gone.

A template gets its name only when it is complete, so an interrupted build is never mistaken for one.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import layout, processes
from .addons_link import ENTRIES
from .console import DevError, run_logged
from .python_env import lock_digest
from .sql_client import identifier, literal
from .workbench import Workbench

FORMAT = "1"
KEPT_TEMPLATES = {"base": 2, "addon": 3, "browser": 1, "bench": 1, "peer": 1}
NOT_INSTALLED = ("tests", "static/src", "static/tests", "static/lib")
PAGES = "env['ir.qweb']._pregenerate_assets_bundles()\nenv.cr.commit()\n"
PREFIX = f"sync_{layout.workspace_key()}"
LANGUAGE_AND_DATA = ("--without-demo", "--stop-after-init", "--no-http", "--max-cron-threads=0", "--log-level=warn")


def base_key(host_fingerprint: str, modules: Iterable[str], lock: str) -> str:
    return _digest([FORMAT, host_fingerprint, ",".join(sorted(modules)), lock])


def addon_key(base: str, content: str) -> str:
    return _digest([base, content])


def content_digest(root: Path) -> str:
    """Of every file that installing the addon may read; tests, scripts and styles are not among them."""
    return _files_digest(root, ENTRIES, NOT_INSTALLED)


def pages_digest(root: Path) -> str:
    """Of every file that the pages' scripts and styles are made of."""
    return _files_digest(root, ("static",))


def _files_digest(root: Path, entries: Iterable[str], without: tuple[str, ...] = ()) -> str:
    digest = hashlib.sha256()
    for entry in entries:
        start = root / entry
        files = [start] if start.is_file() else sorted(path for path in start.rglob("*") if path.is_file())
        for path in files:
            name = path.relative_to(root).as_posix()
            if "__pycache__" in name or name.startswith(without) or name.endswith((".pyc", "~", ".swp")):
                continue
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


class Databases:
    """Templates and clones on one workbench."""

    def __init__(self, bench: Workbench):
        self.bench = bench
        self.base_key = base_key(bench.host.fingerprint, layout.HOST_MODULES, lock_digest())

    def base_template(self) -> str:
        name = f"{PREFIX}_base_{self.base_key}"
        return self._template(name, None, layout.HOST_MODULES, "installing Odoo's modules (once)")

    def addon_template(self) -> str:
        if not (layout.ROOT / "__manifest__.py").exists():
            raise DevError("there is no __manifest__.py: no addon to install")
        content = content_digest(layout.ROOT)
        name = f"{PREFIX}_addon_{addon_key(self.base_key, content)}"
        if name in self.names():
            _note_use(name)
            return name
        base = self.base_template()
        return self._template(name, base, (layout.ADDON,), f"installing {layout.ADDON}")

    def browser_template(self) -> str:
        """Scripts and styles made in a test would go with its transaction, and their files with any worker's tests."""
        source = self.addon_template()
        name = f"{PREFIX}_browser_{_digest([source, pages_digest(layout.ROOT)])}"
        return self._template(name, source, (), "the pages' template", prepare=self._make_pages)

    def _make_pages(self, database: str) -> None:
        script = layout.STATE / "make-pages.py"
        script.write_text(PAGES, encoding="utf-8")
        run_logged(
            "making the pages' scripts and styles (once)",
            self.bench.odoo("shell", "-d", database, "--no-http", "--log-level=warn"),
            log="make-pages.log",
            env=self.bench.environment(),
            cwd=layout.ROOT,
            script=script,
        )

    def derived_template(
        self,
        kind: str,
        source: str,
        modules: Iterable[str],
        *,
        key: str,
        options: Iterable[str],
        prepare: Callable[[str], None],
    ) -> str:
        """`source` with further modules installed under Odoo's `options` and then prepared; `key` says what made it."""
        name = f"{PREFIX}_{kind}_{_digest([source, key])}"
        return self._template(name, source, modules, f"preparing the template {kind}", options, prepare)

    @contextmanager
    def clone(self, template: str, purpose: str) -> Iterator[str]:
        """A copy for the length of a run."""
        name = f"{PREFIX}_{purpose}_{processes.owner_tag()}"
        self.prune()
        self.copy(template, name)
        try:
            yield name
        finally:
            self.drop(name)

    def working(self, *, fresh: bool = False) -> str:
        """The database of `dev odoo` and `dev shell`: stays until `--fresh` or `clean`."""
        name = f"{PREFIX}_work"
        self.prune()
        if fresh or name not in self.names():
            self.drop(name)
            self.copy(self.addon_template(), name)
        return name

    def names(self) -> list[str]:
        rows = self.sql("SELECT datname FROM pg_database WHERE datname LIKE " + literal(PREFIX + "%"))
        return [row[0] for row in rows]

    def copy(self, source: str, target: str) -> None:
        self.sql(f"CREATE DATABASE {identifier(target)} TEMPLATE {identifier(source)}")
        # A clone is meant to work: it forgets which database its source was.
        self.sql(
            "DO $$ BEGIN IF to_regclass('sync_production') IS NOT NULL THEN"
            " UPDATE sync_production SET fingerprint = NULL; END IF; END $$",
            target,
        )
        copy_filestore(source, target)

    def drop(self, name: str) -> None:
        self.sql(f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)")
        place = filestore(name)
        # Beside it, those of its test processes.
        for one in (place, *place.parent.glob(f"{place.name}-gw*")):
            shutil.rmtree(one, ignore_errors=True)

    def prune(self) -> None:
        """Drop what dead dev processes left, and templates that newer ones replaced."""
        names = self.names()
        for name in names:
            owner = owner_of(name)
            if owner and not processes.tag_is_alive(owner):
                self.drop(name)
        used = _usage()
        for kind, kept in KEPT_TEMPLATES.items():
            pattern = re.compile(rf"{PREFIX}_{kind}_[0-9a-f]{{10}}$")
            templates = sorted((n for n in names if pattern.match(n)), key=lambda n: used.get(n, 0), reverse=True)
            for name in templates[kept:]:
                self.drop(name)

    def remove_all(self) -> None:
        for name in self.names():
            self.drop(name)

    def sql(self, statement: str, database: str = "postgres") -> list:
        done = subprocess.run(
            [str(self.bench.python), str(Path(__file__).with_name("sql_client.py"))],
            input=json.dumps([[statement, database]]),
            capture_output=True,
            text=True,
            env=self.bench.environment(),
            check=False,
        )
        if done.returncode:
            raise DevError(f"PostgreSQL: {done.stderr.strip().splitlines()[-1]}\n(statement: {statement})")
        return json.loads(done.stdout)

    def _template(
        self,
        name: str,
        source: str | None,
        modules: Iterable[str],
        title: str,
        options: Iterable[str] = (),
        prepare: Callable[[str], None] | None = None,
    ) -> str:
        with layout.alone("template"):
            if name not in self.names():
                building = f"{PREFIX}_building_{processes.owner_tag()}"
                self.drop(building)
                if source:
                    self.copy(source, building)
                else:
                    self.sql(f"CREATE DATABASE {identifier(building)} TEMPLATE template0 ENCODING 'UTF8'")
                try:
                    if modules:
                        self._install(building, modules, title, options)
                    if prepare:
                        prepare(building)
                except BaseException:
                    self.drop(building)
                    raise
                shutil.rmtree(filestore(name), ignore_errors=True)
                if filestore(building).exists():
                    filestore(building).rename(filestore(name))
                self.sql(f"ALTER DATABASE {identifier(building)} RENAME TO {identifier(name)}")
            _note_use(name)
            self.prune()
        return name

    def _install(self, database: str, modules: Iterable[str], title: str, options: Iterable[str]) -> None:
        command = self.bench.odoo("server", "-d", database, "-i", ",".join(modules), *LANGUAGE_AND_DATA, *options)
        log = f"install-{database.split('_')[2]}-{'-'.join(modules)[:40]}.log"
        output = run_logged(title, command, log=log, env=self.bench.environment(), cwd=layout.ROOT)
        problems = [line for line in output.splitlines() if re.search(r" (ERROR|CRITICAL) \S+ odoo", line)]
        if problems:
            raise DevError(f"{title}: errors in the log ({layout.LOGS / log})\n" + "\n".join(problems[:10]))
        installed = {
            row[0] for row in self.sql("SELECT name FROM ir_module_module WHERE state = 'installed'", database)
        }
        missing = set(modules) - installed
        if missing:
            raise DevError(f"{title}: not installed: {', '.join(sorted(missing))}\n{output[-2000:]}")


def owner_of(name: str) -> str | None:
    """The tag of the dev process that made a clone; None for templates and for the working database."""
    match = re.fullmatch(rf"{PREFIX}_[a-z]+_(\d+_[0-9a-z]+)(-gw\d+)?", name)
    return match[1] if match else None


def filestore(database: str) -> Path:
    return layout.DATA / "filestore" / database


def copy_filestore(source: str, target: str) -> None:
    """Odoo never changes a stored file in place, so hard links are copies that cost nothing."""
    shutil.rmtree(filestore(target), ignore_errors=True)
    if filestore(source).exists():
        shutil.copytree(filestore(source), filestore(target), copy_function=_link_or_copy)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _usage() -> dict[str, float]:
    path = layout.STATE / "templates.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _note_use(name: str) -> None:
    used = {**_usage(), name: time.time()}
    building = layout.STATE / f"templates.{os.getpid()}"
    building.write_text(json.dumps(used), encoding="utf-8")
    building.replace(layout.STATE / "templates.json")


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:10]
