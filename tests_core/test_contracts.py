"""A document is held against a contract: every difference at once, at its place, in business words."""

import copy
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sync_governance.core.canonical import catalogue, validator
from sync_governance.core.contracts import FAULT_LIMIT, compile, pointer, summary, validate
from sync_governance.core.contracts.compilation import SchemaValidator
from sync_governance.core.faults import Fault

ORDER = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["number", "lines"],
    "additionalProperties": False,
    "properties": {
        "number": {"type": "string", "minLength": 1, "maxLength": 8},
        "status": {"enum": ["open", "paid"]},
        "placedAt": {"type": "string", "format": "date-time"},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"]},
        "lines": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["quantity"],
                "additionalProperties": False,
                "properties": {
                    "quantity": {"type": "string", "pattern": "^[0-9]+$", "x-expected": "a decimal"},
                    "price": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.01},
                    "note": {"type": ["string", "null"]},
                },
            },
        },
    },
}


def details(schema, document) -> list[str]:
    return [fault.detail for fault in validate(schema, document)]


def order(**changes) -> dict:
    return {"number": "10482", "lines": [{"quantity": "3"}, {"quantity": "1"}], **changes}


# -------------------------------------------------------------------------------------------------- sentences


def test_a_valid_document_has_no_faults():
    assert validate(ORDER, order()) == []


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (order(lines=[{"quantity": "3"}, {"quantity": "three"}]), "Line 2: quantity must be a decimal, found 'three'."),
        (order(lines=[{"quantity": 3}]), "Line 1: quantity must be a decimal, found 3."),
        (order(lines=[{}]), "Line 1: quantity is missing."),
        (order(lines=[{"quantity": "3", "quantty": "3"}]), "Line 1: quantty is not a known field; is quantity meant?"),
        (order(lines=[{"quantity": "3", "colour": "red"}]), "Line 1: colour is not a known field."),
        (order(lines=["3"]), "Line 1 must be an object, found '3'."),
        (order(lines=[{"quantity": "3", "note": 7}]), "Line 1: note must be text or null, found 7."),
        (order(lines=[{"quantity": "3", "price": Decimal("0")}]), "Line 1: price must be more than 0, found 0."),
        (
            order(lines=[{"quantity": "3", "price": Decimal("1.005")}]),
            "Line 1: price must be a multiple of 0.01, found 1.005.",
        ),
        (order(lines=[]), "Lines must not be empty."),
        (order(number=""), "Number must not be empty."),
        (order(number="A" * 9), "Number must have at most 8 characters, found 9."),
        (order(status="shipped"), "Status must be 'open' or 'paid', found 'shipped'."),
        (order(currency="euro"), "Currency must be of the form 'EUR', found 'euro'."),
        (
            order(placedAt="2026-03-05 14:30"),
            "Placed at must be a date and time with offset, such as 2026-03-05T14:30:00+01:00, "
            "found '2026-03-05 14:30'.",
        ),
        ([], "The document must be an object, found a list of 0."),
        (None, "The document must be an object, found null."),
    ],
)
def test_a_difference_is_one_plain_sentence(document, sentence):
    assert details(ORDER, document) == [sentence]


