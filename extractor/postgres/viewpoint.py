"""What an answer depends on beside the tables: the settings of whoever asks.

The rules themselves are functions of the database (`process_state`, `worker_accounts_condition`), and `reports/why.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from extractor.language.sentences import Language
from extractor.postgres.sealing import Keyring
from extractor.settings import Settings


@dataclass(frozen=True)
class Viewpoint:
    """Seconds between beats, how the seals begin that a key here opens, the workers' limits, the reader's language."""

    worker_beat_seconds: float
    bridge_beat_seconds: float
    openable: list[str]
    daily_consultation_limit: int | None
    reuse_days: int
    language: Language = Language.ENGLISH

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The part of the settings that answers depend on."""
        return cls(
            worker_beat_seconds=settings.heartbeat_seconds,
            # It beats at every sweep, but not while it connects again because a proof is late.
            bridge_beat_seconds=max(settings.sweep_seconds, settings.proof_seconds),
            openable=Keyring.of(settings).openable,
            daily_consultation_limit=settings.daily_consultation_limit,
            reuse_days=settings.reuse_days,
            language=settings.language,
        )

    @property
    def parameters(self) -> Mapping[str, object]:
        """As statements take them."""
        return vars(self)
