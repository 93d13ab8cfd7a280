"""Segments, separators, character sets and envelopes: read exactly, and every fault with its place."""

import io

import pytest
from edi_texts import ORDER_850, ORDERS, documents, edifact, kinds, no_guides, read, x12
from sync_governance.core.codecs.edi.interchanges import read_interchanges
from sync_governance.core.codecs.edi.segments import BLOCK, SEGMENT_LIMIT

ORDER = ORDER_850.format(number=1)


def body_of(data: bytes) -> list[tuple]:
    """Tags and elements of the only message, read without a guide."""
    (document,) = documents(data, guides=no_guides)
    return [(segment["tag"], *segment["elements"]) for segment in document["segments"]]


def place_of(fault) -> tuple:
    return fault.place.segment, fault.place.tag, fault.place.element


# --------------------------------------------------------------------------------------------------- separators: X12


def test_separators_come_from_the_header():
    data = x12("850:BEG*00*SA*A>B**20260315~").replace(b"*", b"|").replace(b"~\n", b"\n").replace(b">", b"\\")
    document = documents(data)[0]
    assert document["interchange"]["delimiters"] == {"element": "|", "component": "\\", "segment": "\n"}
    assert document["beginning"]["date"] == "2026-03-15"


def test_a_tilde_may_separate_elements():
    data = x12(ORDER).replace(b"~", b"?").replace(b"*", b"~")
    assert documents(data)[0]["beginning"]["number"] == "PO-1"


@pytest.mark.parametrize("blanks", [b"", b"\n", b"\r\n", b"\n\t  ", b"  "])
def test_blanks_between_segments_do_not_count(blanks):
    assert documents(x12(ORDER).replace(b"\n", blanks))[0]["beginning"]["number"] == "PO-1"


def test_a_header_that_was_trimmed_is_read_with_a_finding():
    data = x12(ORDER).replace(b"LAMPSHOP       ", b"LAMPSHOP").replace(b"          ", b" ")
    first, end = read(data)
    assert first.document["interchange"]["sender"] == {"qualifier": "ZZ", "id": "LAMPSHOP"}
    assert kinds(end) == ["envelope_unusual"]


@pytest.mark.parametrize(
    "eleven, isa, expected", [("^", "00501", "^"), ("U", "00501", None), ("-", "00501", None), ("^", "00401", None)]
)
def test_the_repetition_separator_is_one_only_where_it_can_be(eleven, isa, expected):
    data = x12("850:BEG*00*SA*CUSTOMER-1**20260315~", eleven=eleven, isa=isa)
    document = documents(data)[0]
    assert document["interchange"]["delimiters"].get("repetition") == expected
    assert document["beginning"]["number"] == "CUSTOMER-1"


@pytest.mark.parametrize(
    "header", [b"ISA", b"ISA*00*", b"ISA" + b"*0" * 16, b"ISAx00x" + b"x" * 100, b"ISA*" + b"*" * 300]
)
def test_a_header_that_tells_no_separators_is_refused(header):
    (end,) = read(header)
    assert end.document is None and kinds(end) == ["envelope_broken"]


def test_passwords_of_the_header_are_not_in_the_document():
    data = x12(ORDER).replace(b"*00*          *00*          *", b"*03*user-xyz  *01*secret-xyz*")
    assert "xyz" not in str(read(data))


# ------------------------------------------------------------------------------------------- separators: EDIFACT


def test_the_release_character_marks_text_and_itself():
    data = edifact("ORDERS:D:96A:UN|FTX+AAI+++5 ?+ 3?: it?'s ??'")
    assert body_of(data) == [("FTX", "AAI", "", "", "5 + 3: it's ?")]


def test_a_segment_may_end_in_a_release_character_that_is_released():
    data = edifact("ORDERS:D:96A:UN|FTX+AAI+++why??'\nFTX+AAI+++so'")
    assert [segment[4] for segment in body_of(data)] == ["why?", "so"]


