"""UBL is read whatever its prefixes, and written in the order of the standard."""

import copy
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sync_governance.core.codecs.markup import XmlCodec
from sync_governance.core.codecs.ubl import UblCodec, shapes
from sync_governance.core.faults import Fault

UBL = UblCodec()
ORDER = {
    "document": "Order",
    "ubl_version_id": "2.1",
    "id": "PO-7",
    "issue_date": "2026-11-21",
    "notes": ["Ring twice"],
    "document_currency_code": "EUR",
    "buyer": {
        "endpoint_id": "4000001000005",
        "endpoint_id_scheme": "0088",
        "ids": [{"id": "4000001000005", "id_scheme": "0088"}, {"id": "C-1"}],
        "names": ["Alder & Sons"],
        "postal_address": {
            "street_name": "Hill 1",
            "address_lines": ["Gate 3"],
            "country": {"identification_code": "DE"},
        },
        "supplier_assigned_account_id": "77",
        "delivery_contact": {"name": "Ann"},
    },
    "seller": {"names": ["Birch"]},
    "allowance_charges": [
        {"charge_indicator": False, "reasons": ["Season"], "amount": {"value": "5.00", "currency": "EUR"}}
    ],
    "tax_totals": [
        {
            "tax_amount": {"value": "1.90", "currency": "EUR"},
            "subtotals": [
                {
                    "taxable_amount": {"value": "10.00", "currency": "EUR"},
                    "tax_amount": {"value": "1.90", "currency": "EUR"},
                    "tax_category": {"id": "S", "percent": "19", "tax_scheme": {"id": "VAT"}},
                }
            ],
        }
    ],
    "totals": {"payable_amount": {"value": "11.90", "currency": "EUR"}},
    "lines": [
        {
            "order_line_notes": ["outer"],
            "id": "1",
            "notes": ["inner"],
            "quantity": {"value": "2", "unit": "C62"},
            "price": {"amount": {"value": "7.50", "currency": "EUR"}, "base_quantity": {"value": "1", "unit": "C62"}},
            "item": {
                "name": "Lamp",
                "sellers": {"id": "L-1"},
                "standard": {"id": "4006381333931", "id_scheme": "0160"},
                "commodity_classifications": [
                    {"item_classification_code": "31", "item_classification_code_list": "STI"}
                ],
            },
        }
    ],
}


def changed(old: str, new: str) -> bytes:
    text = UBL.encode(ORDER).decode()
    assert old in text
    return text.replace(old, new).encode()


def fault_of(data: bytes) -> Fault:
    with pytest.raises(Fault) as caught:
        UBL.decode(data)
    return caught.value


def unwritable(**members) -> Fault:
    with pytest.raises(Fault) as caught:
        UBL.encode({**copy.deepcopy(ORDER), **members})
    return caught.value


def test_what_is_written_is_read_as_it_was_and_gives_the_same_bytes():
    data = UBL.encode(ORDER)
    assert UBL.decode(data) == ORDER
    assert UBL.encode(UBL.decode(data)) == data


def test_members_are_written_in_the_order_of_the_standard_however_they_come():
    def turned(value):
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(each) for each in value] if isinstance(value, list) else value

    assert UBL.encode(turned(ORDER)) == UBL.encode(ORDER)
    names = re.findall(r"<c[ab]c:(\w+)", UBL.encode(ORDER).decode())
    top = [
        "UBLVersionID",
        "IssueDate",
        "DocumentCurrencyCode",
        "BuyerCustomerParty",
        "AnticipatedMonetaryTotal",
        "OrderLine",
    ]
    assert [name for name in names if name in top] == top


def test_the_senders_prefixes_do_not_matter():
    text = UBL.encode(ORDER).decode()
    renamed = text.replace("cac:", "Harbour:").replace("cbc:", "").replace(":cac=", ":Harbour=").replace(":cbc=", "=")
    renamed = renamed.replace(
        'xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"',
        'xmlns:Q="urn:oasis:names:specification:ubl:schema:xsd:Order-2"',
    )
    renamed = renamed.replace("<Order ", "<Q:Order ").replace("</Order>", "</Q:Order>")
    assert UBL.decode(renamed.encode()) == ORDER


def test_what_it_is_stands_in_the_references():
    (part,) = UBL.split(UBL.encode(ORDER))
    assert part.references == {"type": "Order", "number": "PO-7"}


