"""A folder at a partner's SFTP server: one connection, the server known by its pinned key, every wait bounded.

paramiko is optional: without it there is a fault that says what to install. See :mod:`.pickup` and :mod:`.dropoff` for
what a folder offers.
"""

from __future__ import annotations

import errno
import hmac
import io
import re
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ..faults import Fault
from .addresses import OPEN_PORT as HTTPS_PORT
from .addresses import AddressGuard, refused
from .folders import below, is_name, numbered
from .pickup import Entry

PORT = 22
LIBRARY = "paramiko"
_CHUNK = 32_768
_PIN = re.compile(r"(?:(?P<kind>[a-z0-9@.-]{3,60}) )?(?P<digest>SHA256:[A-Za-z0-9+/]{43})")
# How a server proves an RSA key.
_ALGORITHMS = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}


@dataclass(frozen=True, slots=True)
class Server:
    """Where a folder is and how we come in. Times are seconds; ``total_timeout`` is that of the whole connection.

    ``pins`` are the fingerprints of the server's key as :func:`pins` reads them; ``private_key`` is a PEM text, else
    ``password`` is shown. ``allowed_hosts`` are ``host:port`` texts that an administrator allowed by name.
    """

    host: str
    port: int = PORT
    folder: str = "."
    username: str = ""
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    pins: tuple[tuple[str, str], ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    connect_timeout: float = 5.0
    read_timeout: float = 20.0
    total_timeout: float = 300.0

    @property
    def place(self) -> str:
        """The server, to speak of it."""
        return f"{self.host}:{self.port}"


def library() -> Any:
    """paramiko.

    :raises Fault: ``engine.library_missing``
    """
    try:
        import paramiko
    except ImportError as error:
        raise Fault(
            "engine.library_missing",
            f"SFTP needs the Python package {LIBRARY} (3.4 or newer), which this server does not have.",
            subject=f"library {LIBRARY}",
        ) from error
    return paramiko


def is_installed() -> bool:
    """Whether this server can speak SFTP."""
    try:
        library()
    except Fault:
        return False
    return True


def pins(text: str) -> tuple[tuple[str, str], ...]:
    """(kind of key or "", fingerprint) of each line: ``ssh-ed25519 SHA256:…`` or the fingerprint alone.

    :raises ValueError: for a line that is no fingerprint
    """
    found = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        match = _PIN.fullmatch(line)
        if match is None:
            raise ValueError(line[:80])
        found.append((match["kind"] or "", match["digest"]))
    return tuple(found)


def key_problem(text: str) -> str | None:
    """Why ``text`` is no private key that can be used, to go on with "The secret "; None when it is."""
    try:
        _loaded(text)
    except ValueError as error:
        return str(error)
    return None


def shown_key(server: Server) -> str:
    """The key that the server shows, as a line for :func:`pins`. Nobody logs in for that.

    :raises Fault: when it cannot be reached
    """
    connection = _Connection(server)
    try:
        return connection.meet()
    finally:
        connection.close()


class SftpFolder:
    """One folder over one connection; a context manager. Not for several threads.

    :raises Fault: ``deliver.*``, ``engine.library_missing``
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self._connection = _Connection(server)
        self._sftp: Any = None

    def __enter__(self) -> SftpFolder:
        try:
            self._sftp = self._connection.open()
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._connection.close()

    def entries(self) -> list[Entry]:
        """The regular files in it; links and folders are none."""
        with self._said():
            try:
                listed = self._sftp.listdir_attr(self.server.folder)
            except FileNotFoundError as error:
                raise self._unavailable("is not there") from error
            found = []
            for one in listed:
                if not is_name(one.filename):
                    continue  # no server gives such a name to a file
                status = one if one.st_mode is not None and one.st_size is not None else self._status(one.filename)
                if status is not None and stat.S_ISREG(status.st_mode or 0):
                    found.append(Entry(one.filename, status.st_size or 0, int(status.st_mtime or 0) * 10**9))
            return found

    def content(self, name: str, most: int) -> bytes:
        """At most ``most`` + 1 bytes of a file."""
        with self._said(name), self._sftp.open(self._at(name), "rb") as file:
            size = min(file.stat().st_size or 0, most + 1)
            if size:
                file.prefetch(size)
            body = bytearray()
            while len(body) < size:
                self._connection.check_time()
                part = file.read(min(_CHUNK, size - len(body)))
                if not part:
                    break
                body += part
            return bytes(body)

    def move(self, name: str, folder: str) -> str:
        """Into a folder below, which is made where it is missing; never over another file."""
        with self._said(name):
            self._make(folder)
            for there in numbered(name):
                if self._renamed(self._at(name), self._at(f"{folder.strip('/')}/{there}")):
                    return there
        raise self._unavailable("has too many files of one name")

    def remove(self, name: str) -> None:
        """Delete a file."""
        with self._said(name):
            self._sftp.remove(self._at(name))

    def put(self, name: str, body: bytes) -> None:
        """Write a file; what it was is gone. The server has said how large it is now."""
        with self._said(name):
            with self._sftp.open(self._at(name), "wb") as file:
                # Not pipelined: what the server says of a piece would be lost, and a hole have the right size.
                for start in range(0, len(body), _CHUNK):
                    self._connection.check_time()
                    file.write(body[start : start + _CHUNK])
            if self._sftp.stat(self._at(name)).st_size != len(body):
                raise self._unavailable("did not take the whole file")

    def rename(self, name: str, to: str) -> bool:
        """Give a file its name; False when another one has it, which is left alone."""
        with self._said(to):
            return self._renamed(self._at(name), self._at(to))

    # -- one step ----------------------------------------------------------------------------------------------------

    def _at(self, name: str) -> str:
        return f"{self.server.folder.rstrip('/')}/{name}" if self.server.folder not in ("", ".") else name

    def _status(self, name: str) -> Any:
        try:
            return self._sftp.lstat(self._at(name))
        except FileNotFoundError:
            return None

    def _renamed(self, source: str, target: str) -> bool:
        """Rename unless ``target`` is there. The usual rename of SFTP never writes over anything; a server that knows
        only that of POSIX is asked for it after it was seen that nothing is there."""
        if self._is_there(target):
            return False
        try:
            self._sftp.rename(source, target)
        except FileNotFoundError:
            raise
        except OSError:
            if self._is_there(target):
                return False
            try:
                self._sftp.posix_rename(source, target)
            except FileNotFoundError:
                raise
            except OSError as error:
                raise self._unavailable("does not let us rename files") from error
        return True

    def _is_there(self, path: str) -> bool:
        try:
            self._sftp.lstat(path)
        except FileNotFoundError:
            return False
        return True

    def _make(self, folder: str) -> None:
        path = ""
        for part in below(folder):
            path = f"{path}/{part}" if path else part
            try:
                status = self._sftp.lstat(self._at(path))
            except FileNotFoundError:
                self._sftp.mkdir(self._at(path))
                continue
            if not stat.S_ISDIR(status.st_mode or 0):
                raise self._unavailable(f"has a link or a file where the folder {path} should be")

    def _unavailable(self, why: str) -> Fault:
        return Fault(
            "deliver.folder_unavailable",
            f"The folder {self.server.folder} at {self.server.place} {why}.",
            subject=f"folder at {self.server.place}",
        )

    @contextmanager
    def _said(self, name: str = "") -> Iterator[None]:
        """What the server or the network does, as a fault; ``FileNotFoundError`` of one file goes through."""
        try:
            yield
        except FileNotFoundError:
            raise
        except PermissionError as error:
            raise self._unavailable(f"may not be used by us ({name or 'listing'})") from error
        except OSError as error:
            # What SFTP itself answers has no number; a full disk is among that.
            if not isinstance(error, (TimeoutError, ConnectionError)) and error.errno in (None, errno.ENOSPC):
                raise self._unavailable(f"cannot be used now ({name or 'listing'})") from error
            raise self._connection.fault(error) from error
        except (EOFError, self._connection.ssh_error) as error:
            raise self._connection.fault(error) from error


class _Connection:
    """A connection to a server, from the dialling to the log-in; closed by the clock if it takes too long."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._paramiko = library()
        self.ssh_error = self._paramiko.SSHException
        self._transport: Any = None
        self._until = time.monotonic() + server.total_timeout
        self._clock = threading.Timer(server.total_timeout, self._cut)
        self._clock.daemon = True

    def check_time(self) -> None:
        """:raises TimeoutError: when the connection has had its time"""
        if time.monotonic() > self._until:
            raise TimeoutError

    def meet(self) -> str:
        """Shake hands; the key that the server shows."""
        with self._faults():
            sock = self._dialled()
            self._clock.start()
            self._transport = self._paramiko.Transport(sock)
            self._transport.banner_timeout = self.server.read_timeout
            self._transport.auth_timeout = self.server.read_timeout
            self._prefer()
            self._transport.start_client(timeout=self.server.read_timeout)
            key = self._transport.get_remote_server_key()
            return f"{key.get_name()} {key.fingerprint}"

    def open(self) -> Any:
        """Meet the server, refuse it unless its key is pinned, and log in; a client of SFTP."""
        shown = self.meet()
        _kind, digest = pins(shown)[0]
        if not any(hmac.compare_digest(digest, known) for _name, known in self.server.pins):
            raise Fault(
                "deliver.host_key_changed",
                f"{self.server.place} shows the key {shown}, which nobody has confirmed for it.",
                found=shown,
                subject=f"server {self.server.place}",
            )
        with self._faults():
            if self.server.private_key:
                self._transport.auth_publickey(self.server.username, self._key())
            else:
                self._transport.auth_password(self.server.username, self.server.password, fallback=True)
            client = self._paramiko.SFTPClient.from_transport(self._transport)
            client.get_channel().settimeout(self.server.read_timeout)
            return client

    def close(self) -> None:
        """Hang up."""
        self._clock.cancel()
        self._cut()

    def fault(self, error: BaseException) -> Fault:
        """What the network did, in our words; never the library's own, which may name keys and users."""
        place = self.server.place
        if isinstance(error, Fault):
            return error
        if isinstance(error, self._paramiko.AuthenticationException):
            code, text = "deliver.login_refused", f"{place} does not let {self.server.username} in."
        elif isinstance(error, TimeoutError) or time.monotonic() > self._until:
            code, text = "deliver.timeout", f"{place} did not answer in time."
        else:
            code, text = "deliver.connection_failed", f"No connection to {place} could be made, or it broke off."
        return Fault(code, text, subject=place)

    def _cut(self) -> None:
        if self._transport is not None:
            self._transport.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError, UnicodeError, self.ssh_error) as error:
            raise self.fault(error) from error

    def _prefer(self) -> None:
        """Ask for the kind of key that was pinned: a server has several, and shows the first that we like."""
        options = self._transport.get_security_options()
        wanted = [name for kind, _digest in self.server.pins if kind for name in _ALGORITHMS.get(kind, (kind,))]
        liked = [name for name in wanted if name in options.key_types]
        options.key_types = [*liked, *(name for name in options.key_types if name not in liked)]

    def _dialled(self) -> socket.socket:
        """A socket to a permitted address of the server; the one that is asked is the one that is dialled."""
        server = self.server
        guard = AddressGuard(server.allowed_hosts)
        guard.check_name("https", server.host, HTTPS_PORT)  # that it is a proper name
        if server.port != PORT and not guard.allows_by_name(server.host, server.port):
            raise refused(server.host, server.port, "is not the port of SFTP; other ports must be allowed by name")
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
        addresses = guard.permitted(server.host, server.port, [str(one[4][0]) for one in found])
        last: OSError | None = None
        for address in addresses:
            try:
                sock = socket.create_connection((address, server.port), timeout=server.connect_timeout)
            except OSError as error:
                last = error
                continue
            sock.settimeout(server.read_timeout)
            return sock
        raise last or OSError("no address")

    def _key(self) -> Any:
        key = _loaded(self.server.private_key)
        text = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        ).decode()
        kinds: dict[type, Callable[..., Any]] = {
            rsa.RSAPrivateKey: self._paramiko.RSAKey,
            ec.EllipticCurvePrivateKey: self._paramiko.ECDSAKey,
            ed25519.Ed25519PrivateKey: self._paramiko.Ed25519Key,
        }
        made = next(made for kind, made in kinds.items() if isinstance(key, kind))
        return made.from_private_key(io.StringIO(text))


def _loaded(text: str) -> Any:
    """:raises ValueError: in words that do not show the key"""
    raw = text.strip().encode() + b"\n"
    key = None
    for load in (serialization.load_ssh_private_key, serialization.load_pem_private_key):
        try:
            key = load(raw, password=None)
            break
        except TypeError as error:
            raise ValueError("is a key with a passphrase: give it without, it is encrypted here") from error
        except (ValueError, UnsupportedAlgorithm):
            continue
    if key is None:
        raise ValueError("is no private key: the text of a file as ssh-keygen makes it, with its first and last line")
    if not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)):
        raise ValueError("is a key of a kind that is not used any more: make one with ssh-keygen -t ed25519")
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < 2048:
        raise ValueError("is an RSA key of less than 2048 bits")
    return key
