"""Documents are written by the guide that reads them: envelopes, counts, separators, and every value that fits not."""

import copy
from decimal import Decimal

import pytest
from edi_texts import DESADV, ORDER_850, ORDERS, SHIP_856, documents, edifact, no_guides, read, x12
from sync_governance.core.codecs import codec
from sync_governance.core.codecs.edi.envelope import Envelope
from sync_governance.core.codecs.edi.guidebook import with_overlays
from sync_governance.core.codecs.edi.sending import write_interchange, written_pieces
from sync_governance.core.faults import Fault

X12_HEADER = {
    "standard": "x12",
    "sender": {"qualifier": "ZZ", "id": "BULBWORKS"},
    "receiver": {"qualifier": "ZZ", "id": "LAMPSHOP"},
    "reference": "42",
    "date": "2026-03-16",
    "time": "10:15",
}
EDIFACT_HEADER = {
    "standard": "edifact",
    "sender": {"id": "BULBWORKS", "qualifier": "ZZ"},
    "receiver": {"id": "LAMPSHOP"},
    "reference": "R42",
    "date": "2026-03-16",
    "time": "10:15",
}
ACKNOWLEDGED = {
    "message": {"type": "855"},
    "beginning": {"purpose": "00", "status": "AD", "po_number": "PO-1", "date": "2026-03-16"},
    "lines": [
        {
            "line": "1",
            "quantity": Decimal("6"),
            "unit": "EA",
            "price": Decimal("9.50"),
            "ids": [{"qualifier": "VN", "id": "L-100"}],
            "acknowledgments": [{"status": "IA", "quantity": 6, "unit": "EA"}],
        }
    ],
    "totals": [{"lines": 1}],
}
RESPONSE = {
    "message": {"type": "ORDRSP"},
    "beginning": {"type": "231", "number": "A-1", "function": "29"},
    "dates": [{"qualifier": "137", "value": "2026-03-16", "format": "102"}],
    "parties": [{"role": "BY", "id": "4000001000005", "id_agency": "9", "names": ["Lamp's + Shop: why?"]}],
    "section": {"section": "S"},
}


def with_value(document: dict, path: str, value) -> dict:
    """A copy of ``document`` with another value at a dotted path."""
    made = copy.deepcopy(document)
    *way, last = path.split(".")
    held = made
    for name in way:
        held = held[int(name)] if name.isdecimal() else held.setdefault(name, {})
    held[int(last) if last.isdecimal() else last] = value
    return made


def fault_of(document: dict, header: dict = X12_HEADER, **options) -> Fault:
    with pytest.raises(Fault) as caught:
        write_interchange([document], Envelope(header, **options))
    return caught.value


# ---------------------------------------------------------------------------------------------------------- envelopes


def test_an_interchange_of_x12_is_complete():
    written = write_interchange([ACKNOWLEDGED], Envelope(X12_HEADER)).decode()
    assert written.split("~") == [
        "ISA*00*          *00*          *ZZ*BULBWORKS      *ZZ*LAMPSHOP       *260316*1015*U*00401*000000042*0*P*>",
        "GS*PR*BULBWORKS*LAMPSHOP*20260316*1015*42*X*004010",
        "ST*855*0001",
        "BAK*00*AD*PO-1*20260316",
        "PO1*1*6*EA*9.50**VN*L-100",
        "ACK*IA*6*EA",
        "CTT*1",
        "SE*6*0001",
        "GE*1*42",
        "IEA*1*000000042",
        "",
    ]
    assert len(written.partition("~")[0]) == 105


def test_an_interchange_of_edifact_is_complete():
    written = write_interchange([RESPONSE], Envelope(EDIFACT_HEADER)).decode()
    assert written.replace("'", "'\n").splitlines()[:2] == [
        "UNB+UNOC:3+BULBWORKS:ZZ+LAMPSHOP+260316:1015+R42'",
        "UNH+1+ORDRSP:D:96A:UN'",
    ]
    assert "NAD+BY+4000001000005::9++Lamp?'s ?+ Shop?: why??'" in written
    assert written.endswith("UNS+S'UNT+6+1'UNZ+1+R42'")


