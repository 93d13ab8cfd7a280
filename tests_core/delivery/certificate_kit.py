"""Certificates for tests, made on the spot."""

import datetime
import ssl
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)
PEM = serialization.Encoding.PEM


def pair(subject="CN=client,O=Northwind", days=30, password=None, now=NOW):
    """(certificate, PEM of the certificate, PEM of its private key)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name.from_rfc4514_string(subject) if subject else x509.Name([])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    sealing = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, sealing)
    return certificate, certificate.public_bytes(PEM).decode(), private.decode()


class Authority:
    """A private certificate authority. ``pem`` is its certificate."""

    def __init__(self, name="Test authority", *, is_ca=True, days=1, begins=-1):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name.from_rfc4514_string(f"CN={name}")
        self._now = datetime.datetime.now(datetime.timezone.utc)
        own = self._signed(self._name, self._key.public_key(), begins, days)
        own = own.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        self.pem = own.sign(self._key, hashes.SHA256()).public_bytes(PEM).decode()

    def _signed(self, subject, public_key, begins=-1, days=1):
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now + datetime.timedelta(days=begins))
            .not_valid_after(self._now + datetime.timedelta(days=days))
        )

    def server(self, folder, *names):
        """The TLS context of a server with a certificate for ``names`` (host names and addresses)."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._signed(x509.Name.from_rfc4514_string(f"CN={names[0]}"), key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(one) for one in names]), False)
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        chain = folder / f"{x509.random_serial_number()}.pem"
        chain.write_bytes(private + builder.sign(self._key, hashes.SHA256()).public_bytes(PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context


def _alternative(name):
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
