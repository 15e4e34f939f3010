"""The options of one select, filed under each form of their names, and under the numbers that stand for them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz, process

from extractor.matching import gazetteer, names, slips

NEAREST = 3
PLACEHOLDER_VALUES = frozenset({"", "NULL"})
PLACEHOLDER_WORDS = frozenset({"selectionner", "selectionnez", "choisir", "choisissez"})

# Strictest first: the first form under which anything is found decides.
EXACT_FORMS = ("text", "spelled", "joined", "linked")
WORD_FORMS = ("bag",)
KINDLESS_FORMS = ("singular", "bare")
GENDERLESS_FORMS = ("genderless", "bare_genderless")
FORMS = EXACT_FORMS + WORD_FORMS + KINDLESS_FORMS + GENDERLESS_FORMS


class Option(NamedTuple):
    """One option of a select: what the form posts and what the page shows."""

    value: str
    text: str


# The one office whose number is sure. A select that offers it with another value has values that are no such numbers.
MONTREAL = Option("65", "Montréal")


class Offer:
    """The options of one select that can be chosen."""

    def __init__(self, options: Sequence[Option]) -> None:
        self.names = {option: names.parse(option.text) for option in options if _is_choosable(option)}
        self.here = gazetteer.Gazetteer.of(name.text for name in self.names.values())
        self._normalised = {option: names.normalise(option.text) for option in self.names}
        self._filed: dict[tuple[str, object], list[Option]] = defaultdict(list)
        for option, name in self.names.items():
            for form in FORMS:
                self._filed[form, getattr(name, form)].append(option)
            for other in {other.bag for other in names.other_names(option.text)} - {name.bag}:
                self._filed["bag", other].append(option)

    def under(self, name: names.Name, forms: tuple[str, ...]) -> list[Option]:
        """Return the options that are filed under the first of these forms that any are filed under."""
        return next((found for form in forms if (found := self._filed.get((form, getattr(name, form))))), [])

    def nearest(self, wanted: str) -> tuple[str, ...]:
        """Return the texts most like what was asked, for a person to read."""
        ranked = process.extract(names.normalise(wanted), self._normalised, scorer=fuzz.token_set_ratio, limit=NEAREST)
        return tuple(option.text.strip() for _, _, option in ranked)

    def lists_offices(self, known: gazetteer.Gazetteer) -> bool:
        """Tell whether most options are circonscriptions."""
        return 2 * sum(name.plain in known.offices for name in self.names.values()) > len(self.names)

    def numbered(self, wanted: str, known: gazetteer.Gazetteer) -> list[Option] | None:
        """Return the options that a number alone means, exactly; None if the text is more than a number.

        Only a code of the ministry and the number of an office stand for a name: `5` may be a rang.
        """
        if code := slips.as_code(wanted):
            return [option for option in self.names if self._has_code(option, code, known, alone=True)]
        number = wanted.strip()
        if not re.fullmatch(r"[0-9\s]+", number):
            return None
        has_numbers = self.lists_offices(known) and self._montreals_value() in (None, MONTREAL.value)
        is_number = has_numbers and len(number) == len(MONTREAL.value)
        return [option for option in self.names if is_number and option.value.strip() == number]

    def agrees(self, option: Option, number: str, known: gazetteer.Gazetteer, *, is_beside: bool) -> bool:
        """Tell whether a number that stands by a name does not deny it: the ministry's code, or that of an office.

        The number of an office denies only where the values are such numbers. One that `is_beside` a name without a
        bracket may be a part of it, so it must be the option's.
        """
        if len(number) > len(MONTREAL.value):
            return self._has_code(option, number.zfill(6), known, alone=False)
        has_number = option.value.strip() == number
        return has_number or (not is_beside and self._montreals_value() != MONTREAL.value)

    def _has_code(self, option: Option, code: str, known: gazetteer.Gazetteer, *, alone: bool) -> bool:
        """Tell whether a code is the option's: its value, or that of its name.

        Several cadastres may have this name; then the code `alone` does not tell that the option is that one.
        """
        name, value = self.names[option].bag, option.value.strip()
        if value == code or value in known.codes:
            return value == code
        codes = known.codes_of.get(name, frozenset())
        return code in codes and (not alone or len(codes) == 1)

    def _montreals_value(self) -> str | None:
        plain = names.parse(MONTREAL.text).plain
        return next((option.value.strip() for option, name in self.names.items() if name.plain == plain), None)


# A select keeps its options for many rows; sixteen of them cover a worker's day in one circonscription.
@lru_cache(maxsize=16)
def offer_of(options: tuple[Option, ...]) -> Offer:
    """Return the offer of these options."""
    return Offer(options)


def _is_choosable(option: Option) -> bool:
    words = names.parse(option.text).words
    return option.value.strip() not in PLACEHOLDER_VALUES and words != () and words[0] not in PLACEHOLDER_WORDS