def test_separators_may_be_told_anew():
    data = b"UNA|*,! #UNB*UNOC|3*LAMPSHOP*BULBWORKS*260315|0930*R1#UNH*M1*INVRPT|D|96A|UN#BGM*35*S1*9#LIN*1#"
    data += b"QTY*145|12,5|KGM#UNT*5*M1#UNZ*1*R1#"
    document = documents(data)[0]
    assert str(document["lines"][0]["quantities"][0]["quantity"]) == "12.5"


def test_both_decimal_marks_are_understood_whatever_is_announced():
    data = edifact(
        "INVRPT:D:96A:UN|BGM+35+1+9'\nDTM+137:20260315:102'\nLIN+1'\nQTY+145:12,5'\nQTY+21:1.25'", una="UNA:+.? '"
    )
    quantities = documents(data)[0]["lines"][0]["quantities"]
    assert [str(each["quantity"]) for each in quantities] == ["12.5", "1.25"]


def test_repetitions_are_of_syntax_version_4():
    message = "ORDERS:D:96A:UN|BGM+220+1*2+9'\nCOM+a:TE*b:FX'"
    four = body_of(edifact(message, syntax="UNOC:4"))
    three = body_of(edifact(message, syntax="UNOC:3"))
    assert four[1] == ("COM", {"repetitions": [["a", "TE"], ["b", "FX"]]})
    assert three[0][2] == "1*2" and three[1] == ("COM", ["a", "TE*b", "FX"])


def test_in_an_element_that_does_not_repeat_the_separator_is_text_with_a_finding():
    first, _end = read(edifact("ORDERS:D:01B:UN|BGM+220+1*2+9'\nDTM+137:20260315:102'\nUNS+S'", syntax="UNOC:4"))
    assert first.document["beginning"]["number"] == "1*2"
    assert kinds(first) == ["element_repeated"]


@pytest.mark.parametrize("una", ["UNA::.? '", "UNAab.? '", "UNA:+.?  "])
def test_advice_that_tells_no_separators_is_refused(una):
    assert "envelope_broken" in kinds(read(edifact(ORDERS.format(number=1), una=una))[0])


# ------------------------------------------------------------------------------------------------- character sets


@pytest.mark.parametrize(
    "syntax, charset, name",
    [
        ("UNOC:3", "iso8859-1", "Lübeck"),
        ("UNOD:3", "iso8859-2", "Łódź"),
        ("UNOE:3", "iso8859-5", "Москва"),
        ("UNOF:3", "iso8859-7", "Αθήνα"),
        ("UNOW:4", "utf-8", "東京"),
        ("UNOL:3", "iso8859-15", "5 €"),
    ],
)
def test_the_syntax_identifier_tells_the_character_set(syntax, charset, name):
    data = edifact(f"ORDERS:D:96A:UN|FTX+AAI+++{name}'", syntax=syntax, charset=charset)
    first, end = read(data, guides=no_guides)
    assert first.document["segments"][0]["elements"][3] == name
    assert kinds(first) == kinds(end) == []


def test_two_bytes_for_a_character_are_read():
    data = edifact("ORDERS:D:96A:UN|FTX+AAI+++東京'", syntax="UNOY:4", charset="utf-16")
    assert body_of(data)[0][4] == "東京"


def test_utf_8_under_another_name_is_read_as_utf_8_and_told():
    data = edifact("ORDERS:D:96A:UN|FTX+AAI+++Lübeck'", syntax="UNOA:3", charset="utf-8")
    first, _end = read(data, guides=no_guides)
    assert first.document["segments"][0]["elements"][3] == "Lübeck"
    assert [(fault.kind, fault.code) for fault in first.findings] == [("charset_other", "decode.charset")]


def test_the_character_set_agreed_with_the_partner_holds():
    data = edifact("ORDERS:D:96A:UN|FTX+AAI+++LĂźbeck'", syntax="UNOB:3", charset="iso8859-2")
    first, _end = read(data, guides=no_guides, charset="iso8859-2")
    assert first.document["segments"][0]["elements"][3] == "LĂźbeck" and kinds(first) == []


