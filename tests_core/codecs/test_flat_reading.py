"""Flat files are read as their layout says; one bad line stops its own document and no other."""

from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sync_governance.core.codecs.flat import FlatCodec
from sync_governance.core.codecs.flat.seen import Seen
from sync_governance.core.faults import Fault

ORDERS = {
    "kind": "delimited",
    "delimiter": ";",
    "decimal_mark": ",",
    "thousands_mark": ".",
    "null": ["NULL", "-"],
    "fields": [
        {"name": "number", "column": "Order", "required": True},
        {"name": "sku", "column": "Article"},
        {"name": "quantity", "column": "Qty", "type": "integer"},
        {"name": "price", "column": "Price", "type": "decimal"},
        {"name": "due", "column": "Due", "type": "date", "format": ["DD.MM.YYYY", "D.M.YY"]},
    ],
    "documents": {"by": "key", "key": ["number"]},
}
HEAD = "Order;Article;Qty;Price;Due\n"
RECORDS = {
    "kind": "delimited",
    "delimiter": "|",
    "records": {
        "opening": {"role": "file_header", "match": {"value": "A"}, "fields": [{"name": "sender"}]},
        "order": {"role": "header", "match": {"value": "H"}, "fields": [{"name": "number"}]},
        "note": {"role": "part", "match": {"value": "N"}, "fields": [{"name": "note"}]},
        "line": {
            "role": "detail",
            "match": {"value": "L"},
            "into": "lines",
            "fields": [{"name": "sku"}, {"name": "amount", "type": "decimal"}],
        },
        "serial": {
            "role": "detail",
            "match": {"value": "S"},
            "under": "line",
            "into": "serials",
            "fields": [{"name": "serial"}],
        },
        "end": {
            "role": "trailer",
            "match": {"value": "T"},
            "fields": [{"name": "lines", "type": "integer"}, {"name": "total", "type": "decimal"}],
            "checks": [{"field": "lines", "count": "line"}, {"field": "total", "sum": "line.amount"}],
        },
        "closing": {
            "role": "file_trailer",
            "match": {"value": "Z"},
            "fields": [{"name": "documents", "type": "integer"}, {"name": "rows", "type": "integer"}],
            "checks": [{"field": "documents", "count": "documents"}, {"field": "rows", "count": "lines"}],
        },
    },
}
FIXED = {
    "kind": "fixed",
    "records": {
        "order": {
            "role": "header",
            "match": {"value": "HD"},
            "fields": [
                {"name": "number", "start": 3, "length": 8},
                {"name": "date", "start": 11, "length": 6, "type": "date", "format": "YYMMDD"},
            ],
        },
        "line": {
            "role": "detail",
            "match": {"value": "LN"},
            "into": "lines",
            "fields": [
                {"name": "sku", "start": 3, "length": 10},
                {"name": "amount", "start": 13, "length": 9, "type": "decimal", "implied_decimals": 2, "fill": "0"},
            ],
        },
    },
}
TAGGED = {
    "kind": "tagged",
    "delimiter": ",",
    "records": {
        "order": {"role": "header", "match": {"value": "ORDER"}, "fields": [{"name": "number"}]},
        "ship": {
            "role": "part",
            "match": {"value": "SHIP"},
            "into": "ship_to",
            "fields": [{"name": "name"}, {"name": "city"}],
        },
        "item": {
            "role": "detail",
            "match": {"value": "ITEM"},
            "into": "lines",
            "fields": [{"name": "sku"}, {"name": "quantity", "type": "integer"}],
        },
    },
}


def parts(layout, text, charset="utf-8"):
    return list(FlatCodec(layout).split(text.encode(charset) if isinstance(text, str) else text))


def documents(layout, text):
    found = parts(layout, text)
    assert not [fault.detail for part in found for fault in part.faults]
    return [part.document for part in found]


def fault_of(layout, text):
    (fault,) = [fault for part in parts(layout, text) for fault in part.faults]
    return fault


# -- delimited -------------------------------------------------------------------------------------------------------


def test_rows_of_one_key_are_one_document_with_numbers_and_dates_of_the_partner():
    text = HEAD + "1;A;2;1.234,50;24.12.2026\n1;B;-3;NULL;1.2.26\n2;C;-;7,5-;\n"
    assert documents(ORDERS, text) == [
        {
            "number": "1",
            "lines": [
                {"sku": "A", "quantity": 2, "price": Decimal("1234.50"), "due": "2026-12-24"},
                {"sku": "B", "quantity": -3, "price": None, "due": "2026-02-01"},
            ],
        },
        {"number": "2", "lines": [{"sku": "C", "quantity": None, "price": Decimal("-7.5"), "due": None}]},
    ]


