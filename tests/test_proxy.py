"""Deliveries through a proxy that wants a password."""

import base64
import contextlib
import socket
import threading

from odoo.exceptions import ValidationError

from .delivery_fixture import DeliveryCase
from .test_failover import Stub


class TunnelProxy:
    """A proxy on loopback that opens tunnels (CONNECT) to whoever shows its password. ``asked`` are the targets."""

    def __init__(self, password):
        self.wanted = "Basic " + base64.b64encode(password.encode()).decode()
        self.asked = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.name = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self.listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += connection.recv(1) or b"\r\n\r\n"
            target = head.split(b" ")[1].decode()
            self.asked.append(target)
            if f"Proxy-Authorization: {self.wanted}\r\n".encode() not in head:
                connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                return
            host, _colon, port = target.rpartition(":")
            with socket.create_connection((host, int(port)), timeout=5) as partner:
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_copy, args=(partner, connection), daemon=True)
                back.start()
                _copy(connection, partner)
                back.join(5)


def _copy(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


class TestProxy(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.partner_system = Stub()
        self.addCleanup(self.partner_system.server_close)
        self.addCleanup(self.partner_system.shutdown)
        self.proxy = TunnelProxy("odoo:pr0xy-geheim")
        self.addCleanup(self.proxy.stop)
        self.endpoint.write(
            {
                "allowed_private_hosts": f"{self.partner_system.name}\n{self.proxy.name}",
                "url": f"http://{self.partner_system.name}/in",
                "proxy_url": f"http://{self.proxy.name}",
            }
        )

    def credential(self, secret="pr0xy-geheim"):
        return (
            self.env["sync.credential"]
            .with_user(self.author)
            .create(
                {
                    "name": "Our proxy",
                    "endpoint_id": self.endpoint.id,
                    "purpose": "proxy",
                    "username": "odoo",
                    "secret_input": secret,
                }
            )
        )

    def deliver(self, key):
        message = self.invoices(key)
        self.run_engine()
        message.invalidate_recordset()
        return message

    def test_a_document_goes_through_the_proxy_with_its_credential(self):
        self.credential()
        message = self.deliver("INV/1")
        self.assertEqual(message.state, "done")
        self.assertEqual(self.proxy.asked, [self.partner_system.name])
        self.assertEqual(self.partner_system.taken, [message.uid])

    def test_a_proxy_that_refuses_us_is_told_apart_from_the_partner_and_shows_no_secret(self):
        self.credential("something-else")
        with self.assertLogs("odoo", "DEBUG") as log:
            message = self.deliver("INV/1")
        self.assertEqual((message.state, message.fault_code), ("ready", "deliver.proxy_failed"))
        self.assertFalse(self.partner_system.taken)
        told = "\n".join([*log.output, *message.attempt_ids.mapped("detail"), *message.attempt_ids.mapped("faults")])
        self.assertIn("407", told)
        self.assertNotIn("something-else", told)
        self.env.cr.execute("SELECT string_agg(to_jsonb(t)::text, '') FROM sync_transmission t")
        self.assertNotIn("something-else", self.env.cr.fetchone()[0])

    def test_the_credential_of_the_proxy_signs_nothing(self):
        self.credential()
        self.assertEqual(len(self.endpoint._secrets("sign")), 1)
        self.endpoint.credential_ids.filtered(lambda c: c.purpose == "sign").action_revoke()
        self.assertFalse(self.endpoint._has_valid_credential())

    def test_a_proxy_is_a_host_that_is_allowed_by_name(self):
        for proxy in ("http://proxy.example:3128", "http://me:geheim@proxy.example", "socks5://127.0.0.1:1080"):
            with self.assertRaises(ValidationError) as refused:
                self.endpoint.proxy_url = proxy
            self.assertNotIn("geheim", str(refused.exception))
        with self.assertRaisesRegex(ValidationError, "allowed private hosts"):
            self.endpoint.allowed_private_hosts = self.partner_system.name

    def test_what_is_reached_directly_has_no_proxy(self):
        for carrier in ("amqp", "kafka", "sftp"):
            with self.subTest(carrier=carrier), self.assertRaisesRegex(ValidationError, "is reached directly"):
                self.env["sync.endpoint"].create(
                    {
                        "name": "Another way",
                        "code": f"another-way-{carrier}",
                        "trading_partner_id": self.endpoint.trading_partner_id.id,
                        "direction": "outbound",
                        "key_source": "event",
                        "carrier": carrier,
                        "authentication": "basic",
                        "allowed_private_hosts": self.proxy.name,
                        "proxy_url": f"http://{self.proxy.name}",
                    }
                )
