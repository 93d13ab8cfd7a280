"""The mirror comes from the machine's own apt configuration, in both of its formats."""

from devtools.apt_sources import Source, debian_archive, machine_sources, parse_deb822, parse_one_line

DEB822 = """\
Types: deb
# a comment between fields
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://packages.example/vendor
Suites: stable
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://old.example/debian
Suites: sid
Components: main
"""


def test_deb822_paragraphs_become_sources():
    archive, security, vendor = parse_deb822(DEB822)
    assert archive.uri == "http://mirror.example/debian"
    assert archive.suites == ("bookworm", "bookworm-updates")
    assert archive.signed_by == "/usr/share/keyrings/debian-archive-keyring.gpg"
    assert security.suites == ("bookworm-security",)
    assert vendor.signed_by == ""


def test_one_line_entries_become_sources():
    text = """
    # deb http://commented.example/debian sid main
    deb-src http://mirror.example/debian bookworm main
    deb [arch=amd64 signed-by=/keys/a.gpg] http://mirror.example/debian bookworm main contrib # a remark
    deb http://security.example/debian-security bookworm-security main
    """
    archive, security = parse_one_line(text)
    assert archive == Source("http://mirror.example/debian", ("bookworm",), ("main", "contrib"), "/keys/a.gpg")
    assert security.signed_by == ""


def test_the_archive_is_neither_the_security_suite_nor_another_vendor():
    sources = parse_deb822(DEB822)
    assert debian_archive(reversed(sources)) == sources[0]
    assert debian_archive(sources[1:]) is None


def test_ubuntu_has_no_debian_archive():
    assert debian_archive(parse_one_line("deb http://archive.ubuntu.com/ubuntu noble main universe")) is None


def test_a_line_names_the_keyring_and_the_wanted_suite():
    source = Source("http://mirror.example/debian", ("bookworm",), ("main",), "/keys/a.gpg")
    assert source.line("sid") == "deb [signed-by=/keys/a.gpg] http://mirror.example/debian sid main"


def test_machine_sources_reads_the_list_and_the_folder(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://one.example/debian sid main\n", encoding="utf-8")
    (tmp_path / "sources.list.d" / "debian.sources").write_text(DEB822, encoding="utf-8")
    (tmp_path / "sources.list.d" / "off.sources.disabled").write_text(DEB822, encoding="utf-8")
    assert len(machine_sources(tmp_path)) == 4
