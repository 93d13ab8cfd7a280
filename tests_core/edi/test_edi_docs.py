"""docs/formats.md shows what the codecs really do."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from edi_texts import documents
from sync_governance.core.codecs.edi.guidebook import guides, with_overlays
from sync_governance.core.codecs.edi.problems import PROBLEMS, REFUSING
from sync_governance.core.codecs.edi.receiving import REMEMBERED, SEEN
from sync_governance.core.codecs.edi.report import ReadOptions
from sync_governance.core.codecs.edi.segments import SEGMENT_LIMIT

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```edi\n(.*?)^```\n\n```json\n(.*?)^```", PAGE, re.S | re.M)


@pytest.mark.parametrize("data, expected", EXAMPLES, ids=["x12", "edifact"])
def test_an_example_is_read_as_it_says(data, expected):
    assert documents(data.encode()) == [json.loads(expected, parse_float=Decimal)]


def test_there_is_an_example_of_each_standard():
    assert [data[:3] for data, _expected in EXAMPLES] == ["ISA", "UNB"]


def test_every_problem_is_in_the_table_with_its_fault():
    rows = re.findall(r"^\| `(\w+)` \| `([a-z._]+)` \| [a-z ]+ \| (yes)? ?\|$", PAGE, re.M)
    assert {(kind, code, refuses == "yes") for kind, code, refuses in rows} == {
        (kind, problem.code, kind in REFUSING) for kind, problem in PROBLEMS.items()
    }


def test_the_limits_are_those_of_the_code():
    for number in (SEGMENT_LIMIT, REMEMBERED, SEEN):
        assert f"{number:,}" in PAGE
    assert ReadOptions().segment_limit == 1_000_000


def test_every_message_with_a_guide_is_named():
    assert not [name for name in guides() if name.rsplit("/", 1)[1] not in PAGE]


def test_the_overlay_of_the_example_fits():
    (overlays,) = (
        json.loads(text) for text in re.findall(r"^```json\n(.*?)^```", PAGE, re.S | re.M) if '"counts"' in text
    )
    made = with_overlays(overlays)("x12", "850", "004010", "")
    assert "colours" in [node.name for node in _lines(made).content]
    assert "schedule" not in [node.name for node in _lines(made).content]


def _lines(guide):
    return next(node.loop for node in guide.root.content if node.name == "lines")
