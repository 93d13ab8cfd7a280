"""What of a request may be believed: where it comes from, and which client certificate came with it.

A proxy in front of Odoo says both in headers that anybody could write. They count only when the connection itself
comes from an address that the server's configuration names as a proxy.
"""

import os
from dataclasses import dataclass

from odoo.tools import config

from ..core.delivery import certificates
from ..core.faults import Fault
from ..core.security.networks import within

PROXIES_OPTION, PROXIES_VARIABLE = "sync_governance_trusted_proxies", "SYNC_GOVERNANCE_TRUSTED_PROXIES"
HEADER_OPTION, HEADER_VARIABLE = "sync_governance_certificate_header", "SYNC_GOVERNANCE_CERTIFICATE_HEADER"
USUAL_HEADER = "Client-Cert"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as far as it is believed. ``headers`` hold no client certificate of a stranger's making.

    ``certificate`` is a :class:`~sync_governance.core.delivery.certificates.Certificate` or None.
    """

    headers: dict
    address: str | None
    certificate: object


def arrival_of(httprequest):
    """The :class:`Arrival` of a request.

    :raises Fault: ``authentication.credential_invalid`` when a trusted proxy passes on what is no certificate;
        ``engine.configuration`` when the list of proxies cannot be read
    """
    environ = httprequest.environ
    # What Odoo's proxy mode has taken from X-Forwarded-For replaced the address of the connection, and kept it here.
    peer = (environ.get("werkzeug.proxy_fix.orig") or {}).get("REMOTE_ADDR") or environ.get("REMOTE_ADDR")
    proxies = _configured(PROXIES_OPTION, PROXIES_VARIABLE)
    try:
        trusted = bool(proxies) and within(peer, proxies)
    except ValueError as error:
        raise Fault("engine.configuration", f"{PROXIES_OPTION}: {error}", subject=PROXIES_OPTION) from error
    name = (_configured(HEADER_OPTION, HEADER_VARIABLE) or USUAL_HEADER).lower()
    strange = {name, USUAL_HEADER.lower(), "client-cert-chain"}
    headers = dict(httprequest.headers)
    given = next((value for header, value in headers.items() if header.lower() == name), "") if trusted else ""
    return Arrival(
        headers={header: value for header, value in headers.items() if header.lower() not in strange},
        # Without a list of proxies Odoo's own proxy mode decides, as for every other page.
        address=httprequest.remote_addr if trusted or not proxies else peer,
        certificate=certificates.passed_on(given) if given else None,
    )


def _configured(option, variable):
    return config.get(option) or os.environ.get(variable) or ""
