"""Folds a name, as a person typed it or as a select offers it, into words that `choice` compares."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import dropwhile

from extractor.matching.vocabulary import (
    ABBREVIATIONS,
    ARTICLES,
    CARDINALS,
    KINDS,
    LETTERED,
    LETTERS,
    LINKS,
    MARKS,
    NUMBER_SIGNS,
    NUMBERED,
    ORDINALS,
    PROVINCES,
    ROMANS,
)

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "&": " et "})
_MISREAD = re.compile(r"[\u00c2\u00c3\u00c5]")
# `l2` may be 12: its letter is no article.
_WORD = re.compile(r"\b[ld]\d[^\W_]*|\d+[^\W_]*|[^\W\d_]+")
_NOTRE_DAME = re.compile(r"\bn[.\s-]*d\b(?!['’])")
_ORDINAL = re.compile(r"(\d+)(?:e|er|re|ere|eme|ieme)")
_BRACKETED = re.compile(r"(?P<outer>.*\S)\s*\((?P<inner>[^()]+)\)\s*")


@dataclass(frozen=True)
class Name:
    """The words of one name and the forms in which two names may be found equal, strictest first."""

    text: str
    words: tuple[str, ...]

    @cached_property
    def meaning(self) -> tuple[str, ...]:
        """The words that count, without articles and with the kind in front."""
        words = tuple(word for word in self.words if word not in ARTICLES) or self.words
        if len(words) > 1 and words[-1] in KINDS and words[0] not in KINDS:
            return (words[-1], *words[:-1])
        return words

    @cached_property
    def kind(self) -> str | None:
        """The generic word in front, such as `paroisse`."""
        return self.meaning[0] if len(self.meaning) > 1 and self.meaning[0] in KINDS else None

    @cached_property
    def core(self) -> tuple[str, ...]:
        """The words without the kind."""
        return self.meaning[1:] if self.kind else self.meaning

    @cached_property
    def spelled(self) -> tuple[str, ...]:
        """Every word in its place."""
        return self.words

    @cached_property
    def joined(self) -> tuple[str, ...]:
        """The letters alone: `La Prairie` and `Laprairie`; numbers stay apart."""
        return tuple("".join(f" {word} " if word[0].isdecimal() else word for word in self.words).split())

    @cached_property
    def linked(self) -> tuple[str, ...]:
        """The words in any order without `de`; Canton de Caron and Canton de Le Caron stay apart."""
        return _any_order(word for word in self.words if word not in LINKS) or self.words

    @cached_property
    def bag(self) -> tuple[str, ...]:
        """The words that count, in any order."""
        return _any_order(self.meaning)

    @cached_property
    def genderless(self) -> tuple[str, ...]:
        """`bag` for which Saint and Sainte are one word."""
        return _any_order(map(_genderless, self.meaning))

    @cached_property
    def singular(self) -> tuple[str, ...]:
        """`bag` for which a final s counts for nothing: `Actes divers`."""
        return _any_order(map(_singular, self.meaning))

    @cached_property
    def bare(self) -> tuple[str, ...]:
        """`bag` without the kind."""
        return _any_order(self.core)

    @cached_property
    def bare_genderless(self) -> tuple[str, ...]:
        """`genderless` without the kind."""
        return _any_order(map(_genderless, self.core))

    @cached_property
    def marks(self) -> tuple[str, ...]:
        """The words of the core that bear no misspelling."""
        return tuple(word for word in self.core if _is_mark(word))

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The words of the core that bear one."""
        return tuple(word for word in self.core if not _is_mark(word))

    @cached_property
    def shape(self) -> tuple[str | None, tuple[str, ...], int]:
        """All that a misspelling leaves as it is: the kind, the marks and how many words there are."""
        return self.kind, self.marks, len(self.letters)

    @cached_property
    def plain(self) -> str:
        """The core as one string, to measure how far two names lie apart."""
        return " ".join(self.core)


@lru_cache(maxsize=16384)
def parse(text: str) -> Name:
    """Return the name in a text, abbreviations and numbers written out."""
    return Name(" ".join(text.split()), _words(text))


