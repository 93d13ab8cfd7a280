"""A credential does what it covers and nothing else."""

import pytest
from sync_governance.core.security.scopes import allows, granted, narrowed


def test_without_kinds_it_covers_all_of_them():
    assert granted(["write"]) == {"write"}
    assert allows({"write"}, "write", "order.create") and allows({"write"}, "write", None)
    assert not allows({"write"}, "read", "order.create")


def test_with_kinds_it_covers_those_and_an_unknown_one_is_not_among_them():
    scopes = granted(["read", "write"], ["order.create"])
    assert scopes == {"read:order.create", "write:order.create"}
    assert allows(scopes, "write", "order.create")
    assert not allows(scopes, "write", "order.cancel") and not allows(scopes, "write", None)


def test_nobody_may_do_nothing():
    assert granted([]) == granted(["admin"]) == frozenset()


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("", {"write", "read:order.create"}),
        ("write", {"write"}),
        ("write:order.cancel", {"write:order.cancel"}),
        ("read:order.create write", {"read:order.create", "write"}),
        ("read", None),
        ("read:order.cancel", None),
        ("write admin", None),
        (" ", None),
        ("write ", None),
        ("WRITE", None),
        ("write:", None),
        ("write:order.create\0", None),
        ("write:order.create\n", None),
        ("write:" + "x" * 5000, None),
        ("write:\u00f6", None),
        ("write:a:b", None),
    ],
)
def test_a_token_is_for_as_much_or_less(asked, given):
    assert narrowed(asked, {"write", "read:order.create"}) == given
