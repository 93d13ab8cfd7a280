"""What of a request may be believed: where it comes from, whether it was encrypted, and which client certificate came.

A proxy in front of Odoo says all of it in headers that anybody could write. They count only when the connection itself
comes from an address that the server's configuration names as a proxy.
"""

from dataclasses import dataclass

from ..core.delivery import certificates
from ..core.faults import Fault
from ..core.security.networks import within
from ..models.partner.endpoint_encryption import PLAIN_OPTION, configured, plain_networks

PROXIES_OPTION, PROXIES_VARIABLE = "sync_governance_trusted_proxies", "SYNC_GOVERNANCE_TRUSTED_PROXIES"
HEADER_OPTION, HEADER_VARIABLE = "sync_governance_certificate_header", "SYNC_GOVERNANCE_CERTIFICATE_HEADER"
USUAL_HEADER = "Client-Cert"
FORWARDED_SCHEME = "x-forwarded-proto"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as far as it is believed. ``headers`` hold no client certificate of a stranger's making.

    ``certificate`` is a :class:`~sync_governance.core.delivery.certificates.Certificate` or None. ``plain``: it came
    unencrypted, and not from a network for which the server's configuration allows that.
    """

    headers: dict
    address: str | None
    certificate: object
    plain: bool


def arrival_of(httprequest):
    """The :class:`Arrival` of a request.

    What came packed is refused before anybody looks at it: a body that is small on the wire may be gigabytes.

    :raises Fault: ``receive.content_encoding``; ``authentication.credential_invalid`` when a trusted proxy passes on
        what is no certificate; ``engine.configuration`` when the list of proxies, or of networks, cannot be read
    """
    environ = httprequest.environ
    packed = [one.strip().lower() for one in httprequest.headers.get("Content-Encoding", "").split(",")]
    if any(packed) and set(packed) != {"identity"}:
        raise Fault("receive.content_encoding", "Send the body as it is, without Content-Encoding.", subject="encoding")
    # What Odoo's proxy mode has taken from X-Forwarded-* replaced what the connection is, and kept it here.
    own = environ.get("werkzeug.proxy_fix.orig") or {}
    peer = own.get("REMOTE_ADDR") or environ.get("REMOTE_ADDR")
    proxies = configured(PROXIES_OPTION, PROXIES_VARIABLE)
    trusted = bool(proxies) and _within(peer, proxies, PROXIES_OPTION)
    name = (configured(HEADER_OPTION, HEADER_VARIABLE) or USUAL_HEADER).lower()
    strange = {name, USUAL_HEADER.lower(), "client-cert-chain"}
    headers = dict(httprequest.headers)
    given = next((value for header, value in headers.items() if header.lower() == name), "") if trusted else ""
    return Arrival(
        headers={header: value for header, value in headers.items() if header.lower() not in strange},
        # Without a list of proxies Odoo's own proxy mode decides, as for every other page.
        address=httprequest.remote_addr if trusted or not proxies else peer,
        certificate=certificates.passed_on(given) if given else None,
        plain=not _is_https(headers, trusted, own.get("wsgi.url_scheme") or environ.get("wsgi.url_scheme"))
        and not _within(_sender(httprequest, headers, trusted, peer), plain_networks(), PLAIN_OPTION),
    )


def _sender(httprequest, headers, trusted, peer):
    """Who sent it: of what a proxy passes on not the proxy, and nobody where Odoo was not told whom to ask."""
    if not trusted or not any(name.lower().startswith(("x-forwarded-", "forwarded")) for name in headers):
        return peer
    return httprequest.remote_addr if httprequest.remote_addr != peer else None


def _is_https(headers, trusted, scheme):
    """Whether all that forwarded the request say that it came encrypted; a stranger's word is none."""
    said = next((value for name, value in headers.items() if name.lower() == FORWARDED_SCHEME), "") if trusted else ""
    schemes = [one.strip().lower() for one in said.split(",")] if said else [scheme]
    return all(one == "https" for one in schemes)


def _within(address, networks, option):
    try:
        return within(address, networks)
    except ValueError as error:
        raise Fault("engine.configuration", f"{option}: {error}", subject=option) from error
