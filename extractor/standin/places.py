"""The circonscriptions, cadastres and désignations that the forms offer, from the files of `extractor/matching/`."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

NULL: Final = "NULL"
RENOVATED_CODE: Final = "000001"
RENOVATED_NAME: Final = "Cadastre du Québec"
_RANGES: Final = tuple(f"Rang {rank}" for rank in range(1, 6))
# The one désignation seen in production rows (docs/site.md#places).
_DESIGNATIONS: Final = {"Paroisse de Saint-Hippolyte": (*_RANGES, "Rang 5 Canton Abercrombie")}


@dataclass(frozen=True)
class Option:
    """One line of a select."""

    code: str
    name: str


@cache
def circonscriptions() -> tuple[Option, ...]:
    """Every circonscription foncière; the two-digit codes are invented, the real ones are unknown."""
    names = [row["name"] for row in _rows("circonscriptions.csv")]
    return tuple(Option(f"{position:02}", name) for position, name in enumerate(names, start=1))


@cache
def cadastres(circonscription: str) -> tuple[Option, ...]:
    """Return the cadastres of one circonscription (by name), sorted as a reader expects."""
    rows = _rows("cadastres.csv")
    return _sorted(row for row in rows if row["circonscription"] == circonscription)


@cache
def every_cadastre() -> tuple[Option, ...]:
    """Return the cadastres of the whole province, for a list filled before a circonscription is chosen."""
    return _sorted(_rows("cadastres.csv"))


def designations(cadastre: str) -> tuple[Option, ...]:
    """Return the désignations secondaires of a cadastre (by name): cantons have ranges, most others none."""
    ranges = _RANGES if cadastre.startswith("Canton ") else ()
    names = _DESIGNATIONS.get(cadastre, ranges)
    return tuple(Option(f"{position:06}", name) for position, name in enumerate(names, start=1))


def name_of(code: str, options: Iterable[Option]) -> str:
    """Return the name behind a posted code; empty when the select never offered it."""
    return next((option.name for option in options if option.code == code), "")


def _rows(file: str) -> list[dict[str, str]]:
    text = resources.files("extractor.matching").joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _sorted(rows: Iterable[dict[str, str]]) -> tuple[Option, ...]:
    by_code = {row["code"]: row["cadastre"] for row in rows if row["code"]}
    options = [Option(code, name) for code, name in by_code.items()]
    return tuple(sorted(options, key=lambda option: (_plain(option.name), option.code)))


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFD", name)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()
