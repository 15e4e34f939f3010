"""The steps of one attempt, with the seconds since its claim: kept on the attempt, and beside the evidence."""

from __future__ import annotations

import time


class Trace:
    """What was done, in order; holds no credential, since nothing that notes a step has one."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.steps: list[dict[str, object]] = []

    @property
    def seconds(self) -> float:
        """Since the claim."""
        return time.monotonic() - self._started

    def note(self, step: str) -> None:
        self.steps.append({"seconds": round(self.seconds, 2), "step": step})
