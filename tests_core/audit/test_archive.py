"""The archive proves itself: whatever is changed in it shows."""

import base64
import io
import json
import zipfile

import pytest
from sync_governance.core.audit import Chain, archive
from sync_governance.core.audit.signing import Signer, fingerprint, holds
from sync_governance.core.audit.syslog import framed, json_line, syslog_line

SIGNER = Signer(bytes(range(32)), "k1")
OTHER = Signer(bytes(32), "k2")


@pytest.fixture
def entries():
    chain = Chain(7, "a" * 64)
    kinds = ("change", "approval", "access", "review", "change")
    return [chain.add({"id": 20 + number, "kind": kind, "who": "Ünal"}) for number, kind in enumerate(kinds)]


@pytest.fixture
def made(entries):
    file = io.BytesIO()
    head = {"position": 12, "hash": entries[-1]["hash"]}
    summary = archive.write(file, entries, about={"database": "d1", "head": head}, signer=SIGNER)
    assert (summary.count, summary.first, summary.last, summary.head) == (5, 8, 12, entries[-1]["hash"])
    return file.getvalue()


def check(content, **asked):
    return archive.check(io.BytesIO(content), **asked)


def altered(content, **files):
    """The archive with other files; None takes one away."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        parts = {name: old.read(name) for name in old.namelist()}
        parts.update({name.replace("__", "."): text for name, text in files.items()})
        for name, text in parts.items():
            if text is not None:
                new.writestr(name, text)
    return file.getvalue()


def read(content, name):
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        return found.read(name)


def test_an_archive_holds_and_says_what_it_is(made, entries):
    report = check(made, public_key=SIGNER.public_key)
    assert report.problems == []
    assert (report.count, report.about["database"], report.fingerprint) == (5, "d1", fingerprint(SIGNER.public_key))
    lines = read(made, "entries.jsonl").decode().splitlines()
    assert [json.loads(line) for line in lines] == entries
    assert read(made, "approvals.jsonl").decode() == lines[1] + "\n"
    assert len(read(made, "changes.jsonl").splitlines()) == 2
    assert len(read(made, "access_reviews.jsonl").splitlines()) == 1


def test_a_period_without_entries_is_an_archive_too():
    file = io.BytesIO()
    archive.write(file, [], about={"head": None}, signer=SIGNER)
    assert check(file.getvalue()).problems == []


def test_a_changed_line_shows_in_the_file_and_at_the_entry(made):
    text = read(made, "entries.jsonl").replace(b'"kind":"approval"', b'"kind":"change"')
    problems = check(altered(made, entries__jsonl=text)).problems
    assert "entries.jsonl is not the file that was signed" in problems
    assert any(problem.startswith("entry 9 (row 21): its content was changed") for problem in problems)


def test_lines_left_out_at_the_end_show(made):
    text = b"".join(read(made, "entries.jsonl").splitlines(keepends=True)[:-1])
    problems = check(altered(made, entries__jsonl=text)).problems
    assert any("does not end with entry 12" in problem for problem in problems)


def test_another_manifest_does_not_fit_the_signature(made):
    manifest = json.loads(read(made, "manifest.json"))
    manifest["database"] = "d2"
    assert check(altered(made, manifest__json=json.dumps(manifest))).problems == [
        "the signature does not belong to the manifest"
    ]


def test_whoever_signs_anew_is_known_by_his_key(made, entries):
    file = io.BytesIO()
    archive.write(file, entries[:1], about={"database": "d1", "head": None}, signer=OTHER)
    assert check(file.getvalue()).problems == []
    assert check(file.getvalue(), public_key=SIGNER.public_key).problems == [
        "it is signed with another key than the one that was asked for"
    ]


def test_files_added_or_taken_away_show(made):
    assert check(altered(made, extra__txt="x")).problems == ["extra.txt is not named in the manifest"]
    assert "approvals.jsonl is missing" in check(altered(made, approvals__jsonl=None)).problems


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"x" * 100])
def test_what_is_no_archive_is_said_to_be_none(content):
    assert check(content).problems[0].startswith("this is no complete archive")


def test_a_signature_holds_for_its_content_and_key_alone():
    signature = SIGNER.sign(b"content")
    assert holds(SIGNER.public_key, signature, b"content")
    assert not holds(SIGNER.public_key, signature, b"Content")
    assert not holds(OTHER.public_key, signature, b"content")
    assert not holds("no key", signature, b"content")
    assert not holds(SIGNER.public_key, "no signature", b"content")


def test_the_signature_is_that_of_rfc_8032():
    # RFC 8032, 7.1, test 1: the empty message.
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    signer = Signer(seed, "k")
    assert base64.b64decode(signer.public_key).hex() == (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    )
    assert base64.b64decode(signer.sign(b"")).hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2465514"
        "1438e7a100b"
    )


def test_a_syslog_message_has_the_form_of_rfc_5424():
    entry = {"kind": "erasure", "occurred_at": "2026-01-02T03:04:05.000006Z", "who": "Ünal"}
    line = syslog_line(entry, host="odoo host\n", process="42")
    head, body = line.split(b" \xef\xbb\xbf")
    assert head == b"<108>1 2026-01-02T03:04:05.000006Z odoohost sync_governance 42 erasure -"
    assert json.loads(body) == entry
    assert body.decode() == json_line(entry)
    assert b"\n" not in line
    assert framed(b"abc") == b"3 abc"
    assert syslog_line({**entry, "kind": "change"}, host="").startswith(b"<109>1 2026-01-02T03:04:05.000006Z - ")
