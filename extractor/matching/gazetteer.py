"""The names that are known to exist somewhere: what `choice` must never mistake for a misspelling."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib import resources

from rapidfuzz import process
from rapidfuzz.distance import OSA

from extractor.matching import names


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Known names: they turn choices into refusals, and let short names bear a slip. The codes are the ministry's."""

    linked: frozenset[tuple[str, ...]]
    bags: frozenset[tuple[str, ...]]
    plain: frozenset[str]
    words: frozenset[str]
    offices: frozenset[str]
    codes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, cadastres: Iterable[str], circonscriptions: Iterable[str] = (), codes: Mapping[str, str] | None = None
    ) -> Gazetteer:
        """Build from texts; a circonscription may share its name with a cadastre and counts as letters only.

        `codes` gives the cadastre of each code.
        """
        cadastre_names = [names.parse(text) for text in cadastres]
        offices = [names.parse(text) for text in circonscriptions]
        everything = cadastre_names + offices
        return cls(
            linked=frozenset(name.linked for name in cadastre_names),
            bags=frozenset(name.bag for name in cadastre_names),
            plain=frozenset(name.plain for name in everything),
            words=frozenset(word for name in everything for word in name.letters),
            offices=frozenset(name.plain for name in offices),
            codes=codes or {},
        )

    @cached_property
    def by_length(self) -> Mapping[int, tuple[str, ...]]:
        """The known letters, by how many they are."""
        filed: dict[int, list[str]] = defaultdict(list)
        for plain in sorted(self.plain):
            filed[len(plain)].append(plain)
        return {length: tuple(plain) for length, plain in filed.items()}

    @cached_property
    def codes_of(self) -> Mapping[tuple[str, ...], frozenset[str]]:
        """The codes of each bag of words: several, if several cadastres have it."""
        filed: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for code, text in self.codes.items():
            filed[names.parse(text).bag].add(code)
        return {name: frozenset(codes) for name, codes in filed.items()}

    def within(self, name: names.Name, edits: int) -> frozenset[str]:
        """Return the known letters that lie at most `edits` edits away."""
        around = range(len(name.plain) - edits, len(name.plain) + edits + 1)
        candidates = [plain for length in around for plain in self.by_length.get(length, ())]
        near = process.extract(name.plain, candidates, scorer=OSA.distance, score_cutoff=edits, limit=None)
        return frozenset(plain for plain, _, _ in near)


@lru_cache(maxsize=1)
def shipped() -> Gazetteer:
    """Return the names that come with the package."""
    cadastres = _rows("cadastres.csv")
    return Gazetteer.of(
        [row["cadastre"] for row in cadastres],
        [row["name"] for row in _rows("circonscriptions.csv")],
        {row["code"]: row["cadastre"] for row in cadastres if row["code"]},
    )


def _rows(file: str) -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
