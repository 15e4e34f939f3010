"""Is this the document that was asked for? Its own label decides; digits somewhere in it only where it has none. Pure.

It is paid: what does not say which document it is, is accepted and noted as `unchecked`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib import resources

from extractor.documents import labels
from extractor.errors import WrongDocument
from extractor.matching import gazetteer, names
from extractor.matching.choice import Option, match
from extractor.matching.mismatches import AmbiguousMatch, NoMatch
from extractor.matching.numbers import compact, is_renovated
from extractor.matching.readings import ACTE_TYPES
from extractor.matching.request import Request
from extractor.models import Identity, Source

# Shorter ones need a label, or a line of their own: they stand in prices, dates and addresses too.
LONG_NUMBER_DIGITS = 7
# A bare `Numéro : 4512` is rather a notary's minute.
_SHORTEST_BARE_INSCRIPTION = 5
_NOTARIAL = re.compile(r"\b(?:MINUTES?|NOTAIRES?|REPERTOIRE)\b")
_QUOTED = re.compile(
    r"(?:\bSOUS LE\b|\bPUBLIE|\bINSCRIT|\bENREGISTRE|\bRADI(?:ATION|E)|\bMAINLEVEE|\bQUITTANCE|\bHYPOTHEQUE|"
    r"\bDOSSIER|\bCLIENT|\bCIVIQUE|\bMINUTE|\bTELEPHONE)[^\n]{0,60}$"
)
_QUOTE_REACH = 80
_INDEX_TITLE = re.compile(r"\bCADASTRE DU QUEBEC[ ,;:]{1,3}\n?(?:LOT )?(\d \d{3} \d{3}|\d{7})(?! ?\d)")


def check_identity(texts: Sequence[str], request: Request) -> Identity:
    """Tell from a document's pages whether it is the requested one; raises WrongDocument when it says it is not."""
    text = labels.fold("\n".join(texts))
    named = tuple(_acte(text, request) if request.source is Source.ACTE else _of_lot(text, request))
    if other := next((name for name in named if name is not None), None):
        raise WrongDocument(f"The registry sent another document: it says {other}, and {request.number} was asked for.")
    return Identity.CHECKED if named else Identity.UNCHECKED


def _of_lot(text: str, request: Request) -> Iterator[str | None]:
    """What an index or a plan says of itself: None for each proof, and what contradicts in words."""
    yield from _other_places(text, request)
    yield from _lot(text, request, compact(request.number))


def _lot(text: str, request: Request, wanted: str) -> Iterator[str | None]:
    is_index = request.source is Source.INDEX
    labelled = list(labels.lots(text, wanted)) or [(number,) for number in labels.bare_numbers(text)]
    if not labelled and is_index:
        labelled = [(labels.tight(number),) for number in _INDEX_TITLE.findall(text)]
    if labelled:
        # A plan may be about several lots; an index is about one, and what it says of others comes below.
        own = labelled[0] if is_index else tuple(lot for lots in labelled for lot in lots)
        yield None if wanted in own else f"lot {', '.join(own[:3])}"
    elif is_index and (_has_own_line(text, wanted) or (is_renovated(wanted) and _stands_somewhere(text, wanted))):
        yield None


def _other_places(text: str, request: Request) -> Iterator[str]:
    wanted = {"circonscription": request.circonscription, "cadastre": request.cadastre}
    for kind, name in wanted.items():
        shown = labels.place(text, kind)
        if name and shown and _is_other(name, shown, _known(kind)):
            yield f"{kind} {shown[0]}"


def _is_other(wanted: str, shown: Sequence[str], known: frozenset[tuple[str, ...]]) -> bool:
    """Whether a label can only mean another place: a name that exists and does not mean the wanted one."""
    if any(_means(wanted, name) or _means(name, wanted) for name in shown if name):
        return False
    return names.parse(shown[0]).linked in known


