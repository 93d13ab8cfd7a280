"""Every sample of X12 and EDIFACT is read, with the facts that a person wrote down about it."""

import pytest
from edi_samples import FOLDER, differences, expectation, fact, ids_of, samples
from sync_governance.core.codecs import codec
from sync_governance.core.codecs.edi.envelope import Envelope
from sync_governance.core.codecs.edi.interchanges import read_interchanges
from sync_governance.core.codecs.edi.sending import write_interchange

SAMPLES = samples()
pytestmark = pytest.mark.skipif(not SAMPLES, reason=f"no samples in {FOLDER}; SYNC_SAMPLES names another folder")
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)

# Which of our problems tell a finding. A finding that only the business can make (a sum, a missing article) is not
# the codec's.
TOLD_BY = {
    "APPLICATION_REFERENCE_MISMATCH": {"envelope_unusual"},
    "BOM": {"charset_other"},
    "CHARSET": {"charset_other", "charset"},
    "CONTROL_NUMBER_MISMATCH": {"interchange_reference"},
    "CONTROL_REFERENCE_MISMATCH": {"interchange_reference"},
    "DUPLICATE_DOCUMENT_NUMBER": {"document_repeated"},
    "FUNCTIONAL_GROUP_MISMATCH": {"group_kind"},
    "GROUP_COUNT_MISMATCH": {"group_count"},
    "IEA_COUNT_MISMATCH": {"interchange_count"},
    "INVALID_CODE": {"bad_code"},
    "INVALID_DATE": {"bad_date"},
    "ISA_LENGTH": {"envelope_unusual"},
    "MISSING_MANDATORY": {"element_missing"},
    "RELATIONAL_CONDITION": {"condition"},
    "SEGMENT_COUNT_MISMATCH": {"message_count"},
}
OF_THE_BUSINESS = {"MISSING_ITEM_ID", "MISSING_LINE_NUMBER", "TOTAL_MISMATCH"}


def parts_of(sample):
    return list(codec(sample.parent.name).split(sample.read_bytes()))


def documents_of(sample) -> list[dict]:
    return [part.document for part in parts_of(sample) if part.document is not None]


@each_sample
def test_each_document_has_the_facts_that_are_expected(sample):
    expected, documents = expectation(sample), documents_of(sample)
    assert len(documents) == len(expected["documents"])
    for facts, document in zip(expected["documents"], documents, strict=True):
        assert document["message"]["type"] == facts["doc_type"]
        wrong = []
        for name, value in facts.items():
            if name in ("doc_type", "kind", "ack", "status", "checks"):
                continue
            found = fact(document, "pairs" if name == "refs" else name)
            if name == "lines" and value:
                found = [{**line, "ids": ids_of(line)} for line in found]
            if name in ("packs", "orders"):
                found = [_with_ids(each) for each in found]
            wrong += differences(value, found, f".{name}")
        assert not wrong


def _with_ids(holder: dict) -> dict:
    """Packs in orders, and lines in both, with their identifiers by qualifier."""
    made = dict(holder)
    if holder.get("packs"):
        made["packs"] = [_with_ids(pack) for pack in holder["packs"]]
    if holder.get("lines"):
        made["lines"] = [{**line, "ids": ids_of(line)} for line in holder["lines"]]
    return made


@each_sample
def test_each_envelope_is_as_expected(sample):
    expected, header = expectation(sample)["envelope"], documents_of(sample)[0]
    interchange, delimiters = header["interchange"], header["interchange"]["delimiters"]
    ids = ("qualifier", "id") if sample.parent.name == "x12" else ("id", "qualifier", "routing")
    for role in ("sender", "receiver"):
        party = interchange[role]
        assert ":".join(party[name] for name in ids if party.get(name)) == expected[role]
    assert interchange["reference"] == expected.get("interchange_control", expected.get("interchange_ref"))
    assert header.get("group", {}).get("reference") == expected.get("group_control")
    if "isa12" in expected:
        assert interchange["version"] == expected["isa12"]
    if "syntax" in expected:
        assert f"{interchange['syntax']}:{interchange['syntax_version']}" == expected["syntax"]
    for name, key in (("element_sep", "element"), ("component_sep", "component"), ("repetition_sep", "repetition")):
        if name in expected:
            assert delimiters[key] == expected[name]
    if "segment_terminator" in expected:
        assert delimiters["segment"][0] == expected["segment_terminator"]
    # ISO 9735: UNB09 asks for an acknowledgement and UNB11 marks a test; one sample fills only the former.
    if expected.get("test") and not (
        sample.parent.name == "edifact" and interchange["acknowledge"] and not interchange["test"]
    ):
        assert interchange["test"] is True


@each_sample
def test_each_finding_is_told_and_nothing_is_found_where_all_is_well(sample):
    expected = expectation(sample)
    told = {fault.kind for part in parts_of(sample) for fault in (*part.faults, *part.findings)}
    for finding in expected["findings"]:
        if finding["code"] not in OF_THE_BUSINESS:
            assert TOLD_BY[finding["code"]] & told, finding
    if expected["parse"] == "ok":
        assert not told


@each_sample
def test_what_was_read_is_written_and_read_again_as_the_same(sample):
    documents = documents_of(sample)
    written = write_interchange(documents, Envelope.of(documents[0], strict=False))
    parts = list(read_interchanges(written))
    assert [part.document for part in parts if part.document is not None] == documents
    assert parts[-1].faults == ()
    again = write_interchange(documents, Envelope.of(documents[0], strict=False))
    assert again == written
