"""Faults fold by cause, and the codes that a person must map are read back."""

from sync_governance.core.faults import Fault
from sync_governance.core.triage import fingerprint, identifier_of, leaves, missing_codes


def test_the_same_cause_has_the_same_fingerprint_whatever_the_spelling():
    one = fingerprint("apply.product_unknown", "product SKU-9", company_id=1, place="interface:7")
    assert one == fingerprint("apply.product_unknown", " Product  sku-9", company_id=1, place="interface:7")


def test_code_subject_company_and_place_all_count():
    base = {"code": "apply.product_unknown", "subject": "product SKU-9", "company_id": 1, "place": "interface:7"}
    others = [
        base | {"code": "apply.refused"},
        base | {"subject": "product SKU-8"},
        base | {"company_id": 2},
        base | {"place": "interface:8"},
        base | {"subject": None},
    ]
    prints = {
        fingerprint(c["code"], c["subject"], company_id=c["company_id"], place=c["place"]) for c in [base, *others]
    }
    assert len(prints) == 6


def test_a_fault_that_sums_up_gives_way_to_its_causes():
    causes = [Fault("apply.product_unknown", f"{code} unknown", subject=f"product {code}") for code in ("A", "B")]
    summed = Fault("apply.product_unknown", "two", subject="product A, B", causes=causes)
    assert [fault["subject"] for fault in leaves([summed.as_dict()])] == ["product A", "product B"]


def test_the_code_to_map_is_read_from_the_subject_or_from_what_was_found():
    assert identifier_of({"code": "apply.product_unknown", "subject": "product SKU 9"}) == ("product", "SKU 9")
    assert identifier_of({"code": "apply.product_unknown", "found": "SKU-9"}) == ("product", "SKU-9")
    assert identifier_of({"code": "translate.reference_missing", "subject": "location L1"}) == ("location", "L1")
    assert identifier_of(
        {"code": "translate.reference_missing", "domain": "payment_term", "subject": "payment_term 30D", "found": "30D"}
    ) == ("payment_term", "30D")
    assert identifier_of({"code": "translate.reference_missing"}) is None


def test_missing_codes_are_told_once_each_with_the_fault_that_names_them():
    first, again = (
        {"code": "apply.product_unknown", "subject": "product A", "detail": detail, "pointer": f"/lines/{line}/item"}
        for line, detail in enumerate(("Line 1: A is not known.", "Line 2: A is not known."))
    )
    unclear = {"code": "translate.reference_ambiguous", "domain": "location", "subject": "location L1"}
    other = {"code": "apply.total_mismatch", "subject": "order 7"}
    summed = {"code": "apply.product_unknown", "subject": "product A", "causes": [first, again]}
    assert missing_codes([summed, unclear, other]) == {("product", "A"): first, ("location", "L1"): unclear}
    assert missing_codes([]) == {}
