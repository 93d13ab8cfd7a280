"""XML read as a stream into small trees, within limits, and never further than the text itself.

There is no document type, no entity but the five of XML, no external reference and no processing instruction: the
parser stops at the first sign of a document type, before anything of it is read. Depth, attributes, number and length
of values are counted while they come, so that nothing has to be in memory to be refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

from ...faults import Fault

DEPTH = 30
"""A document nests twice as deep as its elements, for a repeated element is a list of objects."""

ATTRIBUTES = 64
NODES = 500_000
CHARACTERS = 32 * 1024 * 1024
LONGEST_TAG = 4 * 1024 * 1024
_CHUNK = 1 << 16
_OPENING = re.compile(r"<([^\s/>]+)")
_SEPARATOR = "\n"  # in no namespace: white space is folded in attributes
_REASONS = {
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]: "there is no element",
    expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]: "an element is closed that was not the last one opened",
    expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]: "a character stands where it cannot",
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN]: "a tag is not closed",
    expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: "something follows behind the last element",
    expat.errors.codes[expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE]: "an attribute is there twice",
    expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]: "an entity is used that XML does not have",
    expat.errors.codes[expat.errors.XML_ERROR_UNBOUND_PREFIX]: "a prefix belongs to no namespace",
    expat.errors.codes[expat.errors.XML_ERROR_BAD_CHAR_REF]: "a character is named that no text can contain",
}
_CHARSET_ERRORS = {
    expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING],
    expat.errors.codes[expat.errors.XML_ERROR_INCORRECT_ENCODING],
}


class Node:
    """One element: ``name`` and the attributes' names are ``(namespace, local name)``, namespace ``""`` for none."""

    __slots__ = ("attributes", "children", "last_line", "line", "name", "raw", "text")

    def __init__(self, name: tuple[str, str], attributes: dict[tuple[str, str], str], line: int) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Node] = []
        self.text = ""
        self.line = self.last_line = line
        self.raw = b""

    @property
    def is_mixed(self) -> bool:
        """Whether text stands between its elements."""
        return bool(self.children) and bool(self.text.strip())


