"""Files in folders: what is picked up, how one is delivered, and that nothing leads out of a folder."""

import os

import pytest
from sync_governance.core.delivery import dropoff, folders, pickup
from sync_governance.core.delivery.folders import Folder, numbered
from sync_governance.core.faults import Fault


class Died(Exception):
    """The process is gone."""


@pytest.fixture
def place(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def folder(place):
    return Folder(str(place), [str(place.parent)])


def names(place):
    return sorted(path.name for path in place.iterdir())


# -- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("S00012", "S00012.csv"),
        ("../../etc/passwd", "_.._etc_passwd.csv"),
        ("..", "document-msg_1"),
        ("a/b\\c\0d\n", "a_b_c_d_.csv"),
        ("rm -rf *; ü", "rm_-rf_.csv"),
        ("", "csv"),
        ("x" * 400, "x" * 100 + ".csv"),
    ],
)
def test_nothing_that_a_document_says_leads_out_of_the_folder(reference, expected):
    name = dropoff.file_name("{reference}.csv", {"reference": reference, "uid": "msg_1"})
    assert folders.is_name(name) and not name.startswith(".")
    if reference != "..":
        assert name == expected


@pytest.mark.parametrize("template", ["orders.csv", "{nothing}.csv", "a/{id}.csv", ".{id}", "{id}\n", "{id.__class__}"])
def test_a_template_that_cannot_name_files_is_refused(template):
    assert dropoff.template_problem(template)


def test_a_template_that_can_is_not():
    assert dropoff.template_problem("{type}_{reference}_{id}.txt") is None


@pytest.mark.parametrize("path", ["", "in", "/etc", "/srv/exchange/../etc", "/srv/exchangeable", "/srv"])
def test_only_folders_below_the_roots_are_allowed(path):
    assert folders.problem(path, ["/srv/exchange"])


@pytest.mark.parametrize("path", ["/srv/exchange", "/srv/exchange/a/b"])
def test_folders_below_the_roots_are(path):
    assert folders.problem(path, ["/srv/exchange"]) is None


def test_no_root_at_all_allows_nothing():
    assert folders.roots("") == folders.roots("relative, ") == []
    assert folders.problem("/srv", [])


def test_what_was_checked_stays_what_is_used(tmp_path, place):
    """A folder that becomes a link after it was opened leads nowhere else."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret").write_bytes(b"secret")
    with folder(place) as store:
        place.rename(tmp_path / "was")
        place.symlink_to(elsewhere, target_is_directory=True)
        assert store.entries() == []
        dropoff.deliver(store, "a", b"1", mark="m", names=["a"])
    assert names(tmp_path / "was") == ["a"] and names(elsewhere) == ["secret"]


def test_a_link_is_neither_read_nor_written_through(tmp_path, place):
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    (place / "link").symlink_to(secret)
    (place / ".m.part").symlink_to(secret)
    (place / "archive").symlink_to(tmp_path, target_is_directory=True)
    (place / "real").write_bytes(b"x")
    with folder(place) as store:
        for step in (
            lambda: store.content("link", 10),
            lambda: store.put(".m.part", b"lost"),
            lambda: store.move("real", "archive"),
        ):
            with pytest.raises(Fault) as refused:
                step()
            assert refused.value.code == "deliver.folder_refused"
    assert secret.read_bytes() == b"secret" and (place / "real").exists()


# -- picking up -------------------------------------------------------------------------------------------------------


def test_a_file_that_grows_while_it_is_read_waits_for_the_next_look(place):
    (place / "a").write_bytes(b"1234")
    entry = pickup.Entry("a", 2, 0)
    with folder(place) as store:
        assert list(pickup.picked(store, pickup.Rules(), [entry])) == []


def test_a_clock_that_was_set_back_begins_to_watch_anew(place):
    (place / "a").write_bytes(b"1")
    rules = pickup.Rules(quiet_seconds=10)
    with folder(place) as store:
        seen = pickup.look(store, rules, {}, 1000.0).seen
        back = pickup.look(store, rules, seen, 500.0)
        assert back.ready == []
        assert [entry.name for entry in pickup.look(store, rules, back.seen, 511.0).ready] == ["a"]


# -- delivering -------------------------------------------------------------------------------------------------------


def put(store, name, body, numbers=False, mark="m1"):
    return dropoff.deliver(store, name, body, mark=mark, names=numbered(name) if numbers else [name])


def test_a_file_is_delivered_whole_and_twice_is_once(place):
    with folder(place) as store:
        assert put(store, "a.csv", b"1") == put(store, "a.csv", b"1") == "a.csv"
    assert names(place) == ["a.csv"]


def test_another_file_of_the_name_is_never_written_over(place):
    (place / "a.csv").write_bytes(b"other")
    with folder(place) as store:
        with pytest.raises(Fault) as refused:
            put(store, "a.csv", b"1")
        assert refused.value.code == "deliver.file_exists"
        assert put(store, "a.csv", b"1", numbers=True) == "a-2.csv"
        assert put(store, "a.csv", b"1", numbers=True) == "a-2.csv", "the try before it had come so far"
    assert (place / "a.csv").read_bytes() == b"other"
    assert names(place) == ["a-2.csv", "a.csv"]


@pytest.mark.parametrize("step", ["open", "fsync", "link", "unlink"])
@pytest.mark.parametrize("after", [False, True])
def test_a_death_at_any_step_leaves_no_half_file_and_the_next_try_delivers(place, monkeypatch, step, after):
    original = getattr(os, step)
    with folder(place) as store:

        def dying(*args, **kwargs):
            if after:
                original(*args, **kwargs)
            raise Died

        monkeypatch.setattr(os, step, dying)
        with pytest.raises(Died):
            put(store, "a.csv", b"whole")
        monkeypatch.undo()
        seen = [name for name in names(place) if not name.startswith(".")]
        assert all((place / name).read_bytes() == b"whole" for name in seen)
        assert put(store, "a.csv", b"whole") == "a.csv"
        assert (place / "a.csv").read_bytes() == b"whole"
        assert names(place) == ["a.csv"]


def test_a_share_without_links_is_served_as_well(place, monkeypatch):
    def no_links(*_args, **_kwargs):
        raise OSError(95, "not supported")

    monkeypatch.setattr(os, "link", no_links)
    (place / "b").write_bytes(b"other")
    with folder(place) as store:
        assert put(store, "a", b"1") == "a"
        assert put(store, "b", b"1", numbers=True) == "b-2"
        store.move("a", "archive")
    assert names(place) == ["archive", "b", "b-2"]


def test_a_full_disk_is_said_so(place, monkeypatch):
    def full(_fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with folder(place) as store, pytest.raises(Fault, match="is full") as refused:
        put(store, "a", b"1")
    assert refused.value.code == "deliver.folder_unavailable"
    assert [name for name in names(place) if not name.startswith(".")] == []