def test_bytes_of_no_character_set_refuse_their_message_and_no_other():
    data = edifact("ORDERS:D:96A:UN|FTX+AAI+++L\xfcbeck'", ORDERS.format(number=2), syntax="UNOA:3")
    bad, good, end = read(data)
    assert bad.document is None and bad.faults[0].code == "decode.charset"
    assert place_of(bad.faults[0])[:2] == (3, "FTX")
    assert good.document["beginning"]["number"] == "PO-2" and kinds(end) == []


def test_an_unknown_character_set_is_refused_with_its_name():
    (end,) = read(edifact(ORDERS.format(number=1), syntax="UNOQ:3"))
    assert end.faults[0].code == "decode.charset" and "UNOQ" in end.faults[0].detail


def test_escape_sequences_are_refused_rather_than_misread():
    data = edifact("ORDERS:D:96A:UN|FTX+AAI+++\x1b$B3t<0\x1b(B'", ORDERS.format(number=2), syntax="UNOX:4")
    bad, good, _end = read(data)
    assert bad.document is None and bad.faults[0].code == "decode.charset"
    assert good.document


def test_other_control_characters_are_a_finding():
    first, _end = read(edifact("ORDERS:D:96A:UN|FTX+AAI+++a\tb\0c'"), guides=no_guides)
    assert kinds(first) == ["bad_character"] and first.document["segments"][0]["elements"][3] == "a\tb\x1ac"


def test_a_byte_order_mark_is_a_finding():
    first, end = read(b"\xef\xbb\xbf" + x12(ORDER))
    assert first.document and [fault.kind for fault in end.findings] == ["charset_other"]


# --------------------------------------------------------------------------------------------- counts and references


@pytest.mark.parametrize(
    "old, new, kind, place",
    [
        (b"SE*11*0001", b"SE*12*0001", "message_count", (13, "SE", 1)),
        (b"SE*11*0001", b"SE*x*0001", "message_count", (13, "SE", 1)),
        (b"SE*11*0001", b"SE*11*0002", "message_reference", (13, "SE", 2)),
        (b"GE*1*7", b"GE*2*7", "group_count", (14, "GE", 1)),
        (b"GE*1*7", b"GE*1*8", "group_reference", (14, "GE", 2)),
        (b"IEA*1*", b"IEA*3*", "interchange_count", (15, "IEA", 1)),
        (b"IEA*1*000000007", b"IEA*1*000000008", "interchange_reference", (15, "IEA", 2)),
    ],
)
def test_trailers_of_x12_are_compared(old, new, kind, place):
    data = x12(ORDER)
    assert old in data
    faults = [fault for part in read(data.replace(old, new)) for fault in (*part.faults, *part.findings)]
    assert [(fault.kind, place_of(fault)) for fault in faults] == [(kind, place)]
    assert faults[0].code in ("decode.control_count", "decode.control_reference")


@pytest.mark.parametrize(
    "old, new, kind",
    [
        (b"UNT+13+M1", b"UNT+12+M1", "message_count"),
        (b"UNT+13+M1", b"UNT+13+M2", "message_reference"),
        (b"UNZ+1+R1", b"UNZ+2+R1", "interchange_count"),
        (b"UNZ+1+R1", b"UNZ+1+R2", "interchange_reference"),
    ],
)
def test_trailers_of_edifact_are_compared(old, new, kind):
    data = edifact(ORDERS.format(number=1))
    assert old in data
    assert [each for part in read(data.replace(old, new)) for each in kinds(part)] == [kind]


def test_numbers_padded_on_one_side_only_are_the_same():
    data = x12(ORDER).replace(b"GE*1*7", b"GE*1*0007").replace(b"IEA*1*000000007", b"IEA*1*7")
    assert [kinds(part) for part in read(data)] == [[], []]


