"""Bytes on the wire, with no transaction open."""

from concurrent.futures import ThreadPoolExecutor

NAME = "deliver"
AT_ONCE = 4


def run(parcels, send):
    """Send each (work, parcel) and return {message id: DeliveryResult}; a slow partner holds one thread, not the rest.

    ``send`` is the transport's static function per parcel: it answers with a result and never raises.
    """
    if len(parcels) == 1:
        work, parcel = parcels[0]
        return {work.message_id: send[parcel.message_id](parcel)}
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="sync-deliver") as pool:
        futures = {work.message_id: pool.submit(send[parcel.message_id], parcel) for work, parcel in parcels}
        return {message_id: future.result() for message_id, future in futures.items()}
