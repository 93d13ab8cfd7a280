"""Rounds to medians, ratios and verdicts, and the page that shows them."""

from datetime import datetime, timedelta

import pytest

from benchmarks import NAMES
from benchmarks.kit import Measure, at_least, at_most, page
from benchmarks.kit.measure import percentiles, rate


def measure(first, second, target):
    made = Measure("Drained", "per second", target=target)
    for value in first:
        made.add("here", value)
    for value in second:
        made.add("there", value)
    return made


@pytest.mark.parametrize(
    ("first", "second", "target", "verdict"),
    [
        ([30, 10, 20], [2, 2, 1], at_least(10), "met"),
        ([30, 10, 19], [2, 2, 1], at_least(10), "missed"),
        ([13], [10], at_most(1.3), "met"),
        ([14], [10], at_most(1.3), "missed"),
        ([14], [10], None, "reported"),
    ],
)
def test_medians_are_compared_with_the_target(first, second, target, verdict):
    assert measure(first, second, target).verdict == verdict


def test_one_side_alone_is_only_reported():
    assert measure([1, 2, 3], [], at_least(10)).as_dict() == {
        "title": "Drained",
        "unit": "per second",
        "sides": {"here": {"median": 2, "rounds": [1, 2, 3]}},
        "ratio": None,
        "target": "at least 10",
        "verdict": "reported",
    }


def test_percentiles_are_values_that_were_measured():
    assert percentiles([float(n) for n in range(1, 101)], 50, 95, 99) == [50, 95, 99]
    assert percentiles([7.0], 50, 99) == [7, 7]


def test_a_rate_does_not_count_what_the_first_batch_brought():
    start = datetime(2026, 1, 1)
    assert rate([(start + timedelta(seconds=2), 30), (start, 1000), (start + timedelta(seconds=1), 10)]) == 20


def test_the_page_says_first_what_was_missed(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "RESULTS", tmp_path)
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    from benchmarks.kit import record

    monkeypatch.setattr(record, "RESULTS", tmp_path)
    machine = {"cores": 4, "processor": "Test", "memory_gb": 8, "postgresql": "15", "python": "3.11", "odoo": "19.0"}
    machine["busy_before"] = 0.5
    record.save(
        "queue",
        "How fast?",
        "Somehow.",
        [measure([5], [1], at_least(10)), measure([12345.6], [1], at_least(10))],
        machine=machine,
        command="./dev bench queue",
    )
    page.write(["queue", "never recorded"])
    text = (tmp_path / "page.md").read_text()
    assert "* How fast? Drained: 5 x, the target is at least 10." in text
    assert "| Drained, per second | 12,346 | 1 | 12,346 x | at least 10 | met |" in text
    assert text.index("Targets missed") < text.index("## How fast?")
    assert "`./dev bench queue`: 4 cores (Test)" in text


def test_every_benchmark_exists_and_no_other():
    from benchmarks.kit.record import RESULTS

    modules = {path.stem for path in RESULTS.parent.glob("*.py")} - {"__init__", "__main__", "inside"}
    assert modules == set(NAMES)
