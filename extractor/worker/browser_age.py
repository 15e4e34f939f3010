"""The age of a browser: the jobs that it has done, and the memory that it takes. `session.py` replaces one in time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

# The browser's memory is measured at most this often, which costs a thread and a look at each of its processes.
MEASURE_SECONDS = 1.0


class BrowserAge:
    """Kept by the main thread; another thread measures the memory, so that no message waits for it.

    A browser is due after `recycle_jobs` jobs, or at `max_browser_mb` megabytes.
    """

    def __init__(self, *, recycle_jobs: int, max_browser_mb: int) -> None:
        self._recycle_jobs = recycle_jobs
        self._max_browser_mb = max_browser_mb
        self._jobs = 0
        self._memory_mb = 0
        self._measuring: threading.Thread | None = None
        self._measured_at = -math.inf

    def __str__(self) -> str:
        return f"{self._jobs} jobs, at {self._memory_mb} MB"

    def is_due(self, *, further_jobs: int = 0) -> bool:
        """Whether the browser is replaced before its next job, once it has done this number of further jobs."""
        return self._jobs + further_jobs >= self._recycle_jobs or self._memory_mb >= self._max_browser_mb

    def count_job(self) -> None:
        self._jobs += 1

    def measure(self, memory_mb: Callable[[], int]) -> None:
        """Ask for the memory in a thread, unless one did so within `MEASURE_SECONDS` or is at it still."""
        is_measuring = self._measuring is not None and self._measuring.is_alive()
        if is_measuring or time.monotonic() - self._measured_at < MEASURE_SECONDS:
            return
        self._measured_at = time.monotonic()
        self._measuring = threading.Thread(target=self._measure, args=[memory_mb], name="browser-memory", daemon=True)
        self._measuring.start()

    def reset(self) -> None:
        """Begin again for the next browser; waits for a measurement in progress, which is of the old one."""
        if self._measuring is not None:
            self._measuring.join()
        self._jobs = 0
        self._memory_mb = 0
        self._measuring = None
        self._measured_at = -math.inf

    def _measure(self, memory_mb: Callable[[], int]) -> None:
        self._memory_mb = memory_mb()
