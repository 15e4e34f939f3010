"""What offices, the law and English speakers write around a name, and what a reader makes of its letters."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from tests.matching.dirt import SLIPS
from tests.matching.realnames import KIND, ascii_only, bare, real_words, rows, skeleton

ENGLISH_KINDS = {
    "Canton": "Township",
    "Paroisse": "Parish",
    "Village": "Village",
    "Ville": "Town",
    "Cité": "City",
    "Municipalité": "Municipality",
}
OF_OFFICES = (
    *("Circonscription foncière de {}", "circ. foncière : {}", "CIRC. FONC. DE {}", "Circ. de {}"),
    *("C.F. {}", "C. F. de {}", "CF-{}", "{} (C.F.)", "{}, circonscription foncière"),
    *("Division d'enregistrement de {}", "Bureau d'enregistrement de {}", "Registration Division of {}"),
    *("Bureau de la publicité des droits de {}", "Div. d'enr. de {}"),
)
OF_PROVINCE = ("{} (Québec)", "{}, QC", "{} (P.Q.)", "{}, Qué.", "{} (Québec) Canada")
OF_CADASTRES = (
    *("Cadastre : {}", "Cadastre officiel de {}", "Cad. off. {}", "{} (cadastre officiel)", "{}, cadastre"),
    *("{}, Québec", "{}, circonscription foncière de Portneuf", "Official cadastre of {}"),
)
OF_QUEBEC = (
    *("Cadastre officiel du Québec", "Cad. off. du Qc", "CADASTRE QUEBEC", "Cadastre of Québec"),
    *("Official cadastre of Quebec", "Cadastre : Québec", "Cad. du Qué."),
)
# What a person or a reader writes for a letter.
DIGITS_LIKE = {"o": "0", "i": "1", "l": "1", "s": "5", "b": "8", "e": "3", "g": "9"}


def _dice(text: str) -> random.Random:
    """Return dice that fall the same way in each run, and not as those of the other kinds of dirt."""
    return random.Random(f"{text}, worded")


def office_words(text: str) -> list[str]:
    return [wording.format(text) for wording in OF_OFFICES]


def province(text: str) -> list[str]:
    return [wording.format(text) for wording in OF_PROVINCE]


def cadastre_words(text: str) -> list[str]:
    wordings = OF_QUEBEC if text == "Cadastre du Québec" else OF_CADASTRES
    return [wording.format(text) for wording in _dice(text).sample(wordings, 3)]


def english(text: str) -> Iterator[str]:
    found = KIND.fullmatch(text)
    if found and (kind := ENGLISH_KINDS.get(found["kind"])):
        rest = found["rest"]
        yield _dice(text).choice((f"{kind} of {rest}", f"{rest} {kind}", f"{rest}, {kind.lower()} of"))


def digits_for_letters(text: str) -> Iterator[str]:
    """Yield the text with one letter of a longer word as a digit, unless another word and a number may be meant."""
    dice = _dice(text)
    name = bare(text) or text
    places = [
        (word, at)
        for word in re.finditer(r"[^\W\d_]{4,}", text)
        for at, letter in enumerate(word[0].lower())
        if letter in DIGITS_LIKE and not _parted(word[0], at) & _plain_words() and word.start() >= len(text) - len(name)
    ]
    for word, at in dice.sample(places, min(1, len(places))):
        where = word.start() + at
        yield text[:where] + DIGITS_LIKE[text[where].lower()] + text[where + 1 :]


def _parted(word: str, at: int) -> set[str]:
    """Return what is left of a word if its first or last letter is a number."""
    return {ascii_only(word).lower().strip(word[at].lower())} if at in (0, len(word) - 1) else set()


def misread_encoding(text: str) -> Iterator[str]:
    if text != ascii_only(text):
        yield text.encode().decode("latin-1")
        yield "".join(char if char.isascii() else f"&#{ord(char)};" for char in text)


def initial_for_saint(text: str) -> Iterator[str]:
    if "Saint-" in text and skeleton(text.replace("Saint-", "Sainte-")) not in _skeletons():
        yield from (text.replace("Saint-", short, 1) for short in ("S. ", "S-", "Snt-"))


def kind_misspelt(text: str) -> Iterator[str]:
    found = KIND.fullmatch(text)
    if found and len(found["kind"]) >= 6:
        dice = _dice(text)
        at = dice.randrange(1, len(found["kind"]) - 1)
        yield text[:at] + dice.choice(SLIPS[:3])(text[at], text[at + 1], dice) + text[at + 2 :]


@cache
def _plain_words() -> frozenset[str]:
    return frozenset(ascii_only(word).lower() for word in real_words())


@cache
def _skeletons() -> frozenset[str]:
    return frozenset(skeleton(row["cadastre"]) for row in rows("cadastres.csv"))


OF_ANY: dict[str, Callable[[str], Iterable[str]]] = {
    "encoding misread": misread_encoding,
    "S. for Saint": initial_for_saint,
    "digits for letters": digits_for_letters,
    "kind misspelt": kind_misspelt,
    "English": english,
}
OF_CADASTRE_SELECT = OF_ANY | {"cadastre's words": cadastre_words}
OF_OFFICE_SELECT = OF_ANY | {"office's words": office_words, "province": province}


def other_wordings(text: str) -> list[str]:
    """Return wordings of a name in the cases that must be refused."""
    return [*list(english(text))[:1], *list(digits_for_letters(text))[:1], f"Cadastre officiel de {text}"]
