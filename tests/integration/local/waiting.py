"""Waiting on conditions with a deadline, so that no test sleeps and hopes."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil


def wait_until(condition: Callable[[], object], *, timeout: float = 20.0) -> None:
    """Return as soon as the condition holds; fail the test after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"{condition} did not come true within {timeout} s"
        time.sleep(0.01)


def is_alive(process: psutil.Process) -> bool:
    """Whether a process still does anything; one that waits for init to reap it does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
