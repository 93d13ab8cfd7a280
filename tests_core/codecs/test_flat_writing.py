"""What is written as a flat file can be read, gives the same documents, and is safe to open in a spreadsheet."""

import copy
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sync_governance.core.codecs.flat import FlatCodec, compiled
from sync_governance.core.faults import Fault
from test_flat_reading import FILE, FIXED, HEAD, ORDERS, RECORDS, TAGGED

TABLE = {
    "kind": "delimited",
    "spreadsheet_safe": True,
    "multiline": True,
    "null": ["NULL"],
    "fields": [
        {"name": "text", "trim": False},
        {"name": "count", "type": "integer"},
        {"name": "amount", "type": "decimal"},
        {"name": "day", "type": "date", "format": "DD/MM/YYYY"},
        {"name": "at", "type": "datetime", "format": "YYYYMMDDHHmmssZ"},
        {"name": "yes", "type": "boolean", "true": ["Y", "1"], "false": ["N"]},
    ],
}
texts = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00\r"), min_size=1).filter(
    lambda text: text != "NULL"
)
optional = lambda strategy: st.none() | strategy  # noqa: E731
rows = st.fixed_dictionaries(
    {
        "text": texts,
        "count": optional(st.integers(-(10**30), 10**30)),
        "amount": optional(st.decimals(allow_nan=False, allow_infinity=False, places=4)),
        "day": optional(st.dates().map(lambda day: day.isoformat())),
        "at": optional(
            st.datetimes(timezones=st.timezones()).map(lambda moment: moment.replace(microsecond=0).isoformat())
        ).filter(lambda text: text is None or len(text) == 25),
        "yes": optional(st.booleans()),
    }
)


def written(layout, *documents):
    return b"".join(FlatCodec(layout).write(documents))


def fault_of(layout, document):
    with pytest.raises(Fault) as caught:
        written(layout, document)
    return caught.value


@given(documents=st.lists(rows, min_size=1, max_size=5))
@settings(deadline=None, database=None)
def test_rows_that_are_written_are_read_as_they_were(documents):
    data = written(TABLE, *documents)
    found = [part.document for part in FlatCodec(TABLE).split(data)]
    for document in documents:
        document["at"] = document["at"] and document["at"].replace("+00:00", "Z")
    assert found == documents
    assert written(TABLE, *found) == data


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        (ORDERS, HEAD + "1;A;2;1234,50;24.12.2026\n1;B;-3;;01.02.2026\n2;C;;-7,5;\n"),
        (RECORDS, FILE),
        (FIXED, "HD00004711261224\nLNSKU-1     000001250\nLNSKU-2     -00000100\n"),
        (TAGGED, "ORDER:7\nSHIP:Ann,Bonn\nITEM:A,2\nITEM:B,3\nORDER:8\n"),
    ],
    ids=["key", "records", "fixed", "tagged"],
)
def test_what_was_read_and_is_written_gives_the_same_documents(layout, text):
    codec = FlatCodec(layout)
    documents = [part.document for part in codec.split(text.encode())]
    data = b"".join(codec.write(documents))
    assert [part.document for part in codec.split(data)] == documents
    assert b"".join(codec.write(documents)) == data


def test_what_is_written_is_as_the_layout_says():
    layout = {**ORDERS, "line_end": "\n", "charset": "cp1252"}
    document = {
        "number": "1",
        "lines": [{"sku": "Ä;1", "quantity": 2, "price": Decimal("1234.50"), "due": "2026-12-24"}],
    }
    assert written(layout, document) == (HEAD + '1;"Ä;1";2;1234,50;24.12.2026\n').encode("cp1252")
    assert FlatCodec(layout).encode(document) == written(layout, document)


def test_trailers_count_and_sum_what_was_written():
    documents = [part.document for part in FlatCodec(RECORDS).split(FILE.encode())]
    changed = copy.deepcopy(documents)
    changed[0]["lines"].append({"sku": "N", "amount": Decimal("10")})
    del changed[0]["trailer"]
    lines = written(RECORDS, *changed).decode().splitlines()
    assert "T|3|13.50" in lines
    assert lines[-1] == "Z|2|13"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "'=1", "''=1", "\uff1d1"])
