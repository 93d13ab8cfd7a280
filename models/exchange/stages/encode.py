"""The partner's document -> bytes."""

from ....core.api.resources import announced
from ....core.codecs import codec
from ....core.delivery import cloudevents
from ....core.faults import Fault
from .. import enveloping, together

NAME = "encode"


def run(batch, works):
    """Encode each document once, in the form that its endpoint asks for: what is signed is what is sent and kept.

    An endpoint that speaks EDI gets a whole interchange, see ``enveloping.py``; one that takes several documents in a
    file gets them so, see ``together.py``.
    """
    grouped = together.may_share(batch, works)
    speaking = {id(work) for work in works if _speaks_edi(batch, work)}
    alone = together.collect(batch, [work for work in grouped if id(work) in speaking], enveloping.Interchanges)
    alone += together.collect(batch, [work for work in grouped if id(work) not in speaking], together.Flat)
    written = {id(work) for work in grouped} - {id(work) for work in alone}
    enveloped = [work for work in works if id(work) in speaking - written]
    enveloping.envelop(batch, enveloped)
    written |= speaking
    for work in works:
        if id(work) in written:
            continue
        try:
            interface = batch.interface(work.interface_id)
            writing = codec(interface.codec, interface.codec_options)
            if interface.request:
                work.addressed = work.document
                work.document = interface.request.sent(work.document)
            document = writing.encode(announced(work.event) if interface.thin else work.document)
            work.encoded, work.content_type = cloudevents.enclosed(
                interface.event_form, work.event, document, writing.media_type
            )
        except Fault as fault:
            work.outcome = fault


def _speaks_edi(batch, work):
    try:
        return batch.interface(work.interface_id).edi is not None
    except Fault:
        return False  # said below
