"""The evidence of a period as one ZIP that proves itself without the database.

entries.jsonl          every entry of the period, as linked
approvals.jsonl        those that are approvals, and so on by kind: the reader's index, lines of entries.jsonl
chain.json             first and last link, and the head of the chain when the archive was made
manifest.json          what this is, and SHA-256 and size of every file
signature.json         Ed25519 under the bytes of manifest.json, with the public key
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, Any

from .chain import Break, Chain
from .signing import Signer, fingerprint, holds
from .syslog import json_line

FORMAT = "sync_governance audit archive 1"
ENTRIES, CHAIN, MANIFEST, SIGNATURE = "entries.jsonl", "chain.json", "manifest.json", "signature.json"
OF_KIND = {
    "approval": "approvals.jsonl",
    "review": "access_reviews.jsonl",
    "change": "changes.jsonl",
    "right": "rights.jsonl",
    "access": "accesses.jsonl",
}
_CHUNK = 1 << 20
_LONGEST_LINE = 16 << 20
_SMALL = 1 << 20


@dataclass(frozen=True, slots=True)
class Summary:
    """What was put into an archive."""

    count: int
    first: int | None
    last: int | None
    head: str | None


@dataclass(slots=True)
class Report:
    """What was found in an archive; it holds when there are no problems. ``about`` is its manifest, or empty."""

    problems: list[str] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)
    public_key: str = ""
    count: int = 0

    @property
    def fingerprint(self) -> str:
        """Of the key that signed, for people to compare."""
        return fingerprint(self.public_key) if self.public_key else ""


def write(
    file: IO[bytes], entries: Iterable[Mapping[str, Any]], *, about: Mapping[str, Any], signer: Signer
) -> Summary:
    """Write the archive of ``entries`` (linked, in the order of their positions, without gaps) to ``file``.

    :param about: what the manifest says besides: the period, the database, who asked; plain JSON values. Its member
        ``head`` (position and hash of the newest link) goes into the proof of the chain
    """
    with ExitStack() as stack, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = {name: stack.enter_context(tempfile.TemporaryFile()) for name in (ENTRIES, *OF_KIND.values())}
        first = last = None
        count = 0
        for entry in entries:
            line = json_line(entry).encode("utf-8", "backslashreplace") + b"\n"
            parts[ENTRIES].write(line)
            if entry["kind"] in OF_KIND:
                parts[OF_KIND[entry["kind"]]].write(line)
            first, last, count = first or entry, entry, count + 1
        chain = {
            "entries": count,
            "first": _link(first) and {**_link(first), "previous_hash": first["previous_hash"]},
            "last": _link(last),
            "head": about.get("head"),
        }
        files = {name: _add(archive, name, part) for name, part in parts.items()}
        files[CHAIN] = _add_bytes(archive, CHAIN, _pretty(chain))
        manifest = _pretty({"format": FORMAT, **about, "files": files})
        _add_bytes(archive, MANIFEST, manifest)
        signature = {
            "algorithm": "Ed25519",
            "key": signer.key_id,
            "public_key": signer.public_key,
            "signature": signer.sign(manifest),
        }
        _add_bytes(archive, SIGNATURE, _pretty(signature))
    return Summary(count, first and first["position"], last and last["position"], last and last["hash"])


def check(file: IO[bytes], *, public_key: str | None = None) -> Report:
    """Whether an archive is what was signed, and its entries one unbroken chain.

    :param public_key: base64, known from elsewhere; without it the archive is held to the key that it names itself,
        and whoever reads the report compares the fingerprint
    """
    report = Report()
    try:
        with zipfile.ZipFile(file) as archive:
            _check(archive, report, public_key)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        report.problems.append(f"this is no complete archive: {error}")
    return report


def _check(archive: zipfile.ZipFile, report: Report, public_key: str | None) -> None:
    manifest, signature = _small(archive, MANIFEST), json.loads(_small(archive, SIGNATURE))
    report.public_key = str(signature["public_key"])
    if public_key and public_key != report.public_key:
        report.problems.append("it is signed with another key than the one that was asked for")
    if signature.get("algorithm") != "Ed25519" or not holds(report.public_key, str(signature["signature"]), manifest):
        report.problems.append("the signature does not belong to the manifest")
    report.about = json.loads(manifest)
    if report.about.get("format") != FORMAT:
        raise ValueError("its format is not known")
    listed = report.about["files"]
    there = archive.namelist()
    surplus = sorted(set(there) - set(listed) - {MANIFEST, SIGNATURE})
    report.problems += [f"{name} is not named in the manifest" for name in surplus]
    report.problems += [f"{name} is missing" for name in sorted(set(listed) - set(there))]
    report.problems += [f"{name} is there twice" for name in sorted({n for n in there if there.count(n) > 1})]
    for name in sorted(set(listed) & set(there)):
        if _digest(archive, name) != listed[name]["sha256"]:
            report.problems.append(f"{name} is not the file that was signed")
    report.problems += [str(found) for found in _breaks(archive, report)]


def _breaks(archive: zipfile.ZipFile, report: Report) -> Iterator[Break | str]:
    proof = json.loads(_small(archive, CHAIN))
    first, last = proof.get("first"), proof.get("last")
    chain = Chain(first["position"] - 1, first["previous_hash"]) if first else Chain()
    yield from chain.verify(_lines(archive, ENTRIES))
    report.count = chain.count
    if chain.count != proof.get("entries"):
        yield f"{ENTRIES} has {chain.count} entries instead of {proof.get('entries')}"
    if last and (chain.position, chain.head) != (last["position"], last["hash"]):
        yield f"{ENTRIES} does not end with entry {last['position']}"


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    with archive.open(name) as lines:
        while line := lines.readline(_LONGEST_LINE):
            yield json.loads(line)


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _SMALL:
        raise ValueError(f"{name} is too large")
    return archive.read(name)


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    found = hashlib.sha256()
    with archive.open(name) as content:
        while chunk := content.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def _add(archive: zipfile.ZipFile, name: str, content: IO[bytes]) -> dict[str, Any]:
    content.seek(0)
    found, size = hashlib.sha256(), 0
    with archive.open(name, "w", force_zip64=True) as target:
        while chunk := content.read(_CHUNK):
            target.write(chunk)
            found.update(chunk)
            size += len(chunk)
    return {"sha256": found.hexdigest(), "bytes": size}


def _add_bytes(archive: zipfile.ZipFile, name: str, content: bytes) -> dict[str, Any]:
    archive.writestr(name, content)
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _link(entry: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return entry and {"position": entry["position"], "hash": entry["hash"]}


def _pretty(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True).encode("utf-8") + b"\n"