def test_a_part_says_where_its_document_begins_and_what_it_is_called():
    first, second = parts(ORDERS, HEAD + "1;A;2;1;\n1;A;2;1;\n2;A;2;1;\n")
    assert (first.references, first.position) == ({"number": "1"}, 2)
    assert (second.references, second.position) == ({"number": "2"}, 4)


def test_columns_are_found_by_name_wherever_they_stand():
    text = "Due;Unknown;Price;Qty;Article;Order\n;x;1,00;1;A;7\n"
    assert documents(ORDERS, text)[0]["number"] == "7"


@pytest.mark.parametrize(
    ("line", "code", "detail"),
    [
        ("2;B;two;1;", "decode.value_invalid", "Line 3, column Qty: here should stand a whole number, found 'two'."),
        ("2;B;1.5;1;", "decode.value_invalid", "Line 3, column Qty: here should stand a whole number, found '1.5'."),
        (
            "2;B;1;1,2,3;",
            "decode.value_invalid",
            "Line 3, column Price: here should stand a number, written like 1.234,50, found '1,2,3'.",
        ),
        (
            "2;B;1;1;31.02.2026",
            "decode.value_invalid",
            "Line 3, column Due: here should stand a date as DD.MM.YYYY or D.M.YY, found '31.02.2026'.",
        ),
        ("2;B;1;1", "decode.line_unreadable", "Line 3: there are 4 columns where 5 should be."),
        ("2;B;1;1;;x", "decode.line_unreadable", "Line 3: there are 6 columns where 5 should be."),
        ('2;"B;1;1;', "decode.line_unreadable", "Line 3, column 2: a quotation mark is opened and never closed."),
        (
            '2;"B"x;1;1;',
            "decode.line_unreadable",
            "Line 3: a quotation mark stands inside a quoted value and is not doubled.",
        ),
    ],
)
def test_one_bad_line_stops_its_own_document_and_says_where_it_is(line, code, detail):
    text = HEAD + f"1;A;1;1;\n{line}\n3;C;1;1;\n"
    found = parts(ORDERS, text)
    assert {(fault.code, fault.detail) for part in found for fault in part.faults} == {(code, detail)}
    # Where the number of the order cannot be read either, the line may belong to either neighbour.
    good = [] if '"' in line else ["1", "3"]
    assert [part.document["number"] for part in found if part.document] == good


def test_a_line_of_which_nobody_knows_the_document_takes_both_neighbours_with_it():
    broken = '1;A;1;1;\n"\n2;B;1;1;\n3;C;1;1;\n'
    assert [bool(part.faults) for part in parts(ORDERS, HEAD + broken)] == [True, True, False]
    within = '1;A;1;1;\n"\n1;B;1;1;\n3;C;1;1;\n'
    assert [bool(part.faults) for part in parts(ORDERS, HEAD + within)] == [True, False]
    at_the_beginning = '"\n1;B;1;1;\n3;C;1;1;\n'
    assert [bool(part.faults) for part in parts(ORDERS, HEAD + at_the_beginning)] == [True, False]


def test_a_row_whose_cells_are_shifted_never_takes_its_line_to_another_document():
    layout = {
        "kind": "delimited",
        "fields": [{"name": "sku"}, {"name": "quantity"}, {"name": "number"}],
        "documents": {"by": "key", "key": ["number"]},
    }
    shifted = parts(layout, "sku,quantity,number\nA,1,7\nB, red,2,7\nC,3,7\nD,1,8\n")
    assert [(part.references, bool(part.faults)) for part in shifted] == [
        ({"number": "7"}, True),
        ({"number": "8"}, False),
    ]
    between = parts(layout, "sku,quantity,number\nA,1,7\nB, red,2,8\nD,1,8\nE,1,9\n")
    assert [bool(part.faults) for part in between] == [True, True, False]


def test_a_missing_key_is_a_fault_and_no_document_of_its_own():
    found = parts(ORDERS, HEAD + "1;A;1;1;\n;B;1;1;\n3;C;1;1;\n")
    assert [fault.code for part in found for fault in part.faults] == ["decode.value_missing"]
    assert [part.document["number"] for part in found if part.document] == ["1", "3"]


def test_lines_of_one_document_that_are_scattered_are_refused_and_not_two_documents():
    found = parts(ORDERS, HEAD + "1;A;1;1;\n2;B;1;1;\n1;C;1;1;\n")
    assert [bool(part.faults) for part in found] == [False, False, True]
    assert "stood further up already" in found[2].faults[0].detail


