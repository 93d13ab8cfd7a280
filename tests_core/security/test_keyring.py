"""Secrets at rest, and what an administrator is told when a key is not right."""

import base64

import pytest
from sync_governance.core.faults import Fault
from sync_governance.core.security.keyring import KeyProblem, KeyRing

OLD, NEW = KeyRing.generate("2025"), KeyRing.generate("2026")
AAD = "sync.credential,7,secret"


@pytest.fixture
def ring():
    return KeyRing.from_config(f"{NEW}, {OLD}")


def problem(call, *args):
    with pytest.raises(KeyProblem) as caught:
        call(*args)
    assert caught.value.code == "engine.configuration"
    return caught.value


def test_what_is_encrypted_opens_again(ring):
    token = ring.encrypt("whsec_geheim ü", AAD)
    assert token.startswith("v1.2026.")
    assert "geheim" not in token
    assert ring.decrypt(token, AAD) == "whsec_geheim ü"
    assert ring.decrypt(ring.encrypt(b"", AAD), AAD) == ""


def test_the_same_secret_never_looks_the_same(ring):
    assert ring.encrypt("s", AAD) != ring.encrypt("s", AAD)


def test_a_token_copied_to_another_record_does_not_open(ring):
    said = problem(ring.decrypt, ring.encrypt("s", AAD), "sync.credential,8,secret")
    assert "another record" in said.detail
    assert said.key_id == "2026"


def test_a_token_filed_under_another_key_does_not_open():
    twins = {"a": b"k" * 32, "b": b"k" * 32}
    token = KeyRing(twins).encrypt("s", AAD)
    assert "changed" in problem(KeyRing(twins).decrypt, token.replace("v1.a.", "v1.b."), AAD).detail


def test_every_changed_byte_is_noticed(ring):
    head, _dot, packed = ring.encrypt("secret", AAD).rpartition(".")
    content = bytearray(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    for position in range(len(content)):
        content[position] ^= 1
        problem(ring.decrypt, f"{head}.{base64.urlsafe_b64encode(bytes(content)).decode()}", AAD)
        content[position] ^= 1


def test_a_missing_key_is_named_with_those_that_are_there(ring):
    said = problem(KeyRing.from_config(OLD).decrypt, ring.encrypt("s", AAD), AAD)
    assert "key 2026, which is not configured (configured: 2025)" in said.detail
    assert (said.key_id, said.subject) == ("2026", "encryption key 2026")


def test_another_key_under_a_known_id_is_told_from_a_changed_token(ring):
    said = problem(KeyRing.from_config(KeyRing.generate("2026")).decrypt, ring.encrypt("s", AAD), AAD)
    assert "configured as 2026 is not the one" in said.detail


def test_rotation_rewraps_with_the_first_key(ring):
    token = KeyRing.from_config(OLD).encrypt("s", AAD)
    assert ring.needs_rewrap(token)
    rewrapped = ring.rewrap(token, AAD)
    assert not ring.needs_rewrap(rewrapped)
    assert KeyRing.from_config(NEW).decrypt(rewrapped, AAD) == "s"


def test_check_values_recognise_a_key_without_revealing_it(ring):
    stored = ring.check_values()
    assert set(stored) == {"2025", "2026"}
    assert all(len(value) == 8 for value in stored.values())
    ring.verify_check_values(stored)
    ring.verify_check_values({})
    said = problem(KeyRing.from_config(KeyRing.generate("2025")).verify_check_values, stored)
    assert said.key_id == "2025"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("", "No encryption key"),
        (" , ", "No encryption key"),
        ("geheim", "Entry 1"),
        (f"{NEW},geheim", "Entry 2"),
        ("a:geheim!", "Key a is not base64"),
        ("a:Z2VoZWlt", "Key a has 6 bytes instead of 32"),
        (f"{NEW},{NEW}", "twice"),
        ("a.b:" + NEW.partition(":")[2], "letters, digits"),
    ],
    ids=["empty", "blank", "no id", "second without id", "no base64", "short", "twice", "odd id"],
)
def test_a_wrong_configuration_is_named_without_showing_a_key(config, said):
    problem_found = problem(KeyRing.from_config, config)
    assert said in problem_found.detail
    assert "geheim" not in problem_found.detail
    assert problem_found.__cause__ is None


@pytest.mark.parametrize(
    "token", ["", "plain secret", "v2.a.AAAA", "v1", "v1.a", "v1.a.!!!!", "v1.a.AAAA", "v1.ä.AAAA"]
)
def test_what_is_no_token_is_refused(ring, token):
    said = problem(ring.decrypt, token, AAD)
    assert "not an encrypted secret" in said.detail or "damaged" in said.detail


def test_bytes_that_are_no_text_are_refused(ring):
    assert "not text" in problem(ring.decrypt, ring.encrypt(b"\xff", AAD), AAD).detail


def test_a_ring_shows_ids_and_no_key(ring):
    assert repr(ring) == "KeyRing(2026, 2025)"
    assert isinstance(problem(ring.decrypt, "", AAD), Fault)


def test_bytes_are_sealed_without_becoming_text():
    ring = KeyRing.from_config(KeyRing.generate("new") + "," + KeyRing.generate("old"))
    key_id, sealed = ring.seal(b"\x00\xff", "here")
    assert key_id == "new"
    assert ring.unseal(key_id, sealed, "here") == b"\x00\xff"
    assert len(sealed) == 2 + 32
    for wrong in (("new", sealed, "there"), ("old", sealed, "here"), ("new", sealed[:-1], "here"), ("new", b"", "")):
        with pytest.raises(KeyProblem):
            ring.unseal(*wrong)


def test_a_key_gives_another_one_for_each_purpose_and_always_the_same():
    ring = KeyRing({"k1": bytes(32), "k2": bytes(range(32))})
    assert ring.derive("one") == ring.derive("one", "k1") != ring.derive("two")
    assert ring.derive("one", "k2") not in (ring.derive("one"), bytes(range(32)))
    assert len(ring.derive("one")) == 32
    assert ring.key_ids == ("k1", "k2")
    with pytest.raises(KeyProblem):
        ring.derive("one", "k3")
