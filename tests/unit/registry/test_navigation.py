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


@pytest.mark.parametrize(
    ("paths", "failure", "never_sent"),
    [
        (("/form",), "net::ERR_CONNECTION_REFUSED", True),
        (("/form",), "net::ERR_CONNECTION_RESET", False),
        (("/form",), "net::ERR_TIMED_OUT", False),
        (("/form", "/document"), "net::ERR_CONNECTION_REFUSED", False),
        (("/form",), None, False),
    ],
)
def test_only_a_request_that_never_left_was_never_sent(
    paths: tuple[str, ...], failure: str | None, never_sent: bool
) -> None:
    assert Navigation("POST", paths, failure=failure).was_never_sent is never_sent