def test_documents_of_one_group_share_it_and_are_counted():
    other = {**ACKNOWLEDGED, "message": {"type": "997"}, "answered_group": {"group": "PO", "reference": "7"}}
    other["result"] = {"status": "A", "included": 1, "received": 1, "accepted": 1}
    other = {name: other[name] for name in ("message", "answered_group", "result")}
    written = write_interchange([ACKNOWLEDGED, ACKNOWLEDGED, other], Envelope(X12_HEADER)).decode()
    assert [line for line in written.split("~") if line[:2] in ("GS", "GE", "ST", "IE")] == [
        "GS*PR*BULBWORKS*LAMPSHOP*20260316*1015*42*X*004010",
        "ST*855*0001",
        "ST*855*0002",
        "GE*2*42",
        "GS*FA*BULBWORKS*LAMPSHOP*20260316*1015*43*X*004010",
        "ST*997*0001",
        "GE*1*43",
        "IEA*2*000000042",
    ]
    assert all(part.faults == () for part in read(written.encode()))


def test_an_interchange_is_written_piece_by_piece():
    taken = []

    def documents_one_by_one():
        for number in range(3):
            taken.append(number)
            yield ACKNOWLEDGED

    pieces = written_pieces(documents_one_by_one(), Envelope(X12_HEADER))
    next(pieces), next(pieces)
    assert taken == [0]
    assert b"".join(pieces).count(b"ST*855") == 2


@pytest.mark.parametrize("name", ["sender", "receiver", "reference", "date", "time", "standard"])
def test_what_an_envelope_does_not_say_is_asked_for(name):
    header = {key: value for key, value in X12_HEADER.items() if key != name}
    fault = fault_of(ACKNOWLEDGED, header)
    assert fault.code == "encode.value" and name in fault.pointer


def test_a_header_that_is_too_long_is_refused():
    header = {**X12_HEADER, "sender": {"qualifier": "ZZ", "id": "A-NAME-OF-SIXTEEN"}}
    assert "ISA06" in fault_of(ACKNOWLEDGED, header).detail


def test_a_document_without_an_envelope_says_so():
    with pytest.raises(Fault, match="no member 'interchange'"):
        codec("x12").encode(ACKNOWLEDGED)
    with pytest.raises(Fault, match="and this is edifact"):
        codec("edifact").encode({**ACKNOWLEDGED, "interchange": X12_HEADER})


def test_nothing_is_not_written():
    with pytest.raises(Fault, match="no document"):
        write_interchange([], Envelope(X12_HEADER))


# --------------------------------------------------------------------------------------------- read, written, the same


CANONICAL = {
    "orders of x12": x12(ORDER_850.format(number=1), ORDER_850.format(number=2)),
    "a later version": x12(ORDER_850.format(number=1), version="005010", isa="00501", eleven="^"),
    "ship notice": x12(SHIP_856, group="SH"),
    "orders of edifact": edifact(ORDERS.format(number=1), ORDERS.format(number=2)),
    "syntax 4": edifact(ORDERS.format(number=1).replace("EM'", "EM*b:TE'").replace("96A", "01B"), syntax="UNOC:4"),
    "announced": edifact(ORDERS.format(number=1).replace("9.5", "9,5"), una="UNA:+,? '"),
    "despatch advice": edifact(DESADV),
    "unknown message": edifact("PRICAT:D:96A:UN|BGM+9+P?+1+9'\nLIN+1++4006381333931:EN'"),
    "umlauts": edifact(ORDERS.format(number=1).replace("Ann", "Änne")),
    "pairs in their places": x12("850:BEG*00*SA*PO-1**20260315~PO1*1*6*EA*9.5****VN*L-100~"),
}


@pytest.mark.parametrize("data", CANONICAL.values(), ids=CANONICAL)
def test_what_was_read_is_written_with_the_same_bytes(data):
    found = documents(data)
    assert found and write_interchange(found) == data


@pytest.mark.parametrize("data", [CANONICAL["orders of x12"], CANONICAL["ship notice"], CANONICAL["orders of edifact"]])
def test_what_was_read_without_a_guide_is_written_with_the_same_bytes(data):
    assert write_interchange(documents(data, guides=no_guides)) == data


def test_what_no_guide_knows_is_written_where_it_was():
    data = x12("850:BEG*00*SA*PO-1**20260315~ZZ9*a*b>c~PO1*1*6*EA~ZZ8*x~PID*F****Lamp~CTT*1****5*CF*text*more~")
    (document,) = documents(data)
    assert write_interchange([document]) == data


def test_an_overlay_writes_as_it_reads():
    guides = with_overlays({"850": {"elements": {"BEG.4": "call_off! AN 1/30"}}})
    data = x12("850:BEG*00*SA*PO-1*C7*20260315~PO1*1*6*EA~")
    (document,) = documents(data, guides=guides)
    assert write_interchange([document], guides=guides) == data


def test_the_codec_writes_by_the_guides_that_are_agreed():
    agreed = codec("x12", {"overlays": {"850": {"elements": {"BEG.4": "call_off! AN 1/30"}}}})
    data = x12("850:BEG*00*SA*PO-1*C7*20260315~PO1*1*6*EA~")
    document = agreed.decode(data)
    assert document["beginning"]["call_off"] == "C7"
    assert agreed.encode(document) == data


