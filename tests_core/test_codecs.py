"""Every codec keeps what it promises; JSON refuses what would hurt later."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sync_governance.core.codecs import codec, codecs
from sync_governance.core.faults import Fault

JSON = codec("json")
# The formats that can carry any document; the others have a form of their own and suites of their own.
FREE = [JSON]

numbers = st.integers(-(10**40), 10**40) | st.decimals(allow_nan=False, allow_infinity=False, places=6)
texts = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"))
scalars = st.none() | st.booleans() | numbers | texts
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=20
).map(lambda value: {"document": value})


def code_of(data: bytes, **options) -> str:
    with pytest.raises(Fault) as caught:
        JSON.decode(data, **options)
    return caught.value.code


# -------------------------------------------------------------------------------------- what every codec promises


def test_an_unknown_codec_is_a_matter_of_configuration():
    with pytest.raises(Fault) as caught:
        codec("papyrus")
    assert caught.value.code == "engine.configuration"


@pytest.mark.parametrize("each", FREE, ids=lambda each: each.name)
@given(document=documents)
@settings(deadline=None, database=None)
def test_what_is_encoded_decodes_to_the_same_document(each, document):
    data = each.encode(document)
    assert each.decode(data) == document
    assert each.encode(each.decode(data)) == data


@pytest.mark.parametrize("each", codecs().values(), ids=lambda each: each.name)
@given(data=st.binary(max_size=200))
@settings(deadline=None, database=None)
def test_any_bytes_give_a_document_or_a_fault_of_decoding(each, data):
    try:
        assert isinstance(each.decode(data), (dict, list))
    except Fault as fault:
        assert fault.code.startswith("decode.")


@pytest.mark.parametrize("each", FREE, ids=lambda each: each.name)
def test_order_of_members_is_kept(each):
    names = ["z", "a", "m"]
    assert list(each.decode(each.encode(dict.fromkeys(names, 1)))) == names


@pytest.mark.parametrize("each", FREE, ids=lambda each: each.name)
@pytest.mark.parametrize("value", [1.5, object(), b"x", "\ud800", {1: "x"}, Decimal("NaN"), Decimal("1E+200"), 10**200])
def test_what_is_no_part_of_a_document_is_not_encoded(each, value):
    with pytest.raises(Fault) as caught:
        each.encode({"value": value})
    assert caught.value.code == "engine.internal"


@pytest.mark.parametrize("each", FREE, ids=lambda each: each.name)
def test_a_document_that_contains_itself_is_refused_and_not_followed(each):
    endless = {}
    endless["again"] = endless
    with pytest.raises(Fault, match="deeper"):
        each.encode(endless)


# ------------------------------------------------------------------------------------------------------ JSON


def test_fractions_are_decimals_with_all_their_digits_and_whole_numbers_are_int():
    document = JSON.decode(b'{"price": 12.50, "count": 3, "big": 1.5E+3}')
    assert repr(document["price"]) == "Decimal('12.50')"
    assert type(document["count"]) is int
    assert JSON.encode(document) == b'{"price":12.50,"count":3,"big":1500}'


def test_a_byte_order_mark_is_tolerated():
    assert JSON.decode(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_the_agreed_charset_is_used():
    data = '{"city": "Zürich"}'.encode("iso-8859-1")
    assert JSON.decode(data, charset="ISO-8859-1") == {"city": "Zürich"}
    assert code_of(data) == "decode.charset"


@pytest.mark.parametrize("charset", ["zip", "idna", "unicode_escape", "utf-7", "klingon", "", "\0"])
def test_a_charset_that_is_none_is_refused(charset):
    assert code_of(b"{}", charset=charset) == "decode.charset"


@pytest.mark.parametrize("data", [b"", b"  ", b"{", b'{"a":1,}', b"[1 2]", b"'a'", b'"text"', b"7", b"[1] 2"])
def test_what_is_not_a_json_object_or_list_is_malformed(data):
    assert code_of(data) == "decode.malformed"


def test_the_place_of_an_error_is_named():
    with pytest.raises(Fault) as caught:
        JSON.decode(b'{"order":\n {"number" "7"}}')
    assert caught.value.detail == "The JSON is broken at line 2, column 12: a colon should stand here."


def test_a_member_that_occurs_twice_is_refused_by_name():
    with pytest.raises(Fault) as caught:
        JSON.decode(b'{"lines": [{"price": 1, "sku": "A", "price": 2}]}')
    assert caught.value.code == "decode.duplicate_member"
    assert "'price'" in caught.value.detail


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1" * 101, "1e999999999", "1e-5000", "0." + "1" * 99]
)
def test_a_number_that_is_none_or_too_long_is_refused(number):
    assert code_of(f"[{number}]".encode()) == "decode.number_not_finite"


@pytest.mark.parametrize("number", ["9" * 100, "-" + "9" * 99, "1e99", "1e-98", "0." + "1" * 98])
def test_the_longest_number_goes_through_and_back(number):
    document = JSON.decode(f"[{number}]".encode())
    assert JSON.decode(JSON.encode(document)) == document == [Decimal(number)]


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}")])
def test_depth_is_limited(opening, closing):
    def nested(levels: int) -> bytes:
        return (opening * levels + "1" + closing * levels).encode()

    document = JSON.decode(nested(64))
    assert JSON.encode(document) == nested(64)
    assert code_of(nested(65)) == "decode.too_deep"
    assert code_of(opening.encode() * 200_000) == "decode.too_deep"
    with pytest.raises(Fault, match="deeper"):
        JSON.encode([document])


def test_brackets_inside_text_are_not_depth():
    text = "[" * 100 + '\\"{' * 100
    assert JSON.decode(json.dumps([text]).encode()) == [text]


def test_the_check_of_depth_is_not_led_astray_by_text_that_never_ends():
    for tail in ("", "\\"):
        assert code_of(b"[" * 65 + b'"' + b'\\"' * 200_000 + tail.encode()) == "decode.too_deep"


@pytest.mark.parametrize("escape", [r"\u0000", r"\ud800", r"\uDFFF x", r"\udc00\ud800"])
def test_a_character_that_no_text_can_contain_is_refused(escape):
    assert code_of(f'{{"name": "{escape}"}}'.encode()) == "decode.malformed"
    assert code_of(f'{{"{escape}": 1}}'.encode()) == "decode.malformed"


def test_what_only_looks_like_such_a_character_is_kept():
    assert JSON.decode(rb'["\\u0000", "\ud83d\ude00"]') == ["\\u0000", "\U0001f600"]
