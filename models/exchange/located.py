"""What is wrong with a document that came, with the place in the partner's own file."""

from ...core.codecs import codec
from ...core.codecs.origins import tell


def located(batch, work, faults, *, canonical=False):
    """``faults`` of a work's document, each with its line or segment; see :func:`~core.codecs.origins.tell`.

    :param canonical: they are about the canonical document, so that only the partner's document as a whole has a place
    """
    interface = batch.interface(work.interface_id)
    if not faults or interface.direction != "inbound" or not work.raw:
        return faults
    reader = codec(interface.codec, interface.codec_options or "")
    return tell(reader, work.raw, work.place, faults, canonical=canonical)