@pytest.mark.parametrize("kind", shapes.TYPES)
def test_every_type_is_read_and_written(kind):
    document = {
        "document": kind,
        "id": "1",
        "issue_date": "2026-01-02",
        "order_reference" if kind in ("OrderResponseSimple", "Invoice", "CreditNote") else "notes": (
            {"id": "PO"} if kind in ("OrderResponseSimple", "Invoice", "CreditNote") else ["x"]
        ),
    }
    if kind == "OrderResponseSimple":
        document["accepted_indicator"] = False
    else:
        lines = {"Invoice": "quantity", "CreditNote": "quantity", "DespatchAdvice": "delivered_quantity"}
        document["lines"] = [{"id": "1", lines.get(kind, "quantity"): {"value": "1.50", "unit": "KGM"}}]
    data = UBL.encode(document)
    assert UBL.decode(data) == document
    assert f"urn:oasis:names:specification:ubl:schema:xsd:{kind}-2".encode() in data


def test_extensions_and_signatures_are_left_out():
    extension = '<e:UBLExtensions xmlns:e="urn:x"><a/></e:UBLExtensions><cbc:UBLVersionID>'
    assert UBL.decode(changed("<cbc:UBLVersionID>", extension)) == ORDER


def test_what_the_standard_does_not_have_is_kept_and_not_written():
    document = UBL.decode(changed("<cbc:ID>PO-7", '<x:Extra xmlns:x="urn:x"><x:Code>9</x:Code></x:Extra><cbc:ID>PO-7'))
    assert document["extra"] == {"code": "9"}
    assert unwritable(extra={"code": "9"}).detail == "extra cannot be written: Order has no such member."


def test_an_element_of_another_namespace_never_takes_the_place_of_one_of_the_standard():
    own = '<x:ID xmlns:x="urn:x">9</x:ID>'
    document = UBL.decode(changed("<cbc:ID>PO-7", f"{own}{own}{own}<cbc:ID>PO-7"))
    assert (document["id"], document["other_ids"]) == ("PO-7", ["9", "9", "9"])


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        (
            "2026-11-21",
            "21.11.2026",
            "Line 2, /Order/cbc:IssueDate: here should stand a date as YYYY-MM-DD, found '21.11.2026'.",
        ),
        (
            ">2</cbc:Quantity>",
            ">two</cbc:Quantity>",
            "/Order/cac:OrderLine/cac:LineItem/cbc:Quantity: here should stand a decimal",
        ),
        (">2</cbc:Quantity>", ">1e5</cbc:Quantity>", "decimal number"),
        (">false<", ">no<", "here should stand true or false, found 'no'"),
        (
            "<cbc:ID>PO-7</cbc:ID>",
            "<cbc:ID>PO-7</cbc:ID><cbc:ID>8</cbc:ID>",
            "/Order/cbc:ID[2]: it stands there more than once",
        ),
        ("<cbc:ID>PO-7", "<cbc:ID><cbc:Name/>PO-7", "elements stand where a value belongs"),
        ("<cac:Item>", "<cac:Item>text", "text stands where only elements belong"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_path(old, new, detail):
    fault = fault_of(changed(old, new))
    assert fault.code == "decode.value_invalid"
    assert detail in fault.detail


@pytest.mark.parametrize(
    "data",
    [
        b"<Order/>",
        b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>',
        b'<Catalogue xmlns="urn:oasis:names:specification:ubl:schema:xsd:Catalogue-2"/>',
        b"",
        b"<a>",
    ],
)
def test_what_is_no_ubl_of_ours_is_refused(data):
    assert fault_of(data).code == "decode.malformed"


def test_a_document_type_is_refused():
    assert (
        fault_of(b'<!DOCTYPE Order [<!ENTITY a "b">]>' + UBL.encode(ORDER).split(b"\n", 1)[1]).code
        == "decode.markup_refused"
    )


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"document": "Catalogue"}, "must be one of"),
        ({"notes": "x"}, "a list"),
        ({"notes": [1]}, "a text"),
        ({"id": ""}, "a text"),
        ({"buyer": "x"}, "here should stand"),
        ({"totals": "x"}, "an object"),
        ({"totals": {"payable_amount": "7"}}, "an object of value, currency"),
        ({"totals": {"payable_amount": {"value": 1.5}}}, "a decimal number"),
        ({"totals": {"paid": "7"}}, "no such member"),
        ({"allowance_charges": [{"charge_indicator": "false"}]}, "true or false"),
    ],
)
def test_what_ubl_has_no_place_for_is_a_fault_that_names_the_member(members, words):
    fault = unwritable(**members)
    assert fault.code == "encode.value"
    assert words in fault.detail


