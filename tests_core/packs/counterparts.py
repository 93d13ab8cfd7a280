"""What one pack sends, as another reads it."""

from pack_reading import Pack, packs
from test_pack_interchanges import ENVELOPES


def interface_of(code: str) -> tuple[Pack, dict]:
    """The pack and the interface of a code."""
    pack = packs()[code.partition(".")[0]]
    return pack, pack.part("interfaces", code)


def sent(code: str, document: dict, **known) -> bytes:
    """The interchange in which a canonical document leaves."""
    pack, interface = interface_of(code)
    faults, result = pack.translate(interface, document, **known)
    assert [fault.detail for fault in faults] == []
    envelope = ENVELOPES[pack.part("endpoints", interface["endpoint"])["codec"]]
    return pack.codec(interface).encode({**result.document, "interchange": envelope})


def read(code: str, data: bytes) -> dict:
    """The canonical document of an interchange that came."""
    pack, interface = interface_of(code)
    faults, result = pack.translate(interface, pack.codec(interface).decode(data))
    assert [fault.detail for fault in faults] == []
    return result.document


def sample_of(code: str, file: str) -> dict:
    """A sample of the pack, by the name of its file."""
    pack, _interface = interface_of(code)
    return pack.source(next(each for each in pack.data["samples"] if each["file"] == f"samples/{file}"))
