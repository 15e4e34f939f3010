"""Other readings of a row when the registry knows no such lot: never one that the row itself does not mention.

`matching` turns each reading's words into options of the form, or refuses the reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from extractor.matching.emptiness import is_empty
from extractor.matching.names import is_kind_word, normalise
from extractor.matching.numbers import compact, is_renovated
from extractor.matching.request import Request
from extractor.models import Source

MAX_READINGS = 3
CADASTRE_DU_QUEBEC = "Cadastre du Québec"
# The form's words, longest first: `Acte divers` is not a mention of `Acte`.
ACTE_TYPES = ("Avis d'adresse", "Acte divers", "Radiation", "Acte")

_PART_BEFORE = re.compile(r"^P(?:TIE|TE|ARTIE)?-?(?=\d)")
_PART_BEHIND = re.compile(r"(?<=[\dA-Z])-?(?:PTIE|PTE|PARTIE)$|(?<=\d)-?P$")
_WORD = re.compile(r"[^\W\d_]+\.?")
# What stands before a kind word that only goes on with a name: `Municipalité de la paroisse`, `(quartier`.
_LINK = re.compile(r"(?i)\b(?:de|du|des|la|le|les)\s+$|\b[dl]['’]\s*$|\(\s*$")
_LEADING_IN = re.compile(r"(?i)[\s,;/(-]*(?:\b(?:de|du|des|la|le|les|[dl]['’])\s*)*$")
# Where a cadastre's name ends inside a désignation: `Canton Abercrombie, Rang 5`.
_NAME_END = re.compile(r"(?i)[,;/]|\b(?:rangs?|bloc|lots?|concession|\d+e)\b")


def readings(asked: Request) -> tuple[Request, ...]:
    """Return the row as asked with its blanks tidied, then at most two other readings of its own words."""
    asked = replace(
        asked,
        number=asked.number.strip(),
        circonscription=_text(asked.circonscription),
        cadastre=_text(asked.cadastre),
        designation=_text(asked.designation),
        acte_type=_text(asked.acte_type),
    )
    others = (*_other_numbers(asked), *(_other_types(asked) if asked.source is Source.ACTE else _other_lots(asked)))
    distinct: dict[tuple[str, ...], Request] = {}
    for reading in (asked, *others):
        distinct.setdefault(reading.identity, reading)
    return tuple(distinct.values())[:MAX_READINGS]


def _other_numbers(asked: Request) -> Iterator[Request]:
    """Yield the number without the zeros before it, and a lot without the word for a part of it."""
    number = compact(asked.number)
    if number.lstrip("0") not in ("", number):
        yield replace(asked, number=number.lstrip("0"), why="the number without the zeros before it")
    whole = _PART_BEHIND.sub("", _PART_BEFORE.sub("", number))
    if asked.source is not Source.ACTE and whole != number:
        yield replace(asked, number=whole, why=f"{number} is a part of lot {whole}")


def _other_lots(asked: Request) -> Iterator[Request]:
    """Yield other places to look a lot up: a renovated lot first where all renovated lots are."""
    if is_renovated(asked.number):
        renovated = replace(asked, cadastre=CADASTRE_DU_QUEBEC, designation=None)
        yield replace(renovated, why="a 7-digit lot is in the Cadastre du Québec")
        yield replace(renovated, circonscription=None, why="a 7-digit lot needs no circonscription")
    for cadastre, rest in _cadastres_in(asked.designation or ""):
        yield replace(asked, cadastre=cadastre, designation=rest, why="the désignation names a cadastre")


def _other_types(asked: Request) -> Iterator[Request]:
    """Yield the types of document that the row's words mention beside the one asked."""
    for field in (asked.acte_type, asked.designation, asked.cadastre):
        for acte_type in _types_in(field or ""):
            yield replace(asked, acte_type=acte_type, why=f'the row says "{field}"')


def _types_in(text: str) -> Iterable[str]:
    """Return the form's types that a text mentions; `Acte` only if it mentions nothing more exact."""
    words = f" {normalise(text)} "
    found = [one for one in ACTE_TYPES if f" {normalise(one)} " in words]
    return found[:-1] if len(found) > 1 and found[-1] == "Acte" else found


def _cadastres_in(designation: str) -> Iterator[tuple[str, str | None]]:
    """Yield each cadastre that a désignation names, and what the désignation says beside it."""
    starts = list(_phrase_starts(designation))
    for start, limit in pairwise([*starts, len(designation)]):
        end = _NAME_END.search(designation, start, limit)
        stop = end.start() if end else limit
        name = designation[start:stop].strip()
        if len(normalise(name).split()) > 1:
            before, after = _LEADING_IN.sub("", designation[:start]), designation[stop:].lstrip(" ,;/-)")
            yield name if "(" in name else name.rstrip(" )"), _text(f"{before} {after}")
        elif start > 0 and len(starts) == 1 and not re.search(r"\d", designation):
            yield designation, None  # turned: `Saint-Hippolyte, Paroisse de`


def _phrase_starts(text: str) -> Iterator[int]:
    """Yield where a kind word opens a name; in `Municipalité de la paroisse de` the second one does not."""
    found_one = False
    for word in _WORD.finditer(text):
        opens = is_kind_word(word[0]) or word[0].casefold() == "cadastre"
        if opens and len(word[0]) > 1 and not (found_one and _LINK.search(text, 0, word.start())):
            found_one = True
            yield word.start()


def _text(field: str | None) -> str | None:
    """Return a field with its blanks tidied, None if nothing is left or it is a word for that."""
    return None if is_empty(field) else " ".join((field or "").split())