def test_a_text_that_a_spreadsheet_would_run_is_marked_and_read_as_it_was(text):
    layout = {"kind": "delimited", "spreadsheet_safe": True, "fields": [{"name": "a", "trim": False}]}
    data = written(layout, {"a": text})
    cell = data.decode().splitlines()[1].strip('"')
    assert cell == f"'{text}"
    assert FlatCodec(layout).decode(data) == {"a": text}


@pytest.mark.parametrize("text", ["plain", "'quoted'", "a=b", "1-2"])
def test_a_harmless_text_is_written_as_it_is(text):
    layout = {"kind": "delimited", "spreadsheet_safe": True, "fields": [{"name": "a"}]}
    assert written(layout, {"a": text}).decode().splitlines()[1] == text


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ({}, "two\nlines", "line break"),
        ({}, " x", "its spaces"),
        ({}, "NULL", "means nothing"),
        ({}, ["x"], "it is no text"),
        ({"required": True}, None, "a value must stand here"),
        ({"type": "integer"}, "x", "it is no number"),
        ({"type": "integer"}, Decimal("1.5"), "no whole number"),
        ({"type": "decimal", "decimals": 2}, Decimal("1.005"), "more than 2 decimal places"),
        ({"type": "decimal"}, True, "it is no number"),
        ({"type": "decimal"}, Decimal("NaN"), "it is no number"),
        ({"type": "date"}, "24.12.2026", "it is no date"),
        ({"type": "date", "format": "DDMMYY"}, "2090-01-01", "two digits"),
        ({"type": "time", "format": "HHmm"}, "10:00:01", "finer than"),
        ({"type": "datetime", "format": "YYYYMMDDHHmm"}, "2026-01-01T10:00:00+01:00", "has an offset"),
        ({"type": "datetime"}, "2026-01-01T10:00:00", "has no offset"),
        ({"type": "boolean"}, "yes", "neither true nor false"),
    ],
)
def test_what_the_layout_has_no_place_for_is_a_fault_that_names_the_field(field, value, reason):
    layout = {"kind": "delimited", "null": ["NULL"], "fields": [{"name": "first"}, {"name": "a", **field}]}
    fault = fault_of(layout, {"first": "x", "a": value})
    assert (fault.code, fault.pointer) == ("encode.value", "/a")
    assert reason in fault.detail


@pytest.mark.parametrize("document", [{"a": None}, {"a": ""}, {"a": "#x"}])
def test_a_row_that_would_not_be_read_is_not_written(document):
    assert "empty one" in fault_of({"kind": "delimited", "comment": "#", "fields": [{"name": "a"}]}, document).detail


def test_a_layout_that_leaves_lines_out_does_not_write():
    layout = {"kind": "delimited", "skip_last": 1, "fields": [{"name": "a"}]}
    assert fault_of(layout, {"a": "x"}).code == "engine.configuration"


def test_a_character_outside_the_charset_is_a_fault_that_names_it():
    fault = fault_of({"kind": "delimited", "charset": "ascii", "fields": [{"name": "city"}]}, {"city": "Köln"})
    assert fault.code == "encode.character"
    assert fault.detail == "The character 'ö' of city is not in the character set ascii."


def test_a_value_that_is_longer_than_its_fixed_cell_is_never_cut_off():
    assert "longer than 8 characters" in fault_of(FIXED, {"number": "123456789", "date": "2026-01-01"}).detail
    amount = {"number": "1", "lines": [{"sku": "A", "amount": Decimal("12345678.00")}]}
    assert "longer than 9 characters" in fault_of(FIXED, amount).detail


def test_nothing_is_written_as_blanks_and_not_as_zero():
    document = {"number": "4711", "date": None, "lines": [{"sku": "A", "amount": None}]}
    data = written(FIXED, document)
    assert b"LNA                  " in data
    assert [part.document for part in FlatCodec(FIXED).split(data)] == [document]


def test_a_value_that_would_fall_into_two_is_refused():
    assert "','" in fault_of(TAGGED, {"number": "1,2"}).detail
    bare = {"kind": "delimited", "quote": None, "header": False, "fields": [{"name": "a"}, {"name": "b"}]}
    assert fault_of(bare, {"a": "1,2", "b": "x"}).code == "encode.value"


