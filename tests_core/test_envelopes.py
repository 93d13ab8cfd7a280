"""Many documents in one request, taken apart without changing a byte of them."""

import pytest
from sync_governance.core.delivery.envelopes import MOST_DOCUMENTS, Envelope, open_envelopes
from sync_governance.core.faults import Fault

BODY = b'{ "price": 12.50, "text": "a \\"body\\": {", "list": [1 , 2] }'


def test_a_body_is_kept_byte_for_byte():
    raw = b' [ {"id": "1", "body": ' + BODY + b'} ,\n {"body":[], "topic": "t", "key": 7}] '
    assert open_envelopes(raw) == [Envelope(BODY, id="1"), Envelope(b"[]", topic="t", key="7")]


def test_lines_are_the_same_as_a_list():
    raw = b'{"id": "1", "body": ' + BODY + b'}\r\n\n{"body": {"name": "\xc3\xa9"}}\n'
    assert open_envelopes(raw) == [Envelope(BODY, id="1"), Envelope(b'{"name": "\xc3\xa9"}')]


@pytest.mark.parametrize(
    "part",
    [
        b'{"id": "1"}',
        b'{"body": "text"}',
        b'{"body": {}, "boddy": {}}',
        b'{"body": {}, "id": ""}',
        b'{"body": {}, "id": true}',
        b'{"body": {}, "key": "' + b"k" * 256 + b'"}',
        b'{"body": {}} {"body": {}}',
        b'{"body": {',
        b"[1]",
    ],
)
def test_a_line_that_is_no_envelope_is_refused_alone(part):
    good, bad = open_envelopes(b'{"body": {}}\n' + part)
    assert good == Envelope(b"{}")
    assert isinstance(bad, Fault) and bad.code == "receive.batch_malformed"


@pytest.mark.parametrize(
    "raw",
    [b"", b" \n", b"[]", b"[", b'[{"body": {}}', b'[{"body": {}},]', b'[{"body": {}}] x', b"\xff", b"[" * 100_000],
)
def test_what_cannot_be_taken_apart_is_refused_as_a_whole(raw):
    with pytest.raises(Fault) as refused:
        open_envelopes(raw)
    assert refused.value.code == "receive.batch_malformed"


def test_a_batch_has_an_end():
    with pytest.raises(Fault) as refused:
        open_envelopes(b'{"body": {}}\n' * (MOST_DOCUMENTS + 1))
    assert refused.value.code == "receive.too_large"