def test_lines_that_disagree_about_the_head_are_refused():
    layout = {**ORDERS, "documents": {"by": "key", "key": ["number"], "head": ["number", "due"]}}
    fault = fault_of(layout, HEAD + "1;A;1;1;1.1.26\n1;B;1;1;2.1.26\n")
    assert fault.detail == (
        "Line 3, column due: the lines of one document disagree: due was '2026-01-01' and here is '2026-01-02'."
    )


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        ("Order;Article;Qty;Price", "the column Due is missing"),
        ("Order;Article;Qty;Price;Due;Due", "the column Due is there twice"),
    ],
)
def test_a_file_without_its_columns_is_refused_as_a_whole(head, problem):
    (part,) = parts(ORDERS, head + "\n1;A;1;1;1.1.26\n")
    assert part.document is None
    assert problem in part.faults[0].detail


def test_without_fields_every_column_is_text_under_its_own_name():
    assert documents({"kind": "delimited"}, "id,Städte\n007,Köln\n") == [{"id": "007", "Städte": "Köln"}]
    (part,) = parts({"kind": "delimited"}, "a,a\n1,2\n")
    assert "twice" in part.faults[0].detail


def test_a_file_may_be_one_document():
    layout = {"kind": "delimited", "documents": {"by": "file", "lines": "rows"}}
    assert documents(layout, "a\n1\n2\n") == [{"rows": [{"a": "1"}, {"a": "2"}]}]


def test_documents_may_be_separated_by_empty_lines():
    layout = {
        "kind": "delimited",
        "header": False,
        "fields": [{"name": "sku"}, {"name": "count", "type": "integer"}],
        "documents": {"by": "blank_line"},
    }
    found = documents(layout, "A,1\nB,2\n\n,\nC,3\n")
    assert [[line["sku"] for line in document["lines"]] for document in found] == [["A", "B"], ["C"]]


def test_quoted_cells_may_hold_delimiter_quotes_and_where_agreed_line_breaks():
    layout = {"kind": "delimited", "multiline": True}
    assert documents(layout, 'a,b\n"x,""y""","two\r\nlines"\n1,2\n') == [
        {"a": 'x,"y"', "b": "two\nlines"},
        {"a": "1", "b": "2"},
    ]


def test_a_quotation_mark_that_never_ends_swallows_no_other_line():
    layout = {"kind": "delimited", "multiline": True, "fields": [{"name": "a"}, {"name": "b"}]}
    found = parts(layout, 'a,b\n1,"x\n2,y\n3,z\n')
    assert [part.position for part in found] == [2, 3, 4]
    assert [part.document and part.document["a"] for part in found] == [None, "2", "3"]


def test_an_escape_may_stand_instead_of_doubled_quotes():
    layout = {"kind": "delimited", "escape": "\\"}
    assert documents(layout, 'a\n"say \\"x\\""\n') == [{"a": 'say "x"'}]


def test_introduction_comments_and_footer_are_left_out():
    layout = {"kind": "delimited", "skip_lines": 2, "skip_last": 1, "comment": "#"}
    text = "Report\nof today\n#x\na\n1\n#y\n2\nTotal 2\n"
    assert documents(layout, text) == [{"a": "1"}, {"a": "2"}]


def test_spaces_around_values_go_unless_they_belong():
    assert documents({"kind": "delimited"}, "a\n  x \n") == [{"a": "x"}]
    layout = {"kind": "delimited", "trim": False, "fields": [{"name": "a"}]}
    assert documents(layout, "a\n  x \n") == [{"a": "  x "}]


def test_a_wrong_check_digit_is_told_and_taken():
    layout = {"kind": "delimited", "fields": [{"name": "gtin", "check_digit": True}]}
    found = parts(layout, "gtin\n4006381333931\n4006381333932\n\n00012345600012\n12\n")
    assert [part.document["gtin"] for part in found] == ["4006381333931", "4006381333932", "00012345600012", "12"]
    assert [len(part.findings) for part in found] == [0, 1, 0, 1]
    assert found[1].findings[0].detail.startswith("Line 3, column gtin: '4006381333932' is no GTIN")


# -- records ---------------------------------------------------------------------------------------------------------

FILE = "A|ACME\nH|1\nN|fragile\nL|X|2.50\nS|s1\nS|s2\nL|Y|1\nT|2|3.50\nH|2\nL|Z|4\nT|1|4\nZ|2|12\n"


