"""A receiver of deliveries: answers every POST with 202. Run as `python -m benchmarks.kit.sink port:delay ...`.

GET / of any port answers the time (time.time_ns) at which each `webhook-id` first arrived, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"
arrivals: dict[str, int] = {}


class Receiver(asyncio.Protocol):
    """HTTP/1.1 with Content-Length and kept connections: as little as a receiver can do."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.buffer = b""

    def connection_made(self, transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            request, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            if request.startswith("GET"):
                body = json.dumps(arrivals).encode()
                self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                continue
            arrivals.setdefault(headers.get("webhook-id", ""), time.time_ns())
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self.transport.write, ANSWER)
            else:
                self.transport.write(ANSWER)


async def serve(doors: list[tuple[int, float]]) -> None:
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(lambda delay=delay: Receiver(delay), "127.0.0.1", port, backlog=512)
        for port, delay in doors
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(serve([(int(port), float(delay)) for port, _, delay in (word.partition(":") for word in sys.argv[1:])]))
