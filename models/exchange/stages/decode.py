"""Bytes -> the partner's document, and which interface it travels."""

from ....core.codecs import codec
from ....core.faults import Fault

NAME = "decode"


def run(batch, works):
    """Decode each body and recognise its interface where the intake could not."""
    for work in works:
        try:
            # The interface first: its policy decides about the line, should decoding fail.
            carrier = batch.interface(work.interface_id) if work.interface_id else batch.endpoint(work.endpoint_id)
            work.document = codec(carrier.codec).decode(work.raw or b"")
            if work.interface_id is None:
                batch.recognise(work)
        except Fault as fault:
            work.outcome = fault