@pytest.mark.parametrize(
    "document", [{}, {"number": "1"}, {"number": "1", "lines": "x"}, {"number": "1", "lines": [1]}]
)
def test_a_document_of_another_shape_is_a_fault(document):
    assert fault_of(ORDERS, document).code == "encode.value"


# -- layouts ---------------------------------------------------------------------------------------------------------

RECORD = {"role": "header", "match": {"value": "H"}, "fields": [{"name": "number"}]}


@pytest.mark.parametrize(
    ("layout", "problem"),
    [
        ({}, "kind"),
        ({"kind": "csv"}, "Kind"),
        ({"kind": "delimited", "delimeter": ";"}, "delimeter"),
        ({"kind": "delimited", "delimiter": ";;"}, "elimiter"),
        ({"kind": "delimited", "delimiter": '"'}, "must differ"),
        ({"kind": "delimited", "charset": "klingon"}, "klingon"),
        ({"kind": "delimited", "header": False}, "fields are missing"),
        ({"kind": "delimited", "multiline": True, "quote": None}, "line break"),
        ({"kind": "delimited", "documents": {"by": "key"}}, "the key must be named"),
        ({"kind": "delimited", "fields": [{"name": "a"}], "documents": {"by": "key", "key": ["b"]}}, "the field b"),
        ({"kind": "delimited", "fields": [{"name": "a"}, {"name": "a"}]}, "twice"),
        ({"kind": "delimited", "fields": [{"name": "a", "type": "date", "format": "DD.MM."}]}, "lacks the year"),
        ({"kind": "delimited", "fields": [{"name": "a", "type": "date", "format": "DD.DD.YYYY"}]}, "a part twice"),
        (
            {
                "kind": "delimited",
                "decimal_mark": ",",
                "thousands_mark": ",",
                "fields": [{"name": "a", "type": "decimal"}],
            },
            "are the same",
        ),
        (
            {"kind": "delimited", "fields": [{"name": "a", "type": "boolean", "true": ["x"], "false": ["X"]}]},
            "both yes and no",
        ),
        (
            {"kind": "delimited", "fields": [{"name": "a", "type": "integer", "check_digit": True}]},
            "a text and no number",
        ),
        ({"kind": "fixed"}, "fixed lines need fields"),
        ({"kind": "fixed", "fields": [{"name": "a"}]}, "needs start and length"),
        (
            {
                "kind": "fixed",
                "fields": [{"name": "a", "start": 1, "length": 5}, {"name": "b", "start": 5, "length": 1}],
            },
            "same place",
        ),
        ({"kind": "tagged"}, "need records"),
        ({"kind": "tagged", "records": {"a": RECORD, "b": RECORD}}, "recognised by H too"),
        ({"kind": "tagged", "records": {"a": {**RECORD, "under": "z"}}}, "no detail record"),
        ({"kind": "tagged", "records": {"a": {**RECORD, "role": "detail", "under": "a"}}}, "under itself"),
        (
            {"kind": "tagged", "records": {"a": {**RECORD, "checks": [{"field": "number", "count": "a"}]}}},
            "only a trailer",
        ),
        (
            {
                "kind": "tagged",
                "records": {"a": {**RECORD, "role": "trailer", "checks": [{"field": "number", "sum": "a.number"}]}},
            },
            "no number a.number",
        ),
        (
            {"kind": "tagged", "records": {"a": {**RECORD, "role": "detail"}}, "documents": {"by": "header"}},
            "exactly one",
        ),
    ],
)
def test_a_layout_that_cannot_be_used_says_why(layout, problem):
    with pytest.raises(Fault) as caught:
        compiled(layout)
    assert caught.value.code == "engine.configuration"
    assert problem.casefold() in " ".join(cause.detail for cause in caught.value.causes).casefold()


def test_without_a_layout_nothing_is_read():
    with pytest.raises(Fault) as caught:
        FlatCodec().decode(b"a\n1\n")
    assert caught.value.code == "engine.configuration"


def test_a_layout_without_fields_reads_and_does_not_write():
    with pytest.raises(Fault, match="must name its columns"):
        written({"kind": "delimited"}, {"a": "1"})
