"""Every converter, with what it takes and what it refuses."""

from decimal import Decimal

import pytest
from mapping_kit import convert, refusal, result, translate
from sync_governance.core.mapping import registry

CONVERTED = [
    ("12.50", "decimal", "12.50"),
    (" 12 ", "decimal", "12"),
    (Decimal("12.50"), "decimal", "12.50"),
    (3, "decimal", "3"),
    ("-0.00", "decimal", "0.00"),
    (Decimal("1E+3"), "decimal", "1000"),
    (Decimal("2.0"), {"decimal": {"trim_zeros": True}}, "2"),
    (Decimal("200"), {"decimal": {"trim_zeros": True}}, "200"),
    ("3", {"decimal": 2}, "3.00"),
    ("3.10000", {"decimal": {"scale": 2}}, "3.10"),
    ("2.345", {"decimal": {"scale": 2, "rounding": "half_up"}}, "2.35"),
    ("2.345", {"decimal": {"scale": 2, "rounding": "half_even"}}, "2.34"),
    ("1.234,50", {"decimal": {"decimal_mark": ",", "group_mark": "."}}, "1234.50"),
    ("1'234.50", {"decimal": {"group_mark": "'"}}, "1234.50"),
    ("3.0", "integer", 3),
    ("12.50", "number", Decimal("12.50")),
    ("7", "number", 7),
    ("12.50", "negate", "-12.50"),
    ("-3", "absolute", "3"),
    ("0.19", {"multiply": "100"}, "19.00"),
    ("10", {"divide": {"divisor": "3", "scale": 2}}, "3.33"),
    (["1.10", 2, None], "sum", "3.10"),
    (5, "text", "5"),
    (Decimal("1.50"), "text", "1.50"),
    (True, "text", "true"),
    ("  a b ", "trim", "a b"),
    ("   ", "trim", None),
    ("abc", "upper", "ABC"),
    ("ABC", "lower", "abc"),
    ("Cable &amp; plug &#8211; black", "html_unescape", "Cable & plug – black"),
    ("+32 (9) 555", "digits", "329555"),
    ("1z 999-aa1", "tracking", "1Z999AA1"),
    ("a/b/c", {"replace": {"search": "/", "by": "-"}}, "a-b-c"),
    ("7", {"prefix": "SO"}, "SO7"),
    ("7", {"suffix": "-x"}, "7-x"),
    ("#1001", {"remove_prefix": "#"}, "1001"),
    ("abcdef", {"truncate": 3}, "abc"),
    (42, {"pad": 6}, "000042"),
    ("a", {"pad": {"length": 3, "with": ".", "side": "after"}}, "a.."),
    ("a | b |c", {"split": {"separator": "|"}}, ["a", "b", "c"]),
    ("a|b|c", {"split": {"separator": "|", "index": -1}}, "c"),
    ("a|b", {"split": {"separator": "|", "index": 5}}, None),
    (["", None, "b"], {"join": "-"}, "b"),
    ([None, "b", "c"], "first", "b"),
    (["a", "b", None], "last", "b"),
    ("a", "first", "a"),
    (["a", "b", "a", None], "unique", ["a", "b"]),
    ([" a ", " ", "b"], {"each": ["trim", "upper"]}, ["A", "B"]),
    ("yes", "boolean", True),
    (0, "boolean", False),
    ("J", {"boolean": {"true": ["J"], "false": ["N"]}}, True),
    ("DEU", "country", "DE"),
    ("germany", "country", "DE"),
    ("Côte d'Ivoire", "country", "CI"),
    ("Viet Nam", "country", "VN"),
    ("de", {"country": "alpha3"}, "DEU"),
    ("", "country", None),
    ("eur", "currency", "EUR"),
    ("open", {"table": {"open": "o", "closed": None}}, "o"),
    ("closed", {"table": {"open": "o", "closed": None}}, None),
    ("OPEN", {"table": {"map": {"open": "o"}, "ignore_case": True}}, "o"),
    ("x", {"table": {"map": {"open": "o"}, "default": "other"}}, "other"),
    ("x", {"table": {"map": {"open": "o"}, "miss": "keep"}}, "x"),
    ("x", {"table": {"map": {"open": "o"}, "miss": "null"}}, None),
    (True, {"table": {"true": "yes"}}, "yes"),
    ("2026-03-05T21:14:07Z", "datetime", "2026-03-05T21:14:07+00:00"),
    ("2026-03-05T21:14:07.120-0500", "datetime", "2026-03-05T21:14:07.120000-05:00"),
    ("2026-03-05 21:14", {"datetime": {"zone": "Europe/Berlin"}}, "2026-03-05T21:14:00+01:00"),
    ("2026-07-05T21:14:07", {"datetime": {"zone": "Europe/Berlin"}}, "2026-07-05T21:14:07+02:00"),
    ("2026-03-29T02:30:00", {"datetime": {"zone": "Europe/Berlin"}}, "2026-03-29T03:30:00+02:00"),
    ("2026-10-25T02:30:00", {"datetime": {"zone": "Europe/Berlin"}}, "2026-10-25T02:30:00+02:00"),
    (1648320033, {"datetime": "unix"}, "2022-03-26T18:40:33+00:00"),
    ("1648320033500", {"datetime": "unix_ms"}, "2022-03-26T18:40:33.500000+00:00"),
    ("05.03.2026 21:14", {"datetime": {"format": "%d.%m.%Y %H:%M", "zone": "UTC"}}, "2026-03-05T21:14:00+00:00"),
    ("2026-03-05T21:14:07+01:00", {"datetime": {"output": "unix"}}, 1772741647),
    ("2026-03-05T21:14:07+01:00", {"datetime": {"output_zone": "UTC"}}, "2026-03-05T20:14:07+00:00"),
    ("2026-03-05T21:14:07+01:00", {"datetime": {"output": "%Y%m%d"}}, "20260305"),
    ("2026-03-05", "date", "2026-03-05"),
    ("20260305", {"date": "%Y%m%d"}, "2026-03-05"),
    (20260305, {"date": "%Y%m%d"}, "2026-03-05"),
    ("2026-03-05T23:30:00Z", "date", "2026-03-05"),
    ("2026-03-05T23:30:00Z", {"date": {"zone": "Europe/Berlin"}}, "2026-03-06"),
    ("2026-03-05", {"date": {"output": "%d.%m.%Y"}}, "05.03.2026"),
]


