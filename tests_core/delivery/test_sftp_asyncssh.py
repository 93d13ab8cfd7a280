"""SFTP against the server of asyncssh, which has nothing in common with the library of our side."""

import asyncio
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from sync_governance.core.delivery import dropoff, pickup, sftp
from sync_governance.core.delivery.folders import numbered
from sync_governance.core.delivery.sftp import Server, SftpFolder
from sync_governance.core.faults import Fault

asyncssh = pytest.importorskip("asyncssh")
PASSWORD = "a long word for ada"


class AsyncsshServer:
    """Serves ``folder`` on a free port of this machine to ada, by her password or the public key ``own``."""

    def __init__(self, folder, own=None):
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.logins = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="asyncssh", daemon=True)
        self._thread.start()
        self._server = self._wait(self._listen(str(folder), own))
        self.port = self._server.sockets[0].getsockname()[1]

    @property
    def fingerprint(self):
        """As a person would compare it."""
        return f"ssh-ed25519 {self.key.get_fingerprint()}"

    def stop(self):
        """End all connections and take no more."""
        self._wait(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _wait(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _listen(self, folder, own):
        door = self

        class Door(asyncssh.SSHServer):
            def password_auth_supported(self):
                return True

            def validate_password(self, username, password):
                door.logins.append(username)
                return (username, password) == ("ada", PASSWORD)

            def public_key_auth_supported(self):
                return own is not None

            def validate_public_key(self, username, key):
                door.logins.append(username)
                return username == "ada" and key.export_public_key() == own.export_public_key()

        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Door,
            server_host_keys=[self.key],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=folder.encode()),
        )

    async def _end(self):
        self._server.close()
        await self._server.wait_closed()


@pytest.fixture
def served(tmp_path):
    (tmp_path / "in").mkdir()
    servers = []

    def start(**options):
        servers.append(AsyncsshServer(tmp_path, **options))
        return servers[-1]

    start.folder = tmp_path / "in"
    yield start
    for server in servers:
        server.stop()


def there(server, **more):
    given = {
        "host": "127.0.0.1",
        "port": server.port,
        "folder": "/in",
        "username": "ada",
        "password": PASSWORD,
        "pins": sftp.pins(server.fingerprint),
        "allowed_hosts": (f"127.0.0.1:{server.port}",),
        "connect_timeout": 10.0,
        "read_timeout": 10.0,
        **more,
    }
    return Server(**given)


def code_of(step):
    with pytest.raises(Fault) as refused:
        step()
    return refused.value.code


def names(folder: Path):
    return sorted(path.name for path in folder.iterdir())


def test_the_key_is_shown_first_and_nobody_logs_in_under_another(served):
    server = served()
    assert sftp.shown_key(there(server, pins=())) == server.fingerprint

    def enter():
        with SftpFolder(there(server, pins=sftp.pins("ssh-ed25519 SHA256:" + "A" * 43))):
            pass

    assert code_of(enter) == "deliver.host_key_changed"
    assert server.logins == []


def test_a_password_or_a_key_logs_in_and_a_wrong_password_is_said_so(served):
    key = ed25519.Ed25519PrivateKey.generate()
    openssh = serialization.PrivateFormat.OpenSSH
    text = key.private_bytes(serialization.Encoding.PEM, openssh, serialization.NoEncryption()).decode()
    server = served(own=asyncssh.import_private_key(text))
    for more in ({}, {"password": "", "private_key": text}):
        with SftpFolder(there(server, **more)) as store:
            assert list(store.entries()) == []
    with pytest.raises(Fault) as refused, SftpFolder(there(server, password="wrong")):
        pass
    assert refused.value.code == "deliver.login_refused"


def test_files_are_picked_up_read_moved_and_removed(served):
    server = served()
    (served.folder / "a.csv").write_bytes(b"x" * 500_000)
    (served.folder / "b.csv").write_bytes(b"")
    (served.folder / "sub").mkdir()
    (served.folder / "link").symlink_to("/etc/passwd")
    with SftpFolder(there(server)) as store:
        assert {entry.name: entry.size for entry in store.entries()} == {"a.csv": 500_000, "b.csv": 0}
        found = {each.entry.name: each.body for each in pickup.picked(store, pickup.Rules(), store.entries())}
        assert found["a.csv"] == b"x" * 500_000
        assert store.move("a.csv", "archive/2026") == "a.csv"
        (served.folder / "a.csv").write_bytes(b"another")
        assert store.move("a.csv", "archive/2026") == "a-2.csv"
        store.remove("b.csv")
        with pytest.raises(FileNotFoundError):
            store.content("gone", 1)
    assert names(served.folder / "archive" / "2026") == ["a-2.csv", "a.csv"]


def test_a_file_is_delivered_whole_once_and_never_over_another(served):
    server = served()

    def put(body, choice):
        with SftpFolder(there(server)) as store:
            return dropoff.deliver(store, "a.csv", body, mark="m1", names=choice)

    body = bytes(range(256)) * 2000
    assert put(body, ["a.csv"]) == put(body, ["a.csv"]) == "a.csv"
    assert code_of(lambda: put(b"other", ["a.csv"])) == "deliver.file_exists"
    assert put(b"other", numbered("a.csv")) == "a-2.csv"
    assert (served.folder / "a.csv").read_bytes() == body
    assert names(served.folder) == ["a-2.csv", "a.csv"]
