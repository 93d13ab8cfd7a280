"""What proves something is compared in a time that says nothing about it."""

import ast
import hmac
import re
from datetime import datetime, timezone
from pathlib import Path

import pytest
from sync_governance.core.delivery import signatures
from sync_governance.core.delivery.schemes import kind_of, schemes
from sync_governance.core.security import hashing

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
SECRET = signatures.Secret("k", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
SECRETIVE = re.compile(r"secret|signature|passw|digest|token$|hmac|_key$|^key$|expected|hashed|kept")
# Which of our own hashes it was that a password has matched, slowly, a line before.
HARMLESS = {"row.hashed == kept"}


@pytest.mark.parametrize("profile", sorted(name for name in schemes() if kind_of(name) == "signature"))
def test_the_verdict_on_a_signature_is_that_of_the_slow_comparison(profile, monkeypatch):
    """And of nothing that ends at the first byte that differs."""
    signed = signatures.sign(b"{}", profile=profile, secrets=[SECRET], message_id="m", now=NOW)

    def verified():
        return signatures.verify(b"{}", signed, profile=profile, secrets=[SECRET], now=NOW).ok

    assert verified()
    seen = []
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: seen.append((one, other)) and False)
    assert not verified()
    assert seen


def test_keys_and_passwords_are_compared_as_hashes_and_slowly(monkeypatch):
    key, kept = hashing.generate_key("sgk"), hashing.hash_password("a long password")
    assert hashing.is_digest_of(hashing.digest(key), key)
    assert hashing.is_password_of(kept, "a long password")
    monkeypatch.setattr(hmac, "compare_digest", lambda *_pair: False)
    assert not hashing.is_digest_of(hashing.digest(key), key)
    assert not hashing.is_password_of(kept, "a long password")


def comparisons(path):
    """Every ``==`` and ``!=`` of two names (no literal, no length) of which one sounds like a proof."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Compare) and any(isinstance(operator, (ast.Eq, ast.NotEq)) for operator in node.ops):
            sides = [node.left, *node.comparators]
            names = [getattr(side, "id", getattr(side, "attr", None)) for side in sides]
            if all(names) and any(SECRETIVE.search(name) for name in names):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", ast.unparse(node)


def test_nothing_that_proves_somebody_is_compared_by_equality():
    files = [*(ROOT / "core" / "delivery").glob("*.py"), *(ROOT / "core" / "security").glob("*.py")]
    files += [*(ROOT / "models" / "partner").glob("*.py"), *(ROOT / "controllers").rglob("*.py")]
    found = [(place, text) for path in files for place, text in comparisons(path) if text not in HARMLESS]
    assert not found
