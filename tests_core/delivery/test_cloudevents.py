"""Events in the three modes of the HTTP binding: read by the specification's own package."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat
from sync_governance.core.delivery.cloudevents import STRUCTURED, Event, batched, encoded, headers, structured

DOCUMENT = b'{"type": "invoice.posted", "number": "INV/1", "total": 12345678901234567890.10}'
AT = datetime(2026, 11, 22, 0, 30, 15, 250000)


def event(**changes):
    usual = {
        "id": "evt_1",
        "source": "urn:uuid:6f9619ff-8b86-d011-b42d-00cf4fc964ff",
        "type": "invoice.posted",
        "time": AT,
        "subject": "invoice/INV/1",
        "sequence": 7,
        "key": "INV/1",
    }
    return Event(**{**usual, **changes})


def assert_read(read, **changes):
    assert read.get_id() == "evt_1"
    assert read.get_source() == "urn:uuid:6f9619ff-8b86-d011-b42d-00cf4fc964ff"
    assert read.get_type() == "invoice.posted"
    assert read.get_specversion() == "1.0"
    assert read.get_time() == AT.replace(tzinfo=timezone.utc)
    assert read.get_subject() == changes.get("subject", "invoice/INV/1")
    assert read.get_extension("sequence") == "0000000007"
    assert read.get_extension("partitionkey") == "INV/1"
    assert read.get_data()["number"] == "INV/1"


def test_binary_mode_is_read_by_the_package():
    message = HTTPMessage({"content-type": "application/json", **headers(event())}, DOCUMENT)
    assert_read(from_http_event(message))
    assert "ce-datacontenttype" not in headers(event())


def test_structured_mode_is_read_by_the_package():
    assert_read(from_http_event(HTTPMessage({"content-type": STRUCTURED}, structured(event(), DOCUMENT))))


def test_each_event_of_a_batch_is_read_by_the_package():
    sent = json.loads(batched([(event(), DOCUMENT), (event(), DOCUMENT)]))
    assert len(sent) == 2
    for one in sent:
        assert_read(JSONFormat().read(None, json.dumps(one)))
    assert batched([]) == b"[]"


def test_the_document_travels_byte_for_byte():
    assert structured(event(), DOCUMENT).endswith(b', "data": ' + DOCUMENT + b"}")


@pytest.mark.parametrize(
    ("value", "header"),
    [
        ("Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"),  # the example of the specification
        ('a"b%c', "a%22b%25c"),
        ("~!/", "~!/"),
        ("a\r\nX-Other: 1", "a%0D%0AX-Other:%201"),
    ],
)
def test_a_header_has_printable_ascii_only(value, header):
    assert encoded(value) == header
    read = from_http_event(HTTPMessage({"content-type": "application/json", **headers(event(subject=value))}, DOCUMENT))
    assert_read(read, subject=value)


def test_what_there_is_not_is_left_out():
    told = json.loads(structured(event(subject=None, sequence=None, key=None), b"{}"))
    assert set(told) == {"specversion", "id", "source", "type", "time", "datacontenttype", "data"}


def test_sequences_have_one_order_as_numbers_and_as_texts():
    numbers = [1, 2, 9, 10, 11, 99, 100, 2147483647]
    texts = [headers(event(sequence=number))["ce-sequence"] for number in numbers]
    assert texts == sorted(texts)


def test_a_time_elsewhere_is_told_in_utc():
    told = headers(event(time=AT.replace(tzinfo=timezone(timedelta(hours=2)))))
    assert told["ce-time"] == "2026-11-21T22:30:15.250000Z"
