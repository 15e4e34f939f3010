"""No choice is ever wrong, nearly every name is understood, and the corpus notices a missing guard."""

from __future__ import annotations

import pytest

from extractor.matching import choice, gazetteer
from tests.matching.corpus import Case, positive_cases, refusal_cases
from tests.matching.score import NOTHING_KNOWN, Score, score

pytestmark = pytest.mark.xdist_group("matching")  # the corpus takes half a minute, so it runs once, in one process


@pytest.fixture(scope="module")
def to_match() -> dict[str, Score]:
    return score(positive_cases())


@pytest.fixture(scope="module")
def refusals() -> list[Case]:
    return list(refusal_cases())


@pytest.fixture(scope="module")
def to_refuse(refusals: list[Case]) -> dict[str, Score]:
    return score(refusals)


def test_corpus_is_large_enough(to_match: dict[str, Score], to_refuse: dict[str, Score]) -> None:
    assert to_match["all"].cases >= 5000
    assert to_refuse["all"].cases >= 1000


def test_no_choice_is_wrong(to_match: dict[str, Score], to_refuse: dict[str, Score]) -> None:
    wrong = to_match["all"].wrong + to_refuse["all"].wrong
    assert [(case.way, case.wanted, chosen.text) for case, chosen in wrong] == []


def test_nearly_every_name_is_understood(to_match: dict[str, Score]) -> None:
    assert to_match["all"].recall >= 0.98
    not_misspelt = [one for way, one in to_match.items() if way != "all" and not way.startswith("misspelt")]
    assert all(one.recall >= 0.99 for one in not_misspelt)
    assert to_match["misspelt"].recall >= 0.9


@pytest.mark.parametrize(
    ("guard", "value", "way"),
    [
        ("MARGIN", 0, "between two names"),
        ("MARGIN", 1, "between two names"),
        ("LETTERS_PER_EDIT", 4, "short name misspelt"),
        ("SHORTEST_MISSPELT_WORD", 2, "short word misspelt"),
    ],
)
def test_corpus_notices_a_missing_guard(
    monkeypatch: pytest.MonkeyPatch, refusals: list[Case], guard: str, value: int, way: str
) -> None:
    monkeypatch.setattr(choice, guard, value)

    assert _is_noticed(refusals, way)


@pytest.mark.parametrize("way", ["left out", "of another circonscription", "between two names", "another name's word"])
def test_corpus_notices_a_missing_gazetteer(monkeypatch: pytest.MonkeyPatch, refusals: list[Case], way: str) -> None:
    monkeypatch.setattr(gazetteer, "shipped", lambda: NOTHING_KNOWN)

    assert _is_noticed(refusals, way)


def _is_noticed(cases: list[Case], way: str) -> bool:
    """Whether any choice is wrong; stops at the first, since some ways have many thousands of cases."""
    return any(score([case])["all"].wrong for case in cases if case.way == way)
