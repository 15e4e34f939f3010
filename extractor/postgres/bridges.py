"""`bridge_status`: what a person sees of each bridge. The system decides nothing by it."""

from __future__ import annotations

import os
import socket
from enum import StrEnum

from extractor.postgres.database import Database
from extractor.postgres.sql import Queries


class BridgeMode(StrEnum):
    """`bridge_status.mode`."""

    LISTENING = "listening"
    POLLING = "polling"
    OFFLINE = "offline"


class BridgeStatus:
    """One bridge's row."""

    def __init__(self, database: Database) -> None:
        self._queries = Queries(database, "bridges.sql")
        self.bridge_id = f"{socket.gethostname()}-{os.getpid()}"
        self._messages_sent = 0

    def register(self) -> None:
        """Create the row of this bridge, and delete those of bridges that were silent for a day."""
        self._queries.run("register", {"bridge_id": self.bridge_id, "host": socket.gethostname(), "pid": os.getpid()})

    def add_sent(self, messages: int) -> None:
        """Add messages that were sent; written with the next `show`."""
        self._messages_sent += messages

    def show(self, mode: BridgeMode, message: str | None = None, *, seconds_since_proof: float | None = None) -> None:
        """Write what the bridge does now; `seconds_since_proof` is None when no notification ever came back."""
        self._queries.run(
            "show",
            {
                "bridge_id": self.bridge_id,
                "mode": mode,
                "message": message,
                "seconds_since_proof": seconds_since_proof,
                "messages_sent": self._messages_sent,
            },
        )
