"""What the workbench shows of a mapping: where its rules are written, what they may make, what never came."""

import json

import pytest
from sync_governance.core.mapping import Mapping, line_of, unfilled

RULES = """{
    "mapping": "shop.order",
    "target": "order.create",
    "rules": [
        {"to": "number", "from": "name", "required": true},
        {"to": "lines", "each": "items", "rules": [
            {"to": "sku", "from": "code", "convert": [{"xref": "product"}]},
            {"to": "quantity", "from": "qty",
             "convert": ["decimal"]},
            {"to": "note", "from": "remark"}
        ]},
        {"check": "closed", "when": "closed", "say": "The order is closed."}
    ]
}"""


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 1),
        ("/target", 3),
        ("/rules/0", 5),
        ("/rules/1/rules/0/convert/0/xref", 7),
        ("/rules/1/rules/1/convert", 9),
        ("/rules/1/rules/1/nowhere", 8),
        ("/rules/2", 12),
        ("/rules/9", 4),
    ],
)
def test_the_line_of_a_place(pointer, line):
    assert line_of(RULES, pointer) == line


def test_names_with_quotes_slashes_and_brackets_are_no_trap():
    text = '{\n"a/b": "}]\\"",\n"c~": [1, "x,]", {\n"d": -2.5e3}]}'
    assert line_of(text, "/a~1b") == 2
    assert line_of(text, "/c~0/2/d") == 4


@pytest.mark.parametrize("text", ["", "{", '{"rules"', '{"rules": [', '{"a": "'])
def test_what_is_no_json_has_no_lines(text):
    assert line_of(text, "/rules/0/to") is None


def test_a_fault_names_the_rule_as_it_is_written():
    mapping = Mapping.parse(json.loads(RULES))
    result = mapping.evaluate({"items": [{"code": "A", "qty": "many"}], "closed": True})
    places = {fault.target: line_of(RULES, fault.rule[1]) for fault in result.faults}
    assert places == {"number": 5, "lines[0].quantity": 8, "": 12, "lines[0].sku": 7}
    assert {fault.rule[0] for fault in result.faults} == {"shop.order"}


def test_a_fault_of_an_inherited_rule_names_the_base():
    child = {"mapping": "my.order", "target": "order.create", "extends": "shop.order", "rules": []}
    mapping = Mapping.parse(child, bases={"shop.order": json.loads(RULES)})
    (fault,) = mapping.evaluate({}).faults
    assert fault.rule == ("shop.order", "/rules/0")


def test_targets_that_no_document_filled():
    mapping = Mapping.parse(json.loads(RULES))
    assert mapping.targets == {"number", "lines[].sku", "lines[].quantity", "lines[].note"}
    documents = [{"number": "1"}, {"lines": [{"quantity": "2"}, {"note": {"text": "x"}}]}]
    assert unfilled(mapping.targets, documents) == ["lines[].sku"]
    assert unfilled(mapping.targets, []) == sorted(mapping.targets)
