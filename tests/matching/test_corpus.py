"""No choice is ever wrong, nearly every name is understood, and the corpus notices a missing guard.

Every fourth case is played here; `make test-matching` plays all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from types import ModuleType

import pytest

from extractor.matching import choice, gazetteer, slips
from tests.matching.corpus import Case, doubtful_cases, positive_cases, refusal_cases
from tests.matching.score import NOTHING_KNOWN, Score, score

EVERY = 4
pytestmark = pytest.mark.xdist_group("matching")  # the corpus takes half a minute, so it runs once, in one process


def some(cases: Iterable[Case]) -> Iterator[Case]:
    """Every fourth: neighbours are the same name in another spelling, so each name and each way keeps its share."""
    return islice(cases, 0, None, EVERY)


@pytest.fixture(scope="module")
def to_match() -> dict[str, Score]:
    return score(some(positive_cases()))


@pytest.fixture(scope="module")
def doubtful() -> dict[str, Score]:
    return score(some(doubtful_cases()))


@pytest.fixture(scope="module")
def refusals() -> list[Case]:
    return list(refusal_cases())


@pytest.fixture(scope="module")
def to_refuse(refusals: list[Case]) -> dict[str, Score]:
    return score(some(refusals))


def test_corpus_is_large_enough(to_match: dict[str, Score], to_refuse: dict[str, Score]) -> None:
    assert to_match["all"].cases >= 5000
    assert to_refuse["all"].cases >= 1000


def test_no_choice_is_wrong(
    to_match: dict[str, Score], doubtful: dict[str, Score], to_refuse: dict[str, Score]
) -> None:
    wrong = to_match["all"].wrong + doubtful["all"].wrong + to_refuse["all"].wrong
    assert [(case.way, case.wanted, chosen.text) for case, chosen in wrong] == []


def test_nearly_every_name_is_understood(to_match: dict[str, Score]) -> None:
    assert {way: one.recall for way, one in to_match.items() if one.recall < 0.97} == {}
    assert to_match["all"].recall >= 0.99


@pytest.mark.parametrize(
    ("module", "guard", "value", "way"),
    [
        (choice, "MARGIN", 0, "between two names"),
        (choice, "MARGIN", 1, "between two names"),
        (choice, "MARGIN", 0, "as near to another"),
        (slips, "LETTERS_PER_EDIT", 4, "short name misspelt, names unknown"),
        (slips, "SHORTEST_WORD", 2, "short word misspelt, names unknown"),
        (slips, "SHORTEST_KNOWN_NAME", 2, "name of four letters misspelt"),
        (slips, "SHORTEST_KNOWN_WORD", 2, "word of three letters misspelt"),
    ],
)
def test_corpus_notices_a_missing_guard(
    monkeypatch: pytest.MonkeyPatch, refusals: list[Case], module: ModuleType, guard: str, value: int, way: str
) -> None:
    monkeypatch.setattr(module, guard, value)

    assert _is_noticed(refusals, way)


@pytest.mark.parametrize("way", ["left out", "of another circonscription", "between two names", "another name's word"])
def test_corpus_notices_a_missing_gazetteer(monkeypatch: pytest.MonkeyPatch, refusals: list[Case], way: str) -> None:
    monkeypatch.setattr(gazetteer, "shipped", lambda: NOTHING_KNOWN)

    assert _is_noticed(refusals, way)


def _is_noticed(cases: list[Case], way: str) -> bool:
    """Whether any choice is wrong; stops at the first, since some ways have many thousands of cases."""
    return any(score([case])["all"].wrong for case in cases if case.way == way)