@pytest.mark.parametrize(
    ("schema", "document", "sentence"),
    [
        ({"const": "order.create"}, "order", "The document must be 'order.create', found 'order'."),
        ({"properties": {"old": False}}, {"old": 1}, "Old must not be there."),
        ({"properties": {"n": {"minimum": 2}}}, {"n": 1}, "N must be at least 2, found 1."),
        ({"properties": {"n": {"maximum": 2}}}, {"n": 3}, "N must be at most 2, found 3."),
        ({"properties": {"n": {"exclusiveMaximum": 2}}}, {"n": 2}, "N must be less than 2, found 2."),
        ({"properties": {"n": {"minLength": 3}}}, {"n": "ab"}, "N must have at least 3 characters, found 2."),
        ({"properties": {"n": {"maxItems": 1}}}, {"n": [1, 2]}, "N must have at most 1 entry, found 2."),
        ({"minProperties": 1}, {}, "The document must not be empty."),
        ({"maxProperties": 1}, {"a": 1, "b": 2}, "The document must have at most 1 field, found 2."),
        ({"uniqueItems": True}, [1, 1], "The document must not hold the same entry twice."),
        (
            {"contains": {"const": 1}},
            [2],
            "The document must be a list with at least one entry of the agreed kind.",
        ),
        ({"properties": {"n": {"not": {"const": 0}}}}, {"n": 0}, "N holds what the agreement excludes: 0."),
        ({"dependentRequired": {"carrier": ["service"]}}, {"carrier": "x"}, "Service is missing beside carrier."),
        (
            {"properties": {"a": {}}, "unevaluatedProperties": False},
            {"a": 1, "tipAmount": 2},
            "The document has fields that are not known: tip amount.",
        ),
        ({"prefixItems": [{}], "items": False}, [1, 2], "The document must have at most 1 entry, found 2."),
        ({"prefixItems": [{}, False]}, [1, 2], "Entry 2 must not be there."),
        ({"if": {"type": "array"}, "then": False}, [], "The document must not be there."),
        ({"enum": list(range(20))}, 99, None),
        ({"additionalProperties": {"type": "string"}}, {"colour": 3}, "Colour must be text, found 3."),
        (
            {"properties": {"data": {"items": {"type": "string"}}}},
            {"data": ["", 1]},
            "Data entry 2 must be text, found 1.",
        ),
        ({"items": {"items": {"type": "string"}}}, [[1]], "Entry 1: entry 1 must be text, found 1."),
        ({"properties": {"n": {"type": "string"}}}, {"n": True}, "N must be text, found true."),
        ({"items": {"pattern": "^a$"}}, ["a\n"], r"Entry 1 must be of the form ^a$, found 'a\n'."),
    ],
)
def test_every_keyword_has_its_sentence(schema, document, sentence):
    found = details(schema, document)
    assert len(found) == 1
    if sentence:
        assert found == [sentence]


def test_all_differences_are_told_at_once():
    document = order(status="shipped", lines=[{"quantity": "x"}, {"price": "free"}])
    del document["number"]
    assert details(ORDER, document) == [
        "Number is missing.",
        "Status must be 'open' or 'paid', found 'shipped'.",
        "Line 1: quantity must be a decimal, found 'x'.",
        "Line 2: quantity is missing.",
        "Line 2: price must be a number, found 'free'.",
    ]


def test_a_document_with_countless_differences_is_cut_off():
    assert len(validate({"items": {"type": "string"}}, [0] * 5000)) == FAULT_LIMIT


def test_long_values_are_cut():
    [sentence] = details({"properties": {"name": {"enum": ["a"]}}}, {"name": "x" * 10_000})
    assert len(sentence) < 200 and sentence.endswith("...'.")


# ----------------------------------------------------------------------------------------------- places and values


def test_a_fault_carries_place_expectation_and_finding():
    [fault] = validate(ORDER, order(lines=[{"quantity": "3"}, {"quantity": "three"}]))
    assert fault.code == "validate.contract"
    assert (fault.pointer, fault.expected, fault.found) == ("/lines/1/quantity", "a decimal", "'three'")


def test_the_pointer_of_a_missing_field_is_where_it_belongs():
    [fault] = validate(ORDER, order(lines=[{"quantity": "3"}, {}]))
    assert fault.pointer == "/lines/1/quantity"


def test_the_same_defect_in_other_lines_and_orders_has_the_same_subject():
    first = summary(validate(ORDER, order(lines=[{"quantity": "x"}])))
    second = summary(validate(ORDER, order(lines=[{"quantity": "1"}, {"quantity": "y"}, {"quantity": "z"}])))
    other = summary(validate(ORDER, order(lines=[{}])))
    assert first.subject == second.subject != other.subject


