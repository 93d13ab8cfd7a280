"""A template is named by what it depends on; a clone by the process that made it."""

import os

from devtools.database import PREFIX, addon_key, base_key, content_digest, owner_of
from devtools.processes import owner_tag, tag_is_alive
from devtools.python_env import environment_key


def test_the_base_template_depends_on_host_modules_and_lock_but_not_on_their_order():
    key = base_key("host", ["sale", "stock"], "lock")
    assert key == base_key("host", ["stock", "sale"], "lock")
    others = {
        base_key("other", ["sale", "stock"], "lock"),
        base_key("host", ["sale"], "lock"),
        base_key("host", ["sale", "stock"], "x"),
    }
    assert key not in others and len(others) == 3


def test_the_addon_template_depends_on_base_and_content():
    assert len({addon_key("a", "b"), addon_key("a", "c"), addon_key("b", "b")}) == 3


def test_content_is_what_gets_installed(tmp_path):
    for name in ("models/a.py", "static/description/icon.png", "static/src/a.js", "tests/test_a.py", "docs/a.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1", encoding="utf-8")
    before = content_digest(tmp_path)
    for name in ("static/src/a.js", "tests/test_a.py", "docs/a.md", "models/__pycache__/a.pyc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("2", encoding="utf-8")
    assert content_digest(tmp_path) == before
    (tmp_path / "models/a.py").write_text("2", encoding="utf-8")
    assert content_digest(tmp_path) != before


def test_a_clone_tells_its_owner_and_a_template_none():
    assert owner_of(f"{PREFIX}_test_12_345") == "12_345"
    assert owner_of(f"{PREFIX}_test_12_345-gw1") == "12_345"
    for name in (f"{PREFIX}_addon_1234567890", f"{PREFIX}_base_abcdef0123", f"{PREFIX}_work", "somebody_test_12_345"):
        assert owner_of(name) is None


def test_a_process_is_known_by_number_and_start_time():
    assert tag_is_alive(owner_tag())
    assert not tag_is_alive(f"{os.getpid()}_1")


def test_an_environment_depends_on_lock_and_python():
    keys = {
        environment_key(b"a", (3, 11, 7), "/usr"),
        environment_key(b"b", (3, 11, 7), "/usr"),
        environment_key(b"a", (3, 12, 1), "/usr"),
        environment_key(b"a", (3, 11, 7), "/opt"),
    }
    assert len(keys) == 4
