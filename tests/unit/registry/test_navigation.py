"""What the requests of a navigation prove about the click that began it."""

from __future__ import annotations

import pytest

from extractor.registry.navigation import Navigation


@pytest.mark.parametrize(
    ("method", "paths", "answers"),
    [
        ("POST", ("/form",), True),
        ("POST", ("/form", "/login"), True),
        ("POST", ("/form", "/document"), False),
        ("POST", ("/form", "/document", "/login"), False),
        ("GET", ("/waiting",), False),
        ("GET", ("/waiting", "/login"), False),
    ],
)
def test_only_the_direct_answer_to_a_post_shows_that_it_was_turned_away(
    method: str, paths: tuple[str, ...], answers: bool
) -> None:
    assert Navigation(method, paths).answers_post_itself(doors=("/login", "/")) is answers
