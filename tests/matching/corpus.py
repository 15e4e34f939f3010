"""The matching corpus: every real name, dirtied as rows are, with the answer known from how it was made.

Nothing here asks the matcher or its folding what a case means: `_plain` below is the corpus's own and cruder.
"""

from __future__ import annotations

import csv
import random
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Editops, Levenshtein

from extractor.matching import Option

KIND = re.compile(
    r"(?P<kind>Paroisse|Canton|Village|Ville|Cité|Seigneurie|Municipalité|Fief)(?P<link> (?:des |du |de |d')?)(?P<rest>.+)"
)
SHORT_KINDS = {
    "Paroisse": ("Par.", "P."),
    "Canton": ("Cant.", "Ct"),
    "Village": ("Vill.",),
    "Municipalité": ("Mun.",),
}
OTHER_KINDS = {"Paroisse": "Village", "Canton": "Paroisse", "Village": "Canton", "Ville": "Paroisse"}
OPPOSITES = {"Nord": "Sud", "Sud": "Nord", "Est": "Ouest", "Ouest": "Est", "1": "2", "2": "1", "Grande": "Petite"}
GARBAGE = ("", "   ", "\u00a0", "-", "?", "0", "123", "n/a", "NULL", "Sélectionner…", "xxxxxxxx", "Québec Canada", "à vérifier")
ACTE_TYPES = ("Acte", "Avis d'adresse", "Radiation", "Acte divers")
PLACEHOLDER = Option("NULL", "")


@dataclass(frozen=True)
class Case:
    """One row's text, what the select offers, and the option that is meant: none if it must be refused."""

    way: str
    wanted: str
    options: tuple[Option, ...]
    expected: Option | None
    names_known: bool = True


def positive_cases() -> Iterator[Case]:
    """Yield the cases that have one right answer."""
    for options in selects():
        for option in _distinct(options):
            for way, wanted in _dirtied(option, options):
                yield Case(way, wanted, options, option)
    actes = tuple(Option(str(number), text) for number, text in enumerate(ACTE_TYPES, 1))
    for option in actes:
        for wanted in (option.text, option.text.upper(), f" {option.text.lower()} ", f"{option.text}s"):
            yield Case("acte type", wanted, actes, option)
    yield Case("acte type", "Actes divers", actes, actes[3])
    yield Case("acte type", "Avis d\u2019adresse", actes, actes[1])


def refusal_cases() -> Iterator[Case]:
    """Yield the cases in which any choice would be wrong."""
    yield from _left_out()
    yield from _of_another_select()
    yield from _between_two_names()
    for options in selects():
        yield from _altered(options)
        yield from _ambiguous(options)
        yield from (Case("garbage", text, options, None) for text in GARBAGE)
    actes = tuple(Option(str(number), text) for number, text in enumerate(ACTE_TYPES, 1))
    for text in ("Vente", "Hypothèque", "Acte de vente", "Avis", "Adresse", "Divers", "Action", "Radié", "Act"):
        yield Case("acte type", text, actes, None)


@lru_cache(maxsize=1)
def selects() -> list[tuple[Option, ...]]:
    """Return the options of each select, the circonscriptions last.

    The 423 cadastres of unknown circonscription stand in selects of about the largest real size, their names in
    alphabetical order: those most alike are offered together.
    """
    by_place: dict[str, list[Option]] = defaultdict(list)
    for row in _rows("cadastres.csv"):
        by_place[row["circonscription"]].append(Option(row["code"] or "no code", row["cadastre"]))
    homeless = sorted(by_place.pop(""), key=lambda option: _plain(_bare(option.text) or option.text))
    cadastres = [options for _, options in sorted(by_place.items())]
    cadastres += [homeless[start : start + 61] for start in range(0, len(homeless), 61)]
    places = [Option(f"{n:02}", row["name"]) for n, row in enumerate(_rows("circonscriptions.csv"), 1)]
    return [(PLACEHOLDER, *options) for options in (*cadastres, places)]


def _dirtied(option: Option, options: tuple[Option, ...]) -> Iterator[tuple[str, str]]:
    """Yield each way of dirtying that changes this name and leaves it unlike any other one offered."""
    others = {_plain(other.text) for other in options if other != option}
    yield "as written", option.text
    for way, dirty in WAYS.items():
        for wanted in dict.fromkeys(dirty(option.text)):
            if wanted != option.text and _plain(wanted) not in others:
                yield way, wanted
    if (bare := _bare(option.text)) and _bare_count(options)[_plain(bare)] == 1:
        yield "kind missing", bare
        yield "kind missing", _shortened_saint(_ascii(bare)).upper()


