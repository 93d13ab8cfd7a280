"""997, 999 and CONTRL: built from what was read, written, read back, and matched to what was sent."""

import pytest
from edi_texts import ORDER_850, ORDERS, documents, edifact, read, x12
from sync_governance.core.codecs.edi import receiving
from sync_governance.core.codecs.edi.acknowledged import (
    Acknowledged,
    Note,
    Sent,
    acknowledged,
    is_acknowledgement,
    matched,
)
from sync_governance.core.codecs.edi.acknowledging import acknowledgements, reply_envelope
from sync_governance.core.codecs.edi.receiving import REMEMBERED
from sync_governance.core.codecs.edi.sending import write_interchange

GOOD = ORDER_850.format(number=1)
ODD = "850:BEG*00*SA*PO-2**20260231~PO1*1*six*EA~ZZ9*x~"
BAD = "850:REF*DP*12~"


def answered(data: bytes, **options) -> list[dict]:
    """The acknowledgements of an interchange, as its sender reads them."""
    report = read(data)[-1].interchange
    answers = acknowledgements(report, **options)
    if not answers:
        return []
    envelope = reply_envelope(report, reference="99", date="2026-03-15", time="09:45")
    parts = read(write_interchange(answers, envelope))
    assert all(part.faults == part.findings == () for part in parts)
    return [part.document for part in parts if part.document]


def statuses(document: dict) -> list[tuple]:
    return [(each["reference"], each["result"]["status"]) for each in document["sets"]]


# --------------------------------------------------------------------------------------------------------------- X12


@pytest.mark.parametrize(
    "sets, expected, group",
    [
        ([GOOD], "A", "A"),
        ([GOOD, ODD], "AE", "E"),
        ([GOOD, BAD], "AR", "P"),
        ([BAD], "R", "R"),
        ([GOOD, ODD, BAD], "AER", "P"),
    ],
)
@pytest.mark.parametrize("implementation", [False, True])
def test_a_group_is_accepted_with_errors_partially_or_not(sets, expected, group, implementation):
    (document,) = answered(x12(*sets), implementation=implementation)
    assert document["message"]["type"] == ("999" if implementation else "997")
    assert "".join(status for _reference, status in statuses(document)) == expected
    accepted = sum(status in "AE" for status in expected)
    assert document["result"] == {"status": group, "included": len(sets), "received": len(sets), "accepted": accepted}
    assert document["answered_group"]["reference"] == "7" and document["group"]["receiver"] == "LAMPSHOP"


def test_errors_are_told_down_to_the_element():
    (document,) = answered(x12(ODD))
    assert document["sets"][0]["segments"] == [
        {"tag": "BEG", "position": 2, "code": "8", "elements": [{"position": 5, "code": "8", "value": "20260231"}]},
        {"tag": "PO1", "position": 3, "code": "8", "elements": [{"position": 2, "code": "6", "value": "six"}]},
        {"tag": "ZZ9", "position": 4, "code": "1"},
    ]
    assert document["sets"][0]["result"]["codes"] == ["5"]


@pytest.mark.parametrize(
    "old, new, code",
    [(b"SE*11*0001", b"SE*12*0001", "4"), (b"SE*11*0001", b"SE*11*0009", "3"), (b"SE*11*0001~\n", b"", "2")],
)
def test_a_trailer_that_is_wrong_is_told_with_its_code(old, new, code):
    (document,) = answered(x12(GOOD).replace(old, new))
    assert code in document["sets"][0]["result"]["codes"]


def test_a_group_that_counts_wrongly_is_told():
    (document,) = answered(x12(GOOD).replace(b"GE*1*7", b"GE*3*8"))
    assert document["result"] == {"status": "E", "included": 3, "received": 1, "accepted": 1, "codes": ["4", "5"]}


def test_what_is_only_odd_is_no_matter_for_an_acknowledgement():
    (document,) = answered(x12(GOOD, GOOD))
    assert document["result"]["status"] == "A"


def test_a_value_that_the_answer_could_not_carry_is_not_repeated():
    (document,) = answered(x12("850:BEG*99*SA*PO-2**20260315~PO1*1*6|7*EA~"))
    elements = [element for segment in document["sets"][0]["segments"] for element in segment["elements"]]
    assert [element.get("value") for element in elements] == ["99", None]


@pytest.mark.parametrize("data", [x12("997:AK1*PO*7~AK9*A*1*1*1~", group="FA"), edifact("CONTRL:D:3:UN|UCI+R1+A+B+7'")])
def test_an_acknowledgement_is_never_acknowledged(data):
    assert is_acknowledgement(documents(data)[0])
    assert answered(data) == []


def test_of_a_group_without_end_the_good_sets_are_only_counted():
    sets = [ORDER_850.format(number=number) for number in range(REMEMBERED + 5)]
    sets[REMEMBERED + 2] = BAD
    (document,) = answered(x12(*sets))
    assert document["result"]["received"] == REMEMBERED + 5 and document["result"]["accepted"] == REMEMBERED + 4
    assert [each for each in statuses(document) if each[1] != "A"] == [(f"{REMEMBERED + 3:04d}", "R")]


