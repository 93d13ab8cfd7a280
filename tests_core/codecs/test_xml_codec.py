"""XML is read as plain documents and never as more than that; JSON lines one by one."""

import re
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sync_governance.core.codecs.markup import XmlCodec
from sync_governance.core.codecs.markup.tree import DEPTH
from sync_governance.core.codecs.ndjson_codec import NdjsonCodec
from sync_governance.core.faults import Fault

XML = XmlCodec()
LAYOUT = {
    "namespaces": {"": "urn:orders", "p": "urn:partner"},
    "lists": ["Lines/Line"],
    "order": {"Order": ["Number", "Lines"]},
}
ORDERS = {"record": "Orders/Order", "lists": ["Line"]}


def fault_of(data, codec=XML):
    with pytest.raises(Fault) as caught:
        codec.decode(data if isinstance(data, bytes) else data.encode())
    return caught.value


def test_elements_are_members_attributes_and_text_beside_them_are_marked():
    data = b'<?xml version="1.0"?><o id="1"><a>x</a><b u="kg"> 2.50 </b><c/><d k="v"/><e><f>1</f><f>2</f></e></o>'
    assert XML.decode(data) == {
        "o": {
            "@id": "1",
            "a": "x",
            "b": {"@u": "kg", "#text": "2.50"},
            "c": None,
            "d": {"@k": "v"},
            "e": {"f": ["1", "2"]},
        }
    }


def test_names_go_by_namespace_and_never_by_the_senders_prefix():
    documents = [
        XmlCodec(LAYOUT).decode(text.encode())
        for text in (
            '<Order xmlns="urn:orders" xmlns:q="urn:partner" q:k="1">'
            "<Lines><Line><q:Sku>A</q:Sku></Line></Lines></Order>",
            '<z:Order xmlns:z="urn:orders" xmlns="urn:partner" xmlns:y="urn:partner" y:k="1">'
            "<z:Lines><z:Line><Sku>A</Sku></z:Line></z:Lines></z:Order>",
        )
    ]
    assert documents[0] == documents[1] == {"Order": {"@p:k": "1", "Lines": {"Line": [{"p:Sku": "A"}]}}}


def test_a_namespace_that_is_not_declared_stays_visible():
    assert XmlCodec(LAYOUT).decode(b'<a xmlns="urn:other"/>') == {"{urn:other}a": None}
    assert XmlCodec(LAYOUT).decode(b"<a/>") == {"{}a": None}


def test_nothing_and_the_place_of_schemas_are_no_values():
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    data = f'<a {xsi} xsi:schemaLocation="x y"><b xsi:nil="true"> </b><c xsi:type="t">1</c></a>'
    assert XML.decode(data.encode()) == {"a": {"b": None, "c": {"@xsi:type": "t", "#text": "1"}}}


@pytest.mark.parametrize(
    "document_type",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE a PUBLIC "-//x" "http://127.0.0.1/x.dtd">',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]>',
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>',
        "<!DOCTYPE a>",
    ],
)
def test_a_document_type_is_refused_before_anything_of_it_is_read(document_type):
    fault = fault_of(f"<?xml version='1.0'?>\n{document_type}<a>&x;</a>")
    assert fault.code == "decode.markup_refused"
    assert "line 2" in fault.detail


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "decode.malformed", "no element"),
        (b"<a>\n<b></a>", "decode.malformed", "line 2, column 6, in /a/b"),
        (b"<a><b>", "decode.malformed", "in /a/b"),
        (b"<a/><b/>", "decode.malformed", "behind the last element"),
        (b"<a x='1' x='2'/>", "decode.malformed", "twice"),
        (b"<a>&nbsp;</a>", "decode.malformed", "entity"),
        (b"<p:a/>", "decode.malformed", "no namespace"),
        (b"<a>&#0;</a>", "decode.malformed", "named"),
        (b"<a>x\x00</a>", "decode.malformed", "line 1"),
        (b"<a>\xff</a>", "decode.malformed", "line 1"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "decode.charset", "character set"),
        (b"<a>text<b/></a>", "decode.malformed", "text stands between elements"),
        (b"<a>" * (DEPTH + 1), "decode.too_deep", "deeper"),
        (b"<a " + b" ".join(b"a%d='1'" % number for number in range(65)) + b"/>", "decode.too_large", "attributes"),
        (b"<a>" + b"<b/>" * 500_000 + b"</a>", "decode.too_large", "elements"),
        (b"<a><!--" + b"x" * 5_000_000, "decode.too_large", "never ends"),
    ],
)
def test_what_is_broken_or_beyond_the_limits_is_refused_with_its_place(data, code, words):
    fault = fault_of(data)
    assert fault.code == code
    assert words in fault.detail


def test_a_text_without_end_is_refused_while_it_comes():
    class Endless:
        given = 0

        def read(self, size):
            self.given += size
            return b"<a>" if self.given == size else b"x" * size

    source = Endless()
    (part,) = XML.split(source)
    assert part.faults[0].code == "decode.too_large"
    assert source.given < 40 * 1024 * 1024


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_the_xml_says_its_character_set(charset):
    name = charset.removesuffix("-sig")
    assert XML.decode(f'<?xml version="1.0" encoding="{name}"?><a>Köln</a>'.encode(charset)) == {"a": "Köln"}


def test_records_come_one_by_one_and_a_bad_one_stops_no_other():
    data = b"<Orders><From>ACME</From><Order><Line>1</Line></Order>\n<Order>x<Line/></Order>\n<Order/></Orders>"
    parts = list(XmlCodec(ORDERS).split(BytesIO(data)))
    assert [part.document for part in parts] == [{"Order": {"Line": ["1"]}}, None, {"Order": None}]
    assert [part.position for part in parts] == [1, 2, 3]
    with_envelope = XmlCodec({**ORDERS, "envelope": True}).split(data)
    assert next(with_envelope).document == {"Order": {"Line": ["1"]}, "envelope": {"Orders": {"From": "ACME"}}}