def _means(wanted: str, shown: str) -> bool:
    try:
        match(wanted, [Option("shown", shown)])
    except AmbiguousMatch:
        return True
    except NoMatch:
        return False
    return True


@lru_cache(maxsize=2)
def _known(kind: str) -> frozenset[tuple[str, ...]]:
    if kind == "cadastre":
        return gazetteer.shipped().linked
    lines = resources.files("extractor.matching").joinpath("circonscriptions.csv").read_text(encoding="utf-8")
    return frozenset(names.parse(row["name"]).linked for row in csv.DictReader(lines.splitlines()))


def _acte(text: str, request: Request) -> Iterator[str | None]:
    """What an acte says of itself, as `_of_lot`."""
    wanted, kind = compact(request.number), labels.says_type(text)
    own = _own_inscription(text, wanted.removeprefix("T"))
    if own is not None:
        if not _is_number(own, request, kind):
            yield f"number {own}"
        elif other := _other_type(kind, request):
            yield other
        else:
            yield None
        return
    if _is_radiation(kind or "") and not _asks_for_radiation(request):
        yield f"{kind}, and no number of its own"
    elif _has_own_line(text, wanted.removeprefix("T"), t_first=_asks_for_radiation(request)) or (
        len(wanted) >= LONG_NUMBER_DIGITS and _stands_somewhere(text, wanted)
    ):
        yield None


def _own_inscription(text: str, wanted: str) -> str | None:
    """The number that the document bears by its certificate, its label, or a line `Numéro : …` of no notary."""
    labelled = labels.certified(text, wanted) or next(labels.inscriptions(text, wanted), None)
    if labelled or _NOTARIAL.search(text):
        return labelled
    return next((number for number in labels.bare_numbers(text) if len(number) >= _SHORTEST_BARE_INSCRIPTION), None)


def _is_number(own: str, request: Request, kind: str | None) -> bool:
    """Whether a labelled number is the requested one. A T is often left out; where nobody asked for one it tells of
    another series of numbers, and where another type than a radiation is named, so does its absence.
    """
    wanted = compact(request.number)
    if own.removeprefix("T") != wanted.removeprefix("T"):
        return False
    if own.startswith("T"):
        return _asks_for_radiation(request)
    return not (wanted.startswith("T") and kind is not None and not _is_radiation(kind))


def _asks_for_radiation(request: Request) -> bool:
    return compact(request.number).startswith("T") or _is_radiation(request.acte_type or "")


def _is_radiation(kind: str) -> bool:
    return re.search(r"\bRADIATION\b", labels.fold(kind)) is not None


def _other_type(shown: str | None, request: Request) -> str | None:
    """The type that the document names, when it is one of the form's and another than the requested one."""
    types = {names.normalise(one): one for one in ACTE_TYPES}
    asked, found = types.get(names.normalise(request.acte_type or "")), types.get(names.normalise(shown or ""))
    return f"type {found}" if asked and found and asked != found else None


def _has_own_line(text: str, wanted: str, *, t_first: bool = False) -> bool:
    mark = "(?:T ?)?" if t_first else ""
    line = re.compile(rf"^(?:LOT |NO\.? |N° ?|NUMERO )?{mark}{labels.spaced(wanted)}\.?$", re.MULTILINE)
    return line.search(text) is not None


def _stands_somewhere(text: str, wanted: str) -> bool:
    """Whether a long number stands by itself, and neither as an amount nor as a quote of another deed."""
    number = re.compile(rf"(?<![\dT-])(?<!\d )(?<!\bT )(?:\bT ?)?{labels.spaced(wanted.removeprefix('T'))}(?! ?\$)")
    starts: Iterable[int] = (found.start() for found in number.finditer(text) if _fits_t(found[0], wanted))
    return any(not _QUOTED.search(text[max(0, start - _QUOTE_REACH) : start]) for start in starts)


def _fits_t(found: str, wanted: str) -> bool:
    return wanted.startswith("T") or not found.startswith("T")
