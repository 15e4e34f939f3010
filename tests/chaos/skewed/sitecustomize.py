"""Moves this process's clock by CHAOS_CLOCK_SKEW_SECONDS: Python imports it first, from a folder of PYTHONPATH."""

from __future__ import annotations

import datetime
import os
import time

SKEW = float(os.environ.get("CHAOS_CLOCK_SKEW_SECONDS", "0"))
_time = time.time


class SkewedDatetime(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> SkewedDatetime:
        return cls.fromtimestamp(_time() + SKEW, tz)

    @classmethod
    def utcnow(cls) -> SkewedDatetime:
        return cls.fromtimestamp(_time() + SKEW, datetime.UTC).replace(tzinfo=None)


def skewed_time() -> float:
    return _time() + SKEW


def skewed_time_ns() -> int:
    return int(skewed_time() * 1e9)


if SKEW:
    time.time, time.time_ns = skewed_time, skewed_time_ns
    vars(datetime)["datetime"] = SkewedDatetime
