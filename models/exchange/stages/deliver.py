"""Bytes on the wire, with no transaction open."""

import logging
from concurrent.futures import ThreadPoolExecutor

from ....core.delivery.http import DeliveryResult
from ....core.faults import Fault

_logger = logging.getLogger(__name__)

NAME = "deliver"


def run(parcels, send):
    """Send each (work, parcel) and return {message id: DeliveryResult}.

    All at once, so that a round takes as long as its slowest partner and not as long as all of them; the claim bounds
    how many there are and how many go to one endpoint. ``send`` is the transport's static function per parcel.
    """
    if len(parcels) == 1:
        work, parcel = parcels[0]
        return {work.message_id: _sent(send[parcel.message_id], parcel)}
    with ThreadPoolExecutor(max_workers=len(parcels), thread_name_prefix="sync-deliver") as pool:
        futures = {work.message_id: pool.submit(_sent, send[parcel.message_id], parcel) for work, parcel in parcels}
        return {message_id: future.result() for message_id, future in futures.items()}


def _sent(send, parcel):
    """The result of one delivery. A transport that raises must not undo what its neighbours have delivered."""
    try:
        return send(parcel)
    except Exception as error:
        _logger.exception("A transport failed instead of answering")
        fault = Fault("engine.internal", f"{type(error).__name__} while delivering.", subject=type(error).__name__)
        return DeliveryResult(status=None, headers={}, body=b"", elapsed=0.0, fault=fault)
