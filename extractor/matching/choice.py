"""Chooses the one option that a dirty name means, or refuses; `names` supplies the forms it compares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from extractor.matching import gazetteer, names
from extractor.matching.mismatches import AmbiguousMatch, NoMatch

# Threshold: one edit per word, one per eight letters of the name, two at most. Known names of seven letters
# that differ by one are common (Clifton, Clinton; Chardon, Charron), so shorter names must be exact.
LETTERS_PER_EDIT = 8
MAX_EDITS = 2
# A shorter word inside a long name is a word of its own (Jean, Léon), not a misspelling of another.
SHORTEST_MISSPELT_WORD = 6
# Margin: every other name, offered here or known elsewhere, must be this many edits farther than the choice.
MARGIN = 2

NEAREST = 3
PLACEHOLDER_VALUES = frozenset({"", "NULL"})
PLACEHOLDER_WORDS = frozenset({"selectionner", "selectionnez", "choisir", "choisissez"})

# Strictest first: the first form under which anything is found decides.
EXACT_FORMS = ("text", "spelled", "joined", "linked")
WORD_FORMS = ("bag",)
KINDLESS_FORMS = ("singular", "bare")
GENDERLESS_FORMS = ("genderless", "bare_genderless")
MISSPELT_FORMS = ("shape",)
FORMS = EXACT_FORMS + WORD_FORMS + KINDLESS_FORMS + GENDERLESS_FORMS + MISSPELT_FORMS


class Option(NamedTuple):
    """One option of a select: what the form posts and what the page shows."""

    value: str
    text: str


def match(wanted: str, options: Sequence[Option], *, known: gazetteer.Gazetteer | None = None) -> Option:
    """Return the one option that `wanted` means; raise `NoMatch` or `AmbiguousMatch` rather than guess.

    `known` are names that exist elsewhere, by default those shipped: the right answer may not be offered here.
    """
    offer = _offer(tuple(options))
    found = offer.find(names.parse(wanted), known or gazetteer.shipped())
    if not found:
        raise NoMatch(wanted, offer.nearest(wanted))
    if len(found) > 1:
        raise AmbiguousMatch(wanted, tuple(option.text.strip() for option in found[:NEAREST]))
    return found[0]


class _Offer:
    """The options of one select that can be chosen, filed under each form of their names."""

    def __init__(self, options: Sequence[Option]) -> None:
        self._names = {option: names.parse(option.text) for option in options if _is_choosable(option)}
        self._normalised = {option: names.normalise(option.text) for option in self._names}
        self._here = gazetteer.Gazetteer.of(name.text for name in self._names.values())
        self._filed: dict[tuple[str, object], list[Option]] = defaultdict(list)
        for option, name in self._names.items():
            for form in FORMS:
                self._filed[form, getattr(name, form)].append(option)
            for other in {other.bag for other in names.other_names(option.text)} - {name.bag}:
                self._filed["bag", other].append(option)

    def find(self, name: names.Name, known: gazetteer.Gazetteer) -> list[Option]:
        """Return the options that fit under the strictest form that any fits."""
        if not name.words:
            return []
        found = self._under(name, EXACT_FORMS)
        if found or name.linked in known.linked:  # what is well spelled and not offered is another's name
            return found
        found = self._under(name, WORD_FORMS)
        if found or name.bag in known.bags:
            return found
        found = [] if name.kind else self._under(name, KINDLESS_FORMS)
        return found or self._regendered(name, known) or self._misspelt(name, known)

    def nearest(self, wanted: str) -> tuple[str, ...]:
        """Return the texts most like what was asked, for a person to read."""
        ranked = process.extract(names.normalise(wanted), self._normalised, scorer=fuzz.token_set_ratio, limit=NEAREST)
        return tuple(option.text.strip() for _, _, option in ranked)

    def _under(self, name: names.Name, forms: tuple[str, ...]) -> list[Option]:
        return next((found for form in forms if (found := self._filed.get((form, getattr(name, form))))), [])

    def _regendered(self, name: names.Name, known: gazetteer.Gazetteer) -> list[Option]:
        """Return the options that differ by Saint and Sainte.

        St is written for Ste every day. Ste for St is not: Sainte-François may be Sainte-Françoise misspelt.
        """
        found = self._under(name, GENDERLESS_FORMS[:1] if name.kind else GENDERLESS_FORMS)
        return [] if "sainte" in name.words and self._rivals(name, found, known, edits=1) else found

    def _misspelt(self, name: names.Name, known: gazetteer.Gazetteer) -> list[Option]:
        """Return the options whose name was misspelt, none if it may be another name's misspelling."""
        alike = self._under(name, MISSPELT_FORMS)
        reach = {option: _edits(name, self._names[option], known.words) for option in alike}
        close = {option: edits for option, edits in reach.items() if edits is not None}
        if not close:
            return []
        best = min(close.values())
        chosen = [option for option, edits in close.items() if edits == best]
        return [] if self._rivals(name, chosen, known, edits=best + MARGIN - 1) else chosen

    def _rivals(
        self, name: names.Name, chosen: list[Option], known: gazetteer.Gazetteer, *, edits: int
    ) -> frozenset[str]:
        """Return other names, offered here or known elsewhere, that lie at most `edits` edits away."""
        near = known.within(name, edits) | self._here.within(name, edits)
        return near - {self._names[option].plain for option in chosen}


# A select keeps its options for many rows; sixteen of them cover a worker's day in one circonscription.
@lru_cache(maxsize=16)
def _offer(options: tuple[Option, ...]) -> _Offer:
    return _Offer(options)


def _is_choosable(option: Option) -> bool:
    words = names.parse(option.text).words
    return option.value.strip() not in PLACEHOLDER_VALUES and words != () and words[0] not in PLACEHOLDER_WORDS


def _edits(wanted: names.Name, offered: names.Name, real_words: frozenset[str]) -> int | None:
    """Count the edits that turn one name into another of the same shape; None when it was not misspelt."""
    changed = [pair for pair in zip(wanted.letters, offered.letters, strict=True) if pair[0] != pair[1]]
    if not all(_is_misspelling(asked, of=real) for asked, real in changed):
        return None
    allowed = min(MAX_EDITS, sum(map(len, offered.letters)) // LETTERS_PER_EDIT)
    is_other_name = any(asked in real_words for asked, _ in changed)
    return None if is_other_name or len(changed) > allowed else len(changed)


def _is_misspelling(asked: str, *, of: str) -> bool:
    """Tell whether a word is one letter off another that is long enough; people get the first letter right."""
    return asked[0] == of[0] and len(of) >= SHORTEST_MISSPELT_WORD and OSA.distance(asked, of) == 1