class Tape:
    """The bytes that a parser is being fed, as far back as something may still be asked of them."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._begin = 0
        self._charset: str | None = None

    def add(self, chunk: bytes) -> None:
        """``chunk`` is what comes next."""
        if self._charset is None:
            self._charset = wide_charset(chunk) or "latin-1"  # in which every byte is a character
        self._held += chunk

    def text(self, begin: int, end: int) -> str:
        """The characters between two bytes, as far as tags are concerned."""
        return self.take(begin, end).decode(self._charset or "latin-1", "replace")

    def closing(self, begin: int) -> bytes:
        """The tag that closes the element which begins there."""
        name = _OPENING.match(self.text(begin, begin + LONGEST_TAG))
        return f"</{name[1] if name else ''}>".encode(self._charset or "latin-1")

    def behind_tag(self, begin: int) -> int:
        """Where the closing tag ends that begins there."""
        charset = self._charset or "latin-1"
        tag = self.text(begin, begin + LONGEST_TAG).partition(">")[0] + ">"
        return begin + len(tag.encode(charset))

    def take(self, begin: int, end: int | None = None) -> bytes:
        """The bytes from ``begin`` up to ``end``, counted from the beginning of the file."""
        return bytes(self._held[begin - self._begin : None if end is None else end - self._begin])

    def forget(self, before: int) -> None:
        """Nothing in front of ``before`` will be asked for any more."""
        del self._held[: before - self._begin]
        self._begin = max(self._begin, before)


class Reader:
    """Feeds a parser and gives what is complete: the elements at ``record`` as they end, and the root at last.

    :param record: the local names from the root down to what repeats; empty: only the root is given. What is given as
        a record is taken out of the tree.
    :param cuts: gives each record's bytes too (:attr:`Node.raw`), within those of the elements around it
    :param jump: (``line``, ``to``): what stands on that line and behind stood from ``to`` on in its file
    """

    def __init__(
        self,
        record: tuple[str, ...] = (),
        charset: str | None = None,
        *,
        cuts: bool = False,
        jump: tuple[int, int] = (1, 1),
    ) -> None:
        self._record = record
        self._tape = Tape() if cuts else None
        self._heads: list[bytes] = []  # of the elements around a record, from each to the first within it
        self._begins: list[int] = []  # where the elements on the way to a record begin
        self._closings: list[bytes] = []  # their closing tags
        self._jump = jump
        self._parser = expat.ParserCreate(charset, _SEPARATOR)
        self._parser.buffer_text = True
        self._parser.ordered_attributes = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._stack: list[Node] = []
        self._texts: list[list[str]] = []
        self._nodes = self._length = 0
        self._done: list[Node] = []
        self.root: Node | None = None
        self.is_whole = False

    # pylint: disable-next=method-required-super
    def read(self, data: BinaryIO | bytes) -> Iterator[Node]:
        """The records as they end; the root, without them, is :attr:`root` from its beginning on.

        :raises Fault: ``decode.*``, with the line, the column and the element
        """
        fed = 0
        for chunk, last in _chunks(data):
            fed += len(chunk)
            if self._tape:
                self._tape.add(chunk)
            try:
                self._parser.Parse(chunk, last)
                if fed - self._parser.CurrentByteIndex > LONGEST_TAG:
                    raise self._limit("decode.too_large", "a tag or a comment never ends", "length of a tag")
            except expat.ExpatError as error:
                yield from self._given()
                raise self._malformed(error) from error
            except Fault:
                yield from self._given()
                raise
            except (LookupError, ValueError) as error:  # of the declared character set
                raise Fault("decode.charset", "The XML declares a character set that is not known.") from error
            yield from self._given()
            if self._tape:
                self._tape.forget(self._needed_from())
        self.is_whole = True

    @property
    def place(self) -> str:
        """The way to the element that is open, and the line and column reached."""
        way = "/".join(node.name[1] for node in self._stack)
        where = f"line {self._line()}, column {self._parser.CurrentColumnNumber + 1}"
        return f"{where}, in /{way}" if way else where

    def _given(self) -> list[Node]:
        done, self._done = self._done, []
        return done

    # -- what the parser calls --

    def _refuse(self, *_declared: object) -> None:
        raise Fault(
            "decode.markup_refused",
            f"The XML declares a document type or an entity ({self.place}).",
            expected="plain XML without DOCTYPE",
            subject="document type",
        )

    def _start(self, name: str, attributes: list[str]) -> None:
        if len(self._stack) >= DEPTH:
            raise self._limit("decode.too_deep", f"elements are nested deeper than {DEPTH} levels", "depth")
        if len(attributes) > 2 * ATTRIBUTES:
            raise self._limit("decode.too_large", f"an element has more than {ATTRIBUTES} attributes", "attributes")
        self._nodes += 1 + len(attributes) // 2
        if self._nodes > NODES:
            raise self._limit("decode.too_large", f"there are more than {NODES:,} elements and attributes", "elements")
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        node = Node(_name(name), {_name(key): value for key, value in pairs}, self._line())
        if self._tape and self._is_on_the_way(node):
            self._head(self._tape)
        self._count(sum(map(len, attributes)))
        if self._stack:
            self._stack[-1].children.append(node)
        else:
            self.root = node
        self._stack.append(node)
        self._texts.append([])

    def _end(self, _name_of_it: str) -> None:
        node = self._stack.pop()
        node.text = "".join(self._texts.pop())
        depth = len(self._stack) + 1
        if self._record and depth == len(self._record) and node.name[1] == self._record[-1]:
            if tuple(above.name[1] for above in self._stack) == self._record[:-1]:
                if self._stack:
                    self._stack[-1].children.pop()
                node.last_line = self._line()
                if self._tape:
                    node.raw = self._cut(self._tape, node)
                self._done.append(node)
                self._nodes = self._length = 0
        if self._tape and depth == len(self._begins):
            self._begins.pop()
            self._closings.pop()
            del self._heads[depth - 1 :]

    def _characters(self, text: str) -> None:
        self._count(len(text))
        if self._texts:
            self._texts[-1].append(text)

    def _count(self, length: int) -> None:
        self._length += length
        if self._length > CHARACTERS:
            raise self._limit("decode.too_large", f"there are more than {CHARACTERS:,} characters", "characters")

    # -- the bytes of a record --

    def _is_on_the_way(self, node: Node) -> bool:
        depth = len(self._stack)
        if depth >= len(self._record) or len(self._begins) != depth:
            return False
        return node.name[1] == self._record[depth]

    def _head(self, tape: Tape) -> None:
        """An element on the way to a record begins: what stands in front of it is the head of the one around it."""
        begin = self._parser.CurrentByteIndex
        depth = len(self._begins)
        if depth and len(self._heads) < depth:
            # That of the root is all from the beginning of the file: its declaration may name the character set.
            self._heads.append(tape.take(self._begins[-1] if depth > 1 else 0, begin))
        self._begins.append(begin)
        self._closings.append(tape.closing(begin))

    def _cut(self, tape: Tape, node: Node) -> bytes:
        """The record that ends here, in the tags of the elements around it."""
        begin, at = self._begins[-1], self._parser.CurrentByteIndex
        # Of an empty-element tag the parser tells the end, of any other where its closing tag begins.
        is_one_tag = not node.children and not node.text and tape.text(begin, at).endswith("/>")
        end = at if is_one_tag else tape.behind_tag(at)
        return b"".join([*self._heads, tape.take(begin, end), *reversed(self._closings[:-1])])

    def _needed_from(self) -> int:
        if not self._heads:
            return 0
        return self._parser.CurrentByteIndex if len(self._heads) == len(self._begins) else self._begins[-1]

    def _line(self) -> int:
        line, to = self._jump
        number = self._parser.CurrentLineNumber
        return number if number < line else number - line + to

    # -- what is wrong --

    def _limit(self, code: str, text: str, subject: str) -> Fault:
        return Fault(code, f"The XML is too large for a business document: {text} ({self.place}).", subject=subject)

    def _malformed(self, error: expat.ExpatError) -> Fault:
        if error.code in _CHARSET_ERRORS:
            return Fault("decode.charset", f"The XML is not in the character set that it declares ({self.place}).")
        reason = _REASONS.get(error.code, "it is not well-formed")
        way = "/".join(node.name[1] for node in self._stack)
        inside = f", in /{way}" if way else ""
        return Fault(
            "decode.malformed",
            f"The XML is broken at line {self._line()}, column {error.offset + 1}{inside}: {reason}.",
            subject=reason,
        )


def wide_charset(data: bytes) -> str | None:
    """``utf-16-le`` or ``utf-16-be``, where a file begins like that."""
    if data.startswith((b"\xff\xfe", b"<\0")):
        return "utf-16-le"
    return "utf-16-be" if data.startswith((b"\xfe\xff", b"\0<")) else None


def _name(name: str) -> tuple[str, str]:
    namespace, _separator, local = name.rpartition(_SEPARATOR)
    return namespace, local


def _chunks(data: BinaryIO | bytes) -> Iterator[tuple[bytes, bool]]:
    if isinstance(data, bytes):
        for start in range(0, len(data), _CHUNK):
            yield data[start : start + _CHUNK], False
    else:
        while chunk := data.read(_CHUNK):
            yield chunk, False
    yield b"", True
