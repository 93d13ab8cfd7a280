"""What is wrong with a mapping document is said at once, each at its place; a base is built upon."""

import json

import pytest
from mapping_kit import mapping, problems
from sync_governance.core.mapping import Mapping, MappingError, registry


def document(*rules, **members):
    return {"mapping": "child", "target": "thing", "rules": list(rules), **members}


@pytest.mark.parametrize(
    ("rule", "pointer", "words"),
    [
        ({"to": "a", "from": "b["}, "/rules/0/from", "ends too early"),
        ({"to": "a", "from": "b !! c"}, "/rules/0/from", "at character 3"),
        ({"to": "a", "from": "@root.b.$"}, "/rules/0/from", "at character 9"),
        ({"to": "a", "from": ""}, "/rules/0/from", "empty"),
        ({"to": "a", "from": "(" * 5000 + "b" + ")" * 5000}, "/rules/0/from", "nested too deep"),
        ({"to": "a", "from": "shout(b)"}, "/rules/0/from", "no function shout()"),
        ({"to": "a", "from": "length(b, c)"}, "/rules/0/from", "takes 1 argument, not 2"),
        ({"to": "a", "from": "b[?c > `0.12345678901234567`]"}, "/rules/0/from", "at most 15 digits"),
        ({"to": "a", "from": "b", "when": "=="}, "/rules/0/when", "cannot be read"),
        ({"to": "a", "from": "b", "convert": ["shout"]}, "/rules/0/convert/0", "no converter 'shout'"),
        ({"to": "a", "from": "b", "convert": [{"trim": {}, "upper": {}}]}, "/rules/0/convert/0", "its name"),
        ({"to": "a", "from": "b", "convert": "trim"}, "/rules/0/convert", "a list"),
        (
            {"to": "a", "from": "b", "convert": [{"decimal": {"scale": -1}}]},
            "/rules/0/convert/0/decimal/scale",
            "at least 0",
        ),
        (
            {"to": "a", "from": "b", "convert": [{"decimal": {"size": 2}}]},
            "/rules/0/convert/0/decimal/size",
            "no argument",
        ),
        ({"to": "a", "from": "b", "convert": [{"decimal": "two"}]}, "/rules/0/convert/0/decimal", "a whole number"),
        (
            {"to": "a", "from": "b", "convert": [{"decimal": {"minor_units_of": "c["}}]},
            "/rules/0/convert/0/decimal/minor_units_of",
            "ends too early",
        ),
        (
            {"to": "a", "from": "b", "convert": [{"datetime": {"zone": "Mars/North"}}]},
            "/rules/0/convert/0/datetime/zone",
            "zone",
        ),
        (
            {"to": "a", "from": "b", "convert": [{"coalesce": ["x", "y["]}]},
            "/rules/0/convert/0/coalesce/1",
            "ends too early",
        ),
        ({"to": "a", "from": "b", "convert": [{"xref": {"miss": "keep"}}]}, "/rules/0/convert/0/xref", "needs domain"),
        (
            {"to": "a", "from": "b", "convert": [{"xref": {"domain": "d", "miss": "guess"}}]},
            "/rules/0/convert/0/xref/miss",
            "one of fault, keep, null",
        ),
        (
            {"to": "a", "from": "b", "convert": [{"each": [{"xref": "d"}]}]},
            "/rules/0/convert/0/each/0",
            "reads lists itself",
        ),
        (
            {"to": "a", "from": "b", "convert": [{"table": {"map": {"x": 0.5}}}]},
            "/rules/0/convert/0/table/map",
            "an object",
        ),
        ({"to": "a", "value": {"x": [0.5]}}, "/rules/0/value", "as text"),
        ({"to": "a", "from": "b", "value": 1}, "/rules/0", "either from or value"),
        ({"to": "a", "value": 1, "default": 2}, "/rules/0", "neither convert nor default"),
        ({"to": "a"}, "/rules/0", "says neither"),
        ({"to": "a", "convert": ["trim"]}, "/rules/0", "has to give a value"),
        ({"to": "a", "from": "b", "frmo": "c"}, "/rules/0/frmo", "no member 'frmo'"),
        ({"to": "a..b", "from": "c"}, "/rules/0/to", "the member"),
        ({"from": "c"}, "/rules/0/to", "the member"),
        ({"to": "a", "from": "b", "required": "yes"}, "/rules/0/required", "true or false"),
        ({"to": "a", "each": "b"}, "/rules/0", "makes nothing"),
        ({"to": "a", "each": "b", "parts": [{"each": "c", "rules": []}]}, "/rules/0", "either parts"),
        ({"to": "a", "parts": [{"rules": []}]}, "/rules/0/parts/0", "says each"),
        ({"to": "a", "in": "b", "use": "address"}, "/rules/0/use", "no fragment 'address'"),
        ({"to": "a", "each": "b", "rules": [{"to": "c", "from": "d["}]}, "/rules/0/rules/0/from", "ends too early"),
        ({"check": "c", "when": "x"}, "/rules/0/say", "words"),
        ({"check": "c", "when": "x", "say": "no", "code": "apply.refused"}, "/rules/0/code", "fault of translation"),
        ({"remove": "a"}, "/rules/0/remove", "no rule for a"),
        ({"extend": "a", "rules": []}, "/rules/0/extend", "no object or list a"),
        ("a", "/rules/0", "a rule is an object"),
    ],
)
def test_a_mistake_is_named_at_its_place(rule, pointer, words):
    found = problems(document(rule))
    assert pointer in found, found
    assert words in found[pointer]


