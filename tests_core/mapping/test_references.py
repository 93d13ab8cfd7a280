"""Cross-references are asked for in batches and every miss is explained."""

from mapping_kit import References, mapping, problems, result, translate

LINES = {
    "to": "lines",
    "each": "items",
    "rules": [
        {"to": "product", "from": "sku", "convert": ["trim", {"xref": "product"}]},
        {"to": "n", "from": "@position"},
    ],
}
UNIT = {"to": "unit", "from": "unit", "convert": [{"xref": {"domain": "unit", "default": "EA"}}]}


def order(*skus, unit="pc"):
    return {"items": [{"sku": sku} for sku in skus], "unit": unit}


def test_a_whole_batch_asks_once_per_domain():
    references = References(product={"a": "P1", "b": "P2"}, unit={"pc": "C62"})
    results = mapping(LINES, UNIT).evaluate_many(
        [order("a", "b"), order("b"), order("a", unit="box")], lookup=references
    )
    assert sorted(references.asked) == [("resolve", "product", ["a", "b"]), ("resolve", "unit", ["pc", "box"])]
    assert [outcome.document for outcome in results] == [
        {"lines": [{"product": "P1", "n": 1}, {"product": "P2", "n": 2}], "unit": "C62"},
        {"lines": [{"product": "P2", "n": 1}], "unit": "C62"},
        {"lines": [{"product": "P1", "n": 1}], "unit": "EA"},
    ]


def test_members_keep_their_order_while_a_code_is_looked_up():
    document = translate(order("a"), LINES, lookup=References(product={"a": "P1"}))
    assert list(document["lines"][0]) == ["product", "n"]


def test_a_missing_code_is_one_fault_for_all_its_places():
    outcome = mapping(LINES).evaluate(order("a", "x", "a", "x"), lookup=References(product={"a": "P1"}))
    (fault,) = outcome.faults
    assert (fault.code, fault.domain, fault.value) == ("translate.reference_missing", "product", "x")
    assert fault.subject == "product x"
    assert fault.pointer == "/items/1/sku"
    assert fault.detail == (
        "Line 2, product: product 'x' is not known in the cross-references; the same for Line 4, product."
        " Read from items[1].sku."
    )
    assert outcome.document["lines"][1] == {"n": 2}


def test_without_a_lookup_nothing_is_known():
    (fault,) = result(order("a"), LINES).faults
    assert fault.code == "translate.reference_missing"


def test_an_ambiguous_code_names_what_it_fits():
    (fault,) = result(order("a"), LINES, lookup=References(product={"a": ["P1", "P2"]})).faults
    assert fault.code == "translate.reference_ambiguous"
    assert "'P1' and 'P2'" in fault.detail


def test_a_list_with_one_answer_is_no_doubt():
    assert translate(order("a"), LINES, lookup=References(product={"a": ["P1"]}))["lines"][0]["product"] == "P1"


def test_a_miss_may_keep_the_code_or_leave_it_out():
    keep = {"to": "a.keep", "from": "code", "convert": [{"xref": {"domain": "status", "miss": "keep"}}]}
    leave = {"to": "b.leave", "from": "code", "convert": [{"xref": {"domain": "status", "miss": "null"}}]}
    assert translate({"code": "odd"}, keep, leave, lookup=References()) == {"a": {"keep": "odd"}}


def test_converters_go_on_after_the_lookup_and_may_look_up_again():
    rule = {"to": "tax", "from": "tax", "convert": [{"xref": "tax"}, "lower", {"xref": "group"}, {"prefix": "T-"}]}
    references = References(tax={"19": "STD"}, group={"std": "normal"})
    assert translate({"tax": 19}, rule, lookup=references) == {"tax": "T-normal"}
    assert [domain for _way, domain, _values in references.asked] == ["tax", "group"]


def test_a_list_is_looked_up_as_a_whole():
    rule = {"to": "tags", "from": "tags", "convert": [{"xref": {"domain": "tag", "miss": "null"}}]}
    references = References(tag={"a": "A", "c": "C"})
    assert translate({"tags": ["a", "b", "c"]}, rule, lookup=references) == {"tags": ["A", "C"]}
    assert references.asked == [("resolve", "tag", ["a", "b", "c"])]


