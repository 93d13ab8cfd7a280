"""Bytes on the wire, with no transaction open."""

import logging

from ....core.delivery.http import DeliveryResult
from ....core.faults import Fault

_logger = logging.getLogger(__name__)

NAME = "deliver"


def sent(send, parcel):
    """The result of one delivery. A transport that raises must not undo what its neighbours have delivered.

    :param send: the transport's static function
    """
    try:
        return send(parcel)
    except Exception as error:
        _logger.exception("A transport failed instead of answering")
        fault = Fault("engine.internal", f"{type(error).__name__} while delivering.", subject=type(error).__name__)
        return DeliveryResult(status=None, headers={}, body=b"", elapsed=0.0, fault=fault)
