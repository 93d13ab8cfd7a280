"""What packs on EDI, files and UBL send becomes bytes, and the bytes are read as the same document again."""

import json

import pytest
from pack_reading import Pack, packs
from sync_governance.core.codecs import codec
from sync_governance.core.mapping import Mapping

ENVELOPES = {
    "x12": {
        "standard": "x12",
        "sender": {"qualifier": "ZZ", "id": "NORDWIND"},
        "receiver": {"qualifier": "ZZ", "id": "PARTNER"},
        "reference": "000000042",
        "date": "2026-03-20",
        "time": "14:50",
    },
    "edifact": {
        "standard": "edifact",
        "syntax": "UNOC",
        "syntax_version": "3",
        "sender": {"id": "9524100000018", "qualifier": "14"},
        "receiver": {"id": "9524100071001", "qualifier": "14"},
        "reference": "42",
        "date": "2026-03-20",
        "time": "14:50",
    },
}
SENT = [
    pytest.param(pack, sample, id=f"{name}-{sample['file']}")
    for name, pack in packs().items()
    for sample in pack.data.get("samples", [])
    if "expected" in sample and not pack.inbound(interface := pack.part("interfaces", sample["interface"]))
    if pack.part("endpoints", interface["endpoint"])["codec"] != "json"
]


def without_envelope(document: dict) -> dict:
    return {name: value for name, value in document.items() if name not in ("interchange", "group")}


@pytest.mark.parametrize(("pack", "sample"), SENT)
def test_what_is_sent_is_read_again_as_the_same_document(pack: Pack, sample: dict):
    interface = pack.part("interfaces", sample["interface"])
    kind = pack.part("endpoints", interface["endpoint"])["codec"]
    faults, result = pack.translate(interface, pack.source(sample), references=sample.get("references"))
    assert [fault.detail for fault in faults] == []
    document = dict(result.document)
    if kind in ENVELOPES:
        document["interchange"] = ENVELOPES[kind]
    writing = pack.codec(interface)
    data = writing.encode(document)
    assert writing.encode(document) == data
    found = plain(without_envelope(writing.decode(data)))
    sent = plain(without_envelope(document))
    if kind in ENVELOPES:
        assert found["message"].pop("reference")
        assert not [part.findings for part in writing.split(data) if part.findings]
        found["message"] = {name: found["message"][name] for name in sent["message"]}
        sent = numbered(sent, found)
    assert found == sent


def numbered(sent: dict, found: dict) -> dict:
    """``sent`` with what the codec numbers: the levels of an 856 and of a despatch advice."""
    if isinstance(sent, dict) and isinstance(found, dict):
        given = {name: found[name] for name in ("number", "parent") if name in found and name not in sent}
        return {**{name: numbered(value, found.get(name)) for name, value in sent.items()}, **given}
    if isinstance(sent, list) and isinstance(found, list) and len(sent) == len(found):
        return [numbered(one, other) for one, other in zip(sent, found, strict=True)]
    return sent


def plain(document: dict) -> dict:
    """The document with numbers by their value (9.50 and 9.5 are the same price) and without what is null: a file has
    empty cells for what the document does not say."""
    return _said(json.loads(codec("json").encode(document), parse_float=float))


def _said(value):
    if isinstance(value, dict):
        return {name: _said(each) for name, each in value.items() if each is not None}
    return [_said(each) for each in value] if isinstance(value, list) else value


LINES = {
    "type": "acknowledgement",
    "subject": {"type": "order.create", "number": "4500123456"},
    "level": "business",
    "status": "accepted_with_changes",
    "answered_at": "2026-03-16T15:02:09+00:00",
    "reference": "S00482",
    "faults": [],
    "lines": [
        {"id": "1", "status": "accepted", "quantity": {"value": "24", "unit": "EA"}},
        {
            "id": "2",
            "status": "accepted_with_changes",
            "item": {"identifiers": [{"scheme": "sku", "value": "NW-4075"}]},
            "quantity": {"value": "2", "unit": "EA"},
            "delivery_on": "2026-03-30",
            "reason": {"code": "short", "text": "Two of four are in stock."},
        },
        {"id": "3", "status": "rejected", "reason": {"code": "ended"}},
    ],
}
VERDICTS = {
    "retail-x12": (
        {"status": "AC", "po_number": "4500123456"},
        lambda line: [each["status"] for each in line["acknowledgments"]],
        [["IA"], ["IC"], ["IR"]],
    ),
    "retail-edifact": ({"function": "4", "number": "S00482"}, lambda line: line["action"], ["5", "3", "7"]),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdict_on_each_line_is_written_and_read_again(name: str):
    pack = packs()[name]
    interface = pack.part("interfaces", f"{name}.acknowledgement")
    result = pack.mapping(interface["mapping"]).evaluate(LINES)
    assert [fault.detail for fault in result.faults] == []
    writing = pack.codec(interface)
    data = writing.encode({**result.document, "interchange": ENVELOPES[writing.name]})
    assert not [part.findings for part in writing.split(data) if part.findings]
    found = writing.decode(data)
    beginning, verdict, expected = VERDICTS[name]
    assert {member: found["beginning"][member] for member in beginning} == beginning
    assert [verdict(line) for line in found["lines"]] == expected
    assert b"Two of four are in stock." in data


def test_a_retailer_on_another_directory_is_a_mapping_of_three_lines():
    pack = packs()["retail-edifact"]
    code = "retail-edifact.shipment.dispatched"
    base = pack.file(pack.part("mappings", code)["file"])
    message = {"type": "DESADV", "version": "D", "release": "01B", "agency": "UN"}
    own = {
        "mapping": "alpen.shipment.dispatched",
        "target": base["target"],
        "extends": code,
        "rules": [{"to": "message", "value": message}],
    }
    sample = next(each for each in pack.data["samples"] if each["file"] == "samples/dispatched.json")
    result = Mapping.parse(own, {code: base}.get).evaluate(pack.source(sample))
    writing = pack.codec(pack.part("interfaces", code))
    data = writing.encode({**result.document, "interchange": ENVELOPES["edifact"]})
    assert b"+DESADV:D:01B:UN" in data
    assert not [part.findings for part in writing.split(data) if part.findings]
    assert plain(writing.decode(data))["packaging"] == plain(result.document)["packaging"]
