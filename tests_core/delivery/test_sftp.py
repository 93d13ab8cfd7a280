"""SFTP against a server that speaks the real protocol: its key, logging in, and what goes wrong on the way."""

import io
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from sync_governance.core.delivery import dropoff, pickup, secret_forms, sftp
from sync_governance.core.delivery.folders import numbered
from sync_governance.core.delivery.sftp import Server, SftpFolder
from sync_governance.core.faults import Fault

paramiko = pytest.importorskip("paramiko")
# Without the package of Odoo's tests around it, which needs Odoo.
PLACE = Path(__file__).parents[2] / "tests" / "sftp_server.py"
SPEC = spec_from_file_location("sftp_server", PLACE)
SERVER = module_from_spec(SPEC)
SPEC.loader.exec_module(SERVER)
FORMS = [getattr(serialization.PrivateFormat, name) for name in ("TraditionalOpenSSL", "PKCS8", "OpenSSH")]
PASSWORD = "a long word for ada"


@pytest.fixture
def served(tmp_path):
    (tmp_path / "in").mkdir()
    servers = []

    def start(**options):
        options = {"users": {"ada": PASSWORD}, **options}
        servers.append(SERVER.SftpServer(tmp_path, **options))
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
        "connect_timeout": 5.0,
        "read_timeout": 5.0,
        **more,
    }
    return Server(**given)


def code_of(step):
    with pytest.raises(Fault) as refused:
        step()
    assert PASSWORD not in refused.value.detail
    return refused.value.code


def open_it(server, **more):
    with SftpFolder(there(server, **more)):
        pass


# -- who is it ---------------------------------------------------------------------------------------------------------


def test_the_first_contact_shows_the_key_and_logs_nobody_in(served):
    server = served()
    assert sftp.shown_key(there(server, pins=())) == server.fingerprint
    assert server.logins == []


@pytest.mark.parametrize("pin", ["", "SHA256:" + "A" * 43, "ssh-ed25519 SHA256:" + "A" * 43])
def test_without_its_pinned_key_nobody_shows_the_password(served, pin):
    server = served()
    assert code_of(lambda: open_it(server, pins=sftp.pins(pin))) == "deliver.host_key_changed"
    assert server.logins == []


def test_a_fingerprint_alone_is_enough_and_several_may_be_pinned(served):
    server = served()
    old = "ssh-ed25519 SHA256:" + "A" * 43
    open_it(server, pins=sftp.pins(f"{old}\n{server.key.fingerprint}"))
    assert server.logins == [("ada", True)]


@pytest.mark.parametrize("line", ["MD5:00:11", "SHA256:short", "ssh-rsa AAAAB3Nza", "SHA256:" + "A" * 43 + "; x"])
def test_what_is_no_fingerprint_is_not_pinned(line):
    with pytest.raises(ValueError, match="[A-Z]"):
        sftp.pins(line)


def test_an_rsa_key_of_the_server_is_asked_for_where_it_is_pinned(served):
    server = served(key=paramiko.RSAKey.generate(2048))
    open_it(server)
    assert server.logins == [("ada", True)]


# -- who are we --------------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_said_so(served):
    assert code_of(lambda: open_it(served(), password="wrong")) == "deliver.login_refused"


def pem(key, form):
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["rsa", "ec", "ed25519"])
def test_a_private_key_of_any_usual_form_logs_in(served, kind, form):
    key = {
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "ec": lambda: ec.generate_private_key(ec.SECP256R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
    }[kind]()
    if kind == "ed25519" and form is serialization.PrivateFormat.TraditionalOpenSSL:
        pytest.skip("there is no such form of it")
    text = pem(key, form)
    one_line = " ".join(text.split("\n"))
    assert secret_forms.problem(secret_forms.tidied(one_line, "ssh_key", sends=True), "ssh_key", sends=True) is None
    made = {"rsa": paramiko.RSAKey, "ec": paramiko.ECDSAKey, "ed25519": paramiko.Ed25519Key}[kind]
    own = made.from_private_key(io.StringIO(pem(key, serialization.PrivateFormat.OpenSSH)))
    server = served(users={"ada": own})
    open_it(server, password="", private_key=text)
    assert ("ada", True) in server.logins


def test_a_key_that_cannot_be_used_is_refused_in_words_that_do_not_show_it():
    small = pem(rsa.generate_private_key(65537, 1024), serialization.PrivateFormat.PKCS8)
    old = pem(dsa.generate_private_key(2048), serialization.PrivateFormat.PKCS8)
    locked = (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.BestAvailableEncryption(b"x")
        )
        .decode()
    )
    for text, said in (
        (small, "2048 bits"),
        (old, "not used any more"),
        (locked, "passphrase"),
        ("-----BEGIN KEY----- " * 5, "no private"),
    ):
        problem = secret_forms.problem(text, "ssh_key", sends=True)
        assert said in problem and text[40:80] not in problem[12:]


# -- where -------------------------------------------------------------------------------------------------------------


