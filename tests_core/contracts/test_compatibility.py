"""Whether a new version of a contract takes the place of the one before, case by case and by generated documents."""

from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sync_governance.core.canonical import catalogue
from sync_governance.core.contracts import compile
from sync_governance.core.contracts.compatibility import MODES, check, compare

TEXT, WHOLE, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}


def record(required=(), closed=False, **properties):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {**schema, "additionalProperties": False} if closed else schema


def answers(old, new, **options):
    """(backward, forward)"""
    return tuple(
        all(each.compatible for each in compare(one, other, **options)) for one, other in ((old, new), (new, old))
    )


def kinds(old, new, **options):
    return {each.kind: each.compatible for each in compare(old, new, **options)}


# ---------------------------------------------------------------------- what a tolerant reader takes, change by change

A = {"a": TEXT}
CHANGES = {
    "an optional field comes": (record(**A), record(**A, b=TEXT), (True, True)),
    "a required field comes": (record(**A), record(["b"], **A, b=TEXT), (False, True)),
    "an optional field leaves": (record(**A, b=TEXT), record(**A), (True, True)),
    "a required field leaves": (record(["b"], **A, b=TEXT), record(**A), (True, False)),
    "optional becomes required": (record(**A), record(["a"], **A), (False, True)),
    "required becomes optional": (record(["a"], **A), record(**A), (True, False)),
    "whole numbers become numbers": (record(a=WHOLE), record(a=NUMBER), (True, False)),
    "numbers become whole": (record(a=NUMBER), record(a=WHOLE), (False, True)),
    "a value comes": (record(a={"enum": ["x"]}), record(a={"enum": ["x", "y"]}), (True, False)),
    "a value leaves": (record(a={"enum": ["x", "y"]}), record(a={"enum": ["x"]}), (False, True)),
    "an optional field gets another name": (record(a=TEXT), record(b=TEXT), (True, True)),
    "a required field gets another name": (record(["a"], a=TEXT), record(["b"], b=TEXT), (False, False)),
    "a longest length comes": (record(a=TEXT), record(a={**TEXT, "maxLength": 5}), (False, True)),
    "text becomes a number": (record(a=TEXT), record(a=WHOLE), (False, False)),
}


@pytest.mark.parametrize("old, new, expected", CHANGES.values(), ids=list(CHANGES))
def test_a_tolerant_reader(old, new, expected):
    assert answers(old, new, tolerant=True) == expected


# ------------------------------------------------------------------------------ one kind of difference after another