def test_a_summary_carries_every_fault():
    faults = validate(ORDER, {})
    fault = summary(faults, reference="10482")
    assert fault.detail == "Number is missing. And 1 more difference."
    assert fault.causes == tuple(faults) and fault.reference == "10482"


def test_the_code_of_the_faults_can_be_chosen():
    assert {fault.code for fault in validate(ORDER, {}, code="validate.canonical")} == {"validate.canonical"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [([], ""), (["lines", 1], "/lines/1"), ([""], "/"), (["a/b", "m~n", "~1"], "/a~1b/m~0n/~01")],
)
def test_a_pointer_escapes_as_rfc_6901_says(path, expected):
    assert pointer(path) == expected


def test_a_pointer_into_a_document_escapes_the_names_of_members():
    schema = {"properties": {"a/b": {"properties": {"m~n": {"type": "string"}}}}}
    assert [fault.pointer for fault in validate(schema, {"a/b": {"m~n": 1}})] == ["/a~1b/m~0n"]


# ---------------------------------------------------------------------------------------------------- alternatives


def test_of_several_forms_the_one_that_was_meant_is_explained():
    parcel = {"properties": {"kind": {"const": "parcel"}}, "required": ["kind", "tracking"]}
    freight = {"properties": {"kind": {"const": "freight"}, "pallets": {"type": "integer"}}, "required": ["pallets"]}
    shipment = {"oneOf": [parcel, freight]}
    assert details(shipment, {"kind": "freight", "pallets": "two"}) == ["Pallets must be a whole number, found 'two'."]
    assert details(shipment, {"kind": "parcel"}) == ["Tracking is missing."]


def test_a_value_of_the_right_kind_counts_more_than_the_number_of_differences():
    schema = {"anyOf": [{"type": "string"}, {"type": "object", "required": ["a", "b"]}]}
    assert details(schema, {}) == ["A is missing.", "B is missing."]


def test_alternatives_of_kind_are_told_in_one_breath():
    schema = {"properties": {"price": {"anyOf": [{"type": "string"}, {"type": "number"}]}}}
    assert details(schema, {"price": []}) == ["Price must be text or a number, found a list of 0."]


def test_alternatives_of_presence_are_told_in_one_breath():
    schema = {"items": {"anyOf": [{"required": ["sku"]}, {"required": ["gtin"]}]}}
    assert details(schema, [{}]) == ["Entry 1 needs sku or gtin."]


def test_what_fits_two_exclusive_forms_is_told():
    schema = {"properties": {"n": {"oneOf": [{"minimum": 1}, {"minimum": 2}]}}}
    assert details(schema, {"n": 3}) == ["N fits more than one of the agreed forms, and must fit exactly one."]


def test_alternatives_inside_alternatives_are_followed():
    inner = {"anyOf": [{"type": "string", "minLength": 2}, {"type": "integer"}]}
    schema = {"properties": {"n": {"anyOf": [{"type": "array"}, inner]}}}
    assert details(schema, {"n": "x"}) == ["N must have at least 2 characters, found 1."]


