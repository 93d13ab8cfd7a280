"""The folder of links shows Odoo the addon and nothing else of the repository."""

from devtools.addons_link import link_addon


def repository(root):
    for folder in ("models", "docs", ".dev", ".git", "devtools", "tests_core"):
        (root / folder).mkdir(parents=True)
    (root / "__manifest__.py").write_text("{}", encoding="utf-8")
    return root


def test_only_the_addons_entries_are_linked(tmp_path):
    root = repository(tmp_path / "repository")
    folder = link_addon(root, root / ".dev" / "addons")
    assert not folder.is_symlink()
    assert sorted(path.name for path in folder.iterdir()) == ["__manifest__.py", "models"]


def test_links_follow_the_repository(tmp_path):
    root = repository(tmp_path / "repository")
    folder = link_addon(root, root / ".dev" / "addons")
    kept = (folder / "__manifest__.py").lstat().st_ino
    (root / "models").rmdir()
    (root / "views").mkdir()
    (folder / "data").symlink_to(tmp_path / "elsewhere")
    link_addon(root, root / ".dev" / "addons")
    assert sorted(path.name for path in folder.iterdir()) == ["__manifest__.py", "views"]
    assert (folder / "__manifest__.py").lstat().st_ino == kept
