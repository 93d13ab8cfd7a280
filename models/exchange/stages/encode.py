"""The partner's document -> bytes."""

from ....core.codecs import codec
from ....core.faults import Fault

NAME = "encode"


def run(batch, works):
    """Encode each document once: the bytes that are signed are the bytes that are sent and kept."""
    for work in works:
        try:
            work.encoded = codec(batch.interface(work.interface_id).codec).encode(work.document)
        except Fault as fault:
            work.outcome = fault
