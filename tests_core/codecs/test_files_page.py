"""The examples of docs/files.md do what the page says."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from sync_governance.core.codecs.flat import FlatCodec, compiled
from sync_governance.core.codecs.flat.layout import MOST_LINES
from sync_governance.core.codecs.lines import LONGEST_LINE
from sync_governance.core.codecs.markup import XmlCodec, tree

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "files.md").read_text(encoding="utf-8")
JSON = [json.loads(text, parse_float=Decimal) for text in re.findall(r"```json\n(.*?)```", PAGE, re.S)]
LAYOUTS = [block for block in JSON if "kind" in block]
(CSV,) = re.findall(r"```csv\n(.*?)```", PAGE, re.S)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout["kind"])
def test_the_layouts_can_be_used(layout):
    assert compiled(layout).kind == layout["kind"]


def test_the_file_gives_the_documents_that_are_shown():
    first, second = FlatCodec(LAYOUTS[0]).split(CSV.encode())
    assert first.document == JSON[1]
    assert second.references == {"number": "PO-8"}


def test_the_layout_of_xml_can_be_used():
    (layout,) = [block for block in JSON if "namespaces" in block]
    assert XmlCodec(layout)


@pytest.mark.parametrize(
    "sentence",
    [
        f"at most {LONGEST_LINE:,} characters, a document at most {MOST_LINES:,} lines",
        f"At most {tree.DEPTH} levels, {tree.ATTRIBUTES} attributes of an element, {tree.NODES:,} elements",
        f"{tree.CHARACTERS:,} characters",
        f"after {tree.LONGEST_TAG // 2**20} MiB",
    ],
)
def test_a_limit_that_is_named_is_the_codes(sentence):
    assert sentence in PAGE