def test_the_codec_reads_and_writes_one_document():
    data = x12(ORDER_850.format(number=1))
    assert codec("x12").encode(codec("x12").decode(data)) == data
    with pytest.raises(Fault, match="must be split"):
        codec("x12").decode(x12(ORDER_850.format(number=1), ORDER_850.format(number=2)))
    with pytest.raises(Fault, match="begins with UNA or UNB"):
        codec("edifact").decode(data)


def test_levels_are_numbered_where_nobody_did():
    document = {
        "message": {"type": "856"},
        "beginning": {"purpose": "00", "number": "SH-1", "date": "2026-03-16", "time": "10:15"},
        "shipments": [
            {
                "level": "S",
                "orders": [
                    {"level": "O", "order": {"po_number": "PO-1"}, "packs": [{"level": "P"}, {"level": "P"}]},
                    {"level": "O", "order": {"po_number": "PO-2"}},
                ],
            }
        ],
    }
    written = write_interchange([document], Envelope(X12_HEADER)).decode()
    levels = [segment for segment in written.split("~") if segment.startswith("HL")]
    assert levels == ["HL*1**S", "HL*2*1*O", "HL*3*2*P", "HL*4*2*P", "HL*5*1*O"]
    again = documents(written.encode())[0]
    assert len(again["shipments"][0]["orders"][0]["packs"]) == 2


# ------------------------------------------------------------------------------------------------------ what fits not


@pytest.mark.parametrize(
    "path, value",
    [
        ("beginning.po_number", "N" * 23),
        ("beginning.po_number", 17.5),
        ("beginning.po_number", ["PO-1"]),
        ("beginning.date", "16.03.2026"),
        ("beginning.date", "2026-02-31"),
        ("lines.0.quantity", "six"),
        ("lines.0.quantity", True),
        ("lines.0.quantity", Decimal("Infinity")),
        ("lines.0.quantity", Decimal("1e200")),
        ("lines.0.quantity", 10**200),
        ("lines.0.quantity", Decimal("1234567890.1234567")),
        ("lines.0.colour", "red"),
        ("lines.0.ids.0.colour", "red"),
        ("lines.0.ids", "L-100"),
        ("lines.0.acknowledgments.0", "IA"),
        ("beginning", "PO-1"),
        ("colour", "red"),
    ],
)
def test_a_value_that_does_not_fit_is_named_by_its_pointer(path, value):
    fault = fault_of(with_value(ACKNOWLEDGED, path, value))
    assert fault.code == "encode.value"
    assert fault.pointer == "/" + path.replace(".", "/") and fault.pointer in fault.detail


@pytest.mark.parametrize("name", ["po_number", "status", "date"])
def test_a_value_that_is_missing_is_named(name):
    document = copy.deepcopy(ACKNOWLEDGED)
    del document["beginning"][name]
    assert fault_of(document).pointer == f"/beginning/{name}"


def test_all_that_does_not_fit_is_said_at_once():
    document = with_value(with_value(ACKNOWLEDGED, "beginning.date", "soon"), "lines.0.quantity", "six")
    fault = fault_of(document)
    assert [cause.pointer for cause in fault.causes] == ["/beginning/date", "/lines/0/quantity"]


def test_values_that_belong_together_are_checked():
    assert "03 and 04" in fault_of({**ACKNOWLEDGED, "parties": [{"role": "ST", "name": "A", "id": "S1"}]}).detail


def test_implied_decimals_have_no_room_for_more():
    invoice = {
        "message": {"type": "810"},
        "beginning": {"date": "2026-03-16", "number": "I-1"},
        "total": {"amount": Decimal("12.50")},
    }
    assert b"TDS*1250~" in write_interchange([invoice], Envelope(X12_HEADER))
    assert fault_of(with_value(invoice, "total.amount", Decimal("12.505"))).pointer == "/total/amount"


@pytest.mark.parametrize("character", ["*", "~", ">", "\n", "\x00"])
def test_x12_cannot_say_its_own_separators(character):
    fault = fault_of(with_value(ACKNOWLEDGED, "beginning.po_number", f"A{character}B"))
    assert fault.code == "encode.character" and fault.pointer == "/beginning/po_number"
    assert fault.found == (character if character.isprintable() else f"U+{ord(character):04X}")