def test_the_way_back_asks_for_the_partners_code():
    rule = {"to": "facility", "from": "warehouse", "convert": [{"xref": {"domain": "location", "reverse": True}}]}
    assert translate({"warehouse": "WH"}, rule, lookup=References(location={"MUC-2": "WH"})) == {"facility": "MUC-2"}
    (fault,) = result({"warehouse": "WH"}, rule, lookup=References()).faults
    assert "has no code of the partner" in fault.detail


def test_a_mapping_knows_the_domains_it_needs():
    assert mapping(LINES, UNIT).domains == {"product", "unit"}


def test_required_and_default_wait_for_the_lookup():
    missing = {"to": "a", "from": "code", "required": True, "convert": [{"xref": {"domain": "d", "miss": "null"}}]}
    (fault,) = result({"code": "x"}, missing, lookup=References()).faults
    assert "needed" in fault.detail
    fallback = {"to": "a", "from": "code", "default": "std", "convert": [{"xref": {"domain": "d", "miss": "null"}}]}
    assert translate({"code": "x"}, fallback, lookup=References()) == {"a": "std"}


# -- records ---------------------------------------------------------------------------------------------------------


class Records(References):
    """Records by (kind, by, give)."""

    def __init__(self, **known):
        super().__init__()
        self.known = known

    def records(self, question, values):
        self.asked.append((*question, list(values)))
        return {value: self.known[value] for value in values if value in self.known}


def found(**arguments):
    return {"record": {"kind": "product", "by": "gtin", **arguments}}


def test_records_are_asked_for_once_for_the_whole_batch():
    lookup = Records(a="LAMP", b="DESK")
    rule = {"to": "lines", "each": "items", "rules": [{"to": "sku", "from": "ean", "convert": [found()]}]}
    sources = [{"items": [{"ean": "a"}, {"ean": "b"}]}, {"items": [{"ean": "a"}]}]
    results = mapping(rule).evaluate_many(sources, lookup=lookup)
    assert lookup.asked == [("product", "gtin", "own", ["a", "b"])]
    assert results[0].document == {"lines": [{"sku": "LAMP"}, {"sku": "DESK"}]}


def test_another_identifier_is_another_question():
    lookup = Records(a="LAMP")
    translate(
        {"v": "a"},
        {"to": "x", "from": "v", "convert": [found()]},
        {"to": "y", "from": "v", "convert": [found(by="own", give="gtin")]},
        lookup=lookup,
    )
    assert sorted(lookup.asked) == [("product", "gtin", "own", ["a"]), ("product", "own", "gtin", ["a"])]


def test_several_records_are_a_fault_that_counts_them():
    (fault,) = result(
        {"v": "a"}, {"to": "x", "from": "v", "convert": [found()]}, lookup=Records(a=["1", "2", "3"])
    ).faults
    assert fault.code == "translate.record_ambiguous"
    assert "there are 3 records: product with the identifier 'a' (gtin)" in fault.detail
    assert fault.domain is None, "no cross-reference would clear it"


def test_several_records_are_a_fault_whatever_is_said_of_a_miss():
    rule = {"to": "x", "from": "v", "convert": [found(miss="keep", default="LAMP")]}
    (fault,) = result({"v": "a"}, rule, lookup=Records(a=["1", "2"])).faults
    assert fault.code == "translate.record_ambiguous"


def test_a_record_that_is_missing():
    rule = {"to": "x", "from": "v", "convert": [found()]}
    (fault,) = result({"v": "a"}, rule, lookup=Records()).faults
    assert (fault.code, fault.subject) == ("translate.record_missing", "product_by_gtin a")
    assert translate({"v": "a"}, {**rule, "convert": [found(miss="keep")]}, lookup=Records()) == {"x": "a"}
    assert translate({"v": "a"}, {**rule, "convert": [found(miss="null")]}, lookup=Records()) == {}
    assert translate({"v": "a"}, {**rule, "convert": [found(default="LAMP")]}, lookup=Records()) == {"x": "LAMP"}


def test_a_kind_has_only_its_own_identifiers():
    said = problems({"mapping": "m", "target": "t", "rules": [{"to": "x", "from": "v", "convert": [found(by="vat")]}]})
    assert said == {"/rules/0/convert/0/record": "a product has no vat; it has own, gtin, supplier"}
