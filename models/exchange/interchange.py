"""A file or interchange is taken apart at the door: each of its documents becomes a message of its own."""

from io import BytesIO

from ...core.codecs import codec
from ...core.delivery.envelopes import MOST_DOCUMENTS
from ...core.faults import Fault

TOO_MANY = object()
"""There are more documents than one transaction holds: the engine opens it in steps."""


def opened(name, options, raw):
    """What a file in the codec ``name`` carries, in its order: pieces, see :class:`~...core.codecs.parts.Piece`.

    A document that cannot be read is among them, for ``decode`` says what is wrong with it where people see it. None
    where the file is nothing but one document, or none could be told apart: then it is kept as it came.
    :data:`TOO_MANY` for more documents than are stored at once.
    """
    try:
        pieces = getattr(codec(name, options), "pieces", None)
    except Fault:
        return None  # the layout cannot be used: decode says so
    if pieces is None:
        return None
    found, documents = [], 0
    for piece in pieces(lambda: BytesIO(raw)):
        found.append(piece)
        documents += piece.raw is not None
        if documents > MOST_DOCUMENTS:
            return TOO_MANY
    return found if documents and len(found) > 1 else None