def test_header_parts_details_and_trailers_make_a_document():
    first, second = documents(RECORDS, FILE)
    assert first == {
        "file": {"sender": "ACME"},
        "number": "1",
        "note": "fragile",
        "lines": [
            {"sku": "X", "amount": Decimal("2.50"), "serials": [{"serial": "s1"}, {"serial": "s2"}]},
            {"sku": "Y", "amount": Decimal("1")},
        ],
        "trailer": {"lines": 2, "total": Decimal("3.50")},
    }
    assert second["number"] == "2"


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        ("T|2|3.50", "T|3|3.50", "Line 8: lines says 3, and there are 2 of line."),
        ("T|2|3.50", "T|2|3.51", "Line 8: total says 3.51, and line.amount adds up to 3.50."),
        ("T|2|3.50\n", "", "is not complete"),
        ("N|fragile", "N|fragile\nN|again", "note was said further up already"),
        ("L|X|2.50\nS|s1", "S|s1", "no line stands above it"),
        ("L|Y|1", "Q|Y|1", "no record of the layout begins with 'Q'"),
    ],
)
def test_a_document_that_does_not_add_up_is_refused_and_its_neighbour_taken(old, new, detail):
    found = parts(RECORDS, FILE.replace(old, new))
    assert detail in found[0].faults[0].detail
    assert found[0].document is None
    assert found[1].document["number"] == "2"


def test_a_difference_may_only_be_reported():
    layout = {**RECORDS, "records": {**RECORDS["records"]}}
    end = {**layout["records"]["end"], "checks": [{"field": "lines", "count": "line", "mismatch": "report"}]}
    layout["records"]["end"] = end
    first = parts(layout, FILE.replace("T|2|3.50", "T|9|3.50"))[0]
    assert first.document["number"] == "1"
    assert [finding.code for finding in first.findings] == ["decode.control_count"]


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        ("Z|2|12\n", "Z|3|12\n", "documents says 3, and there are 2 of documents"),
        ("Z|2|12\n", "Z|2|11\n", "rows says 11, and there are 12 of lines"),
        ("Z|2|12\n", "", "It may have been cut off on the way"),
    ],
)
def test_what_is_wrong_with_the_file_comes_last_and_without_a_document(old, new, detail):
    *before, last = parts(RECORDS, FILE.replace(old, new))
    assert [part.document["number"] for part in before] == ["1", "2"]
    assert last.document is None
    assert detail in last.faults[0].detail


def test_a_line_in_front_of_any_header_belongs_to_no_document():
    first, *rest = parts(RECORDS, FILE.replace("H|1\n", "L|Q|1\nH|1\n").replace("|12", "|13"))
    assert first.faults[0].detail == "Line 2: it belongs to no header."
    assert [part.document["number"] for part in rest] == ["1", "2"]


def test_details_that_carry_the_key_of_another_header_are_refused():
    layout = {
        "kind": "delimited",
        "records": {
            "order": {"role": "header", "match": {"value": "H"}, "fields": [{"name": "number"}]},
            "line": {"role": "detail", "match": {"value": "L"}, "fields": [{"name": "number"}, {"name": "sku"}]},
        },
        "documents": {"by": "header", "key": ["number"]},
    }
    assert documents(layout, "H,1\nL,1,A\n")[0]["line"] == [{"number": "1", "sku": "A"}]
    assert "disagree" in fault_of(layout, "H,1\nL,2,A\n").detail


# -- fixed and tagged ------------------------------------------------------------------------------------------------


def test_fixed_lines_are_cut_at_their_positions():
    text = "HD00004711261224\r\nLNSKU-1     000001250\r\nLNSKU-2     -00000100\r\n"
    assert documents(FIXED, text) == [
        {
            "number": "00004711",
            "date": "2026-12-24",
            "lines": [
                {"sku": "SKU-1", "amount": Decimal("12.50")},
                {"sku": "SKU-2", "amount": Decimal("-1.00")},
            ],
        }
    ]


def test_a_fixed_line_names_the_position_of_what_is_wrong():
    assert fault_of(FIXED, "HD00004711261324\n").detail == (
        "Line 1, column date (position 11): here should stand a date as YYMMDD, found '261324'."
    )
    assert "something stands behind position 16" in fault_of(FIXED, "HD00004711261224 x\n").detail


def test_tagged_lines_carry_their_values_behind_the_tag():
    assert documents(TAGGED, "ORDER: 7\nSHIP: Ann, Bonn\nITEM: A,2\nITEM: B,3\nORDER: 8\n") == [
        {
            "number": "7",
            "ship_to": {"name": "Ann", "city": "Bonn"},
            "lines": [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 3}],
        },
        {"number": "8"},
    ]


# -- character sets --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_decides_whatever_was_agreed(charset):
    layout = {"kind": "delimited", "charset": "cp1252"}
    assert parts(layout, "Stadt\nKöln\n", charset)[0].document == {"Stadt": "Köln"}


