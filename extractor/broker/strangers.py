"""Who answers on a port where no broker does: redis-py says of all of them that they closed the connection."""

from __future__ import annotations

import socket
import ssl
from typing import Final

from extractor.broker.address import RedisAddress

# Seconds, for each question.
TIMEOUT_SECONDS: Final = 2.0
# Redis answers it in a word, and a web server with an error.
_PING: Final = b"PING\r\n\r\n"
# PostgreSQL answers it with one letter (SSLRequest, "Message Formats" of its manual).
_SSL_REQUEST: Final = bytes.fromhex("0000000804d2162f")


def who_answers(address: RedisAddress) -> str | None:
    """A sentence about the server at this address, if it is not what REDIS_URL says; None when that cannot be told."""
    answer = _ask(address, _PING)
    if answer.startswith((b"+", b"-")):
        return f"The broker at {address.place} speaks no TLS: write redis:// there." if address.tls else None
    if answer.startswith((b"HTTP/", b"<")):
        return f"A web server answers at {address.place}, and no Redis."
    if _ask(address, _SSL_REQUEST) in (b"S", b"N"):
        return f"PostgreSQL answers at {address.place}, and no Redis."
    if not address.tls and _speaks_tls(address):
        return f"The server at {address.place} wants TLS: write rediss:// there."
    return None


def _ask(address: RedisAddress, question: bytes) -> bytes:
    """The first bytes of the answer; none when there is none."""
    try:
        with socket.create_connection((address.host, address.port), TIMEOUT_SECONDS) as line:
            line.sendall(question)
            return line.recv(16)
    except OSError:
        return b""


def _speaks_tls(address: RedisAddress) -> bool:
    """Whether it shows a certificate, whatever that is worth: nothing is sent to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((address.host, address.port), TIMEOUT_SECONDS) as line,
            context.wrap_socket(line, server_hostname=address.host),
        ):
            return True
    except OSError:
        return False
