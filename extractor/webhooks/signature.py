"""The signature of a webhook, as https://www.standardwebhooks.com says: HMAC-SHA256 over its id, time and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from pydantic import SecretStr

PREFIX = "whsec_"


class Signer:
    """Signs with every secret of WEBHOOK_SECRET, so that a receiver may change to the next one at any moment."""

    def __init__(self, secrets: SecretStr) -> None:
        given = [text.strip() for text in secrets.get_secret_value().split(",")]
        self._keys: Sequence[bytes] = [base64.b64decode(text.removeprefix(PREFIX)) for text in given]

    def headers(self, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
        """What goes with the body; `timestamp` is this try's, in seconds since 1970."""
        signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(f"v1,{_signature(key, signed)}" for key in self._keys),
        }


def _signature(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
