"""Ways to misspell a real name, and ways to turn it into another name that must never match it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from tests.matching.realnames import KIND, ascii_only, bare, letters, real_words, skeleton

SHORT_KINDS = {
    "Paroisse": ("Par.", "P."),
    "Canton": ("Cant.", "Ct"),
    "Village": ("Vill.",),
    "Municipalité": ("Mun.",),
}
OTHER_KINDS = {"Paroisse": "Village", "Canton": "Paroisse", "Village": "Canton", "Ville": "Paroisse"}
OPPOSITES = {"Nord": "Sud", "Sud": "Nord", "Est": "Ouest", "Ouest": "Est", "1": "2", "2": "1", "Grande": "Petite"}
UNTOUCHED = frozenset({"saint", "sainte", "quartier", "centre", "partie", "premier"})


def shortened_saint(text: str) -> str:
    return text.replace("Sainte-", "Ste-").replace("Saint-", "St-")


def _without_articles(text: str) -> str:
    return re.sub(r"(?<=[ -])(?:(?:de la|de|du|des|la|le|les|au)[ -]|(?:de l|d|l)')(?=\w)", "", text)


def _turned(text: str) -> Iterator[str]:
    if found := KIND.fullmatch(text):
        kind, link, rest = found.groups()
        yield f"{rest}, {kind}{link}".strip()
        yield f"{rest} ({kind.lower()}{link})"


def _kind_shortened(text: str) -> Iterator[str]:
    if found := KIND.fullmatch(text):
        for short in SHORT_KINDS.get(found["kind"], ()):
            yield f"{short}{found['link']}{found['rest']}"


def everything_at_once(text: str) -> str:
    return "  " + shortened_saint(ascii_only(text)).upper().replace("-", " ") + " . "


def misspelt(text: str) -> Iterator[str]:
    """Yield two misspellings of a long name: one letter of a word of six or more, never its first."""
    if letters(text) >= 8:
        yield from _one_letter_off(text, at_least=6)


def misspelt_twice(text: str) -> Iterator[str]:
    """Yield misspellings of a very long name that differ in two letters."""
    if letters(text) >= 16:
        yield from (twice for once in misspelt(text) for twice in misspelt(once))


def misspelt_short(text: str) -> Iterator[str]:
    """Yield two misspellings of a short name: five to seven letters of its own."""
    if 5 <= letters(text) < 8:
        yield from _one_letter_off(text, at_least=5)


def misspelt_short_word(text: str) -> Iterator[str]:
    """Yield misspellings of a word of four or five letters in a long name."""
    if letters(text) >= 8:
        yield from _one_letter_off(text, at_least=4, at_most=5)


def misspelt_in_front(text: str) -> Iterator[str]:
    """Yield a misspelling of the first letter of a word, or of its first two."""
    if letters(text) >= 5:
        yield from list(_one_letter_off(text, at_least=5, first=True))[:1]


def _one_letter_off(text: str, at_least: int, at_most: int = 99, *, first: bool = False) -> Iterator[str]:
    dice = random.Random(text)
    start = len(text) - len(bare(text) or text)
    words = [w for w in re.finditer(r"[^\W\d_]+", text) if w.start() >= start and at_least <= len(w[0]) <= at_most]
    words = [w for w in words if w[0].lower() not in UNTOUCHED]
    for make in dice.sample(SLIPS, 2) if words else ():
        word = dice.choice(words)
        at = word.start() + (0 if first else dice.randrange(1, len(word[0]) - 1))
        wanted = text[:at] + make(text[at], text[at + 1], dice) + text[at + 2 :]
        if wanted != text:
            yield wanted


SLIPS: list[Callable[[str, str, random.Random], str]] = [
    lambda _a, b, _dice: b,
    lambda a, b, _dice: a + a + b,
    lambda a, b, _dice: b + a,
    lambda _a, b, dice: dice.choice("aeinorst") + b,
]


WAYS: dict[str, Callable[[str], Iterable[str]]] = {
    "no accents": lambda text: [ascii_only(text)],
    "case": lambda text: [text.lower(), text.upper()],
    "St, Ste": lambda text: [
        shortened_saint(text),
        text.replace("Sainte-", "Ste. ").replace("Saint-", "St. "),
        text.replace("Sainte-", "ste ").replace("Saint-", "st "),
    ],
    "Saint for Sainte": lambda text: [text.replace("Sainte-", "Saint-"), text.replace("Sainte-", "St-")],
    "articles missing": lambda text: [_without_articles(text)],
    "hyphens": lambda text: [text.replace("-", " "), text.replace("-", "\u2011")],
    "apostrophes": lambda text: [text.replace("'", "\u2019"), text.replace("'", " "), text.replace("'", "")],
    "spaces": lambda text: [text.replace(" ", "\u00a0"), f"\t{text}\u202f".replace(" ", "  ")],
    "punctuation": lambda text: [f"« {text} »", f"- {text} ;"],
    "word order": _turned,
    "kind shortened": _kind_shortened,
    "Cadastre de": lambda text: [f"Cadastre de la {text}"] if text.startswith(("Par", "Ville", "Cit")) else [],
    "several at once": lambda text: [everything_at_once(text)],
}

# One right answer, if no other name is as near or nearly so; else right or refused.
MISSPELLINGS: dict[str, Callable[[str], Iterable[str]]] = {
    "misspelt": misspelt,
    "short name misspelt": misspelt_short,
    "first letter misspelt": misspelt_in_front,
}
# Right or refused in any case.
BAD_MISSPELLINGS: dict[str, Callable[[str], Iterable[str]]] = {
    "misspelt twice": misspelt_twice,
    "short word misspelt": misspelt_short_word,
}


# Refused where no gazetteer knows the neighbours.
UNKNOWN_MISSPELLINGS: dict[str, Callable[[str], Iterable[str]]] = {
    "short name misspelt, names unknown": misspelt_short,
    "short word misspelt, names unknown": misspelt_short_word,
}


def spellings(text: str) -> list[str]:
    """Return the spellings of a name in the cases that must be refused."""
    return [text, everything_at_once(text), *_turned(_without_articles(text)), *misspelt(text)]


def _other_kind(text: str) -> Iterator[str]:
    if (found := KIND.fullmatch(text)) and (kind := OTHER_KINDS.get(found["kind"])):
        yield f"{kind}{found['link']}{found['rest']}"


def _other_mark(text: str) -> Iterator[str]:
    yield f"{text}-Nord"
    yield f"{text} 2"
    yield f"{text} (partie ouest)"
    yield f"Augmentation du {text.lower()}"
    others = (f"{text} (2)", f"{text}5", f"{text} no 3", f"{text}, partie nord", f"{text} (2), Québec")
    yield from random.Random(text).sample(others, 2)
    for word, opposite in OPPOSITES.items():
        swapped = re.sub(rf"(?i)\b{word}\b", opposite, text)
        dropped = re.sub(rf"(?i)[- ]{word}\b", "", text)
        yield from (wrong for wrong in (swapped, dropped) if wrong != text)


def _other_word(text: str) -> Iterator[str]:
    """Yield the name with one word replaced by a word of another name that differs in one or two letters."""
    for word in re.findall(r"[^\W\d_]{3,}", bare(text) or text):
        near = process.extract(word, real_words(), scorer=Levenshtein.distance, score_cutoff=2, limit=None)
        for other, _, _ in near:
            wanted = re.sub(rf"\b{word}\b", other, text)
            is_plural = not bare(text) and word.rstrip("s") == other.rstrip("s")
            if skeleton(wanted) != skeleton(text) and not is_plural:
                yield wanted


def _tiny_name_misspelt(text: str) -> Iterator[str]:
    name = bare(text) or text
    if len(name) == 4 and name.isalpha():
        yield from _one_letter_off(text, at_least=4)


def _tiny_word_misspelt(text: str) -> Iterator[str]:
    if letters(text) >= 5:
        yield from _one_letter_off(text, at_least=3, at_most=3)


ALTERATIONS: dict[str, Callable[[str], Iterator[str]]] = {
    "differing kind": _other_kind,
    "differing mark": _other_mark,
    "another name's word": _other_word,
    "name of four letters misspelt": _tiny_name_misspelt,
    "word of three letters misspelt": _tiny_word_misspelt,
}
