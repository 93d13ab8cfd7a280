"""What is shown of headers and documents."""

import copy
import json

import pytest
from sync_governance.core.security.masking import MASK, mask_document, mask_fault, mask_headers


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer abc.def", f"Bearer {MASK}"),
        ("authorization", "abcdef", MASK),
        ("Authorization", "secret with spaces", MASK),
        ("Cookie", "session_id=1", MASK),
        ("webhook-signature", "v1,abc", MASK),
        ("X-Shopify-Hmac-Sha256", "abc", MASK),
        ("Stripe-Signature", "t=1,v1=ab", MASK),
        ("X-Api-Key", "k", MASK),
        ("X-Auth-Token", "", ""),
        ("Content-Type", "application/json", "application/json"),
        ("webhook-id", "msg_1", "msg_1"),
        ("X-Shopify-Topic", "orders/create", "orders/create"),
    ],
)
def test_credentials_and_signatures_are_hidden_in_headers(name, value, shown):
    assert mask_headers({name: value}) == {name: shown}


DOCUMENT = {
    "name": "#1001",
    "email": "ada@mail.example",
    "currency": "EUR",
    "customer": {"id": 7, "first_name": "Ada", "phone": None, "tags": "", "default_address": {"city": "Lyon"}},
    "shipping_address": {"name": "Ada L.", "address1": "Rue 1", "country_code": "FR", "company": ""},
    "line_items": [{"name": "Kettle", "sku": "K-1", "quantity": 2}],
    "addresses": [{"name": "Ada", "postal_code": "69001"}],
    "verified_email": True,
}


def test_people_are_hidden_and_the_business_stays_readable():
    before = copy.deepcopy(DOCUMENT)
    assert mask_document(DOCUMENT) == {
        "name": "#1001",
        "email": MASK,
        "currency": "EUR",
        "customer": {"id": 7, "first_name": MASK, "phone": None, "tags": "", "default_address": {"city": MASK}},
        "shipping_address": {"name": MASK, "address1": MASK, "country_code": "FR", "company": ""},
        "line_items": [{"name": "Kettle", "sku": "K-1", "quantity": 2}],
        "addresses": [{"name": MASK, "postal_code": MASK}],
        "verified_email": True,
    }
    assert before == DOCUMENT


def test_further_places_are_hidden_by_pointer():
    masked = mask_document(
        DOCUMENT, pointers=["/line_items/*/sku", "/customer", "/nowhere/at/all", "/line_items/7/sku"]
    )
    assert masked["line_items"] == [{"name": "Kettle", "sku": MASK, "quantity": 2}]
    assert masked["customer"]["id"] == MASK
    assert masked["customer"]["phone"] is None


def test_a_pointer_may_escape_its_separators():
    assert mask_document({"a/b": {"~": 1}}, pointers=["/a~1b/~0"]) == {"a/b": {"~": MASK}}


@pytest.mark.parametrize("pointer", ["", "customer"])
def test_a_pointer_leads_into_the_document(pointer):
    with pytest.raises(ValueError):
        mask_document({}, pointers=[pointer])


@pytest.mark.parametrize("document", [None, "text", 7, [], [["a"]]])
def test_what_is_no_object_has_nothing_to_hide(document):
    assert mask_document(document) == document


def test_a_bottomless_document_is_cut():
    deep = {}
    for _ in range(500):
        deep = {"a": deep}
    assert MASK in str(mask_document(deep))


ORDER = {
    "number": "1001",
    "email": "a@mail.example",
    "token": "t",
    "amounts": {"total": "10.00", "tax_total": "1.60", "currency": "EUR"},
    "lines": [{"sku": "K", "quantity": 2, "unit_price": "5.00"}],
    "tags": ["x"],
    "emails": [],
    "phone": ["1", "2"],
}


@pytest.mark.parametrize("personal", [True, False])
@pytest.mark.parametrize("commercial", [True, False])
def test_each_kind_is_hidden_for_itself_and_secrets_always(personal, commercial):
    shown = mask_document(ORDER, personal=personal, commercial=commercial)
    assert shown["token"] == MASK
    assert (shown["email"] == MASK, shown["phone"] == [MASK, MASK]) == (personal, personal)
    assert (shown["amounts"]["tax_total"] == MASK, shown["lines"][0]["unit_price"] == MASK) == (commercial, commercial)
    assert (shown["number"], shown["lines"][0]["quantity"], shown["amounts"]["currency"]) == ("1001", 2, "EUR")


def test_a_fault_does_not_repeat_what_it_found_of_a_person():
    single = {
        "code": "c",
        "detail": "Customer, e-mail must be an address, found 'bob at home'.",
        "pointer": "/customer/email",
        "found": "'bob at home'",
    }
    other = {"code": "c", "detail": "Quantity must be a number, found 'bob'.", "pointer": "/quantity", "found": "'bob'"}
    whole = {"code": "c", "detail": f"2 faults. {single['detail']} {other['detail']}", "causes": [single, other]}
    masked = mask_fault(whole)
    assert "bob at home" not in str(masked)
    assert masked["causes"][0]["found"] == f"'{MASK}'"
    assert masked["causes"][1] == other
    assert mask_fault({"code": "c", "detail": "d"}) == {"code": "c", "detail": "d"}


def test_who_is_named_in_edi_is_hidden_and_the_business_stays_readable():
    x12 = {
        "parties": [
            {
                "role": "ST",
                "name": "Ann Lee",
                "id": "S1",
                "names": [{"further_name": "c/o Bob"}],
                "address": [{"street": "Light Street 1", "further_street": "Back door"}],
                "city": "Boston",
                "postal_code": "02101",
                "contacts": [{"function": "DC", "name": "Ann", "numbers": [{"qualifier": "TE", "number": "555"}]}],
            }
        ],
        "lines": [{"line": "1", "quantity": 6, "ids": [{"qualifier": "VN", "id": "L-100"}]}],
    }
    edifact = {
        "parties": [
            {
                "role": "DP",
                "name_and_address": {"lines": ["Ann Lee", "Light Street 1"]},
                "names": ["Ann Lee"],
                "streets": ["Light Street 1"],
                "city": "Boston",
                "contacts": [{"name": "Ann", "communications": [{"channels": [{"number": "555", "type": "TE"}]}]}],
            }
        ],
        "references": [{"qualifier": "ON", "number": "PO-1"}],
    }
    for document in (x12, edifact):
        text = json.dumps(mask_document(document), ensure_ascii=False)
        for said in ("Ann", "Bob", "Light Street", "Back door", "Boston", "02101", "555"):
            assert said not in text, (said, text)
    masked = mask_document(x12)
    assert (masked["parties"][0]["role"], masked["parties"][0]["id"]) == ("ST", "S1")
    assert masked["lines"] == x12["lines"]
    assert mask_document(edifact)["references"] == edifact["references"]
    assert mask_document(edifact)["parties"][0]["contacts"][0]["communications"][0]["channels"][0]["type"] == "TE"
    assert mask_document(edifact, personal=False) == edifact
