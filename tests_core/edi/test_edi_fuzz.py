"""Whatever comes, there is a document or a fault of decoding; whatever is written is read again as the same."""

import io
from decimal import Decimal

import pytest
from edi_texts import DESADV, ORDER_850, ORDERS, SHIP_856, edifact, read, x12
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sync_governance.core.codecs import codec
from sync_governance.core.codecs.edi.acknowledging import acknowledgements, reply_envelope
from sync_governance.core.codecs.edi.envelope import Envelope
from sync_governance.core.codecs.edi.guide import Guide, Kind, Loop, Shape, Slot
from sync_governance.core.codecs.edi.guidebook import guide, guides
from sync_governance.core.codecs.edi.sending import write_interchange

FILES = [
    x12(ORDER_850.format(number=1), ORDER_850.format(number=2)),
    x12(SHIP_856, group="SH", version="005010", isa="00501", eleven="^"),
    edifact(ORDERS.format(number=1), DESADV),
    edifact(ORDERS.format(number=1), syntax="UNOA:4", una="UNA:+.?*'"),
]
JSON = codec("json")
PARTY = {"id": "LAMPS"}
HEADERS = {
    "x12": {
        "sender": PARTY,
        "receiver": PARTY,
        "reference": "1",
        "date": "2026-03-15",
        "time": "09:30",
        "version": "00501",
    },
    "edifact": {
        "sender": PARTY,
        "receiver": PARTY,
        "reference": "1",
        "date": "2026-03-15",
        "time": "09:30",
        "syntax": "UNOW",
        "syntax_version": "4",
    },
}


def check(data: bytes) -> None:
    """Reads without any other error, gives documents that JSON can hold, and can say so to the sender."""
    for part in read(data):
        assert part.document is None or not part.faults
        if part.document is not None:
            assert JSON.decode(JSON.encode(part.document)) is not None
        for fault in (*part.faults, *part.findings):
            assert fault.code.startswith("decode.") and fault.detail.endswith(".")
        if part.interchange and part.interchange.header:
            envelope = reply_envelope(part.interchange, reference="1", date="2026-03-15", time="09:30")
            for document in acknowledgements(part.interchange):
                assert document["message"]["type"] in ("997", "CONTRL")
            assert envelope.standard == part.interchange.standard


@given(st.binary(max_size=300))
@settings(deadline=None, database=None, max_examples=200)
def test_any_bytes(data):
    check(data)


@given(st.sampled_from(FILES), st.data())
@settings(deadline=None, database=None, max_examples=400)
def test_bytes_changed_left_out_and_put_in(data, draw):
    spoilt = bytearray(data)
    for _turn in range(draw.draw(st.integers(1, 6))):
        at = draw.draw(st.integers(0, len(spoilt) - 1))
        kind = draw.draw(st.sampled_from("cdi"))
        sign = draw.draw(st.sampled_from(b"*~>+:'?\n\x00\xff^UISA09 "))
        if kind == "c":
            spoilt[at] = sign
        elif kind == "d":
            del spoilt[at : at + draw.draw(st.integers(1, 40))]
        else:
            spoilt[at:at] = bytes([sign])
        if not spoilt:
            return
    check(bytes(spoilt))


@given(st.sampled_from(FILES), st.permutations(range(30)))
@settings(deadline=None, database=None)
def test_segments_in_any_order(data, order):
    lines = data.splitlines(keepends=True)
    mixed = [lines[at] for at in order if at < len(lines)] + lines[30:]
    check(lines[0] + b"".join(line for line in mixed if line != lines[0]))


