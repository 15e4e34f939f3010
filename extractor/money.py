"""What a consultation costs; the registry bills its own price list, this is for people's decisions."""

from __future__ import annotations

from decimal import Decimal

DOLLARS_A_CONSULTATION = Decimal("1.50")


def dollars(consultations: int) -> Decimal:
    """What so many consultations cost, if each was charged."""
    return consultations * DOLLARS_A_CONSULTATION