@pytest.mark.parametrize(("value", "converter", "expected"), CONVERTED)
def test_a_value_becomes(value, converter, expected):
    found = convert(value, converter)
    assert found == expected
    assert type(found) is type(expected)


REFUSED = [
    ("three", "decimal", "'three' is not a number"),
    ("1,5", "decimal", "'1,5' is not a number"),
    ("1.5", {"decimal": {"decimal_mark": ","}}, "'1.5' is not a number"),
    ("١٢", "decimal", "is not a number"),
    ("1e5", "decimal", "'1e5' is not a number"),
    ("", "decimal", "'' is not a number"),
    (True, "decimal", "true is not a number"),
    (["1"], "decimal", "a list is not a number"),
    ({"a": 1}, "decimal", "an object is not a number"),
    (0.5, "decimal", "no longer exact"),
    (Decimal("1E+999999"), "decimal", "too many digits"),
    (Decimal("NaN"), "decimal", "not a finite number"),
    ("2.345", {"decimal": 2}, "2.345 has more than 2 decimals"),
    ("2.3", {"decimal": 0}, "2.3 is not a whole number"),
    ("3.5", "integer", "3.5 is not a whole number"),
    ("1", {"divide": {"divisor": "0", "scale": 2}}, "divided by zero"),
    (["x"], "upper", "a list stands where a single value was expected"),
    ("2026-13-01T00:00:00Z", "datetime", "not a day or time of the calendar"),
    ("yesterday", "datetime", "'yesterday' is not a time"),
    ("2026-03-05T21:14:07", "datetime", "has no time zone"),
    ("2026-03-05", "datetime", "has no time zone"),
    ("12", {"datetime": {"format": "%d.%m.%Y", "zone": "UTC"}}, "is not a time as %d.%m.%Y"),
    (10**20, {"datetime": "unix"}, "is not a time"),
    ("2026-02-30", "date", "not a day or time of the calendar"),
    (["2026-02-03"], "date", "a list is not a time"),
]


@pytest.mark.parametrize(("value", "converter", "words"), REFUSED)
def test_a_value_is_refused(value, converter, words):
    fault = refusal(value, converter)
    assert fault.code == "translate.mapping_failed"
    assert words in fault.detail
    assert fault.detail.startswith("V: ")


