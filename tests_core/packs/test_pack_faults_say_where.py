"""Every fault of every malformed sample says where in the partner's own file, by which code, and in plain words."""

import re

import pytest
from pack_reading import Pack, packs
from sync_governance.core.codecs.origins import tell
from sync_governance.core.faults import Fault, taxonomy

MALFORMED = [
    pytest.param(pack, sample, id=f"{name}-{sample['file']}")
    for name, pack in packs().items()
    for sample in pack.data.get("samples", [])
    if sample.get("faults")
]
# What a partner can find in its file: a line of it, a segment of it, or a member of its JSON.
LINES = re.compile(r"\b[Ll]ines? \d+")
SEGMENTS = re.compile(r"\b[Ss]egments? \d+( \([A-Z0-9]+\))?")
PLACES = {"flat": LINES, "ubl": LINES, "xml": LINES, "x12": SEGMENTS, "edifact": SEGMENTS}


def faults_of(pack: Pack, sample: dict) -> tuple[str, list[Fault]]:
    """The codec of what the partner sent ("json" for what leaves), and what is told of the sample."""
    interface = pack.part("interfaces", sample["interface"])
    if not pack.inbound(interface):
        source = pack.source(sample)
        return "json", pack.translate(interface, source, references=sample.get("references"))[0]
    reader, raw = pack.codec(interface), (pack.folder / sample["file"]).read_bytes()
    try:
        source = pack.source(sample)
    except Fault as fault:
        return reader.name, list(fault.causes) or [fault]
    context, references = sample.get("context"), sample.get("references")
    faults, result = pack.translate(interface, source, context=context, references=references)
    return reader.name, tell(reader, raw, None, faults, canonical=bool(result and not result.faults))


@pytest.mark.parametrize(("pack", "sample"), MALFORMED)
def test_a_fault_says_where_what_and_under_which_code(pack: Pack, sample: dict):
    name, faults = faults_of(pack, sample)
    assert faults
    for fault in faults:
        assert fault.code in taxonomy()
        assert re.search(r"[a-z]{2,} [a-z]", fault.detail), fault.detail
        assert fault.detail.endswith("."), fault.detail
        if name in PLACES:
            told = fault.detail if fault.code.startswith("decode.") else fault.origin or ""
            assert PLACES[name].search(told), (fault.detail, fault.pointer)
            assert not fault.origin or fault.origin in fault.detail


@pytest.mark.parametrize("pack", packs().values(), ids=packs())
def test_every_kind_of_document_that_comes_has_a_malformed_sample(pack: Pack):
    """Interfaces that share a contract share it: what one refuses, all refuse."""
    coming = {line["contract"] for line in pack.data["interfaces"] if pack.inbound(line) and "contract" in line}
    refused = {
        pack.part("interfaces", each["interface"]).get("contract")
        for each in pack.data.get("samples", [])
        if each.get("faults")
    }
    assert coming - refused == set()
