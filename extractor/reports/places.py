"""The names that rows may ask for: the circonscriptions, and the cadastres of one. They need no database."""

from __future__ import annotations

from extractor.matching import Option, match, normalise
from extractor.matching import places as known
from extractor.models import Frozen


class KnownCadastre(Frozen):
    """One cadastre."""

    name: str
    code: str | None
    """The ministry's six digits; None where they are unknown here."""


class KnownPlaces(Frozen):
    """What is known here, which is not the registry's own list."""

    circonscription: str | None
    """The one whose cadastres these are; None when none was asked for."""
    circonscriptions: tuple[str, ...]
    cadastres: tuple[KnownCadastre, ...]
    note: str
    """What the list leaves open, for a person."""


def places(circonscription: str | None = None) -> KnownPlaces:
    """The circonscriptions, or the cadastres of the one that a name means; raises MatchRefused with the nearest."""
    names = known.circonscriptions()
    if circonscription is None:
        return KnownPlaces(circonscription=None, circonscriptions=names, cadastres=(), note=_note())
    place = match(circonscription, tuple(Option(name, name) for name in names)).text
    found = sorted(known.cadastres(place), key=lambda cadastre: normalise(cadastre.name))
    return KnownPlaces(
        circonscription=place,
        circonscriptions=(place,),
        cadastres=tuple(KnownCadastre(name=cadastre.name, code=cadastre.code) for cadastre in found),
        note=_note(),
    )


def _note() -> str:
    return (
        "This is what is known here, and not the registry's own list: the registry decides. Of"
        f" {len(known.cadastres_somewhere())} more cadastres it is not known where they are."
    )
