"""The circonscriptions and cadastres that are known here, by place: `gazetteer` knows their names alone.

The list is this project's, not the registry's: of 423 cadastres it is unknown where they are, and some may be missing.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from importlib import resources
from typing import NamedTuple


class Cadastre(NamedTuple):
    """A cadastre of one circonscription; `code` is the ministry's six digits, None where it is unknown."""

    name: str
    code: str | None


@cache
def circonscriptions() -> tuple[str, ...]:
    """Every circonscription foncière, in the order of the file."""
    return tuple(row["name"] for row in _rows("circonscriptions.csv"))


def cadastres(circonscription: str) -> tuple[Cadastre, ...]:
    """The cadastres known to be in a circonscription; none for a name that is not one of `circonscriptions`."""
    return _by_circonscription().get(circonscription, ()) if circonscription else ()


def cadastres_somewhere() -> tuple[Cadastre, ...]:
    """The cadastres that exist, and may be in any circonscription."""
    return _by_circonscription()[""]


@cache
def homes(cadastre: str) -> tuple[str, ...]:
    """The circonscriptions in which a cadastre of this very name is known to be."""
    return tuple(
        place for place in circonscriptions() if any(known.name == cadastre for known in _by_circonscription()[place])
    )


@cache
def every_cadastre() -> tuple[str, ...]:
    """Each name once, wherever it is."""
    return tuple(dict.fromkeys(row["cadastre"] for row in _rows("cadastres.csv")))


@cache
def _by_circonscription() -> dict[str, tuple[Cadastre, ...]]:
    found: dict[str, dict[str, Cadastre]] = defaultdict(dict)
    for row in _rows("cadastres.csv"):
        found[row["circonscription"]].setdefault(row["cadastre"], Cadastre(row["cadastre"], row["code"] or None))
    return {place: tuple(known.values()) for place, known in found.items()}


def _rows(file: str) -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