def test_a_partner_may_be_held_to_its_counts():
    data = x12(ORDER, ORDER_850.format(number=2)).replace(b"SE*11*0001", b"SE*12*0001")
    bad, good, _end = read(data, refuse=frozenset({"message_count"}), guides=no_guides)
    assert bad.document is None and kinds(bad) == ["message_count"]
    assert good.document


def test_a_control_number_that_comes_twice_is_told():
    data = x12(ORDER, ORDER_850.format(number=2)).replace(b"*0002", b"*0001")
    assert [kinds(part) for part in read(data)] == [[], ["message_duplicate"], []]


def test_groups_of_edifact_are_read_and_counted():
    data = edifact(ORDERS.format(number=1), ORDERS.format(number=2)).decode("latin-1")
    group = "UNG+ORDERS+LAMPSHOP+BULBWORKS+260315:0930+G1+UN+D:96A'"
    data = data.replace("UNH+M1", f"{group}\nUNH+M1").replace("UNZ+2", "UNE+2+G1'\nUNZ+1").encode()
    first, second, end = read(data)
    assert first.document["group"]["reference"] == second.references["group"] == "G1"
    assert kinds(end) == []
    assert kinds(read(data.replace(b"UNE+2+G1", b"UNE+3+G2"))[-1]) == ["group_reference", "group_count"]


# ------------------------------------------------------------------------------------------------------- isolation


def test_one_bad_set_stops_neither_its_neighbours_nor_the_next_interchange():
    bad = "850:REF*DP*12~"
    data = x12(ORDER_850.format(number=1), bad, ORDER_850.format(number=3)) + x12(ORDER_850.format(number=4), control=8)
    parts = read(data)
    assert [part.document["beginning"]["number"] if part.document else kinds(part) for part in parts] == [
        "PO-1",
        ["beginning_missing", "segment_missing"],
        "PO-3",
        [],
        "PO-4",
        [],
    ]
    assert parts[1].references["message"] == "0002" and parts[1].references["interchange"] == "000000007"
    assert parts[1].faults[0].code == "decode.segment_missing"


@pytest.mark.parametrize("cut", ["SE*11*0001~\n", "GE*1*7~\n", "IEA*1*000000007~\n"])
def test_a_missing_trailer_of_x12_is_a_fault_of_what_it_should_end(cut):
    parts = read(x12(ORDER).replace(cut.encode(), b"") + x12(ORDER_850.format(number=2), control=8))
    found = [part.document["beginning"]["number"] for part in parts if part.document]
    expected = {"SE": (["PO-2"], "message_unclosed"), "GE": (["PO-1", "PO-2"], "group_unclosed")}
    names, kind = expected.get(cut[:2], (["PO-1", "PO-2"], "interchange_unclosed"))
    assert found == names
    assert kind in [each for part in parts for each in kinds(part)]


def test_a_transmission_that_was_cut_off_gives_the_documents_before_the_cut():
    data = edifact(*[ORDERS.format(number=number) for number in (1, 2, 3)])
    parts = read(data[: data.index(b"UNH+M3") + 60])
    assert [part.document is not None for part in parts] == [True, True, False, False]
    assert parts[2].faults[0].kind == "message_unclosed"
    assert [fault.kind for fault in parts[3].faults] == ["interchange_unclosed"]


@pytest.mark.parametrize(
    "data, words", [(b"", "empty"), (b"  \r\n", "empty"), (b"<order/>", "begins with"), (b"{}", "begins with")]
)
def test_what_is_no_interchange_is_refused(data, words):
    (part,) = read(data)
    assert part.faults[0].code == "decode.envelope" and words in part.faults[0].detail


def test_after_a_header_that_cannot_be_read_nothing_is_guessed():
    data = b"ISA*00*" + b"rubbish " * 20_000 + x12(ORDER)
    (end,) = read(data)
    assert kinds(end) == ["envelope_broken"]


