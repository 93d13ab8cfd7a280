"""An SFTP server over a real folder, for tests with and without Odoo: it speaks the real protocol, and fails as asked.

``faults`` are counted down as they happen: ``cut_reading`` ends the connection in the middle of a file, ``full`` says
that the disk is full, ``no_rename`` that files may not be renamed, ``slow`` waits before each answer (seconds).
"""

import errno
import os
import socket
import stat
import threading
import time
from pathlib import Path

import paramiko


class SftpServer:
    """Serves ``folder`` on a free port of this machine to ``users``, {name: password or public key}.

    :param posix_only: renames by the extension of OpenSSH alone
    """

    def __init__(self, folder, users, *, key=None, posix_only=False):
        self.folder = Path(folder)
        self.users = dict(users)
        self.key = key or paramiko.ECDSAKey.generate()
        self.posix_only = posix_only
        self.faults = {}
        self.logins = []
        self.connections = 0
        self._transports = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="sftp-server", daemon=True)
        self._thread.start()

    @property
    def fingerprint(self):
        """As a person would compare it."""
        return f"{self.key.get_name()} {self.key.fingerprint}"

    def stop(self):
        """End all connections and take no more."""
        if self._listening.fileno() >= 0:
            # A thread that waits in accept is woken by this, not by close.
            self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
        self.cut()
        self._thread.join(5)

    def cut(self):
        """End all connections."""
        for transport in self._transports:
            transport.close()

    def happens(self, fault):
        """Whether ``fault`` is to happen now; each that was asked for happens so many times."""
        left = self.faults.get(fault, 0)
        if left:
            self.faults[fault] = left - 1
        return left > 0

    def _accept(self):
        while True:
            try:
                sock, _address = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            transport = paramiko.Transport(sock)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, self)
            self._transports.append(transport)
            try:
                transport.start_server(server=_Door(self), event=threading.Event())
            except (paramiko.SSHException, EOFError, OSError):
                transport.close()


class _Door(paramiko.ServerInterface):
    def __init__(self, server):
        self.server = server

    def get_allowed_auths(self, username):
        """Both."""
        return "password,publickey"

    def check_auth_password(self, username, password):
        """As the users say."""
        return self._let_in(username, isinstance(password, str) and self.server.users.get(username) == password)

    def check_auth_publickey(self, username, key):
        """As the users say."""
        return self._let_in(username, self.server.users.get(username) == key)

    def _let_in(self, username, right):
        self.server.logins.append((username, right))
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        """Sessions only."""
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, door, server):
        super().__init__(door)
        self.server = server

    def _path(self, path):
        if self.server.faults.get("slow"):
            time.sleep(self.server.faults["slow"])
        return self.server.folder / self.canonicalize(path).lstrip("/")

    def list_folder(self, path):
        """What is there, as it is there."""
        return _answered(
            lambda: [
                paramiko.SFTPAttributes.from_stat(os.lstat(one), one.name) for one in sorted(self._path(path).iterdir())
            ]
        )

    def stat(self, path):
        """Through links."""
        return _answered(lambda: paramiko.SFTPAttributes.from_stat(os.stat(self._path(path))))

    def lstat(self, path):
        """Of a link itself."""
        return _answered(lambda: paramiko.SFTPAttributes.from_stat(os.lstat(self._path(path))))

    def open(self, path, flags, attr):
        """A file to read or write."""
        return _answered(lambda: _File(self.server, self._path(path), flags))

    def remove(self, path):
        """Delete a file."""
        return _done(lambda: os.unlink(self._path(path)))

    def mkdir(self, path, attr):
        """Make a folder."""
        return _done(lambda: os.mkdir(self._path(path)))

    def rename(self, oldpath, newpath):
        """As OpenSSH does: over nothing that is there."""
        if self.server.posix_only or self.server.happens("no_rename"):
            return paramiko.SFTP_FAILURE
        return _done(lambda: _rename_over_nothing(self._path(oldpath), self._path(newpath)))

    def posix_rename(self, oldpath, newpath):
        """Over whatever is there."""
        if self.server.happens("no_rename"):
            return paramiko.SFTP_OP_UNSUPPORTED
        return _done(lambda: os.rename(self._path(oldpath), self._path(newpath)))


class _File(paramiko.SFTPHandle):
    def __init__(self, server, path, flags):
        super().__init__(flags)
        self.server = server
        self.file = os.fdopen(os.open(path, flags, 0o644), "r+b" if flags & os.O_RDWR else _mode(flags), buffering=0)
        self.readfile = self.writefile = self.file

    def stat(self):
        """Of the open file."""
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.file.fileno()))

    def read(self, offset, length):
        """Bytes; or the connection ends."""
        if self.server.happens("cut_reading"):
            self.server.cut()
        return super().read(offset, length)

    def write(self, offset, data):
        """Bytes; or the disk is full."""
        if self.server.happens("full"):
            return paramiko.SFTP_FAILURE
        return super().write(offset, data)


def _mode(flags):
    return "wb" if flags & os.O_WRONLY else "rb"


def _rename_over_nothing(source, target):
    if stat.S_ISDIR(os.lstat(source).st_mode):
        raise OSError(errno.EISDIR, "a folder")
    os.link(source, target)
    os.unlink(source)


def _answered(step):
    try:
        return step()
    except OSError as error:
        return paramiko.SFTPServer.convert_errno(error.errno)


def _done(step):
    answer = _answered(step)
    return paramiko.SFTP_OK if answer is None else answer
