"""Guides are data: what they make of a message is pleasant to map, and nothing is lost that they do not know."""

from decimal import Decimal

import jmespath
import pytest
from edi_texts import DESADV, ORDER_850, ORDERS, SHIP_856, documents, edifact, kinds, no_guides, read, x12
from sync_governance.core.codecs.edi.guide import compiled
from sync_governance.core.codecs.edi.guidebook import guide, guides, nearest, with_overlays
from sync_governance.core.faults import Fault

X12_SETS = ["214", "810", "820", "846", "850", "855", "856", "860", "940", "945", "997", "999"]
EDIFACT_MESSAGES = ["CONTRL", "DESADV", "IFTSTA", "INVOIC", "INVRPT", "ORDCHG", "ORDERS", "ORDRSP", "RECADV"]
SHIPPED = [f"x12/{version}/{name}" for version in ("4010", "5010") for name in X12_SETS]
SHIPPED += [f"edifact/{version}/{name}" for version in ("d01b", "d96a") for name in EDIFACT_MESSAGES]


def order(body: str, **options) -> tuple[dict, list[str]]:
    """The document of an 850 with this body, and what was found."""
    part = read(x12(f"850:BEG*00*SA*PO-1**20260315~{body}"), **options)[0]
    return part.document, kinds(part)


# -------------------------------------------------------------------------------------------------------- shipped


def test_every_guide_that_is_promised_is_shipped():
    assert sorted(SHIPPED) == sorted(guides())


@pytest.mark.parametrize("name", SHIPPED)
def test_a_guide_can_be_compiled_and_has_a_title_and_a_number(name):
    made = guide(name)
    assert made.name == name and made.title != made.message and "." in made.number
    assert made.root.content[0].least == 1


@pytest.mark.parametrize(
    "standard, version, expected",
    [
        ("x12", "004010VICS", "4010"),
        ("x12", "003040", "4010"),
        ("x12", "004060", "4010"),
        ("x12", "005010", "5010"),
        ("x12", "006020", "5010"),
        ("x12", "", "4010"),
        ("edifact", "D.93A", "d96a"),
        ("edifact", "D.98B", "d96a"),
        ("edifact", "D.99A", "d01b"),
        ("edifact", "D.01B", "d01b"),
        ("edifact", "D.20B", "d01b"),
        ("edifact", "1.911", "d96a"),
    ],
)
def test_another_version_is_read_with_the_nearest_guide(standard, version, expected):
    assert nearest(standard, {"x12": "850", "edifact": "ORDERS"}[standard], version).version == expected


def test_a_message_without_a_guide_is_read_by_structure():
    (document,) = documents(edifact("PRICAT:D:96A:UN|BGM+9+P-1'\nLIN+1++4006381333931:EN'"))
    assert document["segments"] == [
        {"tag": "BGM", "elements": ["9", "P-1"]},
        {"tag": "LIN", "elements": ["1", "", ["4006381333931", "EN"]]},
    ]
    assert document["message"]["type"] == "PRICAT"


# ------------------------------------------------------------------------------------------------------- documents


def test_an_order_of_x12_reads_like_an_order():
    document = documents(x12(ORDER_850.format(number=1)))[0]
    assert document["message"] == {"type": "850", "reference": "0001", "version": "004010"}
    assert document["beginning"] == {"purpose": "00", "type": "SA", "number": "PO-1", "date": "2026-03-15"}
    assert jmespath.search("parties[?role=='ST'] | [0].[name, id, city, address[0].street]", document) == [
        "Lamp Shop",
        "S1",
        "Boston",
        "Light Street 1",
    ]
    assert jmespath.search("lines[].ids[?qualifier=='VN'].id | []", document) == ["L-100", "L-200"]
    assert [line["quantity"] for line in document["lines"]] == [Decimal(6), Decimal("2.5")]
    assert document["totals"] == [{"lines": Decimal(2)}]


def test_an_order_of_edifact_reads_like_an_order():
    document = documents(edifact(ORDERS.format(number=1)))[0]
    assert document["beginning"]["number"] == "PO-1"
    assert document["dates"] == [{"qualifier": "137", "value": "2026-03-15", "format": "102"}]
    assert jmespath.search("parties[?role=='BY'].id | [0]", document) == "4000001000005"
    assert jmespath.search("lines[0].[item, quantities[0].quantity, prices[0].price]", document) == [
        "4006381333931",
        Decimal(6),
        Decimal("9.5"),
    ]


def test_levels_of_a_ship_notice_are_a_tree_by_their_kind():
    first, _end = read(x12(SHIP_856, group="SH"))
    assert kinds(first) == []
    orders = jmespath.search(
        "shipments[0].orders[].[order.po_number, packs[].marks[0].number, packs[].items[].product.ids[0].id]",
        first.document,
    )
    assert orders == [["PO-1", ["00340000010000000018"], ["L-100"]], ["PO-2", None, None]]


