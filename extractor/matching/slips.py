"""Slips of the pen and of the reader: what a word may have been before one letter of it went wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from rapidfuzz.distance import OSA

from extractor.matching import names
from extractor.matching.vocabulary import ABBREVIATIONS, ARTICLES, CARDINALS, KINDS, MARKS, NUMBERED, ROMANS

# One edit per word, one per eight letters of the name, two at most.
LETTERS_PER_EDIT = 8
MAX_EDITS = 2
# Of a name that the gazetteer does not know, neighbours may be missing there too: only its long words bear a slip.
SHORTEST_WORD = 6
# Of a known name every neighbour is known. Names and words of three and four letters are all too near to each other.
SHORTEST_KNOWN_NAME = 5
SHORTEST_KNOWN_WORD = 4

MOST_DIGITS = 4
_LETTERS_LIKE = {"0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "bg", "7": "t", "8": "b", "9": "g"}
_DIGITS_LIKE = str.maketrans("oilzsb", "011258")
_MIXED = re.compile(r"(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_][^\W_]*[^\W\d_])[^\W_]{3,}")
# `1O` may be 1 Ouest.
_NUMBER = re.compile(r"(?<![^\W_])(?!\d+o\b)(?=[^\W_]*\d|[il]{1,3}\b|[il]o\b)[\doil]{1,3}(?![^\W_])(?!['\u2019])")
_BEFORE_CODE = re.compile(r"^(?:(?:cad(?:astre)?|code|no|n)\b\W*)+")
_CODE_IN_TWO = re.compile(r"[0-9]{3} [0-9]{3}")
_CODE = re.compile(r"(?=\D*\d)[\doilsb]{6}")
_S = re.compile(r"(?<!['\u2019])\bs\b[.\s-]*(?=[^\W\d])")
_DIGIT = re.compile(r"\d")
_APOSTROPHE = re.compile(r"\b1(?=['\u2019])")
_SIGNS = frozenset({"cadastre", "officiel", "bloc", "lot", "centre"}) | NUMBERED
_GENERIC = KINDS | ARTICLES | MARKS | ABBREVIATIONS.keys() | _SIGNS
_LONG_KINDS = tuple(sorted(kind for kind in KINDS if len(kind) >= len("ville")))
_BEFORE_NUMBERS = ("bloc", "concession", "rang")
_MISSPELT_MARKS = MARKS - CARDINALS - {"bas", "basse", "haut", "haute", "gros"}


def as_letters(text: str, real_words: frozenset[str]) -> tuple[str, ...]:
    """Return the texts in which each digit inside a word is a letter again: `Abit1bi`; none if a word stays unreal."""
    if not _DIGIT.search(text):
        return ()
    folded = _APOSTROPHE.sub("l", names.fold(text))
    mixed = list(dict.fromkeys(_MIXED.findall(folded)))
    readings = [tuple(_read_as_letters(word, real_words)) for word in mixed]
    texts = []
    for choice in product(*readings):
        letters = dict(zip(mixed, choice, strict=True))
        texts.append(_MIXED.sub(lambda found, letters=letters: letters[found[0]], folded))  # type: ignore[misc]
    return tuple(one for one in texts if one != names.fold(text))


def _read_as_letters(word: str, real_words: frozenset[str]) -> Iterator[str]:
    """Yield the real words that a word with digits can be; `Caron5` may be Caron and a number."""
    name = word.strip("0123456789")
    is_name_and_number = name != word and (name in real_words or name in _GENERIC)
    if is_name_and_number or sum(char.isdecimal() for char in word) > MOST_DIGITS:
        return
    for letters in product(*(_LETTERS_LIKE.get(char, char) for char in word)):
        read = "".join(letters)
        if read in real_words or read in _GENERIC:
            yield read


def as_numbers(text: str) -> str:
    """Return the text in which a letter that stands for a digit is that digit again: `Rang l0`, `Bonaventure I`."""
    return _NUMBER.sub(_read_as_number, names.fold(text))


def _read_as_number(found: re.Match[str]) -> str:
    return ROMANS.get(found[0]) or found[0].translate(_DIGITS_LIKE)


def saint_written_out(text: str) -> str:
    """Return the text in which `S.` before a name is Saint."""
    return _S.sub("saint ", names.fold(text))


def as_code(text: str) -> str | None:
    """Return the six digits of a code of the ministry, also read as `OOOOO1` or without its leading zero."""
    folded = _BEFORE_CODE.sub("", names.fold(text).strip())
    if _CODE_IN_TWO.fullmatch(folded):
        folded = folded.replace(" ", "")
    if _CODE.fullmatch(folded):
        return folded.translate(_DIGITS_LIKE)
    return f"0{folded}" if folded.isascii() and folded.isdigit() and len(folded) == 5 else None


def generic_respelled(name: names.Name, real_words: frozenset[str]) -> names.Name | None:
    """Return the name in which one word such as canton, or rang before its number, has one letter right again."""
    for at, word in enumerate(name.words):
        before_number = name.words[at + 1 : at + 2] and name.words[at + 1][0].isdecimal()
        possible = _BEFORE_NUMBERS if before_number else _LONG_KINDS if at in (0, len(name.words) - 1) else ()
        meant = [generic for generic in possible if OSA.distance(word, generic) == 1]
        if len(name.words) > 1 and len(meant) == 1 and word not in real_words and word not in _GENERIC:
            return names.Name(name.text, (*name.words[:at], meant[0], *name.words[at + 1 :]))
    return None


def edits(asked: names.Name, real: names.Name, real_words: frozenset[str], *, is_known: bool) -> int | None:
    """Count the edits that turn one name into another with as many words; None when it was not misspelt."""
    if len(asked.core) != len(real.core):
        return None
    changed = [pair for pair in zip(asked.core, real.core, strict=True) if pair[0] != pair[1]]
    bears_slip = _is_slip_of_known if is_known else _is_slip
    if any(word in real_words or word in _GENERIC or not bears_slip(word, of=of) for word, of in changed):
        return None
    allowed = min(MAX_EDITS, sum(map(len, real.letters)) // LETTERS_PER_EDIT)
    if is_known and sum(map(len, real.core)) >= SHORTEST_KNOWN_NAME:
        allowed = max(allowed, 1)
    return len(changed) if len(changed) <= allowed else None


def _is_slip(word: str, *, of: str) -> bool:
    """Tell whether a word is one letter off another that is long enough; people get the first letter right."""
    return of not in MARKS and word[0] == of[0] and len(of) >= SHORTEST_WORD and OSA.distance(word, of) == 1


def _is_slip_of_known(word: str, *, of: str) -> bool:
    fixed = of in MARKS and of not in _MISSPELT_MARKS
    return not fixed and len(of) >= SHORTEST_KNOWN_WORD and word.isalpha() and OSA.distance(word, of) == 1
