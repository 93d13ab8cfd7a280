"""Rules make a document: members, objects, lists, alternatives, checks."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from mapping_kit import mapping, result, translate

ORDER = {
    "id": 5093384710211,
    "currency": "EUR",
    "customer": {"first": "Lieve", "last": "Janssens", "email": ""},
    "shipping": None,
    "items": [
        {"sku": "A-1", "qty": 2, "price": Decimal("9.50"), "tags": ["x", "y"]},
        {"sku": "", "qty": 0, "price": Decimal("1.00"), "tags": []},
        {"sku": "B-2", "qty": 3, "price": Decimal("4.25"), "tags": ["z"]},
    ],
}


def test_dotted_targets_make_objects_and_absent_values_make_nothing():
    document = translate(
        ORDER,
        {"to": "buyer.name.first", "from": "customer.first"},
        {"to": "buyer.name.middle", "from": "customer.middle"},
        {"to": "buyer.phone", "from": "customer.phone"},
        {"to": "delivery.note", "from": "note"},
    )
    assert document == {"buyer": {"name": {"first": "Lieve"}}}


def test_a_dot_inside_a_name_is_escaped():
    assert translate({"a": 1}, {"to": r"x\.y.z", "from": "a"}) == {"x.y": {"z": 1}}


def test_constants_and_defaults():
    document = translate(
        {"a": None, "b": "set"},
        {"to": "type", "value": "order.create"},
        {"to": "nothing", "value": None},
        {"to": "a", "from": "a", "default": "standard"},
        {"to": "b", "from": "b", "default": "standard"},
        {"to": "c", "default": {"x": [1]}},
    )
    assert document == {"type": "order.create", "nothing": None, "a": "standard", "b": "set", "c": {"x": [1]}}


def test_the_target_shares_nothing_with_the_source_or_the_rules():
    source = {"deep": {"list": [1]}}
    trial = mapping({"to": "copy", "from": "deep"}, {"to": "constant", "value": {"list": []}})
    first = trial.evaluate(source).document
    first["copy"]["list"].append(2)
    first["constant"]["list"].append(2)
    assert source == {"deep": {"list": [1]}}
    assert trial.evaluate(source).document == {"copy": {"list": [1]}, "constant": {"list": []}}


def test_lists_with_filter_position_root_and_parent():
    document = translate(
        ORDER,
        {
            "to": "lines",
            "each": "items",
            "where": "qty > `0`",
            "rules": [
                {"to": "number", "from": "@position"},
                {"to": "index", "from": "@index"},
                {"to": "currency", "from": "$.currency"},
                {"to": "same", "from": "@root.currency"},
                {"to": "order", "from": "@parent.id"},
                {
                    "to": "tags",
                    "each": "tags",
                    "rules": [{"to": "tag", "from": "@"}, {"to": "of", "from": "@parent.sku"}],
                },
            ],
        },
    )
    shared = {"currency": "EUR", "same": "EUR", "order": 5093384710211}
    assert document["lines"] == [
        {"number": 1, "index": 0, **shared, "tags": [{"tag": "x", "of": "A-1"}, {"tag": "y", "of": "A-1"}]},
        {"number": 3, "index": 2, **shared, "tags": [{"tag": "z", "of": "B-2"}]},
    ]


def test_a_single_object_is_a_list_of_one_and_nothing_is_none():
    rule = {"to": "lines", "each": "line", "rules": [{"to": "id", "from": "id"}]}
    assert translate({"line": {"id": 7}}, rule) == {"lines": [{"id": 7}]}
    assert translate({"line": None}, rule) == {}
    assert translate({"line": None}, {**rule, "keep_empty": True}) == {"lines": []}


def test_parts_of_a_list_come_one_after_the_other():
    document = translate(
        {"shipping": [{"title": "Parcel"}], "tip": "2.00", "gift": False},
        {
            "to": "charges",
            "parts": [
                {"each": "shipping", "rules": [{"to": "kind", "value": "shipping"}, {"to": "text", "from": "title"}]},
                {"each": "tip", "rules": [{"to": "kind", "value": "tip"}, {"to": "amount", "from": "@"}]},
                {"each": "@", "when": "gift", "rules": [{"to": "kind", "value": "gift"}]},
            ],
        },
    )
    assert document == {"charges": [{"kind": "shipping", "text": "Parcel"}, {"kind": "tip", "amount": "2.00"}]}


def test_flat_rows_are_grouped_in_the_order_of_the_first():
    rows = [{"order": "2", "sku": "A"}, {"order": "1", "sku": "B"}, {"order": "2", "sku": "C"}]
    document = translate(
        rows,
        {
            "to": "orders",
            "each": "@",
            "group_by": "order",
            "rules": [
                {"to": "number", "from": "order"},
                {"to": "lines", "each": "@group", "rules": [{"to": "sku", "from": "sku"}]},
            ],
        },
    )
    assert document["orders"] == [
        {"number": "2", "lines": [{"sku": "A"}, {"sku": "C"}]},
        {"number": "1", "lines": [{"sku": "B"}]},
    ]


def test_an_object_follows_its_source_and_is_absent_with_it():
    rules = (
        {"to": "to", "in": "shipping", "rules": [{"to": "kind", "value": "address"}, {"to": "city", "from": "city"}]},
    )
    assert translate({"shipping": {"city": "Gent"}}, *rules) == {"to": {"kind": "address", "city": "Gent"}}
    for empty in (None, "", [], {}):
        assert translate({"shipping": empty}, *rules) == {}


def test_the_first_member_of_an_object_may_be_absent():
    rule = {"to": "a.b", "in": "x", "rules": [{"to": "first", "from": "first"}, {"to": "second", "from": "second"}]}
    assert translate({"x": {"second": 2}}, rule) == {"a": {"b": {"second": 2}}}


def test_alternatives_take_the_first_that_holds():
    rules = (
        {"to": "status", "when": "cancelled", "value": "cancelled"},
        {"to": "status", "when": "paid == `true`", "value": "paid"},
        {"to": "status", "value": "open"},
    )
    assert translate({"cancelled": "yes", "paid": True}, *rules) == {"status": "cancelled"}
    assert translate({"cancelled": "", "paid": True}, *rules) == {"status": "paid"}
    assert translate({"paid": 1}, *rules) == {"status": "open"}


def test_fragments_are_used_in_several_places_and_changed_in_one():
    trial = mapping(
        {"to": "ship", "in": "a", "use": "address"},
        {"to": "bill", "in": "b", "use": "address", "rules": [{"to": "city", "value": "Genk"}, {"remove": "zip"}]},
        fragments={"address": [{"to": "city", "from": "city"}, {"to": "zip", "from": "zip"}]},
    )
    source = {"a": {"city": "Gent", "zip": "9000"}, "b": {"city": "Mons", "zip": "7000"}}
    assert trial.evaluate(source).document == {"ship": {"city": "Gent", "zip": "9000"}, "bill": {"city": "Genk"}}


def test_all_faults_are_found_at_once_and_the_rest_is_translated():
    outcome = result(
        {"items": [{"qty": "three", "sku": "A"}, {"qty": "2"}]},
        {
            "to": "lines",
            "each": "items",
            "rules": [
                {"to": "quantity.value", "from": "qty", "convert": ["decimal"]},
                {"to": "sku", "from": "sku", "required": True},
            ],
        },
        {"to": "order_number", "from": "number", "required": True},
    )
    assert [fault.detail for fault in outcome.faults] == [
        "Line 1, quantity, value: 'three' is not a number. Read from items[0].qty.",
        "Line 2, sku: the document says nothing here, and it is needed. Read from items[1].sku.",
        "Order number: the document says nothing here, and it is needed. Read from number.",
    ]
    assert outcome.document == {"lines": [{"sku": "A"}, {"quantity": {"value": "2"}}]}
    assert not outcome.ok


def test_a_fault_knows_both_ends_and_the_value():
    (fault,) = result({"a": {"b": "x1"}}, {"to": "c.d", "from": "a.b", "convert": ["integer"]}).faults
    assert (fault.code, fault.target, fault.source, fault.value) == ("translate.mapping_failed", "c.d", "a.b", "x1")
    assert fault.pointer == "/a/b"
    assert fault.subject == "trial c.d"
    assert fault.as_dict()["target"] == "c.d"


def test_the_place_is_known_behind_a_filter():
    rules = {"to": "lines", "each": "items[?qty > `0`]", "rules": [{"to": "q", "from": "sku", "convert": ["integer"]}]}
    (_first, second) = result(ORDER, rules).faults
    assert second.detail.startswith("Line 2, q: 'B-2' is not a number")
    assert second.pointer == "/items/2/sku"


def test_a_line_that_could_not_be_made_still_counts():
    rule = {"to": "lines", "each": "items", "rules": [{"to": "q", "from": "q", "convert": ["integer"]}]}
    outcome = result({"items": [{"q": "x"}, {}, {"q": "y"}, {"q": 3}]}, rule)
    assert [fault.target for fault in outcome.faults] == ["lines[0].q", "lines[1].q"]
    assert outcome.document == {"lines": [{"q": 3}]}


def test_required_lists_and_objects_have_something_in_them():
    faults = result(
        {"items": [], "address": {}},
        {"to": "lines", "each": "items", "required": True, "rules": [{"to": "id", "from": "id"}]},
        {"to": "to", "in": "address", "required": True, "rules": [{"to": "city", "from": "city"}]},
    ).faults
    assert [fault.pointer for fault in faults] == ["/items", "/address"]


def test_an_expression_that_does_not_fit_the_values_is_a_fault():
    (fault,) = result({"a": ["x", 1]}, {"to": "sum", "from": "sum(a)"}).faults
    assert fault.code == "translate.mapping_failed"
    assert "does not fit the document" in fault.detail


def test_checks_refuse_or_take_notice():
    outcome = result(
        {"state": "cancelled", "lines": [{"sku": None}]},
        {"check": "cancelled", "when": "state == 'cancelled'", "say": "The order is cancelled"},
        {"check": "test", "when": "test", "say": "It is a test"},
        {
            "to": "lines",
            "each": "lines",
            "keep_empty": True,
            "rules": [
                {"check": "no_sku", "when": "!sku", "say": "No SKU", "effect": "notice"},
                {"to": "n", "from": "@position"},
            ],
        },
    )
    (fault,) = outcome.faults
    assert (fault.code, fault.detail) == ("translate.value_unknown", "The order is cancelled.")
    (notice,) = outcome.notices
    assert (notice.name, notice.text, notice.place) == ("no_sku", "No SKU", ("lines", 0))


def test_the_caller_adds_values_of_its_own():
    document = translate({}, {"to": "company", "from": "@context.company"}, context={"company": "NW-DE"})
    assert document == {"company": "NW-DE"}


def test_an_item_is_found_by_an_index_of_the_document():
    rule = {"to": "code", "from": "at(@root.codes, index).code"}
    assert translate({"codes": [{"code": "A"}, {"code": "B"}], "index": 1}, rule) == {"code": "B"}
    for wrong in (2, -1, None):
        assert translate({"codes": [{"code": "A"}], "index": wrong}, rule) == {}


def test_threads_share_one_mapping():
    trial = mapping(
        {
            "to": "lines",
            "each": "items[?qty > `0`]",
            "rules": [{"to": "id", "from": "@root.id"}, {"to": "q", "from": "qty"}],
        }
    )
    sources = [{"id": number, "items": [{"qty": number}, {"qty": 0}]} for number in range(1, 200)]
    with ThreadPoolExecutor(8) as pool:
        documents = list(pool.map(lambda source: trial.evaluate(source).document, sources))
    assert documents == [{"lines": [{"id": source["id"], "q": source["id"]}]} for source in sources]
