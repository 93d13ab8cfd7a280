"""What people export and open runs nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sync_governance.core.security.spreadsheet import harmless


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", '=HYPERLINK("http://x")', "+SUM(A1)", "-2+3", "@SUM(A1)", "|cmd", "%0A=1", "\t=1", "\r=1", "\n=1",
        "  =1", "\ufeff=1", "\uff1d1+1", "\uff20x", "=cmd|' /C calc'!A0", "-", "+49 (30) 123",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_becomes_text(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    "value", ["S00042", "a=b", "-12.50", "+49 30 123", "1,000", "", "#1001", "'=1", None, 7, -7, 1.5, b"=1", False]
)
def test_all_else_stays(value):
    assert harmless(value) is value


@given(st.text())
def test_twice_is_once(text):
    assert harmless(harmless(text)) == harmless(text)
