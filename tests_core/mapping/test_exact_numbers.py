"""Numbers stay exact: no binary float, no silent rounding, minor units both ways."""

import json
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_kit import convert, refusal, translate
from sync_governance.core.mapping import currencies, exact

# More digits than the default context of 28 holds: whatever uses it would be found out.
LONG = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=9)
CURRENCIES = sorted(
    (code, int(places))
    for places, codes in json.loads(Path(currencies.__file__).with_name("currencies.json").read_text()).items()
    for code in codes
)


def plain(number: Decimal) -> str:
    return exact.plain(number)


@given(LONG)
def test_a_decimal_survives_as_text_digit_for_digit(number):
    text = convert(number, "decimal")
    assert Decimal(text) == number
    assert "E" not in text
    assert convert(text, "decimal") == text


@given(st.lists(LONG, min_size=1, max_size=20))
def test_a_sum_is_exact(numbers):
    with localcontext() as context:
        context.prec = 200
        expected = sum(numbers)
    assert Decimal(convert([plain(number) for number in numbers], "sum")) == expected
    assert Decimal(translate({"n": numbers}, {"to": "s", "from": "sum(n)", "convert": ["decimal"]})["s"]) == expected


@given(LONG, LONG)
def test_a_product_is_exact(left, right):
    with localcontext() as context:
        context.prec = 200
        expected = left * right
    if abs(expected.adjusted()) <= 40:
        assert Decimal(convert(left, {"multiply": plain(right)})) == expected


@given(LONG, st.integers(0, 12))
def test_rounding_happens_only_when_asked_for(number, scale):
    with localcontext() as context:
        context.prec = 200
        rounded = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    assert convert(number, {"decimal": {"scale": scale, "rounding": "half_up"}}) == plain(rounded)
    if rounded == number:
        assert Decimal(convert(number, {"decimal": scale})) == number
    else:
        assert refusal(number, {"decimal": scale}).code == "translate.mapping_failed"


@given(LONG)
def test_the_sign_can_be_turned_twice(number):
    assert Decimal(convert(number, "negate", "negate")) == number
    assert Decimal(convert(number, "negate")) == number.copy_negate()


@given(st.sampled_from(CURRENCIES), st.integers(-(10**15), 10**15))
def test_minor_units_go_there_and_back(currency, units):
    code, places = currency
    amount = convert(units, {"decimal": {"minor_units_of": "currency"}}, currency=code.lower())
    assert Decimal(amount) * 10**places == units
    assert len(amount.partition(".")[2]) == places
    assert convert(amount, {"minor_units": "currency"}, currency=code) == units


@pytest.mark.parametrize(
    ("units", "currency", "amount"),
    [
        (2000, "usd", "20.00"),
        (5, "EUR", "0.05"),
        (12500, "jpy", "12500"),
        (5120, "kwd", "5.120"),
        (0, "EUR", "0.00"),
        (-1250, "EUR", "-12.50"),
        ("1999", "EUR", "19.99"),
    ],
)
def test_minor_units_by_currency(units, currency, amount):
    assert convert(units, {"decimal": {"minor_units_of": "currency"}}, currency=currency) == amount


def test_a_partner_may_count_otherwise_than_the_standard():
    own = {"decimal": {"minor_units_of": "currency", "exponents": {"ISK": 2}}}
    assert convert(50000, own, currency="isk") == "500.00"
    assert convert(50000, {"decimal": {"minor_units_of": "currency"}}, currency="isk") == "50000"


def test_minor_units_need_a_known_currency_and_whole_numbers():
    units = {"decimal": {"minor_units_of": "currency"}}
    assert refusal(100, units, currency="zzz").code == "translate.value_unknown"
    assert "no currency at currency" in refusal(100, units).detail
    assert "whole number of minor units" in refusal("10.5", units, currency="EUR").detail
    assert "more decimals than its currency" in refusal("10.005", {"minor_units": "currency"}, currency="EUR").detail


def test_numbers_of_the_source_are_compared_exactly():
    source = {"rows": [{"n": Decimal("0.10")}, {"n": Decimal("0.1000000000000000055511151231257827")}]}
    assert translate(source, {"to": "found", "from": "rows[?n == `0.1`].n"}) == {"found": [Decimal("0.10")]}


def test_functions_of_the_expression_language_keep_numbers_exact():
    source = {"n": Decimal("-1234567890123456789012345678901.5"), "t": "0.10", "few": [Decimal("1"), 2, Decimal("2")]}
    document = translate(
        source,
        {"to": "abs", "from": "abs(n)"},
        {"to": "number", "from": "to_number(t)"},
        {"to": "whole", "from": "to_number('12')"},
        {"to": "none", "from": "to_number('x')"},
        {"to": "text", "from": "to_string(n)"},
        {"to": "type", "from": "type(n)"},
        {"to": "max", "from": "max(few)"},
        {"to": "avg", "from": "avg(few)"},
        {"to": "floor", "from": "floor(n)"},
    )
    assert document == {
        "abs": Decimal("1234567890123456789012345678901.5"),
        "number": Decimal("0.10"),
        "whole": 12,
        "text": "-1234567890123456789012345678901.5",
        "type": "number",
        "max": 2,
        "avg": Decimal("1.666666666667"),
        "floor": -1234567890123456789012345678902,
    }
    assert not any(isinstance(value, float) for value in document.values())
