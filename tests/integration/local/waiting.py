"""Waiting on conditions with a deadline, so that no test sleeps and hopes."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], *, timeout: float = 20.0) -> None:
    """Return as soon as the condition holds; fail the test after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"{condition} did not come true within {timeout} s"
        time.sleep(0.01)
