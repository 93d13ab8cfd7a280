"""The command line, and what is passed on to Odoo's."""

import pytest

from devtools.commands import parser, split_passed_on
from devtools.console import DevError
from devtools.host import series_of
from devtools.host_tests import Outcome, differences, read_log
from devtools.odoo_command import needs_database, with_database
from devtools.postgres import from_url

VERBS = ["setup", "run", "test", "shell", "odoo", "bench", "lint", "screenshots", "clean"]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb, capsys):
    with pytest.raises(SystemExit) as stopped:
        parser().parse_args([verb, "--help"])
    assert stopped.value.code == 0
    assert f"dev {verb}" in capsys.readouterr().out


def test_odoo_gets_the_rest_of_the_line_untouched():
    passed = ["-u", "sync_governance", "--stop-after-init"]
    assert split_passed_on(["odoo", *passed]) == (["odoo"], passed)
    own = ["shell", "--fresh", "--odoo", "/opt/odoo", "--db-url=postgresql://x/"]
    assert split_passed_on([*own, "--log-level=debug", "--fresh"]) == (own, ["--log-level=debug", "--fresh"])
    assert split_passed_on(["test", "-k", "name"]) == (["test", "-k", "name"], [])


def test_a_database_is_named_unless_the_person_did():
    assert needs_database(["-u", "x"])
    assert needs_database(["module", "upgrade", "x"])
    assert not needs_database(["-d", "mine", "-u", "x"])
    assert not needs_database(["shell", "--database=mine"])
    assert not needs_database(["scaffold", "x"])
    assert not needs_database([])


def test_the_database_stands_after_the_commands_name():
    assert with_database(["-u", "x"], "db") == ["-d", "db", "-u", "x"]
    assert with_database(["module", "upgrade", "x"], "db") == ["module", "-d", "db", "upgrade", "x"]


def test_a_database_url_is_read():
    server = from_url("postgresql://me:p%40ss@db.example:5433/")
    assert (server.host, server.port, server.user, server.password) == ("db.example", 5433, "me", "p@ss")
    assert from_url("postgresql:///?host=/run/postgresql").host == "/run/postgresql"
    with pytest.raises(DevError, match="expected postgresql"):
        from_url("mysql://x")


def test_the_series_is_read_from_the_release_file(tmp_path):
    assert series_of(tmp_path) is None
    (tmp_path / "odoo").mkdir()
    release = "version_info = (19, 0, 0, FINAL, 0, '')\n"
    (tmp_path / "odoo" / "release.py").write_text(release, encoding="utf-8")
    assert series_of(tmp_path) == "19.0"


LOG = """\
2026-01-01 10:00:00,000 1 INFO db odoo.addons.sale.tests.test_a: Starting TestA.test_one ...
2026-01-01 10:00:00,000 1 INFO db odoo.addons.sale.tests.test_a: Starting TestA.test_two ...
2026-01-01 10:00:00,000 1 ERROR db odoo.addons.sale.tests.test_a: FAIL: TestA.test_two
2026-01-01 10:00:00,000 1 ERROR db odoo.sale: ERROR: setUpClass (odoo.addons.sale.tests.test_b.TestB)
"""


def test_a_log_of_odoos_tests_is_read():
    outcome = read_log(LOG)
    assert outcome.ran == {"TestA.test_one", "TestA.test_two"}
    assert outcome.failed == {"TestA.test_two", "setUpClass (odoo.addons.sale.tests.test_b.TestB)"}


def test_two_sides_are_compared():
    same = Outcome(frozenset({"A.test"}), frozenset(), 1)
    worse = Outcome(frozenset({"A.test"}), frozenset({"A.test"}), 1)
    assert differences(same, same) == []
    assert differences(same, worse) == ["fails only with the addon: A.test"]
