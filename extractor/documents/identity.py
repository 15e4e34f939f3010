"""Is this the document that was asked for? Its own label decides. Pure.

Without a label only a number that has a line to itself at the top of a page is a proof: inside a sentence it may be a
quote of another document. It is paid: what does not say which document it is, is accepted and noted as `unchecked`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from extractor.documents import labels, places, surroundings
from extractor.documents.folding import fold
from extractor.documents.values import INSCRIPTION, LOT, UNCLEAR
from extractor.errors import WrongDocument
from extractor.language.sentences import Sentence
from extractor.matching import names
from extractor.matching.numbers import compact, is_renovated
from extractor.matching.readings import ACTE_TYPES
from extractor.matching.request import Request
from extractor.models import Identity, Source

_NOTARIAL = re.compile(r"\b(?:MINUTES?|NOTAIRES?|REPERTOIRE)\b")
_TYPES = {names.normalise(one): one for one in ACTE_TYPES}


def check_identity(texts: Sequence[str], request: Request) -> Identity:
    """Tell from a document's pages whether it is the requested one; raises WrongDocument when it says it is not."""
    pages = [fold(text) for text in texts]
    text = fold("\n".join(texts))
    says = tuple(_acte(text, pages, request) if request.source is Source.ACTE else _of_lot(text, pages, request))
    if other := next((name for name in says if name is not None), None):
        raise WrongDocument(
            Sentence(
                "It is another document: it says {other}, and {number} was asked for.",
                other=other,
                number=request.number,
            )
        )
    return Identity.CHECKED if says else Identity.UNCHECKED


def _of_lot(text: str, pages: Sequence[str], request: Request) -> Iterator[str | None]:
    """What an index or a plan says of itself: None for each proof, and what contradicts in words."""
    yield from places.contradictions(text, request)
    wanted, is_index = compact(request.number), request.source is Source.INDEX
    labelled = list(labels.lots(text, wanted)) or [(one,) for one in labels.bare_numbers(text, wanted, LOT)]
    if not labelled and is_index:
        labelled = [(number,) for number in labels.titled_lots(text)]
    if labelled and is_index:
        yield from _compared(labelled[0], wanted)
    elif labelled:
        lots = tuple(lot for group in labelled for lot in group)
        yield from () if _are_former(lots, wanted, text) else _compared(lots, wanted)
    elif is_index and surroundings.heads_a_page(pages, wanted) and not places.leaves_one_open(text, request):
        yield None


def _compared(lots: Sequence[str], wanted: str) -> Iterator[str | None]:
    if wanted in lots:
        yield None
    elif UNCLEAR not in lots:
        yield Sentence("lot {lots}", lots=tuple(dict.fromkeys(lots))[:3])


def _are_former(lots: Sequence[str], wanted: str, text: str) -> bool:
    """Whether a plan's labels may name only the lots that the wanted one replaced: they deny nothing."""
    if wanted in lots or not is_renovated(wanted):
        return False
    is_of_old_numbers = not any(lot == UNCLEAR or is_renovated(lot) for lot in lots)
    return labels.are_replaced_by(text, wanted) or (is_of_old_numbers and surroundings.has_own_line(text, wanted))


def _acte(text: str, pages: Sequence[str], request: Request) -> Iterator[str | None]:
    """What an acte says of itself, as `_of_lot`."""
    wanted, kind = compact(request.number), labels.says_type(text)
    digits = wanted.removeprefix("T")
    own = _own_inscriptions(text, digits)
    if own and own[0].removeprefix("T") == digits:
        yield from _numbered(own[0], kind, request)
    elif own and own[0] != UNCLEAR and not _may_be_later(own, digits, request):
        yield Sentence("number {number}", number=own[0])
    elif _is_radiation(kind) and not _asks_for_radiation(request):
        yield Sentence("{kind}, and no number of its own", kind=kind)
    elif not own and surroundings.heads_a_page(pages, digits, t_first=_asks_for_radiation(request)):
        # The T is often left out, so a number without it proves no radiation that names another type.
        yield from _numbered(digits, kind, request)


def _own_inscriptions(text: str, digits: str) -> list[str]:
    """The numbers that the document bears: by its certificate, by its labels, or by a line `Numéro : …` of no notary.

    Such a line may number anything: where the wanted number has a line of its own too, neither outweighs the other.
    """
    labelled = list(labels.certified(text, digits)) or list(labels.inscriptions(text, digits))
    if labelled or _NOTARIAL.search(text):
        return labelled
    bare = list(labels.bare_numbers(text, digits, INSCRIPTION))
    return [*bare, digits] if bare and surroundings.has_own_line(text, digits) else bare


def _may_be_later(own: Sequence[str], digits: str, request: Request) -> bool:
    """Whether a later label has the wanted number: the text contradicts itself, unless a T says what it is."""
    has_other_t = any(number.startswith("T") for number in own) and not _asks_for_radiation(request)
    return not has_other_t and (digits in (number.removeprefix("T") for number in own[1:]))


def _numbered(own: str, kind: str | None, request: Request) -> Iterator[str | None]:
    """What follows from the wanted number. A T is often left out; where nobody asked for one it tells of another
    series of numbers. Without it, a type of the form that is no radiation contradicts one, and another word proves
    nothing, unless it says that a right ends.
    """
    if own.startswith("T") and not _asks_for_radiation(request):
        yield Sentence("number {number}", number=own)
    elif compact(request.number).startswith("T") and not own.startswith("T") and kind and not _ends_a_right(kind):
        yield from [Sentence("number {number}", number=own)] if names.normalise(kind) in _TYPES else []
    else:
        yield _other_type(kind, request)


def _asks_for_radiation(request: Request) -> bool:
    return compact(request.number).startswith("T") or _is_radiation(request.acte_type)


def _is_radiation(kind: str | None) -> bool:
    return re.search(r"\bRADIATION\b", fold(kind or "")) is not None


def _ends_a_right(kind: str) -> bool:
    return re.search(r"\b(?:RADIATION|MAINLEVEE|QUITTANCE)\b", fold(kind)) is not None


def _other_type(shown: str | None, request: Request) -> str | None:
    """The type that the document names, when it is one of the form's and another than the requested one."""
    asked, found = _TYPES.get(names.normalise(request.acte_type or "")), _TYPES.get(names.normalise(shown or ""))
    return f"type {found}" if asked and found and asked != found else None