OPEN, CLOSED = record(**A), record(**A, closed=True)
PARTLY = {"type": "object", "properties": A, "additionalProperties": TEXT}
DIFFERENCES = [
    # what an object lets pass
    (OPEN, record(**A, b=TEXT), "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", False),
    (OPEN, record(**A, b={}), "PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL", True),
    (OPEN, record(["b"], **A, b=TEXT), "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", False),
    (CLOSED, record(**A, b=TEXT, closed=True), "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL", True),
    (CLOSED, record(["b"], **A, b=TEXT, closed=True), "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL", False),
    (record(**A, b=TEXT), OPEN, "PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL", True),
    (record(**A, b=TEXT, closed=True), CLOSED, "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", False),
    (record(**A, b=False, closed=True), CLOSED, "PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL", True),
    (
        {**PARTLY, "properties": {**A, "b": TEXT}},
        PARTLY,
        "PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        True,
    ),
    (
        {**PARTLY, "properties": {**A, "b": WHOLE}},
        PARTLY,
        "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        False,
    ),
    (
        PARTLY,
        {**PARTLY, "properties": {**A, "b": TEXT}},
        "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        True,
    ),
    (
        PARTLY,
        {**PARTLY, "properties": {**A, "b": WHOLE}},
        "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        False,
    ),
    (OPEN, CLOSED, "ADDITIONAL_PROPERTIES_REMOVED", False),
    (CLOSED, OPEN, "ADDITIONAL_PROPERTIES_ADDED", True),
    (OPEN, PARTLY, "ADDITIONAL_PROPERTIES_NARROWED", False),
    (PARTLY, OPEN, "ADDITIONAL_PROPERTIES_EXTENDED", True),
    ({**OPEN, "unevaluatedProperties": False}, OPEN, "ADDITIONAL_PROPERTIES_ADDED", True),
    (OPEN, {"allOf": [OPEN], "unevaluatedProperties": False}, "UNEVALUATED_PROPERTIES_CHANGED", False),
    (record(["a"], **A), OPEN, "REQUIRED_ATTRIBUTE_REMOVED", True),
    (OPEN, record(["a"], **A), "REQUIRED_ATTRIBUTE_ADDED", False),
    # A default fills no gap in a document that is only validated.
    (record(a={**TEXT, "default": "x"}), record(["a"], a={**TEXT, "default": "x"}), "REQUIRED_ATTRIBUTE_ADDED", False),
    ({"dependentRequired": {"a": ["b"]}}, {"dependentRequired": {"a": ["b", "c"]}}, "DEPENDENCY_ARRAY_CHANGED", False),
    ({"dependentRequired": {"a": ["b", "c"]}}, {"dependentRequired": {"a": ["b"]}}, "DEPENDENCY_ARRAY_NARROWED", True),
    ({"dependentRequired": {"a": ["b"]}}, {}, "DEPENDENCY_ARRAY_REMOVED", True),
    ({"dependentSchemas": {"a": OPEN}}, {}, "DEPENDENCY_SCHEMA_REMOVED", True),
    ({}, {"dependentSchemas": {"a": OPEN}}, "DEPENDENCY_SCHEMA_ADDED", False),
    ({"maxProperties": 2}, {"maxProperties": 3}, "MAX_PROPERTIES_INCREASED", True),
    ({"minProperties": 2}, {"minProperties": 3}, "MIN_PROPERTIES_INCREASED", False),
    ({"patternProperties": {"^x-": TEXT}}, {"patternProperties": {"^x-": WHOLE}}, "TYPE_CHANGED", False),
    ({}, {"patternProperties": {"^x-": TEXT}}, "PATTERN_PROPERTY_ADDED", False),
    ({"patternProperties": {"^x-": TEXT}}, {}, "PATTERN_PROPERTY_REMOVED", True),
    (record(xa=TEXT), {**record(xa=TEXT), "patternProperties": {"^x": WHOLE}}, "PATTERN_PROPERTY_NARROWED", False),
    ({"propertyNames": {"maxLength": 3}}, {"propertyNames": {"maxLength": 4}}, "PROPERTY_NAMES_EXTENDED", True),
    ({}, {"propertyNames": {"maxLength": 4}}, "PROPERTY_NAMES_NARROWED", False),
    # values
    (TEXT, {"type": ["string", "null"]}, "TYPE_EXTENDED", True),
    ({"type": ["string", "null"]}, TEXT, "TYPE_NARROWED", False),
    (TEXT, WHOLE, "TYPE_CHANGED", False),
    ({"enum": ["a"]}, {"enum": ["a", "b"]}, "ENUM_ARRAY_EXTENDED", True),
    ({"enum": ["a", "b"]}, {"enum": ["a"]}, "ENUM_ARRAY_NARROWED", False),
    ({"enum": ["a", "b"]}, {"enum": ["a", "c"]}, "ENUM_ARRAY_CHANGED", False),
    (TEXT, {**TEXT, "enum": ["a"]}, "ENUM_ARRAY_ADDED", False),
    ({"const": "a"}, {"enum": ["a", "b"]}, "ENUM_ARRAY_EXTENDED", True),
    ({"enum": ["a"]}, TEXT, "ENUM_ARRAY_REMOVED", True),
    ({**TEXT, "maxLength": 5}, {**TEXT, "maxLength": 6}, "MAX_LENGTH_INCREASED", True),
    ({**TEXT, "maxLength": 5}, {**TEXT, "maxLength": 4}, "MAX_LENGTH_DECREASED", False),
    (TEXT, {**TEXT, "minLength": 1}, "MIN_LENGTH_ADDED", False),
    (TEXT, {**TEXT, "minLength": 0}, "MIN_LENGTH_ADDED", True),
    ({**TEXT, "minLength": 3}, {**TEXT, "minLength": 2}, "MIN_LENGTH_DECREASED", True),
    ({**TEXT, "pattern": "^a"}, TEXT, "PATTERN_REMOVED", True),
    ({**TEXT, "pattern": "^a"}, {**TEXT, "pattern": "^b"}, "PATTERN_CHANGED", False),
    (TEXT, {**TEXT, "format": "date"}, "FORMAT_ADDED", False),
    ({**TEXT, "format": "date"}, TEXT, "FORMAT_REMOVED", True),
    ({**NUMBER, "minimum": 1}, {**NUMBER, "minimum": 2}, "MINIMUM_INCREASED", False),
    ({**NUMBER, "minimum": 2}, {**NUMBER, "minimum": 1}, "MINIMUM_DECREASED", True),
    ({**NUMBER, "exclusiveMinimum": 0}, {**NUMBER, "minimum": 0}, "MINIMUM_ADDED", True),
    ({**NUMBER, "minimum": 0}, {**NUMBER, "exclusiveMinimum": 0}, "EXCLUSIVE_MINIMUM_ADDED", False),
    ({**NUMBER, "maximum": 2}, {**NUMBER, "exclusiveMaximum": 3}, "EXCLUSIVE_MAXIMUM_ADDED", True),
    ({**NUMBER, "multipleOf": Decimal("0.1")}, {**NUMBER, "multipleOf": Decimal("0.05")}, "MULTIPLE_OF_REDUCED", True),
    ({**NUMBER, "multipleOf": 2}, {**NUMBER, "multipleOf": 3}, "MULTIPLE_OF_CHANGED", False),
    ({"title": "a"}, {"title": "b"}, "TITLE_CHANGED", True),
    ({"description": "a"}, {}, "DESCRIPTION_CHANGED", True),
    # lists
    ({"items": TEXT}, {"items": WHOLE}, "TYPE_CHANGED", False),
    ({"minItems": 1}, {"minItems": 2}, "MIN_ITEMS_INCREASED", False),
    ({"maxItems": 1}, {}, "MAX_ITEMS_REMOVED", True),
    ({}, {"uniqueItems": True}, "UNIQUE_ITEMS_ADDED", False),
    ({"uniqueItems": True}, {}, "UNIQUE_ITEMS_REMOVED", True),
    ({"prefixItems": [TEXT]}, {"prefixItems": [TEXT, WHOLE]}, "ITEM_ADDED_TO_OPEN_CONTENT_MODEL", False),
    (
        {"prefixItems": [TEXT], "items": False},
        {"prefixItems": [TEXT, WHOLE], "items": False},
        "ITEM_ADDED_TO_CLOSED_CONTENT_MODEL",
        True,
    ),
    ({"prefixItems": [TEXT, WHOLE]}, {"prefixItems": [TEXT]}, "ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL", True),
    (
        {"prefixItems": [TEXT, WHOLE], "items": False},
        {"prefixItems": [TEXT], "items": False},
        "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL",
        False,
    ),
    (
        {"prefixItems": [TEXT, TEXT], "items": TEXT},
        {"prefixItems": [TEXT], "items": TEXT},
        "ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        True,
    ),
    ({"prefixItems": [TEXT]}, {"prefixItems": [TEXT], "items": False}, "ADDITIONAL_ITEMS_REMOVED", False),
    ({"contains": TEXT}, {}, "CONTAINS_REMOVED", True),
    ({}, {"contains": TEXT}, "CONTAINS_ADDED", False),
    ({"contains": TEXT, "maxContains": 2}, {"contains": TEXT, "maxContains": 3}, "MAX_CONTAINS_INCREASED", True),
    ({"contains": TEXT}, {"contains": TEXT, "minContains": 2}, "MIN_CONTAINS_INCREASED", False),
    # combinations
    (TEXT, {"anyOf": [TEXT, WHOLE]}, "COMBINED_TYPE_EXTENDED", True),
    ({"type": "boolean"}, {"anyOf": [TEXT, WHOLE]}, "COMBINED_TYPE_CHANGED", False),
    ({"anyOf": [TEXT]}, {"anyOf": [TEXT, WHOLE]}, "SUM_TYPE_EXTENDED", True),
    ({"anyOf": [TEXT, WHOLE]}, {"anyOf": [TEXT]}, "SUM_TYPE_NARROWED", False),
    ({"oneOf": [TEXT]}, {"oneOf": [TEXT, WHOLE]}, "SUM_TYPE_EXTENDED", True),
    ({"oneOf": [TEXT]}, {"oneOf": [TEXT, {"maxLength": 3}]}, "SUM_TYPE_MAY_OVERLAP", False),
    ({"allOf": [TEXT, {"maxLength": 3}]}, {"allOf": [TEXT]}, "PRODUCT_TYPE_NARROWED", True),
    ({"allOf": [TEXT]}, {"allOf": [TEXT, {"maxLength": 3}]}, "PRODUCT_TYPE_EXTENDED", False),
    ({"not": NUMBER}, {"not": WHOLE}, "NOT_TYPE_NARROWED", True),
    ({"not": WHOLE}, {"not": NUMBER}, "NOT_TYPE_EXTENDED", False),
    ({}, {"if": TEXT, "then": {"maxLength": 1}}, "CONDITION_ADDED", False),
    ({"if": TEXT, "then": {"maxLength": 1}}, {}, "CONDITION_REMOVED", True),
    ({"if": TEXT, "then": {"maxLength": 2}}, {"if": TEXT, "then": {"maxLength": 1}}, "CONDITION_CHANGED", False),
]


