"""The names that are known to exist somewhere: what `choice` must never mistake for a misspelling."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from rapidfuzz import process
from rapidfuzz.distance import OSA

from extractor.matching import names


@dataclass(frozen=True)
class Gazetteer:
    """Known names. They only ever turn a choice into a refusal, so a wrong or missing line cannot mislead."""

    linked: frozenset[tuple[str, ...]]
    bags: frozenset[tuple[str, ...]]
    plain: tuple[str, ...]
    words: frozenset[str]

    @classmethod
    def of(cls, cadastres: Iterable[str], circonscriptions: Iterable[str] = ()) -> Gazetteer:
        """Build from texts; a circonscription may share its name with a cadastre and counts as letters only."""
        cadastre_names = [names.parse(text) for text in cadastres]
        everything = cadastre_names + [names.parse(text) for text in circonscriptions]
        return cls(
            linked=frozenset(name.linked for name in cadastre_names),
            bags=frozenset(name.bag for name in cadastre_names),
            plain=tuple(sorted({name.plain for name in everything})),
            words=frozenset(word for name in everything for word in name.letters),
        )

    def within(self, name: names.Name, edits: int) -> frozenset[str]:
        """Return the known letters that lie at most `edits` edits away."""
        near = process.extract(name.plain, self.plain, scorer=OSA.distance, score_cutoff=edits, limit=None)
        return frozenset(plain for plain, _, _ in near)


@lru_cache(maxsize=1)
def shipped() -> Gazetteer:
    """Return the names that come with the package."""
    return Gazetteer.of(_column("cadastres.csv", "cadastre"), _column("circonscriptions.csv", "name"))


def _column(file: str, column: str) -> list[str]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return [row[column] for row in csv.DictReader(text.splitlines())]
