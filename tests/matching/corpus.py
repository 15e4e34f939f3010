"""The matching corpus: every real name, made dirty as rows are, with the answer known from how it was made.

Nothing here asks the matcher or its folding what a case means; `realnames` has its own simpler folding.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Editop, Editops, Levenshtein

from extractor.matching import Option
from tests.matching.dirt import (
    ALTERATIONS,
    BAD_MISSPELLINGS,
    MISSPELLINGS,
    UNKNOWN_MISSPELLINGS,
    WAYS,
    everything_at_once,
    misspelt,
    misspelt_short,
    spellings,
)
from tests.matching.numbers import codes, designations, offices
from tests.matching.realnames import KIND, bare, edits_to_another, plain, rows, skeleton, squeezed
from tests.matching.wordings import OF_CADASTRE_SELECT, OF_OFFICE_SELECT, other_wordings

GARBAGE = (
    *("", "   ", "\u00a0", "-", "?", "0", "123", "n/a"),
    *("NULL", "Sélectionner…", "xxxxxxxx", "Québec Canada", "à vérifier"),
)
ACTE_TYPES = ("Acte", "Avis d'adresse", "Radiation", "Acte divers")
PLACEHOLDER = Option("NULL", "")


@dataclass(frozen=True)
class Case:
    """One row's text, what the select offers, and the right option; None if the text must be refused."""

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
            yield from (case for case, edits in _misspelt(option, options) if edits > 2)
    yield from (case for case in _numbered() if case.expected)
    actes = tuple(Option(str(number), text) for number, text in enumerate(ACTE_TYPES, 1))
    for option in actes:
        for wanted in (option.text, option.text.upper(), f" {option.text.lower()} ", f"{option.text}s"):
            yield Case("acte type", wanted, actes, option)
    yield Case("acte type", "Actes divers", actes, actes[3])
    yield Case("acte type", "Avis d\u2019adresse", actes, actes[1])


def doubtful_cases() -> Iterator[Case]:
    """Yield the cases that may be refused, and have one right answer if they are not."""
    for options in selects():
        for option in _distinct(options):
            yield from (
                replace(case, way=f"{case.way}, another near")
                for case, edits in _misspelt(option, options)
                if edits == 2
            )
            for way, dirty in BAD_MISSPELLINGS.items():
                yield from (
                    Case(way, wanted, options, option)
                    for wanted in dirty(option.text)
                    if edits_to_another(wanted, option.text)
                )


def refusal_cases() -> Iterator[Case]:
    """Yield the cases in which any choice would be wrong."""
    yield from _left_out()
    yield from _of_another_select()
    yield from _between_two_names()
    yield from (case for case in _numbered() if not case.expected)
    for options in selects():
        yield from _altered(options)
        for option in _distinct(options):
            yield from (
                replace(case, way="as near to another", expected=None)
                for case, edits in _misspelt(option, options)
                if edits == 1
            )
        yield from _ambiguous(options)
        yield from (Case("garbage", text, options, None) for text in GARBAGE)
    actes = tuple(Option(str(number), text) for number, text in enumerate(ACTE_TYPES, 1))
    for text in ("Vente", "Hypothèque", "Acte de vente", "Avis", "Adresse", "Divers", "Action", "Radié", "Act"):
        yield Case("acte type", text, actes, None)


@cache
def selects() -> list[tuple[Option, ...]]:
    """Return the options of each select, the circonscriptions last.

    The 423 cadastres of unknown circonscription are in selects of about the largest real size, their names in
    alphabetical order: those most alike are offered together.
    """
    by_place: dict[str, list[Option]] = defaultdict(list)
    for row in rows("cadastres.csv"):
        by_place[row["circonscription"]].append(Option(row["code"] or "no code", row["cadastre"]))
    homeless = sorted(by_place.pop(""), key=lambda option: plain(bare(option.text) or option.text))
    cadastres = [options for _, options in sorted(by_place.items())]
    cadastres += [homeless[start : start + 61] for start in range(0, len(homeless), 61)]
    places = [Option(f"{n:02}", row["name"]) for n, row in enumerate(rows("circonscriptions.csv"), 1)]
    return [(PLACEHOLDER, *options) for options in (*cadastres, places)]


def _dirtied(option: Option, options: tuple[Option, ...]) -> Iterator[tuple[str, str]]:
    """Yield each kind of dirt that changes this name and leaves it different from all other names offered."""
    others = {plain(other.text) for other in options if other != option}
    yield "as written", option.text
    wordings = OF_OFFICE_SELECT if options is selects()[-1] else OF_CADASTRE_SELECT
    for way, dirty in (WAYS | wordings).items():
        for wanted in dict.fromkeys(dirty(option.text)):
            if wanted != option.text and plain(wanted) not in others:
                yield way, wanted
    if (name := bare(option.text)) and _bare_count(options)[plain(name)] == 1:
        yield "kind missing", name
        yield "kind missing", everything_at_once(name)


def _misspelt(option: Option, options: tuple[Option, ...]) -> Iterator[tuple[Case, int]]:
    """Yield the misspellings of a name and how near the nearest other name is."""
    for way, dirty in MISSPELLINGS.items():
        for wanted in dict.fromkeys(dirty(option.text)):
            yield Case(way, wanted, options, option), edits_to_another(wanted, option.text)


