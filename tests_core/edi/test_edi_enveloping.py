"""The envelope of what is sent, the answer to what came, and the words for what partners answer."""

import pytest
from edi_texts import ORDER_850, ORDERS, edifact, read, x12
from sync_governance.core.canonical import validator
from sync_governance.core.codecs.edi.acknowledged import Acknowledged, Note, Sent, acknowledged, matched
from sync_governance.core.codecs.edi.answering import answers
from sync_governance.core.codecs.edi.codec import EdiCodec
from sync_governance.core.codecs.edi.enveloping import Identity, answer_of, enclosed, party
from sync_governance.core.codecs.edi.words import sentences
from sync_governance.core.contracts import validate
from sync_governance.core.faults import Fault

WE = {"id": "BULBWORKS", "qualifier": "ZZ"}
THEY = {"id": "LAMPSHOP", "qualifier": "ZZ"}
X12 = Identity("x12", WE, THEY, version="00401")
GOOD = ORDER_850.format(number=1)
BAD = "850:REF*DP*12~"
INVOICE = {"message": {"type": "810"}, "beginning": {"date": "2026-03-15", "number": "I-1"}, "total": {"amount": "10"}}


def written(content, number=12):
    data = EdiCodec(content.header["standard"]).enclose(
        content.documents, content.envelope(number, "2026-03-15", "09:45")
    )
    parts = read(data)
    assert all(part.faults == part.findings == () for part in parts)
    return [part.document for part in parts if part.document]


# ----------------------------------------------------------------------------------------------------- what is sent


def test_the_endpoint_says_who_sends_to_whom_and_we_number():
    theirs = {"interchange": {"reference": "999", "date": "1999-01-01"}, "group": {"reference": "77"}, **INVOICE}
    content = enclosed(X12, theirs)
    (document,) = written(content)
    header = document["interchange"]
    assert (header["sender"], header["receiver"]) == (
        {"qualifier": "ZZ", "id": "BULBWORKS"},
        {"qualifier": "ZZ", "id": "LAMPSHOP"},
    )
    assert (header["reference"], header["date"], header["test"]) == ("000000012", "2026-03-15", False)
    assert document["group"]["reference"] == "12"
    assert (content.sender, content.receiver) == ("ZZ:BULBWORKS", "ZZ:LAMPSHOP")
    assert content.sent(12) == Sent("x12", "810", "0001", "12", "IN", "000000012")


def test_what_the_endpoint_does_not_say_the_mapping_may():
    said = {"interchange": {"sender": WE, "receiver": THEY, "syntax": "UNOB"}, "message": {"type": "INVOIC"}}
    content = enclosed(Identity("edifact"), said)
    assert (content.receiver, content.header["syntax"]) == ("ZZ:LAMPSHOP", "UNOB")
    assert content.sent(5) == Sent("edifact", "INVOIC", "1", interchange="5")


@pytest.mark.parametrize("identity", [Identity("x12"), Identity("x12", WE), Identity("x12", theirs=THEY)])
def test_an_envelope_that_nobody_fills_in_is_a_fault_in_plain_words(identity):
    with pytest.raises(Fault) as caught:
        enclosed(identity, INVOICE)
    assert caught.value.code == "encode.envelope_incomplete" and "who" in caught.value.detail


def test_a_test_partner_gets_tests_and_edifact_asks_for_its_acknowledgement():
    assert enclosed(Identity("x12", WE, THEY, test=True), INVOICE).header["test"] is True
    content = enclosed(Identity("edifact", WE, THEY, "UNOC:3", acknowledge=True), {"message": {"type": "ORDERS"}})
    assert content.header["acknowledge"] is True and content.header["syntax_version"] == "3"


def test_groups_may_name_others_than_the_interchange():
    identity = Identity("x12", WE, THEY, application=("BULBS", "LAMPS"))
    (document,) = written(enclosed(identity, INVOICE))
    assert (document["group"]["sender"], document["group"]["receiver"]) == ("BULBS", "LAMPS")


# -------------------------------------------------------------------------------------------------- what is answered


def answered(data, **options):
    return list(answers(read(data), **options))