def test_both_standards_may_follow_each_other():
    assert len(documents(x12(ORDER) + edifact(ORDERS.format(number=1)) + x12(ORDER, control=9))) == 3


def test_segments_outside_of_messages_are_told():
    data = x12(ORDER).replace(b"ST*850", b"REF*DP*1~\nST*850")
    assert kinds(read(data)[-1]) == ["segment_outside"]


def test_an_interchange_acknowledgment_is_a_document_of_its_own_that_nobody_counts():
    data = x12(ORDER).replace(b"GS*PO", b"TA1*000000042*260314*0915*R*006~\nGS*PO")
    envelope, order, end = read(data)
    assert envelope.document["message"]["type"] == "TA1" and order.document["message"]["type"] == "850"
    assert envelope.document["answered_interchange"] == {
        "reference": "000000042",
        "date": "2026-03-14",
        "time": "09:15",
        "status": "R",
        "code": "006",
    }
    assert end.faults == () and kinds(end) == []
    assert [message.type for message in end.interchange.messages] == ["850"]


# ------------------------------------------------------------------------------------------------------------ limits


class Counted(io.RawIOBase):
    """A file that is made while it is read, and knows how far it was read."""

    def __init__(self, head: bytes, piece, count: int, tail: bytes) -> None:
        self.pieces = iter([head, *(piece(number) for number in range(count)), tail])
        self.held = b""
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        while len(self.held) < size:
            piece = next(self.pieces, None)
            if piece is None:
                break
            self.held += piece
        given, self.held = self.held[:size], self.held[size:]
        self.given += len(given)
        return given


def test_a_file_is_read_no_further_than_the_document_at_hand():
    whole = x12(ORDER)
    start, end = whole.index(b"ST*"), whole.index(b"GE*")
    file = Counted(whole[:start], lambda number: whole[start:end], 20_000, whole[end:])
    parts = read_interchanges(file)
    for _turn in range(3):
        assert next(parts).document
    assert file.given <= 2 * BLOCK


def test_a_segment_that_never_ends_is_refused_before_it_fills_the_memory():
    file = Counted(x12(ORDER)[:107] + b"REF*", lambda _number: b"x" * 1000, 10_000, b"")
    parts = list(read_interchanges(file))
    assert "envelope_broken" in kinds(parts[-1])
    assert file.given <= SEGMENT_LIMIT + 3 * BLOCK


def test_a_message_has_a_limit_of_segments_and_its_neighbours_do_not_suffer():
    long = "850:BEG*00*SA*LONG**20260315~" + "REF*DP*1~" * 50
    bad, good, end = read(x12(long, ORDER), guides=no_guides, segment_limit=40)
    assert bad.document is None and "message_too_long" in kinds(bad)
    assert good.document and kinds(end) == []


def test_released_characters_take_time_in_proportion():
    data = edifact("ORDERS:D:96A:UN|FTX+AAI+++" + "?+" * 100_000 + "'")
    assert len(body_of(data)[0][4]) == 100_000


def test_a_fault_says_segment_element_code_and_plain_words():
    data = x12("850:BEG*00*SA*PO-1**20261315~").replace(b"BEG*00", b"BEG*00000")
    fault = read(data)[0].findings[0]
    assert fault.detail == "Segment 4 (BEG), element 1: the value has 5 characters, at most 2 are allowed."
    assert fault.as_dict()["place"] == {"segment": 4, "tag": "BEG", "in_message": 2, "element": 1}
    assert fault.code == "decode.element_invalid"


def test_a_fault_repeats_no_text_that_may_be_a_name():
    data = x12(f"850:BEG*00*SA*PO-1**20260315~N1*ST*{'Ann Example ' * 9}~PO1*1*six*EA~")
    faults = read(data)[0].findings
    assert [fault.kind for fault in faults] == ["too_long", "not_a_number"]
    assert "Ann" not in str([fault.as_dict() for fault in faults]) and faults[1].found == "six"
