"""One path or one name picks the right runner."""

import pytest

from devtools.test_selection import select, suite_of, through_link, with_browser
from devtools.tests import Tally, count


@pytest.fixture
def root(tmp_path):
    for name, text in {
        "tests/test_order.py": "class TestOrder:\n    def test_confirm(self): ...\n",
        "tests_core/mapping/test_evaluate.py": "def test_table(): ...\n",
        "simulators/tests/test_shop.py": "def test_signs(): ...\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "suite"),
    [
        ("tests/test_x.py", "odoo"),
        ("tests", "odoo"),
        ("tests_core/mapping", "core"),
        ("simulators/tests/test_shop.py", "simulators"),
        (".dev/addons/sync_governance/tests/test_x.py::TestX::test_y", "odoo"),
    ],
)
def test_a_path_belongs_to_one_suite(path, suite):
    assert suite_of(path) == suite


def test_a_path_elsewhere_is_refused():
    with pytest.raises(ValueError, match="models/x.py"):
        suite_of("models/x.py")


def test_nothing_given_means_everything(root):
    assert select([], None, root).suites == {"core": [], "odoo": [], "simulators": []}


def test_a_name_alone_finds_its_file(root):
    assert select([], "confirm", root).suites == {"odoo": ["tests/test_order.py"]}
    assert select([], "TestOrder or table", root).suites == {
        "odoo": ["tests/test_order.py"],
        "core": ["tests_core/mapping/test_evaluate.py"],
    }
    assert select([], "nowhere", root).suites == {}


def test_a_negation_searches_everywhere(root):
    assert set(select([], "not table", root).suites) == {"core", "odoo", "simulators"}


def test_odoo_tests_are_reached_through_the_links():
    assert through_link("tests/test_x.py::T") == ".dev/addons/sync_governance/tests/test_x.py::T"
    assert through_link(".dev/addons/sync_governance/tests") == ".dev/addons/sync_governance/tests"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("===== 3 passed in 1.20s =====", Tally(3, 0, 0)),
        ("1 failed, 2 passed, 4 skipped, 1 warning in 0.50s", Tally(2, 1, 4)),
        ("1 failed, 2 passed, 1 error in 61.00s (0:01:01)", Tally(2, 2, 0)),
        ("2 errors in 0.10s", Tally(0, 2, 0)),
        ("1 failed, 5 passed, 2 subtests passed in 0.10s", Tally(5, 1, 0)),
    ],
)
def test_the_closing_line_is_counted(line, expected):
    assert count(line) == expected


def test_tallies_add_up():
    assert str(Tally(1, 0, 2) + Tally(3, 1, 0)) == "4 passed, 1 failed, 2 skipped"


def test_tests_with_a_browser_run_by_themselves(tmp_path):
    for name in ("test_queue.py", "test_tours.py", "test_tour_onboarding.py", "common.py"):
        (tmp_path / "tests" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "tests" / name).touch()
    everything = (["tests/test_queue.py"], ["tests/test_tour_onboarding.py", "tests/test_tours.py"])
    assert with_browser(["tests"], tmp_path) == everything
    assert with_browser(["tests/test_tours.py::TestTours"], tmp_path) == ([], ["tests/test_tours.py::TestTours"])
    assert with_browser(["tests/test_queue.py"], tmp_path) == (["tests/test_queue.py"], [])
