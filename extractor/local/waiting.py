"""Waiting for a condition with a bound, and a sentence when it does not come."""

from __future__ import annotations

import time
from collections.abc import Callable

from extractor.local.errors import LocalError

POLL_SECONDS = 0.1


def wait_until(condition: Callable[[], bool], *, what: str, seconds: float) -> None:
    """Return once the condition holds; raises LocalError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise LocalError(f"Waited {seconds:g} s in vain: {what}.")
        time.sleep(POLL_SECONDS)
