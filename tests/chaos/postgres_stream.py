"""What a Postgres server sends, cut into messages, so that notifications are lost as in a transaction pooler."""

from __future__ import annotations

# `NotificationResponse`; https://www.postgresql.org/docs/current/protocol-message-formats.html
NOTIFICATION = ord("A")
HEADER_BYTES = 5  # type, and a length that counts itself but not the type


class Notifications:
    """One server's stream, without TLS; knows where each message begins from the first byte on."""

    def __init__(self) -> None:
        self._rest = b""

    def passed(self, data: bytes, *, swallow: bool) -> bytes:
        """The whole messages that have arrived, without the notifications when those are swallowed."""
        stream, passed, start = self._rest + data, bytearray(), 0
        while len(stream) - start >= HEADER_BYTES:
            end = start + 1 + int.from_bytes(stream[start + 1 : start + HEADER_BYTES])
            if end > len(stream):
                break
            if not (swallow and stream[start] == NOTIFICATION):
                passed += stream[start:end]
            start = end
        self._rest = stream[start:]
        return bytes(passed)