@pytest.mark.parametrize(
    "syntax, name, character",
    [
        ("UNOA", "LAMPe", "e"),
        ("UNOB", "Lübeck", "ü"),
        ("UNOC", "Łódź", "Ł"),
        ("UNOE", "Lübeck", "ü"),
        ("UNOW", "a\tb", "U+0009"),
    ],
)
def test_a_character_outside_of_the_character_set_is_named_with_its_field(syntax, name, character):
    header = {**EDIFACT_HEADER, "syntax": syntax}
    fault = fault_of(with_value(RESPONSE, "parties.0.names", [name]), header)
    assert (fault.code, fault.found, fault.pointer) == ("encode.character", character, "/parties/0/names/0")


@pytest.mark.parametrize(
    "syntax, name", [("UNOA", "LAMPS (2)"), ("UNOC", "Lübeck"), ("UNOD", "Łódź"), ("UNOW", "東京")]
)
def test_what_the_character_set_has_is_written_and_read_again(syntax, name):
    document = with_value(RESPONSE, "parties.0.names", [name])
    written = write_interchange([document], Envelope({**EDIFACT_HEADER, "syntax": syntax}))
    assert documents(written)[0]["parties"][0]["names"] == [name]


def test_a_decimal_comma_is_written_where_it_is_agreed():
    header = {
        **EDIFACT_HEADER,
        "delimiters": {"element": "+", "component": ":", "segment": "'", "release": "?", "decimal": ","},
    }
    document = {**RESPONSE, "amounts": [{"qualifier": "79", "amount": Decimal("12.50")}]}
    written = write_interchange([document], Envelope(header))
    assert written.startswith(b"UNA:+,? 'UNB") and b"MOA+79:12,50'" in written


def test_separators_that_are_none_are_refused():
    header = {**X12_HEADER, "delimiters": {"element": "*", "component": "*", "segment": "~"}}
    assert fault_of(ACKNOWLEDGED, header).pointer == "/interchange/delimiters"


def test_a_message_without_a_guide_needs_its_segments():
    assert "no guide" in fault_of({"message": {"type": "999X"}, "lines": []}).detail


# ------------------------------------------------------------------------------------------------ taken apart


@pytest.mark.parametrize("data", CANONICAL.values(), ids=CANONICAL)
def test_each_message_comes_with_its_bytes_as_an_interchange_of_its_own(data):
    parts = [part for part in read(data, raw=True) if part.message]
    for part in parts:
        alone, end = read(part.raw)
        assert alone.document == part.document and end.faults == ()
        assert alone.references == part.references
    if len(parts) == 1:
        assert parts[0].raw == data


def test_a_message_without_a_trailer_or_document_keeps_its_bytes_and_its_fault():
    data = x12(ORDER_850.format(number=1), "850:REF*DP*1~", ORDER_850.format(number=3)).replace(b"SE*11*0001~\n", b"")
    first, second, third, _end = read(data, raw=True)
    assert [part.document is None for part in (first, second, third)] == [True, True, False]
    for part in (first, second, third):
        alone = read(part.raw)[0]
        assert [fault.kind for fault in alone.faults] == [fault.kind for fault in part.faults]
    with pytest.raises(Fault) as caught:
        codec("x12").decode(second.raw)
    assert caught.value.code == "decode.segment_missing"


def test_a_reference_with_separators_stays_one():
    data = edifact(ORDERS.format(number=1), ORDERS.format(number=2), reference="R?+1")
    first, _second, _end = read(data, raw=True)
    assert read(first.raw)[-1].faults == () and read(first.raw)[0].references["interchange"] == "R+1"


def test_a_segment_that_contains_itself_is_refused_and_not_followed():
    endless: dict = {"repetitions": []}
    endless["repetitions"].append(endless)
    document = {"message": {"type": "850"}, "segments": [{"tag": "BEG", "elements": [endless, {"a": 1}, None]}]}
    assert fault_of(document).pointer == "/segments/0/elements/0"


def test_options_are_words_that_are_known():
    data = x12(ORDER_850.format(number=1), ORDER_850.format(number=2)).replace(b"SE*11*0001", b"SE*9*0001")
    parts = list(codec("x12").split(data, {"refuse": ["message_count"], "generic": True, "segment_limit": 100}))
    assert [part.document is None for part in parts] == [True, False, True]
    assert parts[1].document["segments"][0]["tag"] == "BEG"
    tolerant = codec("x12").split(b"", {"tolerate": ["envelope_broken"]})
    assert next(tolerant).document is None
    for wrong in ({"colour": "red"}, {"refuse": ["rudeness"]}, {"charset": "papyrus"}):
        with pytest.raises(Fault) as caught:
            list(codec("x12").split(data, wrong))
        assert caught.value.code == "engine.configuration"
