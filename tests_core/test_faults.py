"""The taxonomy is complete and readable, and a fault says what it stands for."""

import json
from decimal import Decimal
from typing import get_args

import pytest
from sync_governance.core import faults
from sync_governance.core.faults import Fault, FaultType, taxonomy

STAGES = {
    "authentication",
    "process",
    "receive",
    "request",
    "decode",
    "validate",
    "translate",
    "enrich",
    "sequence",
    "gate",
    "apply",
    "acknowledge",
    "deliver",
    "encode",
    "engine",
}


def entries() -> list[FaultType]:
    return list(taxonomy().values())


def test_every_code_names_its_stage_and_its_reason():
    for entry in entries():
        stage, _, reason = entry.code.partition(".")
        assert stage in STAGES and reason.replace("_", "").isalpha(), entry.code


def test_every_entry_uses_the_closed_words():
    for entry in entries():
        assert entry.blame in get_args(faults.Blame), entry.code
        assert entry.nature in get_args(faults.Nature), entry.code
        assert entry.domain in get_args(faults.Domain), entry.code
        assert entry.fixer in get_args(faults.Fixer), entry.code
        assert entry.severity in get_args(faults.Severity), entry.code
        assert isinstance(entry.retryable, bool), entry.code
        assert 400 <= entry.http_status < 600, entry.code


def test_titles_and_advice_are_whole_sentences_of_readable_length():
    for entry in entries():
        assert entry.title[0].isupper() and not entry.title.endswith(".") and len(entry.title) <= 60, entry.code
        for text in (entry.meaning, entry.advice):
            assert text[0].isupper() and text.endswith("."), entry.code


def test_no_title_is_used_twice():
    titles = [entry.title for entry in entries()]
    assert len(titles) == len(set(titles))


def test_what_nobody_must_fix_is_no_error():
    for entry in entries():
        if entry.fixer == "nobody":
            assert entry.severity in ("info", "warning"), entry.code


def test_what_waits_for_somebody_to_change_something_is_not_simply_retried():
    for entry in entries():
        if entry.fixer == "operator":
            assert not entry.retryable, entry.code


def test_the_taxonomy_cannot_be_changed():
    with pytest.raises(TypeError):
        taxonomy()["apply.refused"] = None


def test_a_fault_with_an_unknown_code_cannot_be_made():
    with pytest.raises(KeyError):
        Fault("apply.no_such_reason", "nothing")


def test_a_fault_answers_with_its_entry_in_the_taxonomy():
    fault = Fault("deliver.throttled", "The shop asked to slow down.")
    assert (fault.code, fault.blame, fault.retryable) == ("deliver.throttled", "throttle", True)
    assert str(fault) == fault.detail == "The shop asked to slow down."


def test_a_fault_as_values_leaves_out_what_it_does_not_say():
    fault = Fault("apply.product_unknown", "The product SKU-9 is not known.", subject="product SKU-9")
    assert fault.as_dict() == {
        "code": "apply.product_unknown",
        "title": "The product is not known",
        "detail": "The product SKU-9 is not known.",
        "subject": "product SKU-9",
    }


def test_a_fault_as_values_is_plain_json_with_exact_amounts_and_its_causes():
    cause = Fault("validate.contract", "Line 1: quantity is missing.", pointer="/lines/0/quantity")
    fault = Fault(
        "apply.total_mismatch",
        "The total differs.",
        pointer="",
        expected=Decimal("193.260"),
        found={"total": Decimal("1E+2"), "lines": (1, None)},
        reference="10482",
        causes=[cause],
    )
    values = json.loads(json.dumps(fault.as_dict()))
    assert values["expected"] == "193.260"
    assert values["found"] == {"total": "100", "lines": [1, None]}
    assert values["pointer"] == "" and values["reference"] == "10482"
    assert values["causes"] == [cause.as_dict()]
