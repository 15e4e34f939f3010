"""The window of the broker: how many more messages the queue of each source takes.

The room of a source is the window minus what lay on its queue when the queues were measured, minus what was sent since.
Workers only make more of it. Messages of another bridge make less, and are known at the next measurement.
"""

from __future__ import annotations

from collections.abc import Mapping

from extractor.models import Source


class Window:
    """Before the first `measure` no queue has room. Each bridge has its own; after a crash the next one measures."""

    def __init__(self, size: int) -> None:
        self.size = size
        """The most messages that may lie on one queue."""
        self._rooms = dict.fromkeys(Source, 0)
        self._has_more = dict.fromkeys(Source, False)

    def measure(self, depths: Mapping[Source, int]) -> None:
        """Take how many messages lie on the queue of each source now: more than `size`, when several bridges sent."""
        self._rooms = {source: max(self.size - depths[source], 0) for source in Source}

    @property
    def has_full_queue(self) -> bool:
        """Whether a queue had no room left, as far as is known: workers may have made some since."""
        return not all(self._rooms.values())

    def rooms(self) -> dict[Source, int]:
        """The sources whose queue has room, each with how many messages it takes."""
        return {source: room for source, room in self._rooms.items() if room}

    def queued(self, *, at_most: int | None = None) -> dict[Source, int]:
        """The same sources, each with how many messages lie there; with `at_most` only those with no more than that."""
        depths = {source: self.size - room for source, room in self.rooms().items()}
        return {source: depth for source, depth in depths.items() if at_most is None or depth <= at_most}

    def sent(self, source: Source, count: int, *, asked: int) -> None:
        """Messages were sent for `count` rows, where up to `asked` were asked for: with all of these, more may wait."""
        self._rooms[source] -= count
        self._has_more[source] = count == asked

    @property
    def may_have_more(self) -> bool:
        """Whether more rows of a source may wait than were sent of it the last time."""
        return any(self._has_more.values())
