"""How fuzz runs are made: many examples or few, and documents that were good before somebody damaged them.

``SYNC_FUZZ_EXAMPLES`` says how many examples each test has (200 unless told). The short run is the same each time; a
long one (1,000 and more) looks elsewhere each time and prints how to repeat what it found.
"""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("SYNC_FUZZ_EXAMPLES", "200"))
FUZZ = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES < 1000,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
# What formats are made of: delimiters, escapes, names that mean something, numbers at the edge.
PIECES = [
    b"{", b"}", b"[", b"]", b'"', b"'", b",", b":", b"\\", b"\\u0000", b"\\ud800", b"null", b"NaN", b"-Infinity",
    b"1e999999999", b"-", b"9" * 120, b"0x", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc0\x80", b"\xed\xa0\x80",
    b"\n", b"\r\n", b"\t", b" " * 200, b"<", b">", b"&",
    b"<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>", b"&e;", b"<![CDATA[", b"]]>",
    b"<?xml version='1.0'?>", b"~", b"*", b"+", b"?", b"UNA:+.? '", b"UNB+UNOA:1+", b"UNZ+1+1'", b"ISA*00*",
    b"GS*PO*", b"ST*850*0001~", b"SE*", b"=", b"@SUM(A1)", b";", b"|", b"%", b"..", b"/", b"{" * 100, b"[" * 3000,
    b"(" * 500,
]  # fmt: skip


@st.composite
def mangled(draw, good):
    """Bytes that begin as one of ``good`` and are then cut, doubled, turned round and filled with rubbish."""
    data = draw(st.sampled_from(good))
    for _time in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        to = draw(st.integers(at, min(len(data), at + 40)))
        kind = draw(st.sampled_from(["cut", "drop", "double", "flip", "put", "rubbish"]))
        if kind == "cut":
            data = data[:at]
        elif kind == "drop":
            data = data[:at] + data[to:]
        elif kind == "double":
            data = data[:to] + data[at:to] * draw(st.integers(1, 30)) + data[to:]
        elif kind == "flip" and at < len(data):
            data = data[:at] + bytes([data[at] ^ draw(st.integers(1, 255))]) + data[at + 1 :]
        elif kind == "put":
            data = data[:at] + draw(st.sampled_from(PIECES)) + data[at:]
        elif kind == "rubbish":
            data = data[:at] + draw(st.binary(max_size=40)) + data[to:]
    return data
