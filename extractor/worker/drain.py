"""The drain: from SIGTERM to the end, what a worker still does in the time that its supervisor allows.

The parent hears the signal, its children must know: the moment of the end lies in memory that all of them share.
"""

from __future__ import annotations

import math
import multiprocessing
import time

from extractor.errors import Stopping
from extractor.language.sentences import Sentence

# How often a wait looks whether the drain has begun: no signal wakes a child.
LOOK_SECONDS = 0.25


class Drain:
    """Make it before the fork; `begin` in the parent, the rest in every child."""

    def __init__(self) -> None:
        # Without a lock: a child that is killed while it holds one would block the parent. 0 = not begun.
        self._end = multiprocessing.RawValue("d", 0.0)

    def begin(self, seconds: float) -> None:
        """The supervisor kills in `seconds`; a second call changes nothing."""
        if not self.has_begun:
            self._end.value = time.monotonic() + seconds

    @property
    def has_begun(self) -> bool:
        """Whether the worker was asked to stop."""
        return bool(self._end.value)

    @property
    def seconds_left(self) -> float:
        """Until the supervisor kills; infinite before the drain."""
        return self._end.value - time.monotonic() if self.has_begun else math.inf

    def wait(self, seconds: float) -> bool:
        """Wait for `seconds`, but only until the drain begins; whether it has begun."""
        deadline = time.monotonic() + seconds
        while not self.has_begun and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS))
        return self.has_begun

    def allow(self, seconds: float) -> None:
        """Raise Stopping unless something that may take `seconds` can still end."""
        if self.seconds_left < seconds:
            raise Stopping(Sentence("The worker was asked to stop, and {seconds:g} s are not left.", seconds=seconds))