UNKNOWN = [
    ("void", {"table": {"open": "o"}}, "'void' is not in the table of known codes"),
    ("maybe", "boolean", "'maybe' means neither true nor false"),
    ("Atlantis", "country", "'Atlantis' is not a country"),
    ("ZZZ", "currency", "'ZZZ' is not a currency of ISO 4217"),
]


@pytest.mark.parametrize(("value", "converter", "words"), UNKNOWN)
def test_a_code_is_unknown(value, converter, words):
    fault = refusal(value, converter)
    assert fault.code == "translate.value_unknown"
    assert words in fault.detail
    assert value in fault.subject


PLAIN = sorted(
    name
    for name, converter in registry().items()
    if not converter.starts and not any(argument.required for argument in converter.arguments)
)


@pytest.mark.parametrize("name", PLAIN)
def test_nothing_stays_nothing(name):
    assert convert(None, name) is None


def test_values_at_other_places():
    source = {"a": None, "b": " ", "c": "third", "first": "Ann", "last": None, "x": "2", "y": ["1.5", None, 1]}
    assert translate(
        source,
        {"to": "coalesced", "from": "a", "convert": [{"coalesce": ["b", "c", "first"]}]},
        {"to": "joined", "convert": [{"concat": {"parts": ["first", "last", "'&'", "c"], "separator": " "}}]},
        {"to": "nothing", "convert": [{"concat": ["a", "last"]}]},
        {"to": "sum", "convert": [{"sum": ["x", "y"]}]},
        {"to": "difference", "from": "x", "convert": [{"subtract": ["y"]}]},
        {"to": "product", "from": "x", "convert": [{"multiply": {"by": "y[0]"}}]},
        {"to": "no_product", "from": "x", "convert": [{"multiply": {"by": "a"}}]},
        {"to": "no_sum", "convert": [{"sum": ["a"]}]},
    ) == {"coalesced": "third", "joined": "Ann & third", "sum": "4.5", "difference": "-0.5", "product": "3.0"}


def test_products_are_summed_and_added():
    lines = [{"qty": 2, "price": "1.50"}, {"qty": "3", "price": 4}]
    assert translate(
        {"lines": lines, "freight": "0.5"},
        {"to": "net", "convert": [{"sum_products": ["lines[].qty", "lines[].price"]}]},
        {"to": "all", "from": "freight", "convert": [{"sum_products": ["lines[].qty", "lines[].price"]}]},
        {"to": "nothing", "convert": [{"sum_products": ["lines[].none", "lines[].other"]}]},
    ) == {"net": "15.00", "all": "15.50"}


def test_a_number_that_is_missing_among_others_is_not_passed_over():
    source = {"lines": [{"qty": 2, "price": 1}, {"qty": 3}]}
    mapping = {"to": "net", "convert": [{"sum_products": ["lines[].qty", "lines[].price"]}]}
    (fault,) = result(source, mapping).faults
    assert "some of the numbers to be multiplied are missing" in fault.detail


def test_a_first_value_goes_before_the_others():
    assert translate({"a": "one", "b": "two"}, {"to": "x", "from": "a", "convert": [{"coalesce": ["b"]}]}) == {
        "x": "one"
    }


def test_converters_follow_each_other():
    assert convert(" #1001 ", "trim", {"remove_prefix": "#"}, "integer", {"pad": 6}) == "001001"


# -- units -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "system", "code"),
    [
        ("KGM", "rec20", "KGM"),
        ("kgm", "rec20", "KGM"),
        ("kg", "rec20", "KGM"),
        ("Pieces", "rec20", "EA"),
        (" EA ", "rec20", "EA"),
        ("LB", "x12", "LBR"),
        ("CA", "x12", "CS"),
        ("ST", "x12", "SET"),
        ("ST", "rec20", "ST"),
        ("DZ", "x12", "DZN"),
    ],
)
def test_units(written, system, code):
    assert convert(written, {"unit": system}) == code


def test_units_go_back_to_x12():
    for code in ("EA", "LB", "CA", "DZ", "ST"):
        assert convert(code, {"unit": "x12"}, {"unit": {"output": "x12"}}) == code
    assert convert("C62", {"unit": {"output": "x12"}}) == "EA"


def test_a_unit_that_is_not_known():
    assert refusal("furlong", "unit").code == "translate.value_unknown"
    assert refusal("KG", {"unit": "rec20"}, {"unit": "x12"}).code == "translate.value_unknown"
    assert "X12 has no code" in refusal("KWH", {"unit": {"output": "x12"}}).detail
    assert convert("  ", "unit") is None