def test_the_answer_is_a_canonical_document_and_travels_back():
    (answer,) = answered(x12(GOOD, BAD))
    assert not validate(validator("interchange.acknowledgement"), answer.document)
    assert (answer.status, answer.told, answer.reference) == ("partially", True, "000000007")
    assert [each["status"] for each in answer.document["documents"]] == ["accepted", "rejected"]
    content = answer_of(X12, answer.document)
    assert (content.sender, content.receiver) == ("ZZ:BULBWORKS", "ZZ:LAMPSHOP")
    (document,) = written(content)
    assert document["message"]["type"] == "997" and document["result"]["status"] == "P"


def test_findings_name_places_and_never_values():
    (answer,) = answered(x12("850:BEG*00*SA*PO-2**20260231~PO1*1*six*EA~"))
    findings = answer.document["documents"][0]["findings"]
    assert findings == ["Segment 4 (BEG), element 5: bad date.", "Segment 5 (PO1), element 2: not a number."]


def test_only_errors_are_told_where_that_is_wanted():
    assert [answer.told for answer in answered(x12(GOOD), wanted="errors")] == [False]
    assert [answer.told for answer in answered(x12(BAD), wanted="errors")] == [True]


def test_each_interchange_of_a_file_is_answered_for_itself():
    found = answered(x12(GOOD, control=7) + x12(BAD, control=8))
    assert [(answer.reference, answer.status) for answer in found] == [
        ("000000007", "accepted"),
        ("000000008", "rejected"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        x12("997:AK1*PO*1~AK9*A*1*1*1~", group="FA"),
        x12("999:AK1*PO*1~AK9*A*1*1*1~", group="FA"),
        edifact("CONTRL:D:3:UN|UCI+1+BULBWORKS+LAMPSHOP+7'"),
    ],
)
def test_an_acknowledgement_is_not_answered(data):
    assert not answered(data)


def test_an_interchange_of_nothing_but_a_ta1_is_not_answered():
    head, _gs, rest = x12(GOOD).partition(b"GS*")
    data = head + b"TA1*000000001*260315*0930*A*000~IEA*0*000000007~"
    assert rest and not answered(data)


def test_nothing_that_can_be_read_is_nothing_that_can_be_answered():
    assert not answered(b"<order/>")


def test_an_answer_to_the_other_standard_does_not_leave_here():
    (answer,) = answered(edifact(ORDERS.format(number=1)))
    with pytest.raises(Fault) as caught:
        answer_of(X12, answer.document)
    assert caught.value.code == "encode.value"


# -------------------------------------------------------------------------------------------------- what they answer


def test_a_ta1_says_received_or_why_not_and_never_that_documents_are_good():
    sent = Sent("x12", "810", "0001", "12", "IN", "000000012")
    for status, expected in (("A", "received"), ("E", "received"), ("R", "rejected")):
        said = acknowledged(
            {"message": {"type": "TA1"}, "answered_interchange": {"reference": "12", "status": status, "code": "006"}}
        )
        ((verdict,), unknown) = matched(said, [sent])
        assert verdict.status == expected and not unknown


@pytest.mark.parametrize(
    "standard, level, note, expected",
    [
        ("x12", "message", Note("7", 2, "BIG", 3), "Segment 2 (BIG), element 3: the code is not known or not agreed"),
        ("x12", "message", Note("3", 4, "N1"), "Segment 4 (N1): a mandatory segment is missing"),
        ("x12", "message", Note("4"), "The number of segments is not what the trailer says"),
        ("x12", "group", Note("3"), "The group has no trailer"),
        ("x12", "interchange", Note("006"), "The sender is not known"),
        ("edifact", "message", Note("12", 2, element=1, component=2, value="x"), "Segment 2, element 1, component 2:"),
        ("edifact", "interchange", Note("23"), "The sender is not known"),
        ("x12", "message", Note("Z"), "The partner names no reason that is known"),
    ],
)
def test_codes_are_said_in_plain_words_with_the_code_behind(standard, level, note, expected):
    (sentence,) = sentences(Acknowledged(level, standard, "rejected", notes=(note,)))
    assert sentence.startswith(expected) and sentence.endswith(f"(code {note.code}).")
    assert not note.value or note.value not in sentence


def test_an_identity_is_written_with_its_qualifier_in_front():
    assert [party(WE), party({"id": "X"}), party(None)] == ["ZZ:BULBWORKS", "X", ""]
