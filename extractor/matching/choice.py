"""Chooses the one option that a dirty name means, or refuses; `names` supplies the forms it compares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from extractor.matching import beside, gazetteer, names, slips
from extractor.matching.mismatches import AmbiguousMatch, NoMatch
from extractor.matching.offer import (
    EXACT_FORMS,
    GENDERLESS_FORMS,
    KINDLESS_FORMS,
    NEAREST,
    WORD_FORMS,
    Offer,
    Option,
    offer_of,
)

__all__ = ["MARGIN", "Option", "match"]

# Every other name, offered here or known elsewhere, must be this many edits farther than the choice.
MARGIN = 2


def match(wanted: str, options: Sequence[Option], *, known: gazetteer.Gazetteer | None = None) -> Option:
    """Return the one option that `wanted` means; raise `NoMatch` or `AmbiguousMatch` rather than guess.

    `known` are names that exist elsewhere, by default those shipped: the right answer may not be offered here.
    """
    offer = offer_of(tuple(options))
    found = _search(offer, known or gazetteer.shipped()).find(wanted)
    if not found:
        raise NoMatch(wanted, offer.nearest(wanted))
    if len(found) > 1:
        raise AmbiguousMatch(wanted, tuple(option.text.strip() for option in found[:NEAREST]))
    return found[0]


class _Search:
    """The search for one name in one offer. A step returns None if it knows no such name, [] if it is not offered."""

    def __init__(self, offer: Offer, known: gazetteer.Gazetteer) -> None:
        self._offer = offer
        self._known = known
        self._words = known.words | offer.here.words
        self._offices = offer.lists_offices(known)

    def find(self, wanted: str) -> list[Option]:
        """Return the options that fit: as the name is spelled, as a number, without what stands beside, misspelt."""
        if (found := self._spelled(names.parse(wanted))) is not None:
            return found
        if (found := self._offer.numbered(wanted, self._known)) is not None:
            return found
        asked = beside.without_beside(wanted, offices_offered=self._offices, offered=self._offer.here.plain)
        return self._asked(asked, wanted) if asked else []

    def _asked(self, asked: beside.Asked, wanted: str) -> list[Option]:
        found = self._named(asked.name)
        if found is None and asked.name != names.fold(wanted):  # what was cut may be a part of the name
            found = self._mistaken(wanted)
        number, is_beside = asked.number, asked.is_beside
        return [
            option
            for option in found or ()
            if number is None or self._offer.agrees(option, number, self._known, is_beside=is_beside)
        ]

    def _named(self, text: str) -> list[Option] | None:
        """Return the options that fit a text in which nothing stands beside the name."""
        found = self._spelled(names.parse(text))
        return self._mistaken(text) if found is None else found

    def _mistaken(self, text: str) -> list[Option] | None:
        """Return the options that a reader or a pen got wrong."""
        found = self._misread(text)
        return self._misspelt(names.parse(text)) if found is None else found

    def _spelled(self, name: names.Name, *, plural: bool = True) -> list[Option] | None:
        """Return the options under the strictest form that any fits."""
        if not name.words:
            return []
        found = self._offer.under(name, EXACT_FORMS)
        if found or name.linked in self._known.linked:  # what is well spelled and not offered is another's name
            return found
        found = self._offer.under(name, WORD_FORMS)
        if found or name.bag in self._known.bags:
            return found
        found = [] if name.kind else self._offer.under(name, KINDLESS_FORMS if plural else KINDLESS_FORMS[1:])
        return found or self._regendered(name) or None

    def _regendered(self, name: names.Name) -> list[Option]:
        """Return the options that differ by Saint and Sainte.

        St is written for Ste every day. Ste for St is not: Sainte-François may be Sainte-Françoise misspelt.
        """
        found = self._offer.under(name, GENDERLESS_FORMS[:1] if name.kind else GENDERLESS_FORMS)
        return [] if "sainte" in name.words and self._rivals(name, found, edits=1) else found

    def _misread(self, text: str) -> list[Option] | None:
        """Return the options whose name has digits for letters or the reverse, or a slip in a word such as canton."""
        texts = {*slips.as_letters(text, self._words), slips.as_numbers(text), slips.saint_written_out(text)}
        read = [names.parse(one) for one in texts - {names.fold(text)}]
        respelled = slips.generic_respelled(names.parse(text), self._words)
        found = [self._spelled(name, plural=False) for name in (*read, *([respelled] if respelled else []))]
        return [] if [] in found else _together(found)  # [] for a reading that is a name elsewhere

    def _misspelt(self, name: names.Name) -> list[Option] | None:
        """Return the options whose name was misspelt, none if it may be another name's misspelling."""
        close = dict(self._reach(name))
        best = min(close.values(), default=0)
        chosen = [option for option, edits in close.items() if edits == best]
        if not chosen or self._rivals(name, chosen, edits=best + MARGIN - 1):
            return None
        if name.kind:
            return chosen
        return _together(self._spelled(names.Name("", self._offer.names[option].core)) for option in chosen)

    def _reach(self, name: names.Name) -> Iterator[tuple[Option, int]]:
        """Yield the options that `name` may be a misspelling of, with the count of its edits."""
        for option, real in self._offer.names.items():
            if abs(len(real.plain) - len(name.plain)) <= slips.MAX_EDITS and name.kind in (None, real.kind):
                edits = slips.edits(name, real, self._words, is_known=real.plain in self._known.plain)
                if edits is not None:
                    yield option, edits

    def _rivals(self, name: names.Name, chosen: list[Option], *, edits: int) -> frozenset[str]:
        """Return other names, offered here or known elsewhere, that lie at most `edits` edits away.

        A name with another number is none: no number is ever taken for another.
        """
        near = self._known.within(name, edits) | self._offer.here.within(name, edits)
        near -= {self._offer.names[option].plain for option in chosen}
        return frozenset(plain for plain in near if _numbers(plain) == _numbers(name.plain))


@lru_cache(maxsize=16)
def _search(offer: Offer, known: gazetteer.Gazetteer) -> _Search:
    return _Search(offer, known)


def _together(found: Iterable[list[Option] | None]) -> list[Option] | None:
    return list(dict.fromkeys(option for options in found for option in options or ())) or None


def _numbers(plain: str) -> list[str]:
    return [word for word in plain.split() if word[0].isdecimal()]
