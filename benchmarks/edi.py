"""An order of X12 (850) with 1, 100 and 10,000 lines and an inventory report of EDIFACT (INVRPT) with 50,000 lines are
read on one core: taken apart, checked by their guides, made into documents; then held against a contract and translated
as well, an order into a canonical order with all its lines, the report into as many levels of stock. The floor is
`json.loads` over the same documents; the codec alone stands beside it. Memory is what Python holds at most while the
report is read; files of 100 and of 5,000 orders show that a long file takes little more than a short one."""

import io
import json
import tracemalloc
from collections.abc import Callable, Iterator

from .kit import Arena, Measure
from .kit.measure import rate_of

QUESTION = "How fast are EDI documents read, and how much memory do they take?"
CONTRACT = {
    "type": "object",
    "required": ["beginning", "lines"],
    "properties": {
        "beginning": {"type": "object", "required": ["number"]},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"line": {"type": "string"}, "ids": {"type": "array"}}},
        },
    },
}
MAPPINGS = {
    "x12": {
        "mapping": "benchmark.order",
        "source": "850 of a benchmark",
        "target": "order.create",
        "rules": [
            {"to": "type", "value": "order.create"},
            {"to": "number", "from": "beginning.number", "required": True},
            {"to": "buyer.name", "from": "parties[?role=='ST'].name | [0]"},
            {
                "to": "lines",
                "each": "lines",
                "rules": [
                    {"to": "id", "from": "line", "required": True},
                    {"to": "item.name", "from": "ids[?qualifier=='VN'].id | [0]"},
                    {"to": "quantity.value", "from": "quantity", "convert": ["decimal"]},
                    {"to": "unit_price", "from": "price", "convert": ["decimal"]},
                ],
            },
        ],
    },
    "edifact": {
        "mapping": "benchmark.report",
        "source": "INVRPT of a benchmark",
        "target": "inventory.reported",
        "rules": [
            {"to": "type", "value": "inventory.reported"},
            {"to": "number", "from": "beginning.number", "required": True},
            {
                "to": "levels",
                "each": "lines",
                "rules": [
                    {"to": "gtin", "from": "item", "required": True},
                    {"to": "on_hand", "from": "quantities[?qualifier=='145'].quantity | [0]", "convert": ["decimal"]},
                ],
            },
        ],
    },
}


def order(lines: int, number: int = 1) -> str:
    """The segments of an 850 between ST and SE."""
    head = f"BEG*00*SA*PO-{number}**20260315~REF*DP*12~N1*ST*Lamp Shop*92*S1~N3*Light Street 1~N4*Boston*MA*02101*US~"
    body = "".join(
        f"PO1*{line}*{line % 9 + 1}*EA*{line % 500 + 0.5}**VN*L-{line}*UP*{line:012d}~PID*F****Lamp {line}~"
        for line in range(1, lines + 1)
    )
    return f"{head}{body}CTT*{lines}~"


def interchange(bodies: Iterator[str]) -> Iterator[bytes]:
    """One X12 interchange with an order for each body, piece by piece."""
    yield b"ISA*00*          *00*          *ZZ*LAMPSHOP       *ZZ*BULBWORKS      *260315*0930*U*00401*000000007*0*P*>~"
    yield b"GS*PO*LAMPSHOP*BULBWORKS*20260315*0930*7*X*004010~"
    number = 0
    for number, body in enumerate(bodies, 1):
        yield f"ST*850*{number:04d}~{body}SE*{body.count('~') + 2}*{number:04d}~".encode()
    yield f"GE*{number}*7~IEA*1*000000007~".encode()


def report(lines: int) -> bytes:
    """An INVRPT with three quantities in each line."""
    body = "".join(
        f"LIN+{number}++{4006381000000 + number}:EN'LOC+18+4000001000005::9'QTY+145:{number % 700}:PCE'QTY+21:12:PCE'"
        for number in range(1, lines + 1)
    )
    head = "UNB+UNOC:3+BULBWORKS+LAMPSHOP+260315:0930+R1'UNH+1+INVRPT:D:96A:UN'BGM+35+S-1+9'DTM+137:20260315:102'"
    return f"{head}{body}UNT+{4 * lines + 4}+1'UNZ+1+R1'".encode()


def run(arena: Arena) -> list[Measure]:
    from sync_governance.core.codecs import codec

    x12, edifact = codec("x12"), codec("edifact")
    small = 10 if arena.quick else 1
    measures = []
    for lines in (1, 100, 10_000 // small):
        data = b"".join(interchange(iter([order(lines)])))
        measures.append(_speed(arena, f"850 of {lines:,} lines, documents/s", x12, data))
    data = report(50_000 // small)
    measures.append(_speed(arena, f"INVRPT of {50_000 // small:,} lines, documents/s", edifact, data))
    memory = Measure("Memory at most, INVRPT of the same lines", "MB")
    memory.add("read, document held", _peak(lambda: edifact.decode(data)))
    memory.add("the bytes alone", len(data) / 1e6)
    measures.append(memory)
    files = Measure("Memory at most, orders of 10 lines in one file", "MB")
    for count in (100, 5_000 // small):
        files.add(
            f"{count:,} orders",
            _peak(lambda count=count: _all(x12, _Made(interchange(order(10, number) for number in range(count))))),
        )
    return [*measures, files]


def _speed(arena: Arena, title: str, codec, data: bytes) -> Measure:
    from sync_governance.core.codecs import codec as named
    from sync_governance.core.contracts import compile, validate
    from sync_governance.core.mapping import Mapping

    text = named("json").encode(codec.decode(data)).decode()
    contract, mapping = compile(CONTRACT), Mapping.parse(MAPPINGS[codec.name])

    def whole():
        document = codec.decode(data)
        faults = validate(contract, document) or list(mapping.evaluate(document).faults)
        if faults:
            raise AssertionError(f"it should be good: {faults[0]}")

    sides = {
        "decoded, validated, translated": whole,
        "json.loads": lambda: json.loads(text),
        "decoded alone": lambda: codec.decode(data),
    }
    measure = Measure(title, "per second")
    for _ in range(arena.rounds):
        for side, work in sides.items():
            measure.add(side, rate_of(work, 0.05 if arena.quick else 1.0))
    return measure


def _peak(work: Callable[[], object]) -> float:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def _all(codec, file) -> None:
    for part in codec.split(file):
        if part.faults:
            raise AssertionError(f"the orders should be right: {part.faults[0]}")


class _Made(io.RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces, self.held = pieces, bytearray()

    def read(self, size: int = -1) -> bytes:
        while len(self.held) < size:
            piece = next(self.pieces, None)
            if piece is None:
                break
            self.held += piece
        given = bytes(self.held[:size])
        del self.held[:size]
        return given
