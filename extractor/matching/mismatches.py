"""What `match` raises instead of guessing."""

from __future__ import annotations

import re

from extractor.language.sentences import Language, Sentence

# What stands between two names, and how many of them a person is offered.
PARTS = " · "
MAX_NAMES = 3
NOTHING = Sentence("nothing is offered")
# What stands before the names in each sentence that lists some; a test reads every one of them back.
BEFORE_NAMES = ("nearest: ", "options: ", "one of: ", "les plus proches : ", "plusieurs choix : ", "ces choix : ")


class MatchRefused(Exception):
    """No option can be chosen with certainty; `nearest` holds up to three offered texts."""

    def __init__(self, wanted: str, nearest: tuple[str, ...]) -> None:
        self.wanted = wanted
        self.nearest = nearest
        super().__init__(wanted, nearest)  # so that it survives pickling

    @property
    def sentence(self) -> Sentence:
        return Sentence('"{wanted}" cannot be matched: {nearest}', wanted=self.wanted, nearest=self.listed)

    @property
    def listed(self) -> str:
        """The nearest, for a person."""
        return PARTS.join(self.nearest) or NOTHING

    def __str__(self) -> str:
        return str(self.sentence)


class NoMatch(MatchRefused):
    """Nothing offered is close enough to what was asked."""

    @property
    def sentence(self) -> Sentence:
        return Sentence(
            '"{wanted}" matches no option closely enough; nearest: {nearest}', wanted=self.wanted, nearest=self.listed
        )


class AmbiguousMatch(MatchRefused):
    """Several options fit what was asked equally well."""

    @property
    def sentence(self) -> Sentence:
        return Sentence('"{wanted}" fits several options: {nearest}', wanted=self.wanted, nearest=self.listed)


def offered_names(message: str) -> tuple[str | None, tuple[str, ...]]:
    """What the message of a row that was refused says, in any language: its column, and the names offered, at most
    three. Only the message keeps them: the registry's own list may be another one in the next circonscription.
    """
    column = re.match(r"[a-z_]+", message)
    listed = re.search(rf"(?:{'|'.join(map(re.escape, BEFORE_NAMES))})(.+?)\.?$", message)
    is_listed = listed is not None and listed[1] not in {NOTHING.into(language) for language in Language}
    names = tuple(name.strip() for name in listed[1].split(PARTS)) if listed and is_listed else ()
    return (column[0] if column else None), names[:MAX_NAMES]
