"""Reads the machine's own apt configuration for the Debian mirror it already trusts and reaches."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ETC_APT = Path("/etc/apt")
DEBIAN_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@dataclass(frozen=True)
class Source:
    """One apt source; `signed_by` is a path of a keyring or '' for apt's default trust."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""

    @property
    def is_debian_archive(self) -> bool:
        """The main archive, not security updates and not another distribution or vendor."""
        if any(suite.endswith(("-security", "/updates")) for suite in self.suites):
            return False
        path = self.uri.rstrip("/")
        return path.endswith("/debian") or (
            Path(self.signed_by).name.startswith("debian-archive") and not path.endswith("debian-security")
        )

    def line(self, suite: str) -> str:
        """The one-line form for one suite."""
        signed_by = self.signed_by
        if not signed_by and DEBIAN_KEYRING.exists():
            signed_by = str(DEBIAN_KEYRING)
        option = f"[signed-by={signed_by}] " if signed_by else ""
        return f"deb {option}{self.uri} {suite} main"


def in_folder(apt: Path, lines: Iterable[str]) -> list[str]:
    """Options by which apt-get knows these sources only and keeps all it has below ``apt``; packages go to `packages`
    there."""
    for folder in ("state/lists/partial", "cache/archives/partial", "packages"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    sources = apt / "sources.list"
    sources.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return [
        f"-oDir::Etc::sourcelist={sources}",
        "-oDir::Etc::sourceparts=-",
        f"-oDir::State::lists={apt / 'state' / 'lists'}",
        f"-oDir::Cache={apt / 'cache'}",
        "-oAcquire::Languages=none",
        "-oAPT::Sandbox::User=root",
        "-oAPT::Update::Error-Mode=any",
    ]


def parse_one_line(text: str) -> list[Source]:
    """The `sources.list` format: deb [options] uri suite components."""
    found = []
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)$", line.partition("#")[0])
        if match:
            options = dict(part.split("=", 1) for part in (match[1] or "").split() if "=" in part)
            found.append(Source(match[2], (match[3],), tuple(match[4].split()), options.get("signed-by", "")))
    return found


def parse_deb822(text: str) -> list[Source]:
    """The `*.sources` format: paragraphs of fields; an embedded key block counts as apt's default trust."""
    found = []
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for paragraph in re.split(r"\n\s*\n", plain):
        fields: dict[str, str] = {}
        name = ""
        for line in paragraph.splitlines():
            if line[:1].isspace() and name:
                fields[name] += "\n" + line.strip()
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        signed_by = fields.get("signed-by", "")
        for uri in fields.get("uris", "").split():
            found.append(
                Source(
                    uri,
                    tuple(fields.get("suites", "").split()),
                    tuple(fields.get("components", "").split()),
                    signed_by if signed_by.startswith("/") else "",
                )
            )
    return found


def machine_sources(etc: Path = ETC_APT) -> list[Source]:
    """Every binary source that apt on this machine would read."""
    found: list[Source] = []
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if path.is_file() and path.suffix in (".list", ".sources"):
            text = path.read_text(encoding="utf-8", errors="replace")
            found += parse_deb822(text) if path.suffix == ".sources" else parse_one_line(text)
    return found


def debian_archive(sources: Iterable[Source]) -> Source | None:
    """The machine's source of the Debian archive, if it has one."""
    return next((source for source in sources if source.is_debian_archive), None)