def test_a_condition_reports_the_side_that_applies():
    schema = {"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}
    assert details(schema, {"a": 1}) == ["B is missing."]
    assert details(schema, {"a": 2}) == ["C is missing."]


# --------------------------------------------------------------------------------------------- numbers and formats


def test_decimals_are_numbers_and_whole_decimals_are_whole():
    assert details({"type": "integer"}, Decimal("3.00")) == []
    assert details({"type": "integer"}, Decimal("3.10")) == ["The document must be a whole number, found 3.10."]
    assert details({"const": 0.1}, Decimal("0.10")) == []
    assert details({"multipleOf": 0.1}, Decimal("0.3")) == []


def test_binary_floating_point_is_no_number():
    assert details({"type": "number"}, 0.5) == ["The document must be a number, found 0.5."]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (
            "date-time",
            ["2026-03-05T14:30:00Z", "2026-03-05t14:30:00.123456789-11:30"],
            ["2026-03-05T14:30:00", "2026-02-30T14:30:00Z", "2026-03-05T24:00:00Z", "2026-03-05T14:30:60Z", "now"],
        ),
        ("date", ["2026-03-05"], ["2026-3-5", "2026-13-01", "20260305"]),
        ("time", ["14:30:00+01:00"], ["14:30:00", "25:00:00Z", "14:30:00+01:60"]),
        ("email", ["lieve@mail.example"], ["lieve", "a@b@c", "a b@c"]),
        ("uri", ["https://partner.example/x?y=1"], ["partner.example", "http://a b"]),
        ("uuid", ["0198f3c2-6d1e-7c40-9a6b-2f60c1d7e514"], ["0198f3c26d1e7c409a6b2f60c1d7e514", "x"]),
        ("ipv4", ["192.0.2.1"], ["192.0.2.256"]),
        ("ipv6", ["2001:db8::1"], ["2001:db8:::1"]),
        ("colour-of-the-bikeshed", ["anything"], []),
    ],
)
def test_formats_are_checked(name, good, bad):
    schema = {"properties": {"v": {"format": name}}}
    assert [value for value in good if details(schema, {"v": value})] == []
    assert [value for value in bad if not details(schema, {"v": value})] == []
    assert details(schema, {"v": 7}) == []


def test_a_pattern_means_what_it_means_in_json_schema():
    assert details({"pattern": "^[$][0-9]+\\$$"}, "$5$") == []
    assert len(details({"pattern": "^a$"}, "a\n")) == 1
    assert len(details({"pattern": "^\\d$"}, "٣")) == 1


# ------------------------------------------------------------------------------------------- the contract itself


def test_a_contract_may_use_the_shared_definitions():
    schema = {"properties": {"paid": {"$ref": "urn:sync-governance:definitions#/$defs/amount"}}}
    assert details(schema, {"paid": {"amount": "12.50", "currency": "euro"}}) == [
        "Paid: currency must be a currency code of three capital letters, found 'euro'."
    ]


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"$ref": "https://partner.example/order.json"}, "leads nowhere"),
        ({"properties": {"a": {"$ref": "#/$defs/none"}}}, "leads nowhere"),
        ({"$ref": "urn:sync-governance:definitions#/$defs/none"}, "leads nowhere"),
        ({"$ref": "http://[broken"}, "leads nowhere"),
        ({"$ref": "#/title/0", "title": "x"}, "leads"),
        ({"$ref": "#/x-notes", "x-notes": {"type": "no such type"}}, "leads to no schema"),
        ({"type": "no such type"}, "cannot be used"),
        ({"pattern": "(open"}, "pattern"),
        ({"patternProperties": {"[": {}}}, "pattern"),
        ({"$ref": "#"}, "back to itself"),
        ({"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"anyOf": [{"$ref": "#"}]}}}, "back to itself"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "draft-07"),
        ({"$schema": 2020}, "2020"),
        ({"const": object()}, "not plain JSON"),
        ({"const": float("nan")}, "not plain JSON"),
    ],
)
def test_a_contract_that_cannot_be_used_says_why(schema, reason):
    with pytest.raises(Fault, match="The contract cannot be used") as caught:
        compile(schema)
    assert caught.value.code == "engine.configuration"
    assert reason in caught.value.detail


def test_a_contract_that_is_nested_without_end_is_refused():
    schema = {}
    for _level in range(5000):
        schema = {"items": schema}
    with pytest.raises(Fault) as caught:
        compile(schema)
    assert caught.value.code == "engine.configuration"


