"""Moments, durations, numbers and amounts as people read them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from itertools import pairwise

# What a consultation costs in CAD, for a person's decisions; the registry bills by its own price list.
DOLLARS_PER_CONSULTATION = Decimal("1.50")

_UNITS = ((3_600, "h"), (60, "min"), (1, "s"))


def duration(seconds: float, *, day: str = "d") -> str:
    """The largest unit and the one below it: `3 min 12 s`, `2 d 5 h`; `day` is the sign of a day."""
    units = ((86_400, day), *_UNITS)
    whole = round(max(seconds, 0))
    for (size, unit), (below, unit_below) in pairwise(units):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size} {unit}" + (f" {rest} {unit_below}" if rest else "")
    return f"{whole} s"


def counted(count: int, noun: str) -> str:
    """`1 row`, `3 rows`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def moment(at: datetime) -> str:
    """`2026-11-22 21:04:33-05:00`, in this machine's time zone, which it names: who reads may be in another."""
    return at.astimezone().isoformat(sep=" ", timespec="seconds")


def clock(at: datetime) -> str:
    """`21:04:33-05:00`, in this machine's time zone, as `moment`."""
    return moment(at).partition(" ")[2]


def dollars(consultations: int) -> Decimal:
    """What these consultations cost in CAD, if each was charged."""
    return consultations * DOLLARS_PER_CONSULTATION


def amount(dollars: Decimal) -> str:
    """`1 234,50 $`, as Québec writes it."""
    return f"{dollars:,.2f} $".replace(",", " ").replace(".", ",")