@pytest.mark.parametrize(
    "old, new, kind, compatible", DIFFERENCES, ids=[f"{kind}-{n}" for n, (*_, kind, _ok) in enumerate(DIFFERENCES)]
)
def test_a_kind_of_difference(old, new, kind, compatible):
    found = kinds(old, new)
    assert kind in found, found
    assert found[kind] is compatible
    assert all(found.values()) is compatible


# --------------------------------------------------------------------------------------------- references and places


def test_references_are_followed_and_their_names_do_not_matter():
    old = {"properties": {"a": {"$ref": "#/$defs/money"}}, "$defs": {"money": TEXT}}
    new = {"properties": {"a": {"$ref": "#/$defs/amount", "description": "x"}}, "$defs": {"amount": TEXT}}
    assert answers(old, new) == (True, True)
    new["$defs"]["amount"] = WHOLE
    [found] = [each for each in compare(old, new) if not each.compatible]
    assert (found.pointer, found.kind) == ("/a", "TYPE_CHANGED")


def test_a_contract_that_refers_to_itself_is_compared():
    def tree(leaf):
        return {"type": "object", "properties": {"leaf": leaf, "parts": {"items": {"$ref": "#"}}}}

    assert answers(tree(WHOLE), tree(NUMBER)) == (True, False)


