"""XML by a layout that is data: elements are members, attributes ``@name``, the text beside them ``#text``.

Every value is text, as it was sent: nothing is taken for a number. An element without content is None. See
docs/files.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from ...faults import Fault
from ..one_document import only_part
from ..parts import Part, Piece, Place, Source
from .layout import XML, XSI, XmlLayout, compiled, schema
from .tree import DEPTH, Node, Reader, wide_charset
from .writer import Writer, checked_name, namespace_declarations, unfit

__all__ = ["XmlCodec", "compiled", "schema"]

_SAYS_NOTHING = {(XSI, "schemaLocation"), (XSI, "noNamespaceSchemaLocation")}
_NIL = (XSI, "nil")


class XmlCodec:
    """The codec ``xml``; ``options`` is the layout, which may be empty.

    :raises Fault: ``engine.configuration`` for a layout that cannot be used
    """

    name = "xml"
    media_type = "application/xml"

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        self._layout = compiled(options or {})

    def decode(self, data: bytes, *, charset: str | None = None) -> dict[str, Any]:
        """The one document; the XML itself says its character set unless the transport does (``charset``)."""
        return only_part(_split(self._layout, data, charset)).document

    def encode(self, document: Any) -> bytes:
        """The document in UTF-8.

        :raises Fault: ``encode.value`` or ``encode.character`` for what has no place in XML
        """
        return b"".join(self.write([document]))

    def split(self, data: BinaryIO | bytes, options: Mapping[str, Any] | None = None) -> Iterator[Part]:
        """See :class:`~sync_governance.core.codecs.parts.Splitter`: one part for each record, else one for the file."""
        return _split(self._in_force(options), data, None)

    def part_of(self, data: bytes, place: Place | None = None) -> Part:
        """See :class:`~sync_governance.core.codecs.parts.Splitter`."""
        jump = (1, 1) if place is None else (_first_line(data, place), place.first)
        return only_part(_split(self._layout, data, None, jump))

    def pieces(self, source: Source) -> Iterator[Piece]:
        """See :class:`~sync_governance.core.codecs.parts.Splitter`; none where the layout names no record.

        Around each record stands what stood around it in the file, up to the first record.
        """
        if not self._layout.record:
            return
        reader = Reader(self._layout.record, cuts=True)
        with source() as stream:
            try:
                for node in reader.read(stream):
                    part = _part(self._layout, node, reader.root)
                    place = Place(node.line, node.last_line)
                    yield Piece(node.raw, place, f"line {node.line}", None, part.faults)
            except Fault as fault:
                yield Piece(None, Place(1, 1), faults=(fault,))

    # pylint: disable-next=method-required-super
    def write(self, documents: Iterable[Any], options: Mapping[str, Any] | None = None) -> Iterator[bytes]:
        """A file with all ``documents``, piece by piece; without a record in the layout it has room for one."""
        layout = self._in_force(options)
        writer = Writer(indent=layout.indent)
        around = [checked_name(name) for name in layout.record[:-1]]
        tags = [_tag(layout, name) for name in around]
        for number, tag in enumerate(tags):
            writer.open(tag, namespace_declarations(layout.namespaces) if number == 0 else ())
        for number, document in enumerate(documents):
            if number and not layout.record:
                raise unfit("the file has room for one document", "document")
            key, value = _root_of(layout, document)
            _write(layout, writer, key, value, root=not layout.record)
            yield writer.taken()
        for tag in reversed(tags):
            writer.close(tag)
        yield writer.taken()

    def _in_force(self, options: Mapping[str, Any] | None) -> XmlLayout:
        return compiled(options) if options is not None else self._layout


# -- reading ---------------------------------------------------------------------------------------------------------


def _split(
    layout: XmlLayout, data: BinaryIO | bytes, charset: str | None, jump: tuple[int, int] = (1, 1)
) -> Iterator[Part]:
    reader, records = Reader(layout.record, charset, jump=jump), 0
    try:
        for node in reader.read(data):
            records += 1
            yield _part(layout, node, reader.root)
    except Fault as fault:
        yield Part(None, (fault,))
        return
    if reader.root is None:
        return
    if not layout.record:
        yield _part(layout, reader.root, None)
    elif not records:
        text = f"The XML holds no {layout.record[-1]} at /{'/'.join(layout.record)}."
        yield Part(None, (Fault("decode.malformed", text, expected=layout.record[-1], subject="no record"),))


def _part(layout: XmlLayout, node: Node, around: Node | None) -> Part:
    try:
        key = _key(layout, node.name)
        document = {key: _value(layout, node, (key,))}
        if layout.envelope and around is not None:
            document["envelope"] = {_key(layout, around.name): _value(layout, around, (_key(layout, around.name),))}
    except Fault as fault:
        return Part(None, (fault,), position=node.line)
    return Part(document, position=node.line)


def _first_line(data: bytes, place: Place) -> int:
    """The line on which the record begins that was cut out of its file: nothing but tags stands behind it."""
    text = data.decode(wide_charset(data) or "latin-1", "replace")
    breaks = text.count("\n") + text.count("\r") - text.count("\r\n")
    return 1 + breaks - (place.last - place.first)


def _value(layout: XmlLayout, node: Node, path: tuple[str, ...]) -> Any:
    if node.is_mixed:
        raise Fault(
            "decode.malformed",
            f"Line {node.line}, /{'/'.join(path)}: text stands between elements, where only one of both belongs.",
            subject=f"mixed content in {path[-1]}",
        )
    found: dict[str, Any] = {
        f"@{_key(layout, name, attribute=True)}": value
        for name, value in node.attributes.items()
        if name not in _SAYS_NOTHING and name != _NIL
    }
    if not node.children:
        text: str | None = node.text.strip() if layout.trim else node.text
        if not text or node.attributes.get(_NIL) in ("true", "1"):
            text = None
        if not found:
            return text
        return {**found, "#text": text} if text is not None else found
    for child in node.children:
        key = _key(layout, child.name)
        below = (*path, key)
        value = _value(layout, child, below)
        if key not in found:
            found[key] = [value] if _is_list(layout, below) else value
        elif isinstance(found[key], list):
            found[key].append(value)
        else:
            found[key] = [found[key], value]
    return found


def _key(layout: XmlLayout, name: tuple[str, str], *, attribute: bool = False) -> str:
    namespace, local = name
    if not namespace:
        # Where elements without prefix have a namespace, one in none has to look different.
        return local if attribute or "" not in layout.namespaces else f"{{}}{local}"
    prefix = layout.prefixes.get(namespace)
    if prefix is None or (attribute and not prefix):
        return f"{{{namespace}}}{local}"
    return f"{prefix}:{local}" if prefix else local


def _is_list(layout: XmlLayout, path: tuple[str, ...]) -> bool:
    return any(path[-len(keys) :] == keys for keys in layout.lists.get(path[-1], ()))


# -- writing ---------------------------------------------------------------------------------------------------------


def _root_of(layout: XmlLayout, document: Any) -> tuple[str, Any]:
    if not isinstance(document, Mapping):
        raise unfit("it is no object", "document")
    members = [(key, value) for key, value in document.items() if not (layout.envelope and key == "envelope")]
    if len(members) != 1 or isinstance(members[0][1], list):
        raise unfit("it must have one member, the element at its root", "document")
    return members[0]


def _write(layout: XmlLayout, writer: Writer, key: str, value: Any, *, root: bool = False, depth: int = 1) -> None:
    tag = _tag(layout, key)
    if depth > DEPTH:
        raise unfit(f"it is nested deeper than {DEPTH} levels", key)
    declared = namespace_declarations(layout.namespaces) if root else []
    if not isinstance(value, Mapping):
        writer.leaf(tag, declared, value)
        return
    attributes = [(_tag(layout, name[1:]), each) for name, each in value.items() if name.startswith("@")]
    elements = {name: each for name, each in value.items() if not name.startswith(("@", "#"))}
    if elements and value.get("#text"):
        raise unfit("it has a text and elements, where only one of both belongs", key)
    if any(isinstance(each, (Mapping, list)) for _name, each in attributes):
        raise unfit("an attribute must be a plain value", key)
    if not elements:
        writer.leaf(tag, [*declared, *attributes], value.get("#text"))
        return
    writer.open(tag, [*declared, *attributes])
    first = [name for name in layout.order.get(key, ()) if name in elements]
    for name in [*first, *(name for name in elements if name not in first)]:
        for each in elements[name] if isinstance(elements[name], list) else [elements[name]]:
            if isinstance(each, list):
                raise unfit("a list stands in a list", name)
            _write(layout, writer, name, each, depth=depth + 1)
    writer.close(tag)


def _tag(layout: XmlLayout, key: Any) -> str:
    """The name as it is written."""
    if not isinstance(key, str):
        raise unfit("its name is no text", str(key))
    prefix, colon, local = key.rpartition(":")
    if key.startswith("{") or (colon and prefix != "xml" and prefix not in layout.namespaces):
        raise unfit("its namespace is not declared in the layout", key)
    checked_name(local)
    return key
