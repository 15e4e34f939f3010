"""What the judgement of a process or an account depends on beside the tables: the settings of whoever asks.

The rules themselves are `process_state` and `worker_accounts_condition`, functions of the database.
"""

from __future__ import annotations

from extractor.postgres.sealing import Keyring
from extractor.settings import Settings


def viewpoint(settings: Settings) -> dict[str, object]:
    """The parameters of these rules; seconds between two beats, and how the seals begin that a key here opens."""
    return {
        "worker_beat_seconds": settings.heartbeat_seconds,
        # It beats at every sweep, but not while it connects again because a proof is late.
        "bridge_beat_seconds": max(settings.sweep_seconds, settings.proof_seconds),
        "openable": Keyring.of(settings).openable,
    }
