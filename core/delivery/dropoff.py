"""A file is put into a folder so that whoever looks there sees all of it or nothing, and never another one's in its
place.

It is written under a hidden temporary name of its own message, then renamed. Does no harm twice: what a try before this
one has left is written anew, and a file with the same name and content counts as delivered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Protocol

from ..faults import Fault

MOST_LENGTH = 200
FIELDS = ("reference", "type", "id", "uid", "date", "time", "key")
_PLACE = re.compile(r"\{([^{}]*)\}")
_UNSAFE = re.compile(r"[^\w.+=-]+", re.ASCII)
_FIXED = re.compile(r"[\w.+=, ()-]*", re.ASCII)


class Store(Protocol):
    """A folder that can be written to; see :mod:`.pickup` for what it raises."""

    def content(self, name: str, most: int) -> bytes: ...

    def put(self, name: str, body: bytes) -> None: ...

    def rename(self, name: str, to: str) -> bool: ...

    def remove(self, name: str) -> None: ...


def template_problem(template: str) -> str | None:
    """Why ``template`` cannot name files; None when it can."""
    places = _PLACE.findall(template)
    unknown = [one for one in places if one not in FIELDS]
    if unknown:
        return f"there is no {{{unknown[0]}}}; there are: " + ", ".join(f"{{{one}}}" for one in FIELDS)
    if not _FIXED.fullmatch(_PLACE.sub("", template)):
        return "besides what stands in braces a name has letters, digits, blanks and . _ - + = ( ) ,"
    if not places:
        return "all files would have the same name: let it contain {reference}, {id} or {uid}"
    if template.startswith("."):
        return "a name that begins with a dot is hidden"
    return None


def file_name(template: str, values: Mapping[str, str]) -> str:
    """The name of one file. Nothing that a document says leads out of the folder, hides the file or ends its name."""
    name = _PLACE.sub(lambda place: _UNSAFE.sub("_", str(values.get(place[1]) or ""))[:100], template).strip()
    stem, dot, end = name.rpartition(".")
    if dot and len(end) <= 10:
        name = stem[: MOST_LENGTH - len(end) - 1] + dot + end
    # "..", ".hidden" and nothing at all are names of something else.
    return name[:MOST_LENGTH].lstrip(". ") or f"document-{_UNSAFE.sub('_', str(values.get('uid', '')))}"


def deliver(store: Store, name: str, body: bytes, *, mark: str, names: Iterable[str]) -> str:
    """Put ``body`` into the folder; the name it has there.

    :param mark: a text of letters and digits, the message's own: its temporary file is called after it
    :param names: the names that may be taken, in their order: one, or numbered ones
    :raises Fault: ``deliver.file_exists`` when other files have them all
    """
    temporary = f".{mark}.part"
    written = False
    for candidate in names:
        held = _held(store, candidate, len(body))
        if held == body:
            _forget(store, temporary)
            return candidate
        if held is not None:
            continue
        if not written:
            store.put(temporary, body)
            written = True
        if store.rename(temporary, candidate):
            return candidate
    if written:
        _forget(store, temporary)
    raise Fault("deliver.file_exists", f"There is another file {name} already.", subject=f"file {name}")


def _held(store: Store, name: str, most: int) -> bytes | None:
    """What is in the file of that name; None when there is none."""
    try:
        return store.content(name, most)
    except FileNotFoundError:
        return None


def _forget(store: Store, name: str) -> None:
    with suppress(FileNotFoundError):
        store.remove(name)