def test_a_definition_of_the_catalogue_that_both_refer_to_is_no_difference():
    schema = {"properties": {"a": {"$ref": "urn:sync-governance:definitions#/$defs/party"}}}
    assert compare(schema, {**schema, "title": "x"})[0].kind == "TITLE_CHANGED"


def test_the_place_is_that_in_the_document_and_the_words_are_not_those_of_schemas():
    def order(quantity):
        line = {"type": "object", "properties": {"unitPrice": TEXT, "quantity": quantity}}
        return {"type": "object", "properties": {"order_lines": {"type": "array", "items": line}}}

    [found] = compare(order(WHOLE), order(TEXT), writer="version 1.0.0", reader="version 2.0.0")
    assert found.pointer == "/order_lines/*/quantity"
    assert found.text == "Each order line, quantity: a whole number in version 1.0.0, text in version 2.0.0."


def test_an_optional_field_under_another_name_is_suspected_because_its_content_would_be_lost():
    found = kinds(record(**A, shade=TEXT), record(**A, colour=TEXT), tolerant=True)
    assert found["PROPERTY_PERHAPS_RENAMED"] is True
    assert "PROPERTY_PERHAPS_RENAMED" not in kinds(record(**A, shade=TEXT), record(**A, colour=WHOLE), tolerant=True)