class Dripping(io.RawIOBase):
    """A file that gives only a few bytes at a time."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self.data, self.sizes, self.at, self.turn = data, sizes, 0, 0

    def read(self, size: int = -1) -> bytes:
        length = min(size, self.sizes[self.turn % len(self.sizes)])
        self.turn += 1
        given_now = self.data[self.at : self.at + length]
        self.at += length
        return given_now


@given(st.sampled_from(FILES), st.lists(st.integers(1, 9), min_size=1, max_size=5))
@settings(deadline=None, database=None)
def test_it_does_not_matter_in_which_pieces_a_file_comes(data, sizes):
    assert [part.document for part in read(Dripping(data, sizes))] == [part.document for part in read(data)]


# ------------------------------------------------------------------- documents made by the guides themselves

LETTERS = st.characters(whitelist_categories=("Lu", "Nd"), max_codepoint=0x17F, blacklist_characters="U")
TEXTS = {
    "x12": st.text(LETTERS | st.sampled_from(" .-/ü東"), min_size=1, max_size=60),
    "edifact": st.text(LETTERS | st.sampled_from(" .-/ü東+:'?*!"), min_size=1, max_size=60),
}


def values_of(kind: Kind, standard: str):
    """Values that a place of this kind can hold."""
    if kind.name == "number":
        digits = min(kind.longest, 12)
        most = 10**digits - 1
        whole = st.integers(0 if digits < 2 else -most, most)
        if kind.scale >= 0:
            return whole.map(lambda number: Decimal(number).scaleb(-kind.scale))
        return st.tuples(whole, st.integers(0, digits - 1)).map(lambda pair: _plain(*pair))
    if kind.name == "date":
        return st.dates().map(lambda day: day.isoformat())
    if kind.name == "time":
        return st.times().map(lambda time: f"{time:%H:%M}")
    if kind.letters == "country":
        return st.just("DE")
    if kind.codes:
        return st.sampled_from(sorted(kind.codes))
    if kind.letters == "a":
        return st.just("S" * max(1, kind.shortest))
    longest = min(kind.longest, 60)
    return TEXTS[standard].map(lambda text: (text * max(1, kind.shortest))[:longest].ljust(kind.shortest, "X"))


def _plain(number: int, decimals: int) -> Decimal:
    value = Decimal(number).scaleb(-decimals)
    return value if sum(map(str.isdigit, format(value, "f"))) <= max(1, len(str(abs(number)))) else Decimal(number)


def single(slot: Slot, standard: str):
    if not slot.parts:
        return values_of(slot.kind, standard)
    return members(slot.parts, standard)


def members(slots: tuple[Slot, ...], standard: str):
    """Objects with values for the slots; all that must be there, and some that may."""
    always, perhaps = {}, {}
    for slot in slots:
        if slot.name == ".":
            inner_always, inner_perhaps = {}, {}
            for part in slot.parts:
                made = (
                    st.lists(single(part, standard), min_size=1, max_size=part.times)
                    if part.times
                    else single(part, standard)
                )
                (inner_always if part.must or slot.must else inner_perhaps)[part.name] = made
            always |= inner_always
            perhaps |= inner_perhaps if not inner_always else {}
            continue
        made = st.lists(single(slot, standard), min_size=1, max_size=min(3, slot.times or slot.repeats or 1))
        if slot.run:
            made = st.lists(
                st.fixed_dictionaries({part.name: single(part, standard) for part in slot.parts}),
                min_size=1,
                max_size=min(3, slot.times),
            )
        elif not slot.times and not slot.repeats:
            made = single(slot, standard)
        (always if slot.must else perhaps)[slot.name] = made
    return st.fixed_dictionaries(always, optional=perhaps).filter(bool)


def segment(shape: Shape, standard: str):
    """A segment; where elements depend on each other, all of them."""
    slots = shape.slots
    if shape.conditions:
        named = {place for _rule, places in shape.conditions for place in places}
        slots = tuple(slot for slot in slots if slot.must or slot.place + 1 not in named)
        if not slots or any(rule in "RC" for rule, _places in shape.conditions):
            return None
    return members(slots, standard)


_STRATEGIES: dict = {}


def strategy_of(shape: Shape, standard: str):
    """One strategy for each shape: making it takes longer than drawing from it."""
    if id(shape) not in _STRATEGIES:
        _STRATEGIES[id(shape)] = segment(shape, standard)
    return _STRATEGIES[id(shape)]


def loop(held: Loop, standard: str, depth: int, draw) -> dict:
    made: dict = {}
    # A few of the nodes, so that an example stays small.
    chosen = draw(st.sets(st.integers(0, len(held.content) - 1), max_size=4 if depth < 2 else 1))
    for place, node in enumerate(held.content):
        if not (node.least or place == 0 or place in chosen):
            continue
        if node.loop:
            if node.loop.tree:
                continue
            made[node.name] = [loop(node.loop, standard, depth + 1, draw) for _turn in range(draw(st.integers(1, 2)))]
            continue
        strategy = strategy_of(node.shape, standard)
        if strategy is None:
            if node.name != "." or place:
                continue
            return made
        values = draw(strategy)
        if node.name == ".":
            made |= values
        else:
            made[node.name] = [values] if node.many else values
    return made


# Loops whose own segment has conditions are made by hand elsewhere.
MADE = [name for name in guides() if name.split("/")[2] not in ("856", "DESADV", "RECADV", "214")]


@pytest.mark.parametrize("name", MADE)
@given(data=st.data())
@settings(deadline=None, database=None, max_examples=8, phases=[Phase.explicit, Phase.generate])
def test_what_a_guide_can_say_is_written_and_read_as_the_same(name, data):
    held: Guide = guide(name)
    body = _without_empty(loop(held.root, held.standard, 0, data.draw))
    message = {"type": held.message, "version": "005010" if "5010" in name else "004010"}
    if held.standard == "edifact":
        message = {"type": held.message, "version": "D", "release": held.version[1:].upper()}
    header = {"standard": held.standard, **HEADERS[held.standard]}
    written = write_interchange([{**body, "message": message}], Envelope(header, strict=False))
    first, end = read(written, charset="utf-8")
    assert end.faults == ()
    assert first.document is not None, first.faults
    found = {key: value for key, value in first.document.items() if key not in ("interchange", "group", "message")}
    assert found == body
    again = write_interchange([first.document], Envelope.of(first.document, strict=False))
    assert read(again, charset="utf-8")[0].document == first.document


def _without_empty(value):
    """Loops that the strategy could not begin are left out."""
    if isinstance(value, dict):
        made = {name: _without_empty(member) for name, member in value.items()}
        return {name: member for name, member in made.items() if member not in ([], {})}
    if isinstance(value, list):
        return [entry for entry in map(_without_empty, value) if entry not in ({}, [])]
    return value
