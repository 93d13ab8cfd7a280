"""One line of the partner becomes several of ours."""

from mapping_kit import mapping, problems, translate

LINES = {
    "to": "lines",
    "each": "items",
    "split": "schedules",
    "rules": [
        {"to": "id", "from": "@position", "convert": ["text"]},
        {"to": "sku", "from": "@parent.sku"},
        {"to": "quantity", "when": "qty", "from": "qty"},
        {"to": "quantity", "from": "@parent.qty"},
        {"to": "on", "from": "day"},
    ],
}


def test_one_line_for_each_of_its_schedules():
    source = {
        "items": [
            {"sku": "A", "qty": 5, "schedules": [{"qty": 2, "day": "2026-01-02"}, {"qty": 3, "day": "2026-02-02"}]},
            {"sku": "B", "qty": 7, "schedules": []},
            {"sku": "C", "qty": 1},
            {"sku": "D", "schedules": {"qty": 4, "day": "2026-03-02"}},
        ]
    }
    assert translate(source, LINES)["lines"] == [
        {"id": "1", "sku": "A", "quantity": 2, "on": "2026-01-02"},
        {"id": "2", "sku": "A", "quantity": 3, "on": "2026-02-02"},
        {"id": "3", "sku": "B", "quantity": 7},
        {"id": "4", "sku": "C", "quantity": 1},
        {"id": "5", "sku": "D", "quantity": 4, "on": "2026-03-02"},
    ]


def test_filtered_items_are_not_split():
    rule = {**LINES, "where": "sku == 'B'"}
    source = {"items": [{"sku": "A", "schedules": [{"qty": 1}]}, {"sku": "B", "schedules": [{"qty": 2}]}]}
    assert translate(source, rule)["lines"] == [{"id": "1", "sku": "B", "quantity": 2}]


def test_a_fault_names_the_part_it_was_read_from():
    rule = {
        "to": "lines",
        "each": "items",
        "split": "parts",
        "rules": [{"to": "n", "from": "n", "convert": ["integer"]}],
    }
    (fault,) = mapping(rule).evaluate({"items": [{"parts": [{"n": 1}, {"n": "x"}]}]}).faults
    assert fault.pointer == "/items/0/parts/1/n"
    assert fault.target == "lines[1].n"


def test_what_is_read_is_known():
    assert {"items[].schedules[].qty", "items[].sku", "items[].qty"} <= mapping(LINES).reads


def test_a_list_is_grouped_or_split():
    rule = {**LINES, "group_by": "sku"}
    assert problems({"mapping": "m", "target": "t", "rules": [rule]}) == {"/rules/0/split": "either group_by or split"}
