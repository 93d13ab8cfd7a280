"""The units of systemd that are shipped start what they say, on this database."""

import configparser
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2

from odoo.sql_db import connection_info_for
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name
from odoo.tools import config

UNITS = Path(__file__).resolve().parents[1] / "systemd"
START_SECONDS = 90


@tagged("post_install", "-at_install")
class TestSystemd(BaseCase):
    def test_the_worker_unit_starts_workers_and_ends_them_with_sigterm(self):
        with self.started("sync-governance-worker@.service") as process:
            self.until(process, lambda: self.workers() >= 2)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(START_SECONDS), 0)
        self.assertEqual(self.workers(), 0)

    def test_the_server_unit_starts_a_server_that_answers(self):
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with self.started("sync-governance-server.service", http_port=port) as process:
            self.until(process, lambda: self.answers(port))
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(START_SECONDS), 0)

    # -- starting ----------------------------------------------------------------------------------------------------

    @contextmanager
    def started(self, unit, **options):
        """The process of the unit's command line, with the paths of this machine in the place of the usual ones."""
        words = self.command(unit)
        self.assertEqual(words[0], "/usr/bin/odoo")
        with tempfile.TemporaryDirectory() as folder:
            settings = Path(folder) / "odoo.conf"
            settings.write_text(self.settings(**options), encoding="utf-8")
            places = {"/usr/bin/odoo": None, "/etc/odoo/odoo.conf": str(settings), "%i": get_db_name()}
            command = [sys.executable, "-m", "odoo", *(places.get(word, word) for word in words[1:])]
            with (Path(folder) / "log").open("wb") as log:
                process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ}, start_new_session=True)
            process.log = Path(folder) / "log"
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def command(self, unit):
        """The words of ExecStart."""
        parser = configparser.RawConfigParser(strict=False)
        parser.optionxform = str
        parser.read(UNITS / unit, encoding="utf-8")
        return shlex.split(parser["Service"]["ExecStart"])

    def settings(self, **options):
        """A configuration file with this server's database, and nobody who works besides."""
        values = {
            "addons_path": ",".join(config["addons_path"])
            if isinstance(config["addons_path"], list)
            else config["addons_path"],
            "data_dir": config["data_dir"],
            "http_interface": "127.0.0.1",
            "max_cron_threads": 0,
            "db_name": get_db_name(),
            **{name: config[name] for name in ("db_host", "db_port", "db_user", "db_password") if config[name]},
            **options,
        }
        return "[options]\n" + "".join(f"{name} = {value}\n" for name, value in values.items())

    def until(self, process, ready):
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                self.fail(process.log.read_text(encoding="utf-8", errors="replace")[-2000:])
            time.sleep(0.2)

    def workers(self):
        """Worker processes that say they live."""
        _name, info = connection_info_for(get_db_name())
        with closing(psycopg2.connect(**info)) as connection, connection.cursor() as cr:
            cr.execute(
                """SELECT count(*) FROM sync_worker WHERE kind = 'process'
                      AND heartbeat_at > (now() AT TIME ZONE 'UTC') - interval '10 seconds'"""
            )
            return cr.fetchone()[0]

    def answers(self, port):
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/web/health", timeout=5) as response:
            return response.status == 200
        return False
