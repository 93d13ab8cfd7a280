"""Fixed-width, tagged and delimited records: what is written without a fault is read as it was, whatever it says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sync_governance.core.codecs.flat import FlatCodec
from sync_governance.core.faults import Fault
from test_flat_reading import FIXED, RECORDS, TAGGED

# What delimits, quotes, releases, pads and breaks lines comes often; so does what looks like another kind of record.
TEXTS = st.text(st.sampled_from("AHLNSTZ|;,:\"'\\ \t0-.ä€\u2028"), max_size=12) | st.text(max_size=6)
WORDS = st.none() | TEXTS | st.sampled_from(["HD", "LN", "T|1", "ITEM: A", "ORDER", " x ", "0007"])
AMOUNTS = st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-9999, max_value=99999)


def document(**members):
    return st.fixed_dictionaries(members)


def lines(**members):
    return st.lists(document(**members), max_size=3)


KINDS = {
    "records": (
        RECORDS,
        document(
            number=WORDS,
            note=WORDS,
            lines=lines(sku=WORDS, amount=AMOUNTS, serials=lines(serial=WORDS)),
        ),
    ),
    "fixed": (
        FIXED,
        document(
            number=WORDS,
            date=st.none() | st.dates().map(lambda day: day.isoformat()),
            lines=lines(sku=WORDS, amount=AMOUNTS),
        ),
    ),
    "tagged": (
        TAGGED,
        document(
            number=WORDS,
            ship_to=document(name=WORDS, city=WORDS),
            lines=lines(sku=WORDS, quantity=st.none() | st.integers(-(10**9), 10**9)),
        ),
    ),
}


def said(value):
    """The document without what is absent, blank or empty: a file has no other way to say that."""
    if isinstance(value, dict):
        members = {name: said(each) for name, each in value.items() if name not in ("file_header", "trailer")}
        return {name: each for name, each in members.items() if each not in (None, "", [], {})}
    if isinstance(value, list):
        return [said(each) for each in value]
    return value.strip() if isinstance(value, str) else value


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read_as_it_was_or_refused(kind):
    layout, strategy = KINDS[kind]
    codec = FlatCodec(layout)

    @given(documents=st.lists(strategy, min_size=1, max_size=3))
    @settings(deadline=None, database=None, max_examples=200)
    def goes_round(documents):
        try:
            data = b"".join(codec.write(documents))
        except Fault as fault:
            assert fault.code.startswith("encode."), fault
            return
        parts = list(codec.split(data))
        assert [fault.detail for part in parts for fault in part.faults] == []
        found = [part.document for part in parts if part.document is not None]
        assert [said(each) for each in found] == [said(each) for each in documents]
        again = b"".join(codec.write(found))
        assert [said(part.document) for part in codec.split(again)] == [said(each) for each in found]

    goes_round()
