"""Folders of this machine, or mounted on it: never anything outside, whatever a name says or a link points to.

Every step goes down from a root that the server's configuration names, one name at a time and without following links,
and then works with the opened folder and not with its path: what is exchanged on the way cannot lead elsewhere.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import PurePosixPath

from ..faults import Fault
from .pickup import Entry

_NAME = re.compile(r"[^/\x00]{1,255}")
MOST_NUMBERS = 1000


def roots(text: str) -> list[str]:
    """The folders below which exchange is allowed, from a setting: absolute paths with commas between."""
    return [one.rstrip("/") or "/" for part in text.split(",") if (one := part.strip()).startswith("/")]


def problem(path: str, allowed: Iterable[str]) -> str | None:
    """Why ``path`` is no folder to exchange files in; None when it may be. Asks nothing of the machine."""
    parts = PurePosixPath(path or "").parts
    if not path or parts[:1] != ("/",) or "\0" in path:
        return "is no absolute path"
    if ".." in parts:
        return "leads upwards (..)"
    if _root_of(path, allowed) is None:
        return "lies below none of the folders that the server's configuration allows"
    return None


def below(text: str) -> tuple[str, ...]:
    """The names of a folder below another: ``archive/2026`` -> its two names.

    :raises ValueError: when it would lead elsewhere
    """
    names = tuple(part for part in text.split("/") if part)
    if not names or text.startswith("/") or any(not is_name(one) for one in names):
        raise ValueError(text)
    return names


def is_name(text: str) -> bool:
    """Whether ``text`` is the name of one file in a folder, and no way out of it."""
    return bool(_NAME.fullmatch(text)) and text not in (".", "..")


class Folder:
    """One folder, open. A context manager; see :mod:`.pickup` for what a store offers.

    :param path: absolute, below one of ``allowed``
    :raises Fault: ``deliver.folder_refused``, ``deliver.folder_unavailable``
    """

    def __init__(self, path: str, allowed: Iterable[str]) -> None:
        allowed = list(allowed)
        why = problem(path, allowed)
        if why:
            raise Fault("deliver.folder_refused", f"The folder {path} {why}.", subject=f"folder {path}")
        self.path = path
        root = _root_of(path, allowed)
        names = PurePosixPath(path).relative_to(root).parts
        try:
            # The root itself is the server's word: it may be a link.
            self._fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
            for name in names:
                self._fd = _down(self._fd, name)
        except OSError as error:
            raise self._fault(error) from error

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *exc_info: object) -> None:
        os.close(self._fd)

    def entries(self) -> list[Entry]:
        """The regular files in it; links and folders are none."""
        found = []
        try:
            with os.scandir(self._fd) as there:
                for one in there:
                    try:
                        status = one.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue  # just gone
                    if stat.S_ISREG(status.st_mode):
                        found.append(Entry(one.name, status.st_size, status.st_mtime_ns))
        except OSError as error:
            raise self._fault(error) from error
        return found

    def content(self, name: str, most: int) -> bytes:
        """At most ``most`` + 1 bytes of a file."""
        try:
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self._fd)
            with open(fd, "rb") as file:
                return file.read(most + 1)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._fault(error, name) from error

    def move(self, name: str, folder: str) -> str:
        """Into a folder below, which is made where it is missing; never over another file."""
        target = self._open_below(folder)
        try:
            for there in numbered(name):
                if not _takes_place(self._fd, name, target, there):
                    continue
                os.fsync(target)
                os.fsync(self._fd)
                return there
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._fault(error, name) from error
        finally:
            os.close(target)

    def remove(self, name: str) -> None:
        """Delete a file."""
        try:
            os.unlink(name, dir_fd=self._fd)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._fault(error, name) from error

    def put(self, name: str, body: bytes) -> None:
        """Write a file and wait until it is on the disk. It may be half there if this machine dies."""
        try:
            fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o660, dir_fd=self._fd)
            with open(fd, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise self._fault(error, name) from error

    def rename(self, name: str, to: str) -> bool:
        """Give a file its name; False when another one has it, which is left alone."""
        try:
            if not _takes_place(self._fd, name, self._fd, to):
                return False
            os.fsync(self._fd)
            return True
        except OSError as error:
            raise self._fault(error, to) from error

    def _open_below(self, folder: str) -> int:
        fd = os.dup(self._fd)
        try:
            for name in below(folder):
                with suppress(FileExistsError):  # that it is a folder is asked next
                    os.mkdir(name, 0o770, dir_fd=fd)
                fd = _down(fd, name)
        except ValueError as error:
            os.close(fd)
            raise Fault("deliver.folder_refused", f"{folder} is no folder below {self.path}.") from error
        except OSError as error:
            raise self._fault(error) from error
        return fd

    def _fault(self, error: OSError, name: str = "") -> Fault:
        """In our words; the system's own say nothing of documents, but may name other places."""
        where = f"the file {name} in {self.path}" if name else f"the folder {self.path}"
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            return Fault(
                "deliver.folder_refused",
                f"There is a link or a file where a folder or a file should be: {where}.",
                subject=f"folder {self.path}",
            )
        said = {
            errno.ENOENT: "is not there",
            errno.EACCES: "may not be used by this server",
            errno.EPERM: "may not be used by this server",
            errno.EROFS: "cannot be written to",
            errno.ENOSPC: "is full",
            errno.EDQUOT: "is full",
        }.get(error.errno, "cannot be used now")
        return Fault(
            "deliver.folder_unavailable", f"{where[:1].upper()}{where[1:]} {said}.", subject=f"folder {self.path}"
        )


def numbered(name: str) -> Iterable[str]:
    """``orders.csv``, ``orders-2.csv``, ``orders-3.csv`` and so on."""
    yield name
    stem, dot, end = name.rpartition(".")
    if not stem:
        stem, dot, end = name, "", ""
    for number in range(2, MOST_NUMBERS):
        yield f"{stem}-{number}{dot}{end}"


def _takes_place(source: int, name: str, target: int, to: str) -> bool:
    """Rename ``name`` to ``to`` unless that is there already. Atomic where the file system knows links.

    A crash between the two steps leaves the file under both names: it is one file, and is picked up once more.
    """
    try:
        os.link(name, to, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
    except FileExistsError:
        return _is_same(source, name, target, to) and _gone(source, name)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        # A mounted share without links: look, then rename.
        if _is_there(target, to):
            return False
        os.rename(name, to, src_dir_fd=source, dst_dir_fd=target)
        return True
    return _gone(source, name)


def _gone(fd: int, name: str) -> bool:
    os.unlink(name, dir_fd=fd)
    return True


def _is_same(source: int, name: str, target: int, to: str) -> bool:
    one = os.stat(name, dir_fd=source, follow_symlinks=False)
    other = os.stat(to, dir_fd=target, follow_symlinks=False)
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _is_there(fd: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _down(fd: int, name: str) -> int:
    """Open the folder ``name`` of an open one, which is closed; no link is followed."""
    try:
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
    finally:
        os.close(fd)


def _root_of(path: str, allowed: Iterable[str]) -> str | None:
    """The allowed folder in which ``path`` lies, the longest one first."""
    own = PurePosixPath(path)
    fitting = [root for root in allowed if own == PurePosixPath(root) or PurePosixPath(root) in own.parents]
    return max(fitting, key=len, default=None)
