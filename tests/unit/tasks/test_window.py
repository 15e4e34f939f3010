"""The room of a source is the window minus what lay on its queue when that was measured, minus what was sent since."""

from __future__ import annotations

import random

import pytest

from extractor.models import Source
from tasks.window import Window

SIZE = 5


def measured(**depths: int) -> Window:
    """A window whose other queues are full."""
    window = Window(SIZE)
    window.measure(dict.fromkeys(Source, SIZE) | {Source(source): depth for source, depth in depths.items()})
    return window


def test_no_queue_has_room_before_it_is_measured() -> None:
    window = Window(SIZE)

    assert window.has_full_queue
    assert (window.rooms(), window.queued(), window.may_have_more) == ({}, {}, False)


def test_room_is_what_the_window_leaves() -> None:
    window = measured(index=2, acte=0)

    assert window.rooms() == {Source.INDEX: 3, Source.ACTE: 5}
    assert window.queued() == {Source.INDEX: 2, Source.ACTE: 0}
    assert window.has_full_queue  # that of the plans


def test_what_was_sent_takes_room_until_the_queues_are_measured_again() -> None:
    window = measured(index=2)

    window.sent(Source.INDEX, 2, asked=3)
    assert (window.rooms(), window.queued()) == ({Source.INDEX: 1}, {Source.INDEX: 4})

    window.sent(Source.INDEX, 1, asked=1)
    assert (window.rooms(), window.queued()) == ({}, {})

    window.measure(dict.fromkeys(Source, 0))
    assert window.rooms() == dict.fromkeys(Source, SIZE)
    assert not window.has_full_queue


def test_queue_that_several_bridges_filled_beyond_the_window_is_full() -> None:
    window = measured(index=2 * SIZE)

    assert (window.rooms(), window.queued()) == ({}, {})


@pytest.mark.parametrize(("at_most", "queued"), [(None, {"index": 3, "acte": 2}), (2, {"acte": 2}), (1, {})])
def test_only_the_queues_that_are_short_enough_are_filled(at_most: int | None, queued: dict[str, int]) -> None:
    assert measured(index=3, acte=2).queued(at_most=at_most) == queued


def test_more_rows_may_wait_while_a_source_had_all_that_were_asked_for() -> None:
    window = measured(index=0, acte=0)

    window.sent(Source.INDEX, 2, asked=2)
    window.sent(Source.ACTE, 1, asked=2)
    assert window.may_have_more

    window.measure(dict.fromkeys(Source, 0))
    assert window.may_have_more  # no measurement tells what waits

    window.sent(Source.INDEX, 0, asked=SIZE)
    assert not window.may_have_more


@pytest.mark.parametrize("seed", range(20))
def test_no_queue_holds_more_than_the_window_whatever_workers_take_meanwhile(seed: int) -> None:
    chance = random.Random(seed)
    window, depths = Window(SIZE), dict.fromkeys(Source, 0)
    for _ in range(200):
        if chance.random() < 0.2:
            window.measure(depths)
        for source, room in window.rooms().items():
            count = chance.randint(0, room)
            window.sent(source, count, asked=room)
            depths[source] += count
        assert max(depths.values()) <= SIZE
        depths = {source: chance.randint(0, depth) for source, depth in depths.items()}
