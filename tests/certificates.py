"""Certificates for tests, made on the spot."""

import datetime
import ssl
import threading
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from ipaddress import ip_address
from tempfile import NamedTemporaryFile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def pair(name="client"):
    """(certificate, PEM of the certificate, PEM of its private key), valid now; the subject is ``CN=<name>``."""
    now = datetime.datetime.now(datetime.timezone.utc)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate, certificate.public_bytes(pem).decode(), private.decode()


class Authority:
    """A private certificate authority, valid now. ``pem`` is its certificate."""

    def __init__(self):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Private authority")])
        self.pem = self._signed(self._name, self._key, is_ca=True).public_bytes(serialization.Encoding.PEM).decode()

    def _signed(self, subject, key, is_ca, address=None):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if address:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), False)
        return builder.sign(self._key, hashes.SHA256())

    def files(self, folder, address="127.0.0.1"):
        """Paths of a private key and of a certificate of this authority for ``address``, for a server of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        pem = serialization.Encoding.PEM
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "partner")])
        chain = self._signed(subject, key, False, address).public_bytes(pem)
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / "key.pem").write_bytes(private)
        (folder / "chain.pem").write_bytes(chain)
        return folder / "key.pem", folder / "chain.pem"

    @contextmanager
    def server(self, handler, address="127.0.0.1"):
        """An HTTPS server on loopback that this authority certifies; gives its port. ``handler`` as http.server's."""
        key = ec.generate_private_key(ec.SECP256R1())
        pem = serialization.Encoding.PEM
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "partner")])
        chain = self._signed(subject, key, False, address).public_bytes(pem)
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with NamedTemporaryFile() as file:
            file.write(private + chain)
            file.flush()
            context.load_cert_chain(file.name)
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield server.server_port
            finally:
                server.shutdown()
                thread.join()
