"""Whatever comes in: every reader gives what it promises or a Fault, and nothing else ever."""

import json
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mangling import FUZZ, mangled
from sync_governance.core.api import batches, headers, paging
from sync_governance.core.canonical import catalogue
from sync_governance.core.codecs import codec, codecs
from sync_governance.core.delivery import certificates, envelopes, shown, signatures
from sync_governance.core.delivery.schemes import kind_of, scheme_of, schemes
from sync_governance.core.faults import Fault
from sync_governance.core.security.erasure import Identifier, anonymised, find_in
from sync_governance.core.security.masking import mask_document, mask_headers

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
DOCUMENTS = [json.loads(json.dumps(example, default=str)) for kind in catalogue().values() for example in kind.examples]
JSON = [json.dumps(document).encode() for document in DOCUMENTS]
CHARSETS = ["utf-8", "utf-16", "latin-1", "cp1252", "ascii", "zlib", "idna", "", "punycode", "utf-7", "\0"]
SIGNING = sorted(name for name in schemes() if kind_of(name) == "signature")
SECRET = signatures.Secret("k", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


def seeds(name):
    """Good bytes for a codec: what it writes of the catalogue's examples, as far as it writes such documents."""
    found = []
    for document in DOCUMENTS:
        try:
            found.append(codec(name).encode(document))
        except Fault:
            continue  # a codec of another form of documents
    return found or JSON


@pytest.mark.parametrize("name", sorted(codecs()))
def test_a_codec_gives_a_document_or_a_fault(name):
    @FUZZ
    @given(mangled(seeds(name)), st.sampled_from(CHARSETS))
    def read(data, charset):
        try:
            document = codec(name).decode(data, charset=charset)
        except Fault as fault:
            assert fault.code.startswith("decode."), fault
            return
        assert isinstance(document, (dict, list))
        assert codec(name).decode(codec(name).encode(document)) == document
        mask_document(document)

    read()


@FUZZ
@given(mangled([b"[%s]" % b",".join(b'{"body": %s}' % one for one in JSON[:3]), b"\n".join(JSON[:3])]))
def test_a_batch_is_taken_apart_or_refused(raw):
    for take_apart in (
        envelopes.open_envelopes,
        lambda raw: batches.items_of(raw, "application/json"),
        lambda raw: batches.items_of(raw, "application/x-ndjson"),
        lambda raw: batches.items_of(raw, "application/cloudevents-batch+json"),
    ):
        try:
            parts = take_apart(raw)
        except Fault as fault:
            assert fault.code.startswith(("receive.", "decode.", "request."))
            continue
        assert parts


@pytest.mark.parametrize("profile", SIGNING)
def test_a_damaged_signature_is_refused_and_nothing_is_raised(profile):
    body = JSON[0]
    good = signatures.sign(body, profile=profile, secrets=[SECRET], message_id="m", now=NOW)

    @FUZZ
    @given(
        st.fixed_dictionaries({}, optional={name: mangled([value.encode()]) for name, value in good.items()}),
        mangled([body]),
    )
    def look(changed, data):
        shown_headers = {**good, **{name: value.decode("latin-1") for name, value in changed.items()}}
        verdict = signatures.verify(data, shown_headers, profile=profile, secrets=[SECRET], now=NOW)
        if verdict.ok:
            assert data == body, "only what was signed is taken"
        else:
            assert verdict.fault.code.startswith("authentication.")
        signatures.dedupe_key(profile, shown_headers, None)
        mask_headers(shown_headers)

    look()


@FUZZ
@given(mangled([b"Basic YWRhOnBhc3N3b3Jk", b"Bearer sgk_abc", b"Key abc", b"basic =", b"Digest a"]))
def test_what_a_request_shows_is_read_or_refused(value):
    given_headers = {"Authorization": value.decode("latin-1")}
    for read in (
        shown.bearer,
        shown.user,
        lambda one: shown.key(one, scheme_of("api_key", {})),
        lambda one: shown.key(one, scheme_of("api_key", {"header": "Authorization", "prefix": "Key "})),
    ):
        try:
            assert read(given_headers)
        except Fault as fault:
            assert fault.code in ("authentication.missing", "authentication.credential_invalid")
    shown.word(given_headers)


@FUZZ
@given(mangled([b":MIIB:", b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", b"%2D%2D%2DBEGIN%20"]))
def test_a_certificate_of_a_proxy_or_a_form_is_read_or_refused(value):
    text = value.decode("latin-1")
    with pytest.raises(Fault) as caught:
        certificates.passed_on(text)
    assert caught.value.code == "authentication.credential_invalid"
    assert certificates.authorities_problem(text, NOW)
    assert certificates.pair_problem(text, NOW)


@FUZZ
@given(mangled([b'"a-key"', b'W/"tag", *', b"eyJhIjogMX0", b"25"]))
def test_headers_and_parameters_of_a_call_are_read_or_refused(value):
    text = value.decode("latin-1")
    headers.is_known('"tag"', text)
    for read in (headers.idempotency_key, paging.position, paging.page_size):
        try:
            read(text)
        except Fault as fault:
            assert fault.code.startswith("request.")


@FUZZ
@given(mangled(JSON))
def test_erasing_takes_what_it_finds_and_stays_json(content):
    who = Identifier("email", "lieve.janssens@mail.example")
    found = find_in(content, who)
    clean = anonymised(content, who)
    if clean is not None:
        json.loads(clean)
        assert not find_in(clean, who) or not found