def test_all_mistakes_are_named_at_once():
    found = problems(
        document({"to": "a", "from": "b["}, {"to": "c", "from": "d", "convert": ["shout", {"split": {"separator": 1}}]})
    )
    assert set(found) == {"/rules/0/from", "/rules/1/convert/0", "/rules/1/convert/1/split/separator"}


def test_the_document_itself():
    assert problems([]) == {"": "a mapping is an object"}
    assert set(problems({"rules": {}, "extends": 3, "rule": []})) == {
        "/mapping",
        "/target",
        "/rules",
        "/extends",
        "/rule",
    }


def test_two_rules_for_one_member_need_a_condition():
    found = problems(document({"to": "a", "value": 1}, {"to": "a", "value": 2}))
    assert "never be used" in found["/rules/0"]


def test_a_member_is_a_value_or_an_object():
    found = problems(document({"to": "a", "value": 1}, {"to": "a.b", "value": 2}))
    assert "one of them is wrong" in found["/rules/1/to"]


def test_a_fragment_that_uses_itself_is_refused():
    fragments = {"loop": [{"to": "again", "in": "x", "use": "loop"}]}
    assert any(
        "uses itself" in message
        for message in problems(document({"to": "a", "use": "loop"}, fragments=fragments)).values()
    )


BASE = {
    "mapping": "base",
    "target": "thing",
    "fragments": {"address": [{"to": "city", "from": "city"}, {"to": "zip", "from": "zip"}]},
    "rules": [
        {"check": "cancelled", "when": "cancelled", "say": "Cancelled"},
        {"to": "type", "value": "thing"},
        {"to": "number", "from": "name"},
        {"to": "status", "when": "paid", "value": "paid"},
        {"to": "status", "value": "open"},
        {
            "to": "lines",
            "each": "items",
            "rules": [
                {"to": "sku", "from": "sku"},
                {"to": "text.short", "from": "t"},
                {"to": "text.long", "from": "l"},
            ],
        },
        {"to": "ship_to", "in": "ship", "use": "address"},
    ],
}
SOURCE = {
    "name": "N1",
    "paid": True,
    "items": [{"sku": "A", "t": "short", "l": "long", "ean": "4006381333931"}],
    "ship": {"city": "Gent", "zip": "9000"},
}


def child(*rules, **members):
    bases = {"base": BASE}
    return Mapping.parse(document(*rules, extends="base", **members), bases).evaluate(SOURCE).document


