"""The arithmetic of `make bench`: percentiles, ratios, goals, turns."""

from __future__ import annotations

import pytest

from bench.rounds import Figure, Goal, Summary, in_turn, percentile, ratio


def figure(*samples: float) -> Figure:
    return Figure("what", "side", "s", samples)


@pytest.mark.parametrize(("percent", "found"), [(1, 1), (50, 50), (99, 99), (100, 100)])
def test_a_percentile_is_a_sample_below_which_that_part_lies(percent: float, found: float) -> None:
    assert percentile([*range(100, 0, -1)], percent) == found


def test_a_summary_has_quartiles_and_no_p99_of_few_samples() -> None:
    assert Summary.of([4, 1, 3, 2]) == Summary(median=2.5, low=1, high=3, p99=None, samples=4)
    assert Summary.of([*range(1, 101)]).p99 == 99


def test_a_ratio_is_ours_over_theirs_at_the_same_percentile() -> None:
    assert ratio(figure(2, 4, 6), figure(1, 2, 3)) == 2
    assert ratio(figure(*[1] * 98, 50, 50), figure(*[1] * 98, 10, 10), 99) == 5


@pytest.mark.parametrize(("value", "at_least", "is_met"), [
    (1.5, False, True), (1.51, False, False), (1.5, True, True), (1.49, True, False),
])  # fmt: skip
def test_a_goal_is_met_up_to_its_limit(value: float, at_least: bool, is_met: bool) -> None:
    assert Goal("name", value, 1.5, at_least=at_least).is_met is is_met


def test_the_sides_take_turns_and_every_second_round_goes_backwards() -> None:
    order: list[str] = []

    def side(name: str) -> float:
        order.append(name)
        return len(order)

    samples = in_turn(3, {"a": lambda: side("a"), "b": lambda: side("b")})
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert samples == {"a": (1, 4, 5), "b": (2, 3, 6)}