def test_what_a_closed_contract_refuses_is_no_matter_of_tolerance():
    assert answers(record(**A, b=TEXT, closed=True), CLOSED, tolerant=True) == (False, True)


def test_what_cannot_be_compared_in_reasonable_time_is_breaking(monkeypatch):
    from sync_governance.core.contracts import comparison

    monkeypatch.setattr(comparison, "MOST_STEPS", 3)
    assert kinds(record(a=TEXT, b=TEXT, c=TEXT), record(a=WHOLE, b=WHOLE, c=WHOLE))["TOO_COMPLEX"] is False


# ------------------------------------------------------------------------------------------------------------- modes

V1 = record(a={"enum": ["x"]})
V2 = record(a={"enum": ["x", "y"]})
V3 = record(a={"enum": ["y"]})


@pytest.mark.parametrize(
    "mode, new, before, expected",
    [
        ("none", V3, [("1", V1)], True),
        ("backward", V2, [("1", V1)], True),
        ("backward", V1, [("2", V2)], False),
        ("forward", V1, [("2", V2)], True),
        ("forward", V2, [("1", V1)], False),
        ("full", V2, [("1", V1)], False),
        ("full", V1, [("1", V1)], True),
        ("backward", V2, [("2", V2), ("1", V3)], True),
        ("forward", V3, [("2", V2), ("1", V1)], True),
        ("forward_transitive", V3, [("2", V2), ("1", V1)], False),
        ("backward_transitive", V2, [("2", V1), ("1", V3)], True),
        ("full_transitive", V2, [("2", V2), ("1", V3)], False),
        ("backward", V1, [], True),
    ],
)
def test_a_mode(mode, new, before, expected):
    assert check(new, before, mode).compatible is expected


def test_the_verdict_says_against_which_version_and_in_which_direction():
    verdict = check(V3, [("1.1.0", V2), ("1.0.0", V1)], "full_transitive", name="1.2.0")
    assert verdict.compared == ("1.1.0", "1.0.0")
    assert [(each.version, each.breaks) for each in verdict.breaking] == [
        ("1.1.0", "backward"),
        ("1.0.0", "backward"),
        ("1.0.0", "forward"),
    ]
    assert (verdict.against("1.1.0"), verdict.against("1.0.0")) == (False, False)
    assert verdict.breaking[0].text == "A: 'x' allowed in version 1.1.0, not allowed in version 1.2.0."


@pytest.mark.parametrize("mode", MODES)
def test_whoever_changes_nothing_breaks_nothing(mode):
    assert check(V2, [("1", V2)], mode).compatible


@pytest.mark.parametrize("entry", catalogue().values(), ids=lambda entry: entry.type)
def test_a_type_of_the_catalogue_is_compatible_with_itself(entry):
    assert compare(entry.schema, dict(entry.schema)) == []


# --------------------------------------------------------------------------------- generated schemas and documents

