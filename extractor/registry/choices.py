"""Lists to choose from: similar numbers, several plans. Pure; whatever is chosen will be billed, so doubt refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extractor.errors import PaperOnly, PlanNotChosen, SimilarNumbersOnly
from extractor.language.sentences import Sentence
from extractor.matching.numbers import compact
from extractor.matching.request import Request
from extractor.registry.page_state import fold
from extractor.registry.site_map import SiteMap

_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_YEAR = re.compile(r"(?:18|19|20)\d{2}")
_LOT = r"(?:\d{1,3}(?: \d{3})+(?!\d)|\d+)(?: ?[A-Z](?![A-Z]))?(?: ?- ?\d+[A-Z]?)*"
_PART = r"\bP(?:AR)?TIE\b|\bPTIE\b"
# Lots that are listed: `227`, `227, 228 et 229`, `1 à 5`, `2 784 195 2 784 196`.
_LISTED = rf"{_LOT}(?:\s*(?:[,;/&]|ET|[AÀ]U?|\s)\s*{_LOT})*"
_LOT_CELL = re.compile(
    rf"(?:LOTS?(?: ?\(S\))? ?:? ?)?(?:(?:{_PART})[ ,]*(?:DU? )?)?({_LISTED})[ ,(]*(?:(?:{_PART})\)?)?"
)
_LOT_WORD = re.compile(rf"\bLOTS?(?: ?\(S\))? ?:? ?({_LISTED})")


@dataclass(frozen=True)
class Choice:
    """One row of a list: its position among the radios, its texts, and whether it is on paper only."""

    position: int
    texts: tuple[str, ...]
    on_paper: bool = False

    def has(self, number: str) -> bool:
        """Whether a cell is this number and nothing else."""
        return any(compact(text) == compact(number) for text in self.texts)

    def __str__(self) -> str:
        return " ".join(text for text in self.texts if text)


def read_choices(html: str, site: SiteMap) -> list[Choice]:
    """Read the rows of a similar list or of a plan selection."""
    choices = []
    for position, radio in enumerate(LexborHTMLParser(html).css(site.answer.choice)):
        row = _row_of(radio)
        texts = tuple(re.sub(r"\s+", " ", cell.text()).strip() for cell in row.css("td"))
        choices.append(Choice(position, texts, on_paper=row.css_first(site.answer.on_paper) is not None))
    return choices


def choose_similar(choices: Sequence[Choice], request: Request) -> Choice:
    """The one row that is the requested number; any other is another document, and would be billed."""
    same = [choice for choice in choices if choice.has(request.number)] or _with_t(choices, request)
    if not same:
        offered = "; ".join(str(choice) for choice in choices if any(map(str.isdigit, str(choice))))
        raise SimilarNumbersOnly(
            Sentence("The registry has no {number}; it offers: {offered}.", number=request.number, offered=offered)
            if offered
            else Sentence("The registry has no {number}, and offers nothing else.", number=request.number)
        )
    available = [choice for choice in same if not choice.on_paper]
    if not available:
        raise PaperOnly(Sentence("The registry keeps {number} on paper only.", number=request.number))
    if len(available) > 1:
        offered = "; ".join(map(str, available))
        count = len(available)
        raise SimilarNumbersOnly(
            Sentence(
                "The registry offers {count} documents with the number {number}; none was taken: {offered}.",
                count=count,
                number=request.number,
                offered=offered,
            )
        )
    return available[0]


def _with_t(choices: Sequence[Choice], request: Request) -> list[Choice]:
    """Radiations are often written without their T; the other way round, T means another series of numbers."""
    is_radiation = "radiation" in fold(request.acte_type or "")
    return [choice for choice in choices if is_radiation and choice.has(f"T{request.number}")]


def choose_latest_plan(choices: Sequence[Choice], lot: str) -> Choice:
    """The plan of the latest date, whatever the order; no row about another lot, several, or a part of this one."""
    of_lot = [choice for choice in choices if _may_be_of(choice, lot)]
    if len(of_lot) == 1:
        return of_lot[0]
    dates = [_date_of(choice) for choice in of_lot]
    if not dates or "" in dates or dates.count(max(dates)) > 1:
        offered = "; ".join(map(str, choices))
        raise PlanNotChosen(
            Sentence(
                "The registry's list does not show which plan of lot {lot} is the latest: {offered}.",
                lot=lot,
                offered=offered,
            )
        )
    return of_lot[dates.index(max(dates))]


def _date_of(choice: Choice) -> str:
    """The one date of a row, as it sorts; empty when there is none, or more than one."""
    dates = set(_DATE.findall(str(choice)))
    return dates.pop() if len(dates) == 1 else ""


def _may_be_of(choice: Choice, lot: str) -> bool:
    """Whether a row shows this lot alone, or no lot at all."""
    wanted = _tight(re.sub(_PART, "", compact(lot).replace("PTIE", " PTIE")))
    if _is_part(str(choice)) and not _is_part(compact(lot).replace("PTIE", " PTIE")):
        return False
    shown = set(_lots_of(choice))
    if wanted in shown:  # a year beside it is no lot, and neither is the row's own number
        shown = {number for number in shown if not _YEAR.fullmatch(number)} - {str(choice.position + 1)} | {wanted}
    return shown <= {wanted}


def _lots_of(choice: Choice) -> Iterator[str]:
    """Every lot that a row shows: in cells that hold nothing else, and behind the word lot."""
    for text in choice.texts:
        cell = " ".join(_DATE.sub(" ", text).upper().split())
        listed = [found[1] for found in [_LOT_CELL.fullmatch(cell)] if found] or _LOT_WORD.findall(cell)
        yield from (_tight(lot) for lots in listed for lot in re.findall(_LOT, lots))


def _is_part(text: str) -> bool:
    return re.search(_PART, text.upper()) is not None


def _tight(number: str) -> str:
    return "".join(number.split())


def _row_of(radio: LexborNode) -> LexborNode:
    node = radio
    while node.parent is not None and node.tag != "tr":
        node = node.parent
    return node