def test_only_permitted_addresses_are_dialled(served):
    server = served()
    for more in ({"allowed_hosts": ()}, {"allowed_hosts": ("127.0.0.1:22",)}, {"host": "2130706433"}):
        assert code_of(lambda more=more: open_it(server, **more)) == "deliver.address_refused"
    assert server.connections == 0


def test_without_the_library_it_is_said_what_to_install(served, monkeypatch):
    monkeypatch.setitem(sys.modules, "paramiko", None)
    assert not sftp.is_installed()
    with pytest.raises(Fault, match="paramiko") as refused:
        SftpFolder(Server("files.example"))
    assert refused.value.code == "engine.library_missing"


# -- files -------------------------------------------------------------------------------------------------------------


def test_files_are_listed_read_moved_and_removed(served):
    server = served()
    (served.folder / "a.csv").write_bytes(b"x" * 100_000)
    (served.folder / "b.csv").write_bytes(b"")
    (served.folder / "sub").mkdir()
    (served.folder / "link").symlink_to("/etc/passwd")
    with SftpFolder(there(server)) as store:
        entries = {entry.name: entry for entry in store.entries()}
        assert set(entries) == {"a.csv", "b.csv"}
        assert (entries["a.csv"].size, entries["b.csv"].size) == (100_000, 0)
        assert store.content("a.csv", 200_000) == b"x" * 100_000 and store.content("b.csv", 10) == b""
        assert len(store.content("a.csv", 10)) == 11, "no more than is needed to see that it is too large"
        assert store.move("a.csv", "archive/2026") == "a.csv"
        (served.folder / "a.csv").write_bytes(b"another")
        assert store.move("a.csv", "archive/2026") == "a-2.csv"
        store.remove("b.csv")
        for step in (
            lambda: store.content("gone", 1),
            lambda: store.remove("gone"),
            lambda: store.move("gone", "archive"),
        ):
            with pytest.raises(FileNotFoundError):
                step()
    assert sorted(path.name for path in (served.folder / "archive" / "2026").iterdir()) == ["a-2.csv", "a.csv"]


def test_a_folder_that_is_not_there_is_said_so(served):
    with SftpFolder(there(served(), folder="/elsewhere")) as store:
        assert code_of(store.entries) == "deliver.folder_unavailable"


def put(server, body, numbers=False, name="a.csv"):
    with SftpFolder(there(server)) as store:
        return dropoff.deliver(store, name, body, mark="m1", names=numbered(name) if numbers else [name])


@pytest.mark.parametrize("posix_only", [False, True])
def test_a_file_is_delivered_whole_and_never_over_another(served, posix_only):
    server = served(posix_only=posix_only)
    body = bytes(range(256)) * 1000
    assert put(server, body) == put(server, body) == "a.csv"
    assert code_of(lambda: put(server, b"other")) == "deliver.file_exists"
    assert put(server, b"other", numbers=True) == "a-2.csv"
    assert (served.folder / "a.csv").read_bytes() == body
    assert sorted(path.name for path in served.folder.iterdir()) == ["a-2.csv", "a.csv"]


@pytest.mark.parametrize(
    ("fault", "times", "code"),
    [("full", 1, "deliver.folder_unavailable"), ("no_rename", 2, "deliver.folder_unavailable")],
)
def test_what_could_not_be_delivered_leaves_no_half_file_and_is_delivered_later(served, fault, times, code):
    server = served()
    server.faults[fault] = times
    assert code_of(lambda: put(server, b"1" * 100_000)) == code
    assert [path.name for path in served.folder.iterdir() if not path.name.startswith(".")] == []
    assert put(server, b"1" * 100_000) == "a.csv"
    assert [path.name for path in served.folder.iterdir()] == ["a.csv"]


def test_a_connection_that_breaks_off_in_a_file_is_a_fault_of_the_connection(served):
    server = served()
    (served.folder / "a.csv").write_bytes(b"x" * 500_000)
    server.faults["cut_reading"] = 1

    def read():
        with SftpFolder(there(server)) as store:
            list(pickup.picked(store, pickup.Rules(), store.entries()))

    assert code_of(read) == "deliver.connection_failed"
    with SftpFolder(there(server)) as store:
        assert len(store.content("a.csv", 1_000_000)) == 500_000


def test_a_server_that_is_too_slow_is_not_waited_for(served):
    server = served()
    server.faults["slow"] = 30
    started = time.monotonic()

    def ask(**more):
        with SftpFolder(there(server, **more)) as store:
            store.entries()

    assert code_of(lambda: ask(read_timeout=0.3)) == "deliver.timeout"
    assert code_of(lambda: ask(total_timeout=1.0)) == "deliver.timeout"
    assert time.monotonic() - started < 20
    server.faults["slow"] = 0


def test_a_server_that_is_away_is_said_so(served):
    server = served()
    server.stop()
    assert code_of(lambda: open_it(server)) == "deliver.connection_failed"