names = st.sampled_from("abc")
plain = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "EUR", "2026-03-05"])
documents = st.recursive(
    plain | st.decimals(-3, 3, places=1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
leaves = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "number", "integer", "boolean", "null", "object", "array"])
        | st.just(["integer", "null"]),
        "enum": st.lists(plain, min_size=1, max_size=3),
        "const": plain,
        "minimum": st.integers(-2, 2),
        "exclusiveMaximum": st.integers(-2, 2),
        "multipleOf": st.sampled_from([1, 2]),
        "minLength": st.integers(0, 2),
        "pattern": st.sampled_from(["^a", "[A-Z]{3}$"]),
        "format": st.sampled_from(["date", "email"]),
        "required": st.lists(names, max_size=2, unique=True),
        "maxItems": st.integers(0, 2),
        "uniqueItems": st.booleans(),
        "minProperties": st.integers(0, 2),
        "dependentRequired": st.just({"a": ["b"]}),
    },
)
schemas = st.recursive(
    leaves | st.booleans(),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["object", "array"]),
            "properties": st.dictionaries(names, inner, max_size=2),
            "patternProperties": st.dictionaries(st.sampled_from(["^a$", "[bc]"]), inner, max_size=1),
            "additionalProperties": inner,
            "unevaluatedProperties": st.booleans(),
            "propertyNames": inner,
            "items": inner,
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "contains": inner,
            "maxContains": st.integers(0, 2),
            "dependentSchemas": st.dictionaries(names, inner, max_size=1),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "if": inner,
            "then": inner,
        },
    ),
    max_leaves=8,
).filter(lambda schema: isinstance(schema, dict))


@st.composite
def changed(draw, schema):
    """``schema`` with something in it dropped, taken from another or replaced."""
    result = dict(schema)
    for name in list(schema):
        what = draw(st.integers(0, 5))
        if what == 0:
            del result[name]
        elif what == 1:
            other = draw(schemas)
            if name in other:
                result[name] = other[name]
        elif what == 2 and isinstance(result[name], dict) and name in ("items", "not", "additionalProperties"):
            result[name] = draw(changed(result[name]))
        elif what == 2 and name in ("properties", "patternProperties"):
            result[name] = {
                key: draw(changed(sub)) if isinstance(sub, dict) else sub for key, sub in result[name].items()
            }
        elif what == 2 and name in ("allOf", "anyOf", "oneOf", "prefixItems"):
            result[name] = [draw(changed(sub)) if isinstance(sub, dict) else sub for sub in result[name]]
    return result


@given(schema=schemas)
@settings(deadline=None, database=None, max_examples=100)
def test_every_schema_is_compatible_with_itself(schema):
    copy = compile({**schema, "title": "the same"})
    assert all(each.compatible for each in compare(schema, copy))


@given(data=st.data(), old=schemas, document=documents)
@settings(deadline=None, database=None, max_examples=200)
def test_what_is_called_compatible_accepts_every_document_of_before(data, old, document):
    new = data.draw(changed(old) | schemas)
    assume(all(each.compatible for each in compare(old, new)))
    if not compile(old).faults(document):
        assert compile(new).faults(document) == []


def declared(schema, draw):
    """A document that holds only what the contract declares."""
    document = {}
    for name, sub in schema["properties"].items():
        if name in schema["required"] or draw(st.booleans()):
            document[name] = declared(sub, draw) if sub.get("type") == "object" else draw(documents)
    return document


simple = st.recursive(
    leaves.filter(lambda schema: schema.get("type") not in ("object", None)),
    lambda inner: st.dictionaries(names, inner, max_size=3).flatmap(
        lambda properties: st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.just(properties),
                "required": st.lists(st.sampled_from(sorted(properties)), unique=True) if properties else st.just([]),
            }
        )
    ),
    max_leaves=6,
).filter(lambda schema: schema.get("type") == "object")


@given(data=st.data(), old=simple)
@settings(deadline=None, database=None, max_examples=100)
def test_a_tolerant_verdict_holds_for_documents_that_hold_only_what_is_declared(data, old):
    new = data.draw(simple)
    assume(all(each.compatible for each in compare(old, new, tolerant=True)))
    document = declared(old, data.draw)
    if not compile(old).faults(document):
        assert compile(new).faults(document) == []
