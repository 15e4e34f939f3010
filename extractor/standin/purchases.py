"""Documents that were billed: who may see them, from what time, and how often their files were asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from extractor.standin import addresses
from extractor.standin.replies import Order
from extractor.standin.sessions import Session

REFERENCE: Final = "noDemnd"
"""The field of an address that names a purchase."""


@dataclass(eq=False)
class Purchase:
    """One billed consultation; times are readings of the monotonic clock."""

    reference: int
    order: Order
    session: Session
    ready_at: float
    downloads: list[float] = field(default_factory=list)
    """When its file was asked for."""

    @property
    def address(self) -> str:
        """Where its document is."""
        return at(addresses.FRAMESET, self.reference)

    @property
    def seconds_left(self) -> float:
        """How long the visitor still waits."""
        return max(0.0, self.ready_at - time.monotonic())

    @property
    def is_ready(self) -> bool:
        """Tell whether the document can be shown."""
        return self.seconds_left == 0

    def belongs_to(self, session: Session, *, whole_account: bool) -> bool:
        """Tell whether this session may see it: the one that paid, or any of its account."""
        return session is self.session or (whole_account and session.account == self.session.account)


def at(address: str, reference: int) -> str:
    """Return the address of one of a purchase's pages."""
    return f"{address}?{REFERENCE}={reference}"
