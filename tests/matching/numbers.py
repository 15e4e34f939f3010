"""Cases of codes, of office numbers and of désignations: where a digit decides."""

from __future__ import annotations

import random
from collections.abc import Iterator

from extractor.matching import Option
from tests.matching.dirt import misspelt
from tests.matching.realnames import bare, letters, rows

Numbered = tuple[str, str, tuple[Option, ...], Option | None]
"""Way, wanted text, options, right option or None."""
OTHER_DIGITS = ("0", "1", "123", "999999", "000000", "12345", "00", "4 5", "5-5")


def codes(options: tuple[Option, ...], distinct: list[Option], elsewhere: list[str]) -> Iterator[Numbered]:
    """Yield the ministry's codes, alone and beside the name, also those of other cadastres."""
    offered = {option.value for option in options}
    dice = random.Random(options[-1].text)
    for option in distinct:
        code, text = option.value, option.text
        if len(code) == len("000001") and code.isdecimal():
            wordings: tuple[str, ...] = (
                code,
                f"{text} ({code})",
                f"{code} - {text}",
                code.replace("0", "O"),
                code.lstrip("0"),
            )
            wordings = wordings[: 5 if len(code.lstrip("0")) == len("50460") else 4]
            yield from (("code", wanted, options, option) for wanted in dice.sample(wordings, 2))
            other = dice.choice(elsewhere)
            if other not in offered:
                yield from (("another code", wanted, options, None) for wanted in (other, f"{text} ({other})"))
    yield from (("digits that are no code", digits, options, None) for digits in OTHER_DIGITS)


def offices() -> Iterator[Numbered]:
    """Yield the numbers of offices: Montréal is 65. Other values are no such numbers."""
    names = [row["name"] for row in rows("circonscriptions.csv")]
    start = 65 - names.index("Montréal")
    numbered = tuple(Option(str(number), name) for number, name in enumerate(names, start))
    by_rank = tuple(Option(f"{number:02}", name) for number, name in enumerate(names, 1))
    for option, unnumbered in zip(numbered, by_rank, strict=True):
        number, text = option
        for wanted in (number, f"{text} ({number})", f"{number} {text}", f"{number} - {text}", f"{text} {number}"):
            yield "office's number", wanted, numbered, option
        for wanted in (f"{text} ({number})", f"{number} - {text}", f"C.F. {text} ({number})"):
            yield "office's number", wanted, by_rank, unnumbered
        another = numbered[int(number) % len(numbered)].value
        if another != number:
            yield "another office's number", f"{text} ({another})", numbered, None
        for wanted in (f"{text} 3", f"{text} (3)", number, f"{text} {int(unnumbered.value) + 1:02}"):
            if wanted not in names:
                yield "number that is no office's", wanted, by_rank, None
        for wanted in (f"Cadastre de {text}", f"Paroisse de {text}", f"City of {text}", f"{text}, C.F. X"):
            yield "no circonscription", wanted, by_rank, None
    yield from _of_two_divisions(by_rank)


def _of_two_divisions(options: tuple[Option, ...]) -> Iterator[Numbered]:
    """Yield the circonscriptions that only a number tells apart, and texts that are none."""
    by_name = {option.text: option for option in options}
    for wanted in ("Bonaventure (65)", "C.F. Charlevoix", "Nicolet (1)", "QC", "C.F.", "Qué.", "Québec, Canada"):
        yield "no circonscription", wanted, options, None
    for wanted, text in (
        ("Bonaventure, première division", "Bonaventure 1"),
        ("2e division de Charlevoix", "Charlevoix 2"),
    ):
        yield "office's words", wanted, options, by_name[text]
    for wanted, text in (
        ("Bonaventure I", "Bonaventure 1"),
        ("Bonaventure l", "Bonaventure 1"),
        ("Charlevoix II", "Charlevoix 2"),
    ):
        yield "letters for digits", wanted, options, by_name[text]


def designations() -> Iterator[Numbered]:
    """Yield désignations: lists of rangs of two cantons, and blocs."""
    cantons = [bare(row["cadastre"]) or "" for row in rows("cadastres.csv") if row["cadastre"].startswith("Canton d")]
    for number, name in enumerate(cantons[::8]):
        dice = random.Random(name)
        rangs = sorted(dice.sample(range(1, 13), 4))
        other = cantons[(number * 8 + 3) % len(cantons)]
        texts = [f"Rang {rang} Canton {one}" for one in (name, other) for rang in rangs]
        options = tuple(Option(f"{n:06}", text) for n, text in enumerate([*texts, "Bloc 1", "Bloc 11", "Bloc L"], 1))
        rang, missing = rangs[0], next(n for n in range(1, 13) if n not in rangs)
        right = options[0]
        for wanted in _beside(f"Rang {rang} Canton {name}"):
            yield "désignation, parts beside it", wanted, options, right
        for wanted in (
            f"Rnag {rang} Canton {name}",
            f"Rang {rang} Cantn {name}",
            *_misspelt(f"Rang {rang} Canton", name),
        ):
            yield "désignation misspelt", wanted, options, right
        yield "letters for digits", "Bloc l1", options, options[9]
        for wanted in (f"Rang {missing} Canton {name}", f"Rang {missing} Canton {name}, Cadastre du Québec", str(rang)):
            yield "another désignation", wanted, options, None
        for wanted in (
            f"Rang {missing}",
            f"Rang d{rang} Canton {name}",
            "Bloc D",
            f"{rang}",
            f"{1:06}{rang}",
            "Bloc 1O",
        ):
            yield "another désignation", wanted, options, None
        yield from (
            ("another désignation", wanted, options, None) for wanted in _misspelt(f"Rang {missing} Canton", name)
        )


def _beside(text: str) -> Iterator[str]:
    yield from (f"{text}, Cadastre du Québec", f"{text} (Cadastre du Québec)", f"Cadastre du Québec, {text}")
    yield from (f"{text}, Québec", f"{text} - cadastre officiel du Québec", f"{text}, circ. foncière de Portneuf")


def _misspelt(before: str, name: str) -> Iterator[str]:
    if letters(name) >= 8:
        yield from (f"{before} {slip}" for slip in misspelt(name))