def _left_out() -> Iterator[Case]:
    """Ask each name where it is not offered, in several spellings, with and without knowing that it exists."""
    for options in selects():
        for option in _distinct(options):
            rest = tuple(other for other in options if _plain(other.text) != _plain(option.text))
            offered = {_plain(other.text) for other in rest}
            for wanted in _spellings(option.text):
                if _plain(wanted) not in offered:
                    yield Case("left out", wanted, rest, None)
            if KIND.match(option.text):
                yield Case("left out, name unknown", option.text, rest, None, names_known=False)
            if (bare := _bare(option.text)) and _bare_count(options)[_plain(bare)] == 1:
                yield Case("left out, kind missing", bare, rest, None)


def _of_another_select() -> Iterator[Case]:
    """Ask each name in the select that offers the name most like it, and not itself."""
    every = selects()
    home = {option: number for number, options in enumerate(every[:-1]) for option in options}
    texts = [[_plain(option.text) for option in options] for options in every[:-1]]
    flat = {(n, m): text for n, column in enumerate(texts) for m, text in enumerate(column) if text}
    for option in home:
        if not (asked := _plain(option.text)):
            continue
        near = process.extract(asked, flat, scorer=fuzz.ratio, limit=8)
        strangers = dict.fromkeys(n for _, _, (n, _) in near if asked not in texts[n])
        for number in list(strangers)[:1]:
            for wanted in _spellings(option.text):
                if _plain(wanted) not in texts[number]:
                    yield Case("of another circonscription", wanted, every[number], None)


def _between_two_names() -> Iterator[Case]:
    """Ask what lies one letter from an offered name and one or two from a name that is offered elsewhere."""
    texts = {option.text for options in selects() for option in options}
    known = sorted({_skeleton(text) for text in texts if KIND.fullmatch(text)})
    for options in selects():
        here = {_skeleton(option.text): option for option in _distinct(options)}
        for name, other in ((name, other) for name in here for other in _within_three(name, known)):
            if other in here:
                continue
            for wanted in _one_step_short(other, name):
                if wanted.split()[0] == name.split()[0] and _skeleton(wanted) not in here:
                    yield Case("between two names", wanted, options, None)


def _within_three(name: str, known: list[str]) -> list[str]:
    near = process.extract(name, known, scorer=Levenshtein.distance, score_cutoff=3, limit=None)
    return [other for other, edits, _ in near if edits >= 2]


def _one_step_short(start: str, end: str) -> Iterator[str]:
    steps = Levenshtein.editops(start, end).as_list()
    for left_out in range(len(steps)):
        done = Editops(steps[:left_out] + steps[left_out + 1 :], len(start), len(end))
        yield done.apply(start, end)


def _altered(options: tuple[Option, ...]) -> Iterator[Case]:
    """Ask names that differ from an offered one by what no tolerance may bridge, misspelt as well."""
    offered = {_plain(option.text) for option in options}
    for option in _distinct(options):
        for way, alter in ALTERATIONS.items():
            for wanted in alter(option.text):
                if _plain(wanted) not in offered:
                    yield Case(way, wanted, options, None)
                    if way in ("differing kind", "differing mark"):
                        yield from (Case(f"{way}, misspelt", slip, options, None) for slip in _misspelt(wanted))


def _ambiguous(options: tuple[Option, ...]) -> Iterator[Case]:
    counts = _bare_count(options)
    for bare in {_bare(option.text) for option in options}:
        if bare and counts[_plain(bare)] > 1 and _plain(bare) not in map(_plain, (o.text for o in options)):
            yield Case("ambiguous without its kind", bare, options, None)
    for option in options[1:4]:
        twin = Option(option.value + "9", f" {option.text} ")
        yield Case("same text twice", option.text, (*options, twin), None)
    repeated = [text for text, times in Counter(option.text for option in options).items() if times > 1]
    yield from (Case("same text twice", text, options, None) for text in repeated)


# -- ways of dirtying -------------------------------------------------------------------------------------------


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


@lru_cache(maxsize=None)
def _plain(text: str) -> str:
    """Fold enough to see that two texts of the corpus are the same name."""
    return " ".join(re.findall(r"\w+", re.sub(r"\bsainte\b", "saint", _ascii(text).lower())))


def _skeleton(text: str) -> str:
    """Fold as `_plain` does and drop the articles: what is left are letters that matter."""
    return re.sub(r"\b(?:de|du|des|d|la|le|les|l|au|aux) ", "", _plain(text))


def _shortened_saint(text: str) -> str:
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


def _bare(text: str) -> str | None:
    found = KIND.fullmatch(text)
    return found["rest"] if found else None


def _bare_count(options: tuple[Option, ...]) -> Counter[str]:
    return Counter(_plain(_bare(option.text) or option.text) for option in options)


def _everything_at_once(text: str) -> str:
    return "  " + _shortened_saint(_ascii(text)).upper().replace("-", " ") + " . "


