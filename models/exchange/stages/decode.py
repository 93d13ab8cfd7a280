"""Bytes -> the partner's document, and which interface it travels."""

from ....core.codecs import codec
from ....core.faults import Fault
from ...partner.endpoint_environment import environment_fault

NAME = "decode"


def run(batch, works):
    """Decode each body and recognise its interface where the intake could not."""
    for work in works:
        try:
            # The interface first: its policy decides about the line, should decoding fail.
            carrier = batch.interface(work.interface_id) if work.interface_id else batch.endpoint(work.endpoint_id)
            work.document = codec(carrier.codec, carrier.codec_options or "").decode(work.raw or b"")
            if work.interface_id is None:
                batch.recognise(work)
            interface = batch.interface(work.interface_id)
            if interface.test_flag:
                work.outcome = environment_fault(
                    interface.test_flag, interface.environment, work.document, work.headers
                )
        except Fault as fault:
            work.outcome = fault