def test_of_refused_sets_without_end_the_rest_is_counted(monkeypatch):
    monkeypatch.setattr(receiving, "REMEMBERED", 2)
    (document,) = answered(x12(*[BAD] * 25, GOOD))
    assert len(document["sets"]) == 20
    assert document["result"] == {"status": "P", "included": 26, "received": 26, "accepted": 1}


# ----------------------------------------------------------------------------------------------------------- EDIFACT


def test_an_interchange_of_edifact_is_acknowledged_message_by_message():
    bad = "ORDERS:D:96A:UN|DTM+137:20260315:102'"
    (document,) = answered(edifact(ORDERS.format(number=1), bad))
    assert document["answered_interchange"] == {
        "reference": "R1",
        "sender": {"id": "LAMPSHOP"},
        "receiver": {"id": "BULBWORKS"},
        "action": "8",
    }
    assert [(each["reference"], each["action"]) for each in document["messages"]] == [("M1", "7"), ("M2", "4")]
    assert document["messages"][1]["segments"][0] == {"position": 2, "error": "13"}


def test_an_interchange_without_errors_is_acknowledged_as_a_whole():
    (document,) = answered(edifact(ORDERS.format(number=1)))
    assert document["answered_interchange"]["action"] == "7"
    assert document["interchange"]["sender"] == {"id": "BULBWORKS"}


def test_groups_are_acknowledged_as_groups():
    data = edifact(ORDERS.format(number=1)).decode("latin-1")
    group = "UNG+ORDERS+LAMPSHOP+BULBWORKS+260315:0930+G1+UN+D:96A'"
    data = data.replace("UNH+M1", f"{group}\nUNH+M1").replace("UNZ+1", "UNE+1+G1'\nUNZ+1").encode()
    (document,) = answered(data)
    assert document["groups"][0]["reference"] == "G1" and document["groups"][0]["messages"][0]["action"] == "7"


# ------------------------------------------------------------------------------------------------------------ matching


SENT = [
    Sent("x12", "850", "0001", "7", "PO", "000000007"),
    Sent("x12", "850", "0002", "7", "PO", "000000007"),
    Sent("x12", "850", "0001", "8", "PO", "000000008"),
]


def test_an_acknowledgement_is_matched_to_what_was_sent():
    (document,) = answered(x12(GOOD, BAD))
    verdicts, strange = matched(acknowledged(document), SENT)
    assert [verdict.status for verdict in verdicts] == ["accepted", "rejected", None]
    assert strange == []
    assert verdicts[1].by.notes[0] == Note("5") and verdicts[1].by.notes[1] == Note("3", 2, "BEG")


@pytest.mark.parametrize(
    "status, expected", [("A", "accepted"), ("R", "rejected"), ("E", "accepted_with_errors"), ("P", None)]
)
def test_a_group_that_names_no_set_speaks_for_all_of_them_unless_it_is_partial(status, expected):
    (document,) = documents(x12(f"997:AK1*PO*7~AK9*{status}*2*2*1~", group="FA"))
    verdicts, _strange = matched(acknowledged(document), SENT)
    assert [verdict.status for verdict in verdicts] == [expected, expected, None]


def test_an_acknowledgement_of_something_else_is_handed_back():
    (document,) = documents(x12("997:AK1*PO*99~AK2*850*0001~AK5*R*5~AK9*R*1*1*0~", group="FA"))
    verdicts, strange = matched(acknowledged(document), SENT)
    assert {verdict.status for verdict in verdicts} == {None}
    assert [one.status for one in strange] == ["rejected", "rejected"]


@pytest.mark.parametrize("action, expected", [("7", "accepted"), ("8", "received"), ("4", "rejected")])
def test_a_control_message_speaks_for_its_interchange(action, expected):
    (document,) = documents(edifact(f"CONTRL:D:3:UN|UCI+R7+US+THEM+{action}'"))
    sent = [Sent("edifact", "ORDERS", "M1", interchange="R7"), Sent("edifact", "ORDERS", "M1", interchange="R8")]
    verdicts, _strange = matched(acknowledged(document), sent)
    assert [verdict.status for verdict in verdicts] == [expected, None]


def test_a_control_message_speaks_for_each_message():
    body = "UCI+R7+US+THEM+8'\nUCM+M1+ORDERS:D:96A:UN+7'\nUCM+M2+ORDERS:D:96A:UN+4+29'\nUCS+3'\nUCD+12+2:1'"
    (document,) = documents(edifact(f"CONTRL:D:3:UN|{body}"))
    sent = [Sent("edifact", "ORDERS", name, interchange="R7") for name in ("M1", "M2")]
    verdicts, _strange = matched(acknowledged(document), sent)
    assert [verdict.status for verdict in verdicts] == ["accepted", "rejected"]
    assert verdicts[1].by.notes == (Note("29"), Note("12", 3, element=1, component=1))


def test_other_documents_say_nothing():
    assert acknowledged(documents(x12(GOOD))[0]) == []
    assert not is_acknowledgement({})


def test_standards_are_not_confused():
    said = [Acknowledged("group", "x12", "accepted", group="7")]
    verdicts, strange = matched(said, [Sent("edifact", "ORDERS", "M1", group="7")])
    assert verdicts[0].status is None and strange == said