def test_of_several_character_sets_the_first_that_fits_the_whole_file_is_taken():
    layout = {"kind": "delimited", "charset": ["utf-8", "cp1252"]}
    for charset in ("utf-8", "cp1252"):
        text = "a\n" + "x\n" * 200_000 + "Köln\n"
        assert parts(layout, text, charset)[-1].document == {"a": "Köln"}
    nowhere = list(FlatCodec({"kind": "delimited", "charset": ["ascii", "utf-8"]}).split(b"a\n\xff\n"))
    assert nowhere[0].faults[0].code == "decode.charset"


def test_a_byte_that_is_not_in_the_character_set_stops_only_its_line():
    found = list(FlatCodec({"kind": "delimited"}).split("a\nx\nKöln\ny\n".encode("latin-1")))
    assert [part.document for part in found] == [{"a": "x"}, None, {"a": "y"}]
    assert found[1].faults[0].detail == (
        "Line 3: the byte at position 2 of the line is not valid in the character set utf-8; "
        "in windows-1252 it would be 'ö'."
    )


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-8", "iso-8859-15"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_in_every_charset(charset, end):
    layout = {"kind": "delimited", "charset": charset}
    text = end.join(["a,b", *(f"{number},Ä" for number in range(3_000)), "last,Ċ" if "utf" in charset else "last,x"])
    found = list(FlatCodec(layout).split(text.encode(charset)))
    assert len(found) == 3_001
    assert not any(part.faults for part in found)
    assert found[1_500].document == {"a": "1500", "b": "Ä"}


def test_a_line_without_end_is_refused_and_the_next_one_taken():
    text = b"a\n" + b"x" * 3_000_000 + b"\ny\n" + b"z" * 1_500_000
    found = list(FlatCodec({"kind": "delimited"}).split(BytesIO(text)))
    assert [part.document for part in found] == [None, {"a": "y"}, None]
    assert {fault.code for part in found for fault in part.faults} == {"decode.too_large"}


def test_a_nul_stops_only_its_line():
    found = list(FlatCodec({"kind": "delimited"}).split(b"a\nx\0\ny\n"))
    assert [part.document for part in found] == [None, {"a": "y"}]


# -- one document, and anything --------------------------------------------------------------------------------------


def test_one_document_is_decoded_and_several_must_be_split():
    assert FlatCodec(ORDERS).decode((HEAD + "1;A;1;1;\n").encode())["number"] == "1"
    with pytest.raises(Fault, match="several documents"):
        FlatCodec(ORDERS).decode((HEAD + "1;A;1;1;\n2;A;1;1;\n").encode())
    for nothing in (b"", HEAD.encode()):
        with pytest.raises(Fault) as caught:
            FlatCodec(ORDERS).decode(nothing)
        assert caught.value.code == "decode.malformed"


def test_a_document_with_too_many_lines_is_refused():
    layout = {**ORDERS, "most_lines": 3}
    found = parts(layout, HEAD + "1;A;1;1;\n" * 5 + "2;A;1;1;\n")
    assert [fault.code for fault in found[0].faults] == ["decode.too_large"]
    assert found[1].document["number"] == "2"


LAYOUTS = {
    "key": ORDERS,
    "records": RECORDS,
    "fixed": FIXED,
    "tagged": TAGGED,
    "multiline": {"kind": "delimited", "multiline": True},
    "utf-16": {"kind": "delimited", "charset": "utf-16"},
    "several charsets": {"kind": "delimited", "charset": ["utf-8", "utf-16", "cp1252"]},
    "blank lines": {
        "kind": "delimited",
        "escape": "\\",
        "documents": {"by": "blank_line"},
        "skip_last": 2,
        "comment": "#",
    },
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@given(data=st.binary(max_size=300) | st.text('AHLNSTZ|;,"\n\r1.- :', max_size=200).map(str.encode))
@settings(deadline=None, database=None, max_examples=200)
def test_any_bytes_give_documents_or_faults_of_decoding(layout, data):
    prefixes = (b"", HEAD.encode()) if layout is ORDERS else (b"",)
    for prefix in prefixes:
        for part in FlatCodec(layout).split(prefix + data):
            assert part.document is not None or part.faults or part.findings
            assert all(fault.code.startswith("decode.") for fault in part.faults)
            assert not (part.document is not None and part.faults)


def test_every_key_of_a_large_file_is_remembered():
    seen = Seen()
    keys = [(f"SO{number}", number % 7) for number in range(20_000)]
    assert not any(seen.add(key) for key in keys)
    assert all(seen.add(key) for key in keys)
    assert not seen.add((0,))
