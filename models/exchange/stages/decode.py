"""Bytes -> the partner's document, and which interface it travels."""

from ....core.codecs import codec, read_one
from ....core.codecs.media import form_of_answer
from ....core.faults import Fault
from ...partner.endpoint_edi import party_fault
from ...partner.endpoint_environment import environment_fault
from .. import acknowledged
from . import fall_back

NAME = "decode"
MOST_TOLD = 10


def told(findings):
    """What is odd about a document and does not stop it, as sentences for its attempt log."""
    sentences = [finding.detail for finding in findings[:MOST_TOLD]]
    more = len(findings) - MOST_TOLD
    return [*sentences, f"And {more} more like these."] if more > 0 else sentences


def run(batch, works):
    """Decode each body and recognise its interface where the intake could not."""
    for work in works:
        try:
            if work.fallback:
                fall_back.answer(batch, work)
                continue
            # The interface first: its policy decides about the line, should decoding fail.
            carrier = batch.interface(work.interface_id) if work.interface_id else batch.endpoint(work.endpoint_id)
            name, options = carrier.codec, carrier.codec_options or ""
            if work.interface_id and carrier.replies:
                name, options = form_of_answer(work.headers, name, options)
            if work.in_its_file and work.place is None:
                raise work.in_its_file  # nothing of it is here
            part = read_one(codec(name, options), work.raw or b"", work.place)
            if work.in_its_file:
                raise work.in_its_file
            work.document = part.document
            work.notices += told(part.findings)
            if acknowledged.is_answer(name, work.document):
                acknowledged.end(work)
                continue
            if work.interface_id is None:
                batch.recognise(work)
            interface = batch.interface(work.interface_id)
            if interface.edi and interface.direction == "inbound":
                work.outcome = party_fault(interface.edi, work.document.get("interchange") or {})
            if interface.test_flag and work.live:
                work.outcome = environment_fault(
                    interface.test_flag, interface.environment, work.document, work.headers
                )
        except Fault as fault:
            work.outcome = fault