def test_packages_of_a_despatch_advice_hang_below_each_other():
    first, _end = read(edifact(DESADV))
    assert kinds(first) == []
    top = first.document["packaging"]
    assert [each["number"] for each in top] == ["1"]
    pallet = top[0]["contains"][0]
    assert jmespath.search("packages[0].marks[0].numbers[0].numbers[0].number", pallet) == "340000010000000018"
    assert [line["item"] for line in pallet["lines"]] == ["4006381333931"]
    assert [line["item"] for line in pallet["contains"][0]["lines"]] == ["4006381333948"]


@pytest.mark.parametrize("hl", ["HL*2*9*O", "HL*2*2*O", "HL*1*1*O"])
def test_a_level_whose_parent_is_not_known_is_told_and_not_lost(hl):
    first, _end = read(x12(f"856:BSN*00*S*20260316*1015~HL*1**S~{hl}~PRF*PO-9~", group="SH"))
    assert "parent_unknown" in kinds(first)
    assert "PO-9" in str(first.document)


def test_levels_without_end_are_refused():
    levels = "~".join(f"HL*{number}*{number - 1 or ''}*I" for number in range(1, 40))
    first, _end = read(x12(f"856:BSN*00*S*20260316*1015~{levels}~", group="SH"))
    assert first.document is None and first.faults[0].code == "decode.too_deep"


def test_implied_decimals_dates_and_times_are_understood():
    document = documents(x12("810:BIG*20260316*I-1~SAC*C*D240***300~TDS*255438~", group="IN"))[0]
    assert document["total"]["amount"] == Decimal("2554.38")
    assert document["charges"][0]["amount"] == Decimal("3.00")
    ship = documents(x12(SHIP_856, group="SH"))[0]
    assert ship["beginning"]["time"] == "10:15:00"


@pytest.mark.parametrize(
    "layout, text, expected",
    [
        ("102", "20260315", "2026-03-15"),
        ("101", "990315", "1999-03-15"),
        ("203", "202603150930", "2026-03-15T09:30"),
        ("204", "20260315093059", "2026-03-15T09:30:59"),
        ("718", "2026031520260320", "2026-03-15/2026-03-20"),
        ("718", "20260315-20260320", "2026-03-15/2026-03-20"),
        ("616", "202611", "202611"),
    ],
)
def test_moments_of_edifact_are_iso_8601(layout, text, expected):
    first, _end = read(edifact(f"ORDERS:D:96A:UN|BGM+220+1+9'\nDTM+2:{text}:{layout}'\nUNS+S'"))
    assert first.document["dates"][0]["value"] == expected and kinds(first) == []


@pytest.mark.parametrize(
    "layout, text", [("102", "20260230"), ("102", "2026-3-5"), ("203", "202603152460"), ("718", "20260315")]
)
def test_what_is_no_moment_stays_text_with_a_finding(layout, text):
    first, _end = read(edifact(f"ORDERS:D:96A:UN|BGM+220+1+9'\nDTM+2:{text}:{layout}'\nUNS+S'"))
    assert first.document["dates"][0]["value"] == text and kinds(first) == ["bad_date"]


def test_pairs_keep_their_places():
    document, found = order("PO1*1*6*EA*9.5****VN*L-100~")
    assert document["lines"][0]["ids"] == [{}, {"qualifier": "VN", "id": "L-100"}] and found == []


# ---------------------------------------------------------------------------------------- what a guide does not expect


@pytest.mark.parametrize(
    "body, kind, element",
    [
        ("PO1*1*six*EA*9.5~", "not_a_number", 2),
        ("PO1*1*6*E*9.5~", "too_short", 3),
        ("PO1*1*6*EAEA*9.5~", "too_long", 3),
        ("PO1*1*6*EA*9.5**VN~", "element_missing", 7),
        ("DTM*002*20260231~PO1*1*6*EA~", "bad_date", 2),
        ("DTM*002*20260228*2561~PO1*1*6*EA~", "bad_time", 3),
        ("N1*ST**92~PO1*1*6*EA~", "condition", 4),
        ("DTM*002~PO1*1*6*EA~", "condition", 2),
        ("REF*DP~PO1*1*6*EA~", "condition", 2),
        ("FOB~PO1*1*6*EA~", "element_missing", 1),
    ],
)
def test_elements_are_checked_and_kept(body, kind, element):
    part = read(x12(f"850:BEG*00*SA*PO-1**20260315~{body}"))[0]
    found = {(fault.kind, fault.place.element) for fault in part.findings}
    assert part.document and (kind, element) in found


def test_a_code_that_is_not_in_the_list_is_told():
    part = read(x12("850:BEG*QQ*SA*PO-1**20260315~PO1*1*6*EA~"))[0]
    assert kinds(part) == ["bad_code"] and part.document["beginning"]["purpose"] == "QQ"


