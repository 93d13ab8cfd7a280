"""Where things are: the repository and its private folder `.dev`."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEV = ROOT / ".dev"
ADDON = "sync_governance"

ADDONS = DEV / "addons"
LOGS = DEV / "logs"
STATE = DEV / "state"
DATA = DEV / "data"
CONFIG = DEV / "odoo.conf"
LOCK_FILE = ROOT / "requirements" / "host.lock"

HOST_MODULES = ("sale_management", "sale_stock", "purchase_stock", "stock_delivery", "account_payment")


def workspace_key() -> str:
    """A short name of this checkout, so that several may share one PostgreSQL server and one /tmp."""
    return hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]


@contextmanager
def alone(purpose: str) -> Iterator[None]:
    """One dev process at a time does this; the others wait. A killed one lets go by dying."""
    with (STATE / f"{purpose}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare() -> None:
    """Create the private folder; `*` in its own .gitignore keeps it out of any commit."""
    for folder in (DEV, LOGS, STATE, DATA):
        folder.mkdir(parents=True, exist_ok=True)
    ignore = DEV / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
