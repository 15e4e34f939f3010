"""How a document's text is read: capitals without accents, one blank between words, lines kept. Pure."""

from __future__ import annotations

import re
import unicodedata

_DASHES = dict.fromkeys(map(ord, "\u00ad\u2010\u2011\u2012\u2013\u2014\u2212\ufffe"), "-")
_QUOTES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc`\u00b4"), "'")
# `N u m e r o`: letters with one blank between them are one word, and two blanks part the words.
_SPREAD_WORD = re.compile(r"(?<!\S)[A-Z](?: [A-Z']){2,}(?!\S)")
# No line of a sentence ends with one of these: it goes on below. A field such as `Cadastre :` ends with its line.
_GOES_ON = re.compile(
    r"^([^:\n]*(?<![^\s'])(?:SOUS|AVEC|PAR|POUR|PORTANT|AYANT|LE|LA|LES|L'|D'|DE|DU|DES|AU|AUX|UN|UNE))\n", re.MULTILINE
)


def fold(text: str) -> str:
    """Capitals without accents; every kind of blank is one, every kind of dash a hyphen; lines stay lines.

    Words that were set with a blank behind each letter are put together, and so is a sentence that a line's end cut
    behind a word such as `sous`.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_QUOTES).translate(_DASHES).replace("º", "°"))
    visible = "".join(char for char in plain if unicodedata.category(char) not in ("Mn", "Cf"))
    lines = map(_fold_line, visible.upper().translate(_QUOTES).splitlines())
    return _GOES_ON.sub(r"\1 ", "\n".join(line for line in lines if line))


def tight(number: str) -> str:
    """A number without any blanks: what a label has behind it is one number, however it is spaced."""
    return "".join(number.split())


def _fold_line(line: str) -> str:
    blanks_alike = re.sub(r"\s", " ", line)
    return " ".join(_SPREAD_WORD.sub(lambda word: word[0].replace(" ", ""), blanks_alike).split())
