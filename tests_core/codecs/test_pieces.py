"""A document taken out of its file is read as it was in it: the same document, or the same faults with its lines."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sync_governance.core.codecs import codec
from sync_governance.core.codecs.lines import CHUNK, LONGEST_LINE, Lines, Slices
from sync_governance.core.contracts import summary
from sync_governance.core.faults import Fault

BY_KEY = {
    "kind": "delimited",
    "delimiter": ";",
    "charset": ["utf-8", "cp1252"],
    "fields": [
        {"name": "number", "column": "Order", "required": True},
        {"name": "sku", "column": "Article"},
        {"name": "quantity", "column": "Qty", "type": "integer"},
    ],
    "documents": {"by": "key", "key": ["number"], "head": ["number"]},
}
BY_LINE = {**BY_KEY, "documents": {"by": "line"}}
MANY_LINES = {**BY_LINE, "multiline": True, "skip_lines": 2, "skip_last": 1, "comment": "#"}
RECORDS = {
    "kind": "delimited",
    "records": {
        "file": {"role": "file_header", "match": {"value": "F"}, "into": "file", "fields": [{"name": "sent"}]},
        "order": {"role": "header", "match": {"value": "H"}, "fields": [{"name": "number"}]},
        "line": {"role": "detail", "match": {"value": "L"}, "into": "lines", "fields": [{"name": "sku"}]},
        "end": {
            "role": "file_trailer",
            "match": {"value": "Z"},
            "fields": [{"name": "orders", "type": "integer"}],
            "checks": [{"field": "orders", "count": "documents"}],
        },
    },
    "documents": {"by": "header", "key": ["number"]},
}
TAGGED = {
    "kind": "tagged",
    "tag_separator": ":",
    "records": {
        "order": {"role": "part", "match": {"value": "ORDER"}, "fields": [{"name": "number"}]},
        "item": {"role": "detail", "match": {"value": "ITEM"}, "into": "lines", "fields": [{"name": "sku"}]},
    },
    "documents": {"by": "blank_line"},
}
XML = {"namespaces": {"": "urn:a", "p": "urn:p"}, "record": "Orders/Order", "envelope": True}
DEEP = {"record": "File/Group/Order"}
X12_HEAD = "ISA*00*          *00*          *ZZ*LAMPSHOP       *ZZ*BULBWORKS      *260315*0930*U*00401*000000007*0*P*>~"

FILES = {
    "keys": ("flat", BY_KEY, "Order;Article;Qty\nPO-1;A;1\nPO-1;B;x\nPO-2;A;2\n\nPO-3;C;3\nPO-3;D;4\n"),
    "cp1252": ("flat", BY_KEY, "Order;Article;Qty\nPO-1;Gl\xfchlampe;1\nPO-2;\xc3\xa4;2\n".encode("cp1252")),
    "a mark": ("flat", BY_KEY, b"\xef\xbb\xbf" + "Order;Article;Qty\nPO-1;ü;1\nPO-2;ä;2\n".encode()),
    "sixteen bits": ("flat", BY_KEY, "\ufeffOrder;Article;Qty\r\nPO-1;ü;1\r\nPO-2;ਊ;2\r\nPO-3;c;3".encode("utf-16-le")),
    "old line ends": ("flat", BY_LINE, "Order;Article;Qty\rPO-1;A;1\rPO-2;B;2\rPO-3;B;2"),
    "shifted cells": ("flat", BY_KEY, "Article;Qty;Order\nA;1;PO-1\nA;1\nB;2;PO-2\nB;2;PO-3\n"),
    "many lines": (
        "flat",
        MANY_LINES,
        'Report\nof today\n# columns\nOrder;Article;Qty\nPO-1;"A\nB\nC";1\n# more\n'
        'PO-2;"D";z\nPO-3;"E\n";5\nTotal;;6\n',
    ),
    "records": ("flat", RECORDS, "F,today\nH,PO-1\nL,A\nL,B\nQ,?\nH,PO-2\nL,C\nZ,2\n"),
    "tags": ("flat", TAGGED, "ORDER: PO-1\nITEM: A\n\n\nORDER: PO-2\nITEM: B\nITEM: C\n"),
    "JSON lines": ("ndjson", None, '{"n":1}\n\n{"n":\n[2]\r\n{"n":3,"ü":"ä"}'),
    "XML": (
        "xml",
        XML,
        '<?xml version="1.0"?>\n<!-- a > b -->\n<Orders xmlns="urn:a"\n xmlns:q="urn:p" q:made="now>">\n'
        "<Sender>us</Sender>\n"
        '<Order n=">1"><q:Line/></Order><Order n="2"\n/>\n <Order n="3">text<Line/></Order>\n\n<Order\n>4/></Order  >'
        "</Orders>",
    ),
    "XML of sixteen bits": (
        "xml",
        {"record": "Orders/Order"},
        '<?xml version="1.0" encoding="UTF-16"?>\n<Orders>\n<Order n="ü"/>\n<Order>ਊ\n</Order></Orders>'.encode(
            "utf-16"
        ),
    ),
    "deep XML": (
        "xml",
        DEEP,
        "<File><Group a='1'><Head/><Order>1</Order>\n<Order>2</Order></Group>\n<Other><Order>x</Order></Other>"
        "<Group a='2'><Order>3</Order></Group><Group/></File>",
    ),
    "X12": (
        "x12",
        None,
        f"{X12_HEAD}GS*PO*LAMPSHOP*BULBWORKS*20260315*0930*7*X*004010~"
        "ST*850*0001~BEG*00*SA*PO-1**20260315~PO1*1*2*EA*9.50**VN*L-100~CTT*1~SE*5*0001~"
        "ST*850*0002~REF*DP*1~SE*3*0002~"
        "ST*850*0003~BEG*00*SA*PO-3**20260315~PO1*1*2*EA*9.50**VN*L-100~CTT*1~SE*5*0003~GE*3*7~IEA*1*000000007~",
    ),
}


def bytes_of(text):
    return text if isinstance(text, bytes) else text.encode()


def read(reader, piece):
    """Document and details of the faults of a piece by itself."""
    try:
        return reader.part_of(piece.raw, piece.place).document, []
    except Fault as fault:
        return None, sorted(each.detail for each in fault.causes or (fault,))


@pytest.mark.parametrize("name", FILES)
def test_each_document_is_read_as_in_its_file(name):
    codec_name, options, text = FILES[name]
    reader, data = codec(codec_name, options), bytes_of(text)
    parts = [part for part in reader.split(data) if part.extent or codec_name == "xml"]
    parts = [part for part in parts if part.document is not None or part.faults]
    pieces = [piece for piece in reader.pieces(lambda: BytesIO(data)) if piece.raw is not None]
    assert len(pieces) == len(parts) > 0
    for part, piece in zip(parts, pieces, strict=True):
        assert piece.place.first <= part.position <= piece.place.last
        document, faults = read(reader, piece)
        assert document == part.document, piece
        told = sorted(fault.detail for fault in part.faults)
        told = sorted(each.detail for each in summary(part.faults).causes) if told and codec_name != "x12" else told
        assert faults == told or codec_name == "x12" and len(faults) == len(told)


@pytest.mark.parametrize("name", FILES)
def test_a_place_names_the_lines_of_the_file(name):
    codec_name, options, text = FILES[name]
    data = bytes_of(text)
    pieces = [piece for piece in codec(codec_name, options).pieces(lambda: BytesIO(data)) if piece.raw is not None]
    firsts = [piece.place.first for piece in pieces]
    assert firsts == sorted(firsts)
    expected = {
        "keys": [(2, 3), (4, 4), (6, 7)],
        "shifted cells": [(2, 3), (3, 4), (5, 5)],
        "many lines": [(5, 7), (9, 9), (10, 11)],
        "records": [(2, 5), (6, 7)],
        "tags": [(1, 2), (5, 7)],
        "JSON lines": [(1, 1), (3, 3), (4, 4), (5, 5)],
        "X12": [(3, 7), (8, 10), (11, 15)],
        "XML": [(6, 6), (6, 7), (8, 8), (10, 11)],
    }.get(name)
    assert expected is None or [(piece.place.first, piece.place.last) for piece in pieces] == expected


def test_a_document_that_only_its_file_shows_to_be_bad_says_so_there():
    data = b"Order;Article;Qty\nPO-1;A;1\nPO-2;B;2\nPO-1;C;3\n"
    first, second, third = codec("flat", BY_KEY).pieces(lambda: BytesIO(data))
    assert (first.faults, second.faults) == ((), ())
    assert "stood further up already" in third.faults[0].detail
    assert codec("flat", BY_KEY).part_of(third.raw, third.place).document["lines"] == [{"sku": "C", "quantity": 3}]


def test_a_trailer_that_counts_otherwise_is_a_fault_of_the_file():
    pieces = list(codec("flat", RECORDS).pieces(lambda: BytesIO(b"F,today\nH,PO-1\nL,A\nZ,2\n")))
    assert [piece.raw is None for piece in pieces] == [False, True]
    assert pieces[0].document["file"] == {"sent": "today"}
    assert pieces[1].faults[0].code == "decode.control_count"


def test_xml_that_breaks_off_gives_what_stood_in_front():
    data = b"<Orders>\n<Order>1</Order>\n<Order>2</Order>\n<Order>3"
    pieces = list(codec("xml", {"record": "Orders/Order"}).pieces(lambda: BytesIO(data)))
    assert [piece.raw for piece in pieces[:2]] == [
        b"<Orders>\n<Order>1</Order></Orders>",
        b"<Orders>\n<Order>2</Order></Orders>",
    ]
    assert "line 4" in pieces[2].faults[0].detail


def test_a_fault_in_a_document_of_xml_names_the_line_of_the_file():
    data = b"<Orders>\n\n<Order>\n<a/>\n</Order>\n<Order>\ntext<a/></Order></Orders>"
    reader = codec("xml", {"record": "Orders/Order"})
    _good, bad = reader.pieces(lambda: BytesIO(data))
    with pytest.raises(Fault, match="Line 6, /Order"):
        reader.part_of(bad.raw, bad.place)


def test_findings_are_told_with_the_document():
    layout = {**BY_LINE, "fields": [{"name": "number", "column": "Order", "check_digit": True}]}
    part = codec("flat", layout).part_of(b"Order\n4006381333932\n")
    assert part.document == {"number": "4006381333932"}
    assert len(part.findings) == 1


LINES = st.lists(st.sampled_from(["", "a", "b\r", "ü", "ਊ", "x" * 70]), max_size=30)


@given(LINES, st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]), st.sampled_from(["\n", "\r\n", "\r"]), st.data())
@settings(max_examples=200, deadline=None)
def test_slices_are_the_lines_as_they_are_numbered(lines, charset, end, data):
    raw = end.join(lines).encode(charset)
    texts = [line for line in Lines(raw, [charset]) if isinstance(line, str)]
    slices, first, found = Slices(BytesIO(raw), charset), 1, []
    for _ in range(data.draw(st.integers(0, 5))):
        first = data.draw(st.integers(first, len(texts) + 1))
        last = data.draw(st.integers(first, len(texts) + 1))
        taken = slices.take(first, last).decode(charset)
        found.append((taken, "".join(texts[first - 1 : last])))
    for taken, text in found:
        assert taken.replace("\r", "").replace("\n", "") == text.replace("\r", "").replace("\n", "")


def test_of_a_line_without_end_no_more_is_held_than_shows_that_it_is_too_long():
    data = b"a\n" + b"x" * (3 * LONGEST_LINE) + b"\nb\n" + b"y" * CHUNK
    slices = Slices(BytesIO(data), "utf-8")
    assert slices.take(1, 1) == b"a\n"
    long = slices.take(2, 2)
    assert LONGEST_LINE < len(long) <= LONGEST_LINE + 2
    assert slices.take(3, 3) == b"b\n"
