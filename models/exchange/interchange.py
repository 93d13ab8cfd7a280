"""An interchange is taken apart at the door: each of its documents becomes a message of its own."""

import hashlib

from ...core.codecs import codec
from ...core.codecs.edi.codec import EdiCodec
from ...core.delivery.envelopes import MOST_DOCUMENTS, Envelope
from ...core.faults import Fault

_NAMES = ("interchange", "group", "message")


def opened(name, options, raw):
    """What a file in the codec ``name`` carries: how its sender calls each part, and its envelope, in their order.

    A document that cannot be read is among them, for ``decode`` says what is wrong with it where people see it. What is
    wrong with the frame around the documents is a fault in the place of an envelope. None where the file is nothing but
    one document, or none could be told apart: then it is kept as it came.

    :raises Fault: ``receive.too_large``, for more documents than are stored at once
    """
    edi = codec(name, options)
    if not isinstance(edi, EdiCodec):
        return None
    found, documents = [], 0
    for part in edi.split(raw, {"generic": True, "raw": True}):
        called = "/".join(part.references[each] for each in _NAMES if part.references.get(each))
        if part.message is None:
            found += [(called, fault) for fault in part.faults]
            continue
        if documents == MOST_DOCUMENTS:
            raise Fault(
                "receive.too_large",
                f"The interchange carries more than {MOST_DOCUMENTS} documents.",
                subject="interchange",
            )
        documents += 1
        found.append((called, Envelope(part.raw, id=f"sha256:{hashlib.sha256(part.raw).hexdigest()}")))
    return found if documents and len(found) > 1 else None