def _misspelt(text: str) -> Iterator[str]:
    """Yield two misspellings of a long name: one letter of a word of six or more, never its first."""
    if _name_letters(text) >= 8:
        yield from _one_letter_off(text, at_least=6)


def _misspelt_twice(text: str) -> Iterator[str]:
    """Yield misspellings of a very long name, two letters off."""
    if _name_letters(text) >= 16:
        yield from (twice for once in _misspelt(text) for twice in _misspelt(once))


def _one_letter_off(text: str, at_least: int) -> Iterator[str]:
    dice = random.Random(text)
    start = len(text) - len(_bare(text) or text)
    words = [w for w in re.finditer(r"[^\W\d_]+", text) if w.start() >= start and len(w[0]) >= at_least]
    words = [w for w in words if w[0].lower() not in {"sainte", "saint", "quartier", "centre", "partie", "premier"}]
    for make in dice.sample(SLIPS, 2) if words else ():
        word = dice.choice(words)
        at = word.start() + dice.randrange(1, len(word[0]) - 1)
        wanted = text[:at] + make(text[at], text[at + 1], dice) + text[at + 2 :]
        if wanted != text:
            yield wanted


SLIPS: list[Callable[[str, str, random.Random], str]] = [
    lambda _a, b, _dice: b,
    lambda a, b, _dice: a + a + b,
    lambda a, b, _dice: b + a,
    lambda _a, b, dice: dice.choice("aeinorst") + b,
]


def _name_letters(text: str) -> int:
    """Count the letters that are the name's own: no kind, article, Saint or cardinal."""
    words = re.findall(r"[^\W\d_]+", _bare(text) or text)
    common = {"saint", "sainte", "de", "du", "des", "la", "le", "les", "l", "d", "nord", "sud", "est", "ouest"}
    common |= {"quartier", "centre", "partie", "premier", "grande", "grosse", "augmentation", "canton"}
    return sum(len(word) for word in words if word.lower() not in common | {"ville", "village", "paroisse"})


WAYS: dict[str, Callable[[str], Iterable[str]]] = {
    "no accents": lambda text: [_ascii(text)],
    "case": lambda text: [text.lower(), text.upper()],
    "St, Ste": lambda text: [
        _shortened_saint(text),
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
    "several at once": lambda text: [_everything_at_once(text)],
    "misspelt": _misspelt,
    "misspelt twice": _misspelt_twice,
}


def _spellings(text: str) -> list[str]:
    """Return the spellings in which a name is asked where it must be refused."""
    return [text, _everything_at_once(text), *_turned(_without_articles(text)), *_misspelt(text)]


def _other_kind(text: str) -> Iterator[str]:
    if (found := KIND.fullmatch(text)) and (kind := OTHER_KINDS.get(found["kind"])):
        yield f"{kind}{found['link']}{found['rest']}"


def _other_mark(text: str) -> Iterator[str]:
    yield f"{text}-Nord"
    yield f"{text} 2"
    yield f"{text} (partie ouest)"
    yield f"Augmentation du {text.lower()}"
    for word, opposite in OPPOSITES.items():
        swapped = re.sub(rf"(?i)\b{word}\b", opposite, text)
        dropped = re.sub(rf"(?i)[- ]{word}\b", "", text)
        yield from (wrong for wrong in (swapped, dropped) if wrong != text)


def _other_word(text: str) -> Iterator[str]:
    """Yield the name with one word replaced by another name's word, one or two letters off."""
    for word in re.findall(r"[^\W\d_]{3,}", _bare(text) or text):
        near = process.extract(word, _real_words(), scorer=Levenshtein.distance, score_cutoff=2, limit=None)
        for other, _, _ in near:
            wanted = re.sub(rf"\b{word}\b", other, text)
            if _skeleton(wanted) != _skeleton(text):
                yield wanted


@lru_cache(maxsize=1)
def _real_words() -> list[str]:
    texts = (row["cadastre"] for row in _rows("cadastres.csv"))
    return sorted({word for text in texts for word in re.findall(r"[^\W\d_]{3,}", _bare(text) or text)})


def _misspelt_short(text: str) -> Iterator[str]:
    if _name_letters(text) < 8:
        yield from _one_letter_off(text, at_least=3)


ALTERATIONS: dict[str, Callable[[str], Iterator[str]]] = {
    "differing kind": _other_kind,
    "differing mark": _other_mark,
    "another name's word": _other_word,
    "short name misspelt": _misspelt_short,
}


def _distinct(options: tuple[Option, ...]) -> list[Option]:
    """Return the options whose text stands once, the placeholder aside."""
    times = Counter(option.text for option in options)
    return [option for option in options if option.text and times[option.text] == 1]


def _rows(file: str) -> list[dict[str, str]]:
    text = resources.files("extractor").joinpath("standin", file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
