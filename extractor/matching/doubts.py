"""Says of a row that nobody has asked the registry for yet whether it will probably be refused, and why.

A worker's own matcher and readings judge it, by the names that are known here. The registry decides: it may know more.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

from extractor.language.sentences import Sentence
from extractor.matching import places
from extractor.matching.choice import Option, match
from extractor.matching.mismatches import AmbiguousMatch, MatchRefused, NoMatch
from extractor.matching.numbers import is_renovated
from extractor.matching.readings import ACTE_TYPES, CADASTRE_DU_QUEBEC, readings
from extractor.matching.request import Request
from extractor.models import Source

# The columns that say what a row asks for: what `doubt` takes.
REQUEST_COLUMNS = (
    "document_source",
    "document_number",
    "circonscription_fonciere",
    "cadastre",
    "designation_secondaire",
    "acte_type",
)
# The database refuses a longer text, with a sentence of its own.
MAX_CHARACTERS = 200
# Of a cadastre's circonscriptions, as many as fit into a sentence.
MAX_HOMES = 3
# Numbers are not compared here; only whether a lot is renovated changes the readings.
_RENOVATED, _OTHER = "1000000", "1"


def doubt(
    *,
    document_source: str | None,
    document_number: str | None,
    circonscription_fonciere: str | None = None,
    cadastre: str | None = None,
    designation_secondaire: str | None = None,
    acte_type: str | None = None,
) -> Sentence | None:
    """`will probably be refused, because …; nearest: …`, without a full stop; None when some reading can be asked.

    Also None for what the database itself refuses: an unknown source, a text that is too long. A row that lacks what
    its source needs is not judged here either.
    """
    texts = (circonscription_fonciere, cadastre, designation_secondaire, acte_type)
    if document_source not in tuple(Source) or any(len(text or "") > MAX_CHARACTERS for text in texts):
        return None
    number = _RENOVATED if is_renovated((document_number or "")[:MAX_CHARACTERS]) else _OTHER
    return _doubt(Request(Source(document_source), number, *texts))


# A file of rows has few places and thousands of numbers.
@lru_cache(maxsize=8192)
def _doubt(asked: Request) -> Sentence | None:
    """Of the row as it stands, unless another reading of it can be asked."""
    doubts: list[Sentence] = []
    for reading in readings(asked):
        reason = _acte_doubt(reading) if reading.source is Source.ACTE else _lot_doubt(reading)
        if reason is None:
            return None
        doubts.append(reason)
    return Sentence("will probably be refused, because {reason}", reason=doubts[0])


def _acte_doubt(reading: Request) -> Sentence | None:
    """The acte form also takes a request without a circonscription."""
    refused = _circonscription_doubt(reading.circonscription or "")
    return refused or (_type_doubt(reading.acte_type) if reading.acte_type else None)


def _lot_doubt(reading: Request) -> Sentence | None:
    """The reading without a circonscription is always doubtful: whether the form takes it is unknown."""
    refused = _circonscription_doubt(reading.circonscription or "")
    return refused or (_cadastre_doubt(reading.circonscription or "", reading.cadastre) if reading.cadastre else None)


@lru_cache(maxsize=1024)
def _circonscription_doubt(wanted: str) -> Sentence | None:
    """None for a blank: what a form offers without a circonscription is another question."""
    refusal = _refusal(wanted, _circonscriptions()) if wanted else None
    if refusal is None or isinstance(refusal, AmbiguousMatch):
        return _ambiguous("circonscription_fonciere", refusal)
    return Sentence(
        'circonscription_fonciere "{wanted}" is no circonscription foncière known here; nearest: {nearest}',
        wanted=wanted,
        nearest=refusal.listed,
    )


@lru_cache(maxsize=1024)
def _type_doubt(wanted: str) -> Sentence | None:
    refusal = _refusal(wanted, _named(ACTE_TYPES))
    if refusal is None or isinstance(refusal, AmbiguousMatch):
        return _ambiguous("acte_type", refusal)
    return Sentence(
        'acte_type "{wanted}" is no type of the registry\'s form; nearest: {nearest}',
        wanted=wanted,
        nearest=refusal.listed,
    )


@lru_cache(maxsize=4096)
def _cadastre_doubt(circonscription: str, wanted: str) -> Sentence | None:
    """Judge a cadastre by those of a circonscription that is known here, or of none."""
    if not circonscription:
        return _unplaced_doubt(wanted)
    place = match(circonscription, _circonscriptions()).text
    refusal = _refusal(wanted, _cadastres_of(place))
    # One that may be in any circonscription, or several of these, may be offered there too.
    if refusal is None or not isinstance(_refusal(wanted, _cadastres_somewhere()), NoMatch):
        return None
    elsewhere = _found_elsewhere(wanted)
    if elsewhere:
        return Sentence(
            'cadastre "{wanted}" is known in {elsewhere}, and not in {place}; nearest: {nearest}',
            wanted=wanted,
            elsewhere=elsewhere,
            place=place,
            nearest=refusal.listed,
        )
    if isinstance(refusal, AmbiguousMatch):
        return _ambiguous("cadastre", refusal)
    return Sentence(
        'cadastre "{wanted}" is no cadastre known in {place}; nearest: {nearest}',
        wanted=wanted,
        place=place,
        nearest=refusal.listed,
    )


def _unplaced_doubt(wanted: str) -> Sentence:
    """Before a circonscription is chosen, the form probably has no list of cadastres (docs/site.md#index-form)."""
    is_everywhere = _refusal(wanted, _named((CADASTRE_DU_QUEBEC,))) is None
    elsewhere = None if is_everywhere else _found_elsewhere(wanted)
    if elsewhere is None:
        return Sentence(
            "circonscription_fonciere is missing, and without one the registry's form probably offers no cadastre"
        )
    return Sentence(
        "circonscription_fonciere is missing, and without one the registry's form probably offers no cadastre;"
        ' "{wanted}" is known in {elsewhere}',
        wanted=wanted,
        elsewhere=elsewhere,
    )


def _found_elsewhere(wanted: str) -> str | None:
    """The circonscriptions that have the cadastre, listed; None when it is not known where."""
    try:
        found = match(wanted, _every_cadastre()).text
    except MatchRefused:
        return None
    homes = places.homes(found)
    if len(homes) > MAX_HOMES:
        return Sentence("{homes} and {more} more", homes=homes[:MAX_HOMES], more=len(homes) - MAX_HOMES)
    return ", ".join(homes) or None


def _refusal(wanted: str, options: tuple[Option, ...]) -> MatchRefused | None:
    try:
        match(wanted, options)
    except MatchRefused as refusal:
        return refusal
    return None


@cache
def _circonscriptions() -> tuple[Option, ...]:
    return _named(places.circonscriptions())


@cache
def _cadastres_of(circonscription: str) -> tuple[Option, ...]:
    return _named(known.name for known in places.cadastres(circonscription))


@cache
def _cadastres_somewhere() -> tuple[Option, ...]:
    return _named(known.name for known in places.cadastres_somewhere())


@cache
def _every_cadastre() -> tuple[Option, ...]:
    return _named(places.every_cadastre())


def _named(names: Iterable[str]) -> tuple[Option, ...]:
    """Names as a select offers them; what the registry's options post is unknown, and counts for nothing here."""
    return tuple(Option(name, name) for name in names)


def _ambiguous(column: str, refusal: AmbiguousMatch | None) -> Sentence | None:
    if refusal is None:
        return None
    return Sentence(
        '{column} "{wanted}" may be any of: {nearest}', column=column, wanted=refusal.wanted, nearest=refusal.listed
    )