def test_what_came_before_the_xml_broke_is_given():
    parts = list(XmlCodec(ORDERS).split(b"<Orders><Order><Line>1</Line></Order><Order></Orders>"))
    assert parts[0].document == {"Order": {"Line": ["1"]}}
    assert parts[1].faults[0].code == "decode.malformed"


def test_a_file_without_its_records_is_refused():
    assert "no Order" in fault_of(b"<Orders/>", XmlCodec(ORDERS)).detail


# -- writing ---------------------------------------------------------------------------------------------------------


def test_what_is_written_has_the_declared_namespaces_and_order():
    document = {"Order": {"@p:k": "1", "Lines": {"Line": [{"p:Sku": "<A&B>"}, None]}, "Number": "7"}}
    data = XmlCodec(LAYOUT).encode(document)
    assert data.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Order xmlns="urn:orders" xmlns:p="urn:partner" p:k="1">'
        "<Number>7</Number><Lines><Line><p:Sku>&lt;A&amp;B&gt;</p:Sku></Line><Line/></Lines></Order>"
    )
    assert XmlCodec(LAYOUT).decode(data) == document


def test_records_are_written_into_what_is_around_them():
    documents = [{"Order": {"Line": ["1"]}}, {"Order": {"Line": ["2", "3"]}}]
    data = b"".join(XmlCodec({**ORDERS, "indent": True}).write(documents))
    assert data.count(b"<Orders>") == 1
    assert [part.document for part in XmlCodec(ORDERS).split(data)] == documents


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"a": 1, "b": 2},
        {"a": [1]},
        {"1a": "x"},
        {"a b": "x"},
        {"q:a": "x"},
        {"{urn:x}a": "x"},
        {"a": {"b": [["x"]]}},
        {"a": {"#text": "x", "b": "y"}},
        {"a": {"@k": {"x": "y"}}},
        {"a": 1.5},
        {"a": "\x01"},
        {"a": {"@k": "\ufffe"}},
    ],
)
def test_what_has_no_place_in_xml_is_a_fault(document):
    with pytest.raises(Fault) as caught:
        XML.encode(document)
    assert caught.value.code.startswith("encode.")


def test_a_document_that_contains_itself_is_refused():
    endless = {}
    endless["a"] = endless
    with pytest.raises(Fault, match="deeper"):
        XML.encode(endless)


@pytest.mark.parametrize(
    "layout",
    [
        {"namespaces": {"a": "urn:x", "b": "urn:x"}},
        {"namespaces": {"xml2": "urn:x"}},
        {"record": "Order"},
        {"lists": "Line"},
        {"unknown": 1},
    ],
)
def test_a_layout_that_cannot_be_used_says_so(layout):
    with pytest.raises(Fault) as caught:
        XmlCodec(layout)
    assert caught.value.code == "engine.configuration"


names = st.from_regex(re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,8}", re.ASCII), fullmatch=True)
texts = (
    st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"), min_size=1)
    .map(str.strip)
    .filter(bool)
)
elements = st.recursive(
    st.none() | texts,
    lambda inner: (
        st.dictionaries(names, inner | st.lists(inner, min_size=2, max_size=3), min_size=1, max_size=3)
        | st.fixed_dictionaries({"@id": texts, "#text": texts})
    ),
    max_leaves=12,
)


@given(name=names, value=elements, indent=st.booleans())
@settings(deadline=None, database=None)
def test_what_is_written_is_read_as_it_was(name, value, indent):
    data = XmlCodec({"indent": indent}).encode({name: value})
    assert XML.decode(data) == {name: value}
    assert XmlCodec({"indent": indent}).encode(XML.decode(data)) == data


@given(data=st.binary(max_size=200) | st.text('<>/ab&;"= !?[]-x\n', max_size=120).map(str.encode))
@settings(deadline=None, database=None, max_examples=300)
def test_any_bytes_give_documents_or_faults_of_decoding(data):
    for codec in (XML, XmlCodec(LAYOUT), XmlCodec({"record": "a/b"})):
        for part in codec.split(data):
            assert (part.document is None) == bool(part.faults)
            assert all(fault.code.startswith("decode.") for fault in part.faults)


# -- JSON lines ------------------------------------------------------------------------------------------------------


def test_json_lines_come_one_by_one_and_a_bad_one_stops_no_other():
    parts = list(NdjsonCodec().split(BytesIO(b'\xef\xbb\xbf{"a":1}\r\n\n{"a":}\n[2]')))
    assert [(part.document, part.position) for part in parts] == [({"a": 1}, 1), (None, 3), ([2], 4)]
    assert parts[1].faults[0].detail == "Line 3: The JSON is broken at column 6: a value should stand here."


def test_as_one_document_json_lines_are_one_line():
    data = NdjsonCodec().encode([{"a": 1}, {"b": "x\ny"}])
    assert data == b'{"a":1}\n{"b":"x\\ny"}\n'
    assert [part.document for part in NdjsonCodec().split(data)] == [{"a": 1}, {"b": "x\ny"}]
    assert NdjsonCodec().decode(b'{"a":1}\n\n') == {"a": 1}
    with pytest.raises(Fault, match="several documents"):
        NdjsonCodec().decode(data)
    with pytest.raises(Fault) as caught:
        NdjsonCodec().decode(b'{"a":1}\n{')
    assert caught.value.code == "decode.malformed"
