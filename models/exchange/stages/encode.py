"""The partner's document -> bytes."""

from ....core.api.resources import announced
from ....core.codecs import codec
from ....core.delivery import cloudevents
from ....core.faults import Fault

NAME = "encode"


def run(batch, works):
    """Encode each document once, in the form that its endpoint asks for: what is signed is what is sent and kept."""
    for work in works:
        try:
            interface = batch.interface(work.interface_id)
            writing = codec(interface.codec, interface.codec_options)
            document = writing.encode(announced(work.event) if interface.thin else work.document)
            work.encoded, work.content_type = cloudevents.enclosed(
                interface.event_form, work.event, document, writing.media_type
            )
        except Fault as fault:
            work.outcome = fault