@lru_cache(maxsize=4096)
def other_names(text: str) -> tuple[Name, ...]:
    """Return what an option may also be called: `Nicolet (Nicolet 2)` is Nicolet and is Nicolet 2."""
    name = parse(text)
    others = []
    if name.kind == "municipalite" and name.core[0] in KINDS:
        others.append(Name(text, name.core))  # Municipalité de la paroisse de Montréal
    if bracketed := _BRACKETED.fullmatch(text):
        outer, inner = parse(bracketed["outer"]), parse(bracketed["inner"])
        if inner.kind == "quartier":
            others.append(inner)
        if set(outer.words) < set(inner.words):
            others += [outer, inner]
    return tuple(others)


def normalise(name: str) -> str:
    """Return the words that count in a name: no accents, capitals, articles or punctuation; the kind first."""
    return " ".join(parse(name).meaning)


def is_kind_word(word: str) -> bool:
    """Tell whether a word, abbreviated or not, is the generic part of a cadastre's name."""
    return any(folded in KINDS for folded in _words(word)[:1])


def _words(text: str) -> tuple[str, ...]:
    folded = _NOTRE_DAME.sub("notre dame", fold(text))
    found = _WORD.findall(folded)
    if found in PROVINCES:  # the province alone is no place in it
        return tuple(found)
    words = [ABBREVIATIONS.get(word, word) for word in found]
    return _without_preamble(tuple(_numbers_written_out(words)))


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Drop accents, capitals, ligatures and invisible characters; the punctuation stays."""
    decomposed = unicodedata.normalize("NFKD", _decoded(text)).casefold().translate(_LIGATURES)
    if decomposed.isascii():
        return decomposed
    return "".join(char for char in decomposed if unicodedata.category(char) not in ("Mn", "Cf"))


def _decoded(text: str) -> str:
    """Undo `Montr&eacute;al`, and `MontrÃ©al`: UTF-8 that was read as Latin-1 or as Windows-1252."""
    if "&" in text:
        text = html.unescape(text)
    for charset in ("cp1252", "latin-1") if _MISREAD.search(text) else ():
        with suppress(UnicodeError):
            return text.encode(charset).decode()
    return text


def _numbers_written_out(words: list[str]) -> Iterable[str]:
    """Yield the words; a numeral beside `rang` becomes digits, a number sign before digits goes."""
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        ordinal = _ORDINAL.fullmatch(word)
        if word.isdecimal():
            yield str(int(word))
        elif word in NUMBER_SIGNS and after[:1].isdecimal():
            continue
        elif after in NUMBERED and (ordinal or word in ORDINALS):
            yield ordinal[1] if ordinal else ORDINALS[word]
        elif word in LETTERS and (before in LETTERED or (not after and before not in KINDS | LINKS | {""})):
            yield f"{word}."  # no article: Bloc D is not Bloc L
        elif before in NUMBERED:
            yield ROMANS.get(word, word)
        else:
            yield word


def _without_preamble(words: tuple[str, ...]) -> tuple[str, ...]:
    """Cut `Cadastre officiel de la` before a kind; of `Cadastre officiel du Québec` cut `officiel`."""
    if words[:2] == ("officiel", "cadastre"):
        words = words[1:]
    if words[:1] != ("cadastre",):
        return words
    rest = words[2:] if words[1:2] in (("officiel",), ("off",)) else words[1:]
    name = tuple(dropwhile(ARTICLES.__contains__, rest))
    return name if name and name[0] in KINDS else (words[0], *rest)


def _any_order(words: Iterable[str]) -> tuple[str, ...]:
    """Sort the words where their order says nothing."""
    words = tuple(words)
    return words if _is_order_bound(words) else tuple(sorted(words))


def _is_order_bound(words: Iterable[str]) -> bool:
    """Tell whether sorting could swap two numbers or cardinals (`Rang 2 Bloc 3`)."""
    return sum(word[0].isdecimal() or word in CARDINALS for word in words) > 1


def _genderless(word: str) -> str:
    return "saint" if word == "sainte" else word


def _singular(word: str) -> str:
    return word.removesuffix("s") if len(word) > len("acte") else word


def _is_mark(word: str) -> bool:
    return word in MARKS or word in KINDS or word[0].isdecimal()