def test_what_the_guide_does_not_know_is_kept():
    document, found = order("ZZ9*a*b>c~PO1*1*6*EA~CTT*1****5*CF*text*more*most~")
    assert document["other"] == [{"tag": "ZZ9", "elements": ["a", ["b", "c"]], "after": "BEG"}]
    assert document["totals"][0]["surplus"] == ["more", "most"]
    assert found == ["segment_unknown", "element_surplus"]


def test_a_segment_in_the_wrong_place_goes_where_it_belongs_with_a_finding():
    document, found = order("N1*ST*Shop~CUR*BY*USD~N4*Boston~PO1*1*6*EA~")
    assert document["currency"] == {"party": "BY", "currency": "USD"}
    assert document["parties"][0]["city"] == "Boston"
    assert found == ["segment_misplaced"]


def test_too_many_segments_are_kept_with_a_finding():
    document, found = order("PER*BD*A~PER*BD*B~PER*BD*C~PER*BD*D~PO1*1*6*EA~")
    assert len(document["contacts"]) == 4 and found == ["segment_too_often"]


def test_what_must_be_there_and_is_not_is_told_where_it_should_be():
    part = read(x12("850:BEG*00*SA*PO-1**20260315~"))[0]
    assert [(fault.kind, fault.place.tag) for fault in part.findings] == [("segment_missing", "PO1")]
    refused = read(x12("850:PO1*1*6*EA~"))[0]
    assert refused.document is None and refused.faults[0].kind == "beginning_missing"


def test_a_document_number_that_comes_twice_in_one_interchange_is_told():
    twice = ORDER_850.format(number=1)
    assert [kinds(part) for part in read(x12(twice, twice))] == [[], ["document_repeated"], []]


# ------------------------------------------------------------------------------------------------------------- overlays


def test_a_partners_deviation_is_an_overlay_of_a_few_lines():
    overlay = {
        "elements": {"BEG.4": "call_off! AN 1/30"},
        "counts": {"contacts": "0..*", "lines.schedule": "0..0"},
        "segments": {"ZZ9": ["colour! AN 1/10"]},
        "add": [{"into": "lines", "after": "PID", "node": "ZZ9 colours 0..*"}],
        "codes": {"BEG.1": ["00"]},
    }
    find = with_overlays({"850": overlay})
    data = x12("850:BEG*01*SA*PO-1*C7*20260315~PO1*1*6*EA~PID*F****Lamp~ZZ9*red~ZZ9*blue~SCH*6*EA***002*20260401~")
    first, _end = read(data, guides=find)
    assert first.document["beginning"]["call_off"] == "C7"
    assert first.document["lines"][0]["colours"] == [{"colour": "red"}, {"colour": "blue"}]
    assert kinds(first) == ["bad_code", "segment_misplaced"]
    assert find("x12", "855", "004010") is guide("x12/4010/855")


def test_an_overlay_may_describe_a_message_that_has_no_guide():
    overlay = {"title": "Price list", "number": "beginning.number", "content": ["BGM beginning 1..1", "DTM dates 0..5"]}
    first, _end = read(
        edifact("PRICAT:D:96A:UN|BGM+9+P-1+9'\nDTM+137:20260315:102'"), guides=with_overlays({"PRICAT": overlay})
    )
    assert first.references["number"] == "P-1" and kinds(first) == []


@pytest.mark.parametrize(
    "overlay",
    [
        {"colours": {}},
        {"counts": {"nothing": "0..1"}},
        {"add": [{"into": "nothing", "node": "REF more 0..1"}]},
        {"add": [{"node": "REF 0..1"}]},
        {"add": [{"node": "XX9 more 0..1"}]},
        {"add": [{"node": "REF references 0..1"}]},
        {"segments": {"REF": ["Qualifier ID 2"]}},
        {"segments": {"REF": ["qualifier XX 2"]}},
        {"segments": {"REF": ["value AN 1", "value AN 1"]}},
        {"elements": {"REF.99": "value AN 1"}},
    ],
)
def test_an_overlay_that_is_wrong_is_a_matter_of_configuration(overlay):
    with pytest.raises(Fault) as caught:
        with_overlays({"850": overlay})("x12", "850", "004010", "")
    assert caught.value.code == "engine.configuration" and "x12/4010/850" in caught.value.detail


def test_a_guide_may_be_read_without_any_guide():
    assert documents(x12(ORDER_850.format(number=1)), guides=no_guides)[0]["segments"][0]["tag"] == "BEG"


def test_a_loop_must_begin_with_its_segment():
    with pytest.raises(Fault, match="must begin with"):
        compiled(
            {"content": [{"loop": "N1 parties 0..1", "content": ["N3 address 0..1"]}]},
            {"N3": ["street AN 1"]},
            "x12/4010/T",
        )