# -- the data --------------------------------------------------------------------------------------------------------


def test_every_part_that_is_named_is_there_and_every_key_once():
    parts = shapes.parts()
    for part, elements in parts.items():
        keys = [element.key for element in elements.values()]
        assert len(keys) == len(set(keys)), part
        assert all(element.part is None or element.part in parts for element in elements.values()), part
    reached, waiting = set(), list(shapes.TYPES)
    while waiting:
        part = waiting.pop()
        if part not in reached:
            reached.add(part)
            waiting += [element.part for element in parts[part].values() if element.part]
    assert reached == set(parts)


def test_members_beside_those_of_a_part_never_have_the_same_name():
    parts = shapes.parts()
    for part, elements in parts.items():
        for element in elements.values():
            if element.spliced:
                own = {each.key for each in elements.values() if not each.spliced}
                assert not own & {each.key for each in parts[element.part].values()}, part


# -- anything --------------------------------------------------------------------------------------------------------

texts = (
    st.text(
        st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"), min_size=1, max_size=8
    )
    .map(str.strip)
    .filter(bool)
)
decimals = st.decimals(-(10**6), 10**6, places=2).map(lambda number: format(number, "f"))


def values_of(element):
    amounts = st.fixed_dictionaries({"value": decimals, "currency": st.just("EUR")})
    return {
        "amount": amounts,
        "measured": st.fixed_dictionaries({"value": decimals, "unit": st.just("C62")}),
        "indicator": st.booleans(),
        "number": decimals,
        "date": st.dates().map(str),
        "time": st.just("10:00:00"),
        "binary": st.fixed_dictionaries({"content": st.just("QUJD"), "mime_code": st.just("text/plain")}),
    }.get(shapes.kind_of(element.name), texts)


@st.composite
def members_of(draw, part, depth=3):
    found = {}
    elements = list(shapes.parts()[part].values())
    for element in draw(st.lists(st.sampled_from(elements), max_size=5, unique_by=lambda each: each.key)):
        if element.part and depth == 0:
            continue
        inner = members_of(element.part, depth - 1).filter(bool) if element.part else values_of(element)
        if element.spliced:
            found.update(draw(inner))
        elif element.many:
            found[element.key] = draw(st.lists(inner, min_size=1, max_size=2))
        else:
            found[element.key] = draw(inner)
    return found


@given(data=st.data(), kind=st.sampled_from(shapes.TYPES))
@settings(deadline=None, database=None, max_examples=60)
def test_any_document_of_the_standards_parts_goes_through_and_back(data, kind):
    document = {"document": kind, **data.draw(members_of(kind))}
    raw = UBL.encode(document)
    assert UBL.decode(raw) == document
    assert UBL.encode(UBL.decode(raw)) == raw


@given(cut=st.integers(0, 3_000), put=st.text('<>/&ab:"= ', max_size=6))
@settings(deadline=None, database=None, max_examples=150)
def test_any_damage_gives_a_document_or_a_fault_of_decoding(cut, put):
    raw = UBL.encode(ORDER)
    damaged = raw[:cut] + put.encode() + raw[cut + len(put) :]
    for part in UBL.split(damaged):
        assert (part.document is None) == bool(part.faults)
        assert all(fault.code.startswith("decode.") for fault in part.faults)


def test_the_xml_underneath_is_what_any_reader_of_xml_sees():
    layout = {"namespaces": {"": shapes.DOCUMENT.format("Order"), "cac": shapes.CAC, "cbc": shapes.CBC}}
    root = XmlCodec(layout).decode(UBL.encode(ORDER))["Order"]
    assert root["cac:OrderLine"]["cac:LineItem"]["cbc:Quantity"] == {"@unitCode": "C62", "#text": "2"}
    assert root["cac:BuyerCustomerParty"]["cac:Party"]["cac:PartyName"] == {"cbc:Name": "Alder & Sons"}
