"""The steps of one attempt, with the seconds since its claim: kept on the attempt, and beside the evidence."""

from __future__ import annotations

import time


class Trace:
    """What was done, in order; holds no credential, since nothing that notes a step has one."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.steps: list[dict[str, object]] = []
        self._kept = 0

    @property
    def seconds(self) -> float:
        """Since the claim."""
        return time.monotonic() - self._started

    def note(self, step: str) -> None:
        self.steps.append({"seconds": round(self.seconds, 2), "step": step})

    def keep(self) -> list[dict[str, object]]:
        """The steps until now, for the write that keeps them."""
        steps = list(self.steps)
        self._kept = len(steps)
        return steps

    @property
    def has_more(self) -> bool:
        """Whether a step was noted after the last `keep`."""
        return len(self.steps) > self._kept
