"""A real RabbitMQ on loopback, started by the tests that need one and ended with them."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from unittest import SkipTest

from .certificates import Authority

VARIABLE = "SYNC_RABBITMQ"
"""Where Debian's packages were unpacked; `./dev test` says it."""
START_SECONDS = 90.0


class RabbitServer:
    """``port`` speaks AMQP, ``tls_port`` AMQPS by a certificate of ``authority``; the user is guest with guest.

    :raises SkipTest: where there is no RabbitMQ
    """

    def __init__(self):
        tree = os.environ.get(VARIABLE)
        if not tree or not Path(tree).is_dir():
            raise SkipTest("no RabbitMQ on this machine: ./dev test fetches it where Debian's archive is reached")
        self.tree = Path(tree)
        self.folder = Path(tempfile.mkdtemp(prefix="sync-rabbit-"))
        self.port, self.tls_port, self._dist, self._epmd_port = _free_ports(4)
        self.authority = Authority()
        self._node = f"sync{uuid.uuid4().hex[:8]}@localhost"
        self._epmd = self._server = None
        self._write_configuration()

    # -- its life ----------------------------------------------------------------------------------------------------

    def start(self):
        """Until it answers."""
        environment = self._environment()
        if self._epmd is None:
            epmd = next(self.tree.glob("usr/lib/erlang/erts-*/bin/epmd"))
            command = [epmd, "-address", "127.0.0.1", "-port", str(self._epmd_port)]
            self._epmd = subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            _answers(self._epmd_port, self._epmd, 10.0)
        script = next(self.tree.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"))
        # Odoo bounds its own memory by addresses, of which Erlang reserves more than it uses.
        command = ["sh", "-c", 'ulimit -S -v "$(ulimit -H -v)"; exec sh "$0"', str(script)]
        with (self.folder / "output").open("ab") as output:
            self._server = subprocess.Popen(
                command, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        _answers(self.tls_port, self._server, START_SECONDS)

    def freeze(self):
        """It lives on and answers nothing."""
        os.killpg(self._server.pid, signal.SIGSTOP)

    def thaw(self):
        """It goes on."""
        os.killpg(self._server.pid, signal.SIGCONT)

    def kill(self):
        """It dies at once, with what it has not written."""
        self._end(self._server, group=True, number=signal.SIGKILL)

    def stop(self):
        """End everything, and leave nothing behind."""
        self._end(self._server, group=True, number=signal.SIGKILL)
        self._end(self._epmd, group=False, number=signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _end(process, *, group, number):
        if process is None or process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if group:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
        process.wait(timeout=20)

    def control(self, *arguments):
        """``rabbitmqctl``, as an administrator of the broker uses it."""
        script = next(self.tree.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmqctl"))
        command = ["sh", "-c", 'ulimit -S -v "$(ulimit -H -v)"; exec sh "$@"', "sh", str(script), *arguments]
        subprocess.run(command, env=self._environment(), check=True, timeout=60, stdout=subprocess.DEVNULL)

    # -- what a test arranges and looks at ---------------------------------------------------------------------------

    def channel(self):
        """A channel of the test's own, and its connection, to close."""
        import pika  # noqa: PLC0415 - optional

        connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", self.port))
        return connection, connection.channel()

    def declare(self, queue, **arguments):
        """A durable queue, empty."""
        connection, channel = self.channel()
        with contextlib.closing(connection):
            channel.queue_declare(queue, durable=True, arguments=arguments or None)
            channel.queue_purge(queue)

    def put(self, queue, body, **properties):
        """Publish as a partner would."""
        import pika  # noqa: PLC0415 - optional

        connection, channel = self.channel()
        with contextlib.closing(connection):
            channel.confirm_delivery()
            channel.basic_publish("", queue, body, pika.BasicProperties(**properties), mandatory=True)

    def taken(self, queue):
        """What is in the queue, as (method, properties, body); it is gone then."""
        connection, channel = self.channel()
        found = []
        with contextlib.closing(connection):
            while True:
                method, properties, body = channel.basic_get(queue, auto_ack=True)
                if method is None:
                    return found
                found.append((method, properties, body))

    def count(self, queue):
        """How many are ready in the queue."""
        connection, channel = self.channel()
        with contextlib.closing(connection):
            return channel.queue_declare(queue, passive=True).method.message_count

    # -- configuration -----------------------------------------------------------------------------------------------

    def _write_configuration(self):
        key, chain = self.authority.files(self.folder)
        lines = [
            f"listeners.tcp.1 = 127.0.0.1:{self.port}",
            f"listeners.ssl.1 = 127.0.0.1:{self.tls_port}",
            f"ssl_options.certfile = {chain}",
            f"ssl_options.keyfile = {key}",
            "ssl_options.verify = verify_none",
            "ssl_options.fail_if_no_peer_cert = false",
            "log.file.level = warning",
            "vm_memory_high_watermark.absolute = 1GB",
            "disk_free_limit.absolute = 1MB",
        ]
        (self.folder / "rabbitmq.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (self.folder / "enabled_plugins").write_text("[].\n", encoding="utf-8")

    def _environment(self):
        erlang = self.tree / "usr/lib/erlang"
        programs = [str(erlang / "bin"), str(next(erlang.glob("erts-*/bin"))), os.environ.get("PATH", "")]
        return {
            "PATH": os.pathsep.join(programs),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP": "/dev/null",
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_DIST_PORT": str(self._dist),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }


def _free_ports(count):
    with contextlib.ExitStack() as held:
        found = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in found]


def _answers(port, process, seconds):
    """Wait until somebody listens; fails when the process has ended or it takes too long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"{process.args[0]} does not come up at port {port}")
