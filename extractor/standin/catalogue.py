"""Which documents exist and how each behaves: by its number's ending, like a payment service's test cards."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from extractor.standin.demand import Demand, Source, compact
from extractor.standin.places import RENOVATED_NAME, designations


class Behaviour(StrEnum):
    """What the site does with one document; `app` holds the table that users read."""

    FOUND = "found"
    MISSING = "missing"
    LOOK_ALIKES = "look_alikes"
    PAPER_ONLY = "paper_only"
    AMONG_LOOK_ALIKES = "among_look_alikes"
    WRONG_DISTRICT = "wrong_district"
    NO_MATCH = "no_match"
    INACTIVE = "inactive"
    SEVERAL_PLANS = "several_plans"
    CONFIRMATION = "confirmation"
    SLOW = "slow"
    HTML = "html"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    ANOTHER_DOCUMENT = "another_document"
    DESIGNATED = "designated"


_ALL: Final[tuple[Source, ...]] = ("acte", "index", "plan_cadastraux")
_LOTS: Final[tuple[Source, ...]] = ("index", "plan_cadastraux")

ENDINGS: Final[dict[str, tuple[Behaviour, tuple[Source, ...]]]] = {
    "404": (Behaviour.MISSING, _ALL),
    "405": (Behaviour.LOOK_ALIKES, ("acte",)),
    "406": (Behaviour.PAPER_ONLY, ("acte",)),
    "407": (Behaviour.AMONG_LOOK_ALIKES, ("acte",)),
    "408": (Behaviour.WRONG_DISTRICT, _LOTS),
    "409": (Behaviour.NO_MATCH, _ALL),
    "410": (Behaviour.INACTIVE, ("plan_cadastraux",)),
    "411": (Behaviour.SEVERAL_PLANS, ("plan_cadastraux",)),
    "412": (Behaviour.CONFIRMATION, _ALL),
    "413": (Behaviour.SLOW, _ALL),
    "414": (Behaviour.HTML, _ALL),
    "415": (Behaviour.TRUNCATED, _ALL),
    "416": (Behaviour.EMPTY, _ALL),
    "417": (Behaviour.ANOTHER_DOCUMENT, _ALL),
    "418": (Behaviour.DESIGNATED, _LOTS),
}
_INSCRIPTION: Final = re.compile(r"T?\d{1,8}")
_RENOVATED: Final = re.compile(r"\d{7}")
_OLD_LOT: Final = re.compile(r"\d+[A-Z]?(-\d+[A-Z]?)*")
# The first that fits names the type: docs/site.md#acte-form says that there is one; these shapes are invented.
_TYPES: Final = (
    ("Radiation", re.compile(r"T\d+")),
    ("Avis d'adresse", re.compile(r"6\d{6}")),
    ("Acte divers", re.compile(r"9\d{7}")),
    ("Acte", re.compile(r".*")),
)


class CatalogueEntry(BaseModel):
    """An exception to the rule; a place or type left out means any, an empty one means that none was chosen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Source
    number: str
    circonscription: str | None = None
    cadastre: str | None = None
    designation: str | None = None
    acte_type: str | None = None
    behaviour: Behaviour

    def is_about(self, demand: Demand) -> bool:
        """Tell whether this entry decides what the demand gets."""
        return (
            (self.source, compact(self.number)) == (demand.source, demand.number)
            and self.circonscription in (None, demand.circonscription)
            and self.cadastre in (None, demand.cadastre)
            and self.designation in (None, demand.designation)
            and self.acte_type in (None, demand.acte_type)
        )


class Catalogue:
    """Explicit entries first, the newest winning; then the rule."""

    def __init__(self, entries: Iterable[CatalogueEntry] = ()) -> None:
        self.entries = tuple(entries)

    def behaviour_of(self, demand: Demand) -> Behaviour:
        """Decide what the site does with a demand."""
        for entry in reversed(self.entries):
            if entry.is_about(demand):
                return entry.behaviour
        return _by_rule(demand)


def _by_rule(demand: Demand) -> Behaviour:
    if not _is_possible(demand):
        return Behaviour.MISSING
    behaviour, sources = ENDINGS.get(demand.ending, (Behaviour.FOUND, _ALL))
    behaviour = behaviour if demand.source in sources else Behaviour.FOUND
    is_elsewhere = behaviour is Behaviour.DESIGNATED and demand.designation != own_designation(demand.cadastre)
    return Behaviour.MISSING if is_elsewhere else behaviour


def own_type(number: str) -> str:
    """Return the one type under which an inscription number exists."""
    return next(name for name, shape in _TYPES if shape.fullmatch(number))


def own_designation(cadastre: str) -> str:
    """Return the one désignation under which the lots of a cadastre exist: its last; empty where it has none."""
    offered = designations(cadastre)
    return offered[-1].name if offered else ""


def _is_possible(demand: Demand) -> bool:
    if demand.source == "acte":
        is_inscription = _INSCRIPTION.fullmatch(demand.number) is not None
        return is_inscription and demand.acte_type == own_type(demand.number)
    if demand.designation not in ("", own_designation(demand.cadastre)):
        return False
    if _RENOVATED.fullmatch(demand.number):
        return demand.cadastre == RENOVATED_NAME
    is_old_lot = _OLD_LOT.fullmatch(demand.number) is not None
    return is_old_lot and bool(demand.circonscription) and demand.cadastre not in ("", RENOVATED_NAME)