def test_a_reference_is_never_fetched(monkeypatch):
    monkeypatch.setattr("urllib.request.urlopen", lambda *args, **kwargs: pytest.fail("fetched"))
    with pytest.raises(Fault):
        compile({"$ref": "https://json-schema.org/draft/2099-01/schema"})


def test_a_contract_may_refer_to_itself_further_down():
    tree = {"required": ["name"], "properties": {"parts": {"items": {"$ref": "#"}}}}
    assert details(tree, {"name": "a", "parts": [{"name": "b", "parts": [{}]}]}) == ["Part 1, part 1: name is missing."]


def test_a_document_deeper_than_a_recursive_contract_can_check_is_a_fault_and_no_crash():
    tree = {"properties": {"part": {"allOf": [{"$ref": "#"}]}}, "uniqueItems": True}
    document = {}
    for _level in range(5000):
        document = {"part": document}
    [fault] = validate(tree, document)
    assert "nested more deeply" in fault.detail


def test_an_alternative_that_allows_nothing_is_no_crash():
    assert len(validate({"anyOf": [False, {"type": "string"}]}, 1)) == 1
    assert len(validate({"oneOf": [False]}, 1)) == 1


def test_equal_contracts_share_their_digest_whatever_the_order_of_members():
    schema = {"type": "string", "minLength": 1}
    assert compile(schema).digest == compile(dict(reversed(schema.items()))).digest
    assert compile(schema).digest != compile({**schema, "minLength": 2}).digest
    assert compile(schema) is compile(copy.deepcopy(schema))


def test_a_compiled_contract_does_not_change_with_its_source():
    schema = {"type": "string"}
    compiled = compile(schema)
    schema["type"] = "integer"
    assert compiled.faults("text") == []


# ------------------------------------------------------------------------------- the quick yes is the same answer

plain = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "EUR", "2026-03-05", "12.50"])
values = plain | st.decimals(-3, 3, places=1)
trees = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
leaf_schemas = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "number", "integer", "boolean", "null", "object", "array"])
        | st.just(["integer", "null"]),
        "enum": st.lists(plain, min_size=1, max_size=3),
        "const": plain,
        "minimum": st.integers(-2, 2),
        "exclusiveMaximum": st.integers(-2, 2),
        "multipleOf": st.sampled_from([1, 0.5, 2]),
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(0, 4),
        "pattern": st.sampled_from(["^a", "[A-Z]{3}$", "5"]),
        "format": st.sampled_from(["date", "email"]),
        "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
        "minItems": st.integers(0, 2),
        "maxProperties": st.integers(0, 2),
        "dependentRequired": st.just({"a": ["b"]}),
    },
)
schemas = st.recursive(
    leaf_schemas | st.booleans(),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "patternProperties": st.dictionaries(st.sampled_from(["^a$", "[bc]"]), inner, max_size=1),
            "additionalProperties": inner,
            "propertyNames": inner,
            "items": inner,
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=3),
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
        },
    ),
    max_leaves=8,
).filter(lambda schema: isinstance(schema, dict))


@given(schema=schemas, document=trees)
@settings(deadline=None, database=None, max_examples=150)
def test_the_quick_answer_is_the_answer_of_the_explaining_validator(schema, document):
    compiled = compile(schema)
    assert compiled._accepts is not None
    assert compiled._accepts(document) == compiled._explaining.is_valid(document)


@pytest.mark.parametrize("keyword", ["uniqueItems", "contains", "dependentSchemas", "unevaluatedProperties"])
def test_what_the_quick_answer_does_not_know_is_left_to_the_other(keyword):
    value = {"uniqueItems": True, "dependentSchemas": {}}.get(keyword, {})
    assert keyword in SchemaValidator.VALIDATORS
    assert compile({"properties": {"a": {keyword: value}}})._accepts is None


@pytest.mark.parametrize("entry", catalogue().values(), ids=lambda entry: entry.type)
def test_the_catalogue_is_answered_quickly(entry):
    assert validator(entry.type)._accepts is not None
