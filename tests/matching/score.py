"""Runs the corpus through `match` and counts the results for each kind of dirt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from extractor.matching import Gazetteer, MatchRefused, Option, match
from tests.matching.corpus import Case

NOTHING_KNOWN = Gazetteer.of(())


@dataclass
class Score:
    """How many cases got the right option, a refusal, or a wrong option."""

    right: int = 0
    refused: int = 0
    wrong: list[tuple[Case, Option]] = field(default_factory=list)
    refusals: list[Case] = field(default_factory=list)

    @property
    def cases(self) -> int:
        return self.right + self.refused + len(self.wrong)

    @property
    def recall(self) -> float:
        """The share of all cases that got their right option."""
        return self.right / self.cases

    @property
    def precision(self) -> float:
        """The share of all choices that were right."""
        chosen = self.right + len(self.wrong)
        return self.right / chosen if chosen else 1.0

    def add(self, case: Case) -> None:
        try:
            chosen = match(case.wanted, case.options, known=None if case.names_known else NOTHING_KNOWN)
        except MatchRefused:
            self.refused += 1
            self.refusals.append(case)
            return
        if chosen == case.expected:
            self.right += 1
        else:
            self.wrong.append((case, chosen))


def score(cases: Iterable[Case]) -> dict[str, Score]:
    """Return the score of each way; the key `all` is their sum."""
    scores: dict[str, Score] = defaultdict(Score)
    for case in cases:
        scores[case.way].add(case)
    everything = Score()
    for one in list(scores.values()):
        everything.right += one.right
        everything.refused += one.refused
        everything.wrong += one.wrong
        everything.refusals += one.refusals
    scores["all"] = everything
    return scores
