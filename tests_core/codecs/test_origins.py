"""Where in the file a member of a document stood: in lines and columns, in segments and elements."""

import io

import pytest
from sync_governance.core.codecs import Place, codec
from sync_governance.core.codecs.origins import Origins, tell
from sync_governance.core.faults import Fault

ORDERS = {
    "kind": "delimited",
    "fields": [
        {"name": "order", "column": "Order no", "required": True},
        {"name": "sku", "column": "Item"},
        {"name": "qty", "column": "Qty", "type": "decimal"},
    ],
    "header": True,
    "documents": {"by": "key", "key": ["order"], "head": ["order"]},
}
FILE = b"Order no,Item,Qty\nA1,x,1\nA1,y,2\n\nB2,z,3\n"
X12 = (
    b"ISA*00*          *00*          *ZZ*SHOP           *ZZ*WE             *260316*0930*U*00401*000000007*0*P*>~"
    b"GS*PO*SHOP*WE*20260316*0930*7*X*004010~ST*850*0001~BEG*00*SA*PO-1**20260316~"
    b"PO1*1*24*EA***VN*A~PID*F****Headset~PO1*2*4*EA*9**VN*B~SE*6*0001~GE*1*7~IEA*1*000000007~"
)
EDIFACT = (
    b"UNB+UNOC:3+SHOP:14+WE:14+260316:0930+1'UNH+1+ORDERS:D:96A:UN'BGM+220+PO-1+9'DTM+137:20260316:102'"
    b"LIN+1++4006381333931:EN'QTY+21:24'UNS+S'UNT+7+1'UNZ+1+1'"
)


def told(reader, raw, pointer, place=None, **more):
    fault = Fault("validate.contract", "Something is wrong.", pointer=pointer)
    (same,) = tell(reader, raw, place, [fault], **more)
    assert same is fault
    assert fault.detail == ("Something is wrong." + (f" In the file: {fault.origin}." if fault.origin else ""))
    assert fault.as_dict().get("origin") == fault.origin
    return fault.origin


def test_a_line_and_its_column():
    reader = codec("flat", ORDERS)
    first, second = [piece for piece in reader.pieces(lambda: io.BytesIO(FILE)) if piece.raw]
    assert told(reader, first.raw, "/lines/1/qty", first.place) == "line 3, column Qty"
    assert told(reader, first.raw, "/lines/1", first.place) == "line 3"
    assert told(reader, first.raw, "/order", first.place) == "line 2, column Order no"
    assert told(reader, second.raw, "/lines/0/sku", second.place) == "line 5, column Item"
    assert told(reader, first.raw, "", first.place) == "lines 2 to 3"
    assert told(reader, second.raw, None, second.place) == "line 5"


def test_a_header_its_details_and_what_hangs_below_them():
    def record(role, tag, name, **more):
        return {"role": role, "match": {"value": tag}, "fields": [{"name": name}], **more}

    layout = {
        "kind": "delimited",
        "records": {
            "file": record("file_header", "F", "sent"),
            "head": record("header", "H", "number"),
            "line": record("detail", "L", "sku", into="lines"),
            "lot": record("detail", "S", "lot", under="line", into="lots"),
        },
        "documents": {"by": "header"},
    }
    reader, raw = codec("flat", layout), b"F,today\nH,1\nL,a\nS,x\nL,b\n"
    assert told(reader, raw, "/lines/0/lots/0/lot") == "line 4, column 2 (lot)"
    assert told(reader, raw, "/lines/1/sku") == "line 5, column 2 (sku)"
    assert told(reader, raw, "/number") == "line 2, column 2 (number)"
    assert told(reader, raw, "/lines/7/sku") == "line 2", "what is not there is looked for where its document begins"


def test_a_segment_and_its_element():
    reader = codec("x12")
    assert told(reader, X12, "/lines/0/price") == "segment 5 (PO1), element 4"
    assert told(reader, X12, "/lines/1/price") == "segment 7 (PO1), element 4"
    assert told(reader, X12, "/lines/0/descriptions/0/description") == "segment 6 (PID), element 5"
    assert told(reader, X12, "/beginning/number") == "segment 4 (BEG), element 3"
    assert told(reader, X12, "/lines/1/ids/0/id") == "segment 7 (PO1), element 6"
    assert told(reader, X12, "") == "segments 3 to 8"
    edifact = codec("edifact")
    assert told(edifact, EDIFACT, "/lines/0/quantities/0/quantity") == "segment 6 (QTY), element 1, component 2"
    assert told(edifact, EDIFACT, "/lines/0/item") == "segment 5 (LIN), element 3, component 1"
    assert told(edifact, EDIFACT, "/lines/0/prices") == "segment 5 (LIN)"


def test_segments_are_counted_as_in_the_file_that_the_message_was_taken_out_of():
    reader = codec("x12")
    assert told(reader, X12, "/lines/0/price", Place(103, 108)) == "segment 105 (PO1), element 4"


def test_a_line_of_an_xml():
    xml = (
        b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"\n'
        b' xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"\n'
        b' xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2">\n'
        b"<cbc:ID>1</cbc:ID>\n<cac:OrderLine><cac:LineItem>\n<cbc:ID>1</cbc:ID>\n"
        b'<cbc:Quantity unitCode="C62">3</cbc:Quantity>\n</cac:LineItem></cac:OrderLine></Order>\n'
    )
    reader = codec("ubl")
    assert told(reader, xml, "/lines/0/quantity/value") == "line 7, Quantity"
    assert told(reader, xml, "/lines/0/price") == "line 5"
    assert told(reader, xml, "/id") == "line 4, ID"


def test_what_the_mapping_made_has_the_place_of_the_whole_document():
    assert told(codec("x12"), X12, "/lines/0/quantity", canonical=True) == "segments 3 to 8"


@pytest.mark.parametrize(
    ("reader", "raw"), [(codec("json"), b"{}"), (codec("x12"), b""), (codec("x12"), None), (codec("x12"), b"ISA*00")]
)
def test_what_has_no_places_says_none(reader, raw):
    assert told(reader, raw, "/a") is None


def test_only_the_codec_is_asked_that_has_faults_to_place():
    assert tell(object(), b"x", None, []) == []
    assert Origins().at({"a": [1]}, "/a/0") == ""