def _numbered() -> Iterator[Case]:
    elsewhere = sorted({row["code"] for row in rows("cadastres.csv")} - {""})
    found = [codes(options, _distinct(options), elsewhere) for options in selects()[:-1]]
    for way, wanted, options, expected in chain(*found, offices(), designations()):
        yield Case(way, wanted, options, expected)


def _left_out() -> Iterator[Case]:
    """Ask each name where it is not offered, in several spellings, with and without knowing that it exists."""
    for options in selects():
        for option in _distinct(options):
            rest = tuple(other for other in options if plain(other.text) != plain(option.text))
            offered = {plain(other.text) for other in rest}
            for wanted in spellings(option.text):
                if plain(wanted) not in offered:
                    yield Case("left out", wanted, rest, None)
            for wanted in (*other_wordings(option.text), *misspelt_short(option.text)):
                yield Case("left out, another wording", wanted, rest, None)
            for way, dirty in UNKNOWN_MISSPELLINGS.items():
                yield from (Case(way, wanted, options, None, names_known=False) for wanted in dirty(option.text))
            if KIND.match(option.text):
                yield Case("left out, name unknown", option.text, rest, None, names_known=False)
            if (name := bare(option.text)) and _bare_count(options)[plain(name)] == 1:
                yield Case("left out, kind missing", name, rest, None)


def _of_another_select() -> Iterator[Case]:
    """Ask for each name in a select that offers the most similar name, and not the name itself."""
    every = selects()
    home = {option: number for number, options in enumerate(every[:-1]) for option in options}
    texts = [[plain(option.text) for option in options] for options in every[:-1]]
    flat = {(n, m): text for n, column in enumerate(texts) for m, text in enumerate(column) if text}
    for option in home:
        if not (asked := plain(option.text)):
            continue
        near = process.extract(asked, flat, scorer=fuzz.ratio, limit=8)
        strangers = dict.fromkeys(n for _, _, (n, _) in near if asked not in texts[n])
        for number in list(strangers)[:1]:
            for wanted in spellings(option.text)[::2]:  # every second: the corpus has to stay quick
                if plain(wanted) not in texts[number]:
                    yield Case("of another circonscription", wanted, every[number], None)


def _between_two_names() -> Iterator[Case]:
    """Ask for text that is one letter from an offered name, and one or two from a name that is offered elsewhere."""
    texts = {option.text for options in selects() for option in options}
    known = sorted({skeleton(text) for text in texts if KIND.fullmatch(text)})
    for options in selects():
        here = {skeleton(option.text): option for option in _distinct(options)}
        for name, option in here.items():
            for other in set(_within_three(name, known)) - set(here):
                for wanted in sorted(set(_one_step_short(other, name)) - set(here)):
                    same_kind = wanted.split()[0] == name.split()[0]
                    if same_kind and not _is_understood(wanted, option.text, other):
                        yield Case("between two names", wanted, options, None)


def _within_three(name: str, known: list[str]) -> list[str]:
    near = process.extract(name, known, scorer=Levenshtein.distance, score_cutoff=3, limit=None)
    return [other for other, edits, _ in near if edits >= 2]


def _one_step_short(start: str, end: str) -> Iterator[str]:
    steps = Levenshtein.editops(start, end)
    for left_out in steps:
        kept: list[Editop | tuple[str, int, int]] = [step for step in steps if step != left_out]
        yield Editops(kept, len(start), len(end)).apply(start, end)


def _altered(options: tuple[Option, ...]) -> Iterator[Case]:
    """Ask for names that differ from an offered name in a way that no tolerance may accept, also misspelt."""
    offered = {plain(option.text) for option in options}
    for option in _distinct(options):
        for way, alter in ALTERATIONS.items():
            for wanted in alter(option.text):
                if plain(wanted) not in offered:
                    yield Case(way, wanted, options, None)
                    if way in ("differing kind", "differing mark"):
                        yield from (
                            Case(f"{way}, misspelt", slip, options, None) for slip in list(misspelt(wanted))[:1]
                        )


def _ambiguous(options: tuple[Option, ...]) -> Iterator[Case]:
    counts = _bare_count(options)
    offered = {plain(option.text) for option in options}
    for name in sorted({bare(option.text) or "" for option in options} - {""}):
        if counts[plain(name)] > 1 and plain(name) not in offered:
            yield Case("ambiguous without its kind", name, options, None)
    for option in options[1:4]:
        twin = Option(option.value + "9", f" {option.text} ")
        yield Case("same text twice", option.text, (*options, twin), None)
    repeated = [text for text, times in Counter(option.text for option in options).items() if times > 1]
    yield from (Case("same text twice", text, options, None) for text in repeated)


def _is_understood(wanted: str, text: str, other: str) -> bool:
    """Whether the letters are those of `text`, or only Saint and Sainte differ and `other` is not nearer."""
    asked, meant = squeezed(wanted), (squeezed(text), squeezed(skeleton(text)))
    if asked in meant or asked in (one.replace("sainte", "saint") for one in meant):
        return True
    return asked.replace("sainte", "saint") in meant and Levenshtein.distance(wanted, other) > 1


def _bare_count(options: tuple[Option, ...]) -> Counter[str]:
    return Counter(plain(bare(option.text) or option.text) for option in options)


def _distinct(options: tuple[Option, ...]) -> list[Option]:
    """Return the options whose text occurs once, without the placeholder."""
    times = Counter(option.text for option in options)
    return [option for option in options if option.text and times[option.text] == 1]