def test_a_child_has_the_rules_of_its_base():
    assert child() == {
        "type": "thing",
        "number": "N1",
        "status": "paid",
        "lines": [{"sku": "A", "text": {"short": "short", "long": "long"}}],
        "ship_to": {"city": "Gent", "zip": "9000"},
    }


def test_a_rule_of_the_child_takes_the_place_of_all_alternatives():
    made = child({"to": "status", "value": "new"}, {"to": "extra", "value": 1})
    assert made["status"] == "new"
    assert list(made) == ["type", "number", "status", "lines", "ship_to", "extra"]


def test_the_child_brings_alternatives_of_its_own():
    made = child({"to": "status", "when": "name == 'N1'", "value": "first"}, {"to": "status", "value": "second"})
    assert made["status"] == "first"


def test_rules_inside_are_removed_extended_and_replaced():
    made = child(
        {"remove": "lines.text.long"},
        {"extend": "lines", "rules": [{"to": "sku", "from": "ean"}, {"to": "n", "from": "@position"}]},
        {"remove": "ship_to.zip"},
        {"remove": "number"},
    )
    assert made["lines"] == [{"sku": "4006381333931", "text": {"short": "short"}, "n": 1}]
    assert made["ship_to"] == {"city": "Gent"}
    assert "number" not in made


def test_removing_a_path_removes_what_is_below_it():
    assert child({"remove": "lines.text"})["lines"] == [{"sku": "A"}]


def test_a_fragment_of_the_child_changes_every_use():
    assert child(fragments={"address": [{"to": "city", "value": "Genk"}]})["ship_to"] == {"city": "Genk", "zip": "9000"}


def test_a_check_of_the_base_can_be_dropped():
    bases = {"base": BASE}
    source = {**SOURCE, "cancelled": True}
    assert Mapping.parse(document(extends="base"), bases).evaluate(source).faults
    dropped = Mapping.parse(document({"remove": "check:cancelled"}, extends="base"), bases)
    assert not dropped.evaluate(source).faults


def test_a_mistake_in_the_base_is_shown_in_the_base():
    bases = {"broken": document({"to": "a", "from": "b["}, mapping="broken")}
    with pytest.raises(MappingError) as caught:
        Mapping.parse(document(extends="broken"), bases)
    assert [(problem.mapping, problem.pointer) for problem in caught.value.problems] == [("broken", "/rules/0/from")]


def test_bases_must_exist_and_not_go_round():
    assert "no mapping base" in problems(document(extends="base"))["/extends"]
    bases = {"a": document(mapping="a", extends="b"), "b": document(mapping="b", extends="a")}
    assert "extends itself" in problems(bases["a"], bases)["/extends"]


def test_bases_may_be_given_by_a_function():
    assert Mapping.parse(document(extends="base"), lambda name: BASE if name == "base" else None).name == "child"


def test_what_a_mapping_reads_is_known_beforehand():
    trial = mapping(
        {"to": "n", "from": "name", "when": "open && !closed"},
        {
            "to": "lines",
            "each": "items[?qty > `0`]",
            "rules": [
                {"to": "t", "from": "taxes[].rate", "convert": ["sum"]},
                {"to": "c", "from": "$.currency"},
                {"to": "k", "from": "max_by(scans, &at).text"},
            ],
        },
    )
    assert trial.reads == {
        "name", "open?", "closed?", "items[].qty", "items[].taxes[].rate", "currency", "items[].scans[].at",
        "items[].scans[].text",
    }  # fmt: skip


def test_every_converter_describes_itself():
    for name, converter in registry().items():
        assert converter.name == name
        assert converter.description.endswith(".")
        for argument in converter.arguments:
            assert argument.description.endswith(".")
        assert converter.main is None or converter.main in {argument.name for argument in converter.arguments}


def test_a_mapping_survives_a_round_through_json():
    assert Mapping.parse(json.loads(json.dumps(BASE))).evaluate(SOURCE).ok
