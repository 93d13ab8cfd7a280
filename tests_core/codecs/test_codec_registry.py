"""Codecs are made for the options of an endpoint; files are recognised for people."""

import pytest
from sync_governance.core.codecs import codec, codec_names, codecs
from sync_governance.core.codecs.recognition import recognised
from sync_governance.core.faults import Fault


def test_every_codec_has_a_name():
    assert set(codecs()) < set(codec_names())
    assert {"json", "ndjson", "flat", "xml", "ubl"} <= set(codec_names())
    assert all(codec(name, {"kind": "delimited"} if name == "flat" else None).name == name for name in codec_names())


def test_options_may_be_json_text_and_the_same_codec_is_made_once():
    assert codec("flat", '{"kind": "delimited"}').decode(b"a\n1\n") == {"a": "1"}
    assert codec("flat", {"kind": "delimited"}) is codec("flat", {"kind": "delimited"})


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("papyrus", None, "no codec"),
        ("flat", None, "layout cannot be used"),
        ("flat", "{", "not JSON"),
        ("flat", "[]", "a JSON object"),
        ("json", '{"a": 1}', "has no options"),
        ("ndjson", {"a": 1}, "has no options"),
        ("ubl", {"a": 1}, "a is not a known field"),
        ("xml", {"lists": 1}, "must be a list"),
    ],
)
def test_options_that_cannot_be_used_are_a_matter_of_configuration(name, options, words):
    with pytest.raises(Fault) as caught:
        codec(name, options)
    assert caught.value.code == "engine.configuration"
    assert (
        words.casefold() in caught.value.detail.casefold() + " ".join(c.detail for c in caught.value.causes).casefold()
    )


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", None),
        (b" \r\n", None),
        (b'\xef\xbb\xbf {"a": 1}', "JSON"),
        (b"[1]", "JSON"),
        (b'{"a": 1}\n{"a": 2}\n', "JSON lines"),
        (b'{\n"a": {}}\n', "JSON"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b'<a xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>', "UBL"),
        ("<a/>".encode("utf-16"), "XML"),
        (b"ISA*00*", "X12"),
        (b"UNA:+.? 'UNB+UNOC:3", "EDIFACT"),
        (b"UNB+UNOA:1", "EDIFACT"),
        (b"UNBILLED,ISA\n1,2\n", "text"),
        (b"ISA,1\n", "X12"),
        (b"a;b\n1;2\n", "text"),
    ],
)
def test_a_file_is_recognised_by_its_beginning(data, kind):
    assert recognised(data) == kind
