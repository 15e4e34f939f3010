"""Reads the number behind a label, and tells it from a date, a time, a telephone or an amount. Pure.

It reads folded text. Where a text can be read in two ways, the number is UNCLEAR: it proves nothing and denies nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.documents.folding import tight

UNCLEAR = "?"
# An amount, or what OCR joins, may begin with a shorter number: `Lot : 227 450 000 $`.
LONG_NUMBER_DIGITS = 7
# Between a label and its value: a date, a time, and rarely more.
_MOST_SKIPPED = 4
_LONGEST_REST = 100

# A letter that belongs to a number: `24 A`, but not the first of a word, nor the A of `227 A 230`.
_LETTER = r"(?: ?[A-Z](?![A-Z'])(?!\.[A-Z])(?! ?\d))"
_MONTH = r"(?:JANV|FEVR|MARS|AVR|MAI|JUIN|JUIL|AOUT|SEPT|OCT|NOV|DEC)[A-Z]*\.?"
_YEAR = r"(?:1[6-9]|20)\d\d"
_DATE = (
    rf"(?:{_YEAR}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]{_YEAR}|"
    rf"\d{{1,2}}(?:ER)? {_MONTH} {_YEAR})(?!\d)"
)
_TIME = r"\d{1,2}(?: ?[:H] ?\d\d){1,2}(?!\d)"
_TELEPHONE = r"\(?\d{3}\)?[ .-]\d{3}-\d{4}(?!\d)"
_PAGE = r"\d{1,3} (?:PAGES?\b(?! \d)|(?:DE|SUR|/) ?\d{1,3}(?!\d))"
_NO_NUMBER = rf"(?:{_DATE}|{_TIME}|{_TELEPHONE}|{_PAGE})"
_UNIT = r"(?:\$|%|M2|(?:HA|HECTARES?|PI2?|PIEDS|ACRES|ARPENTS|PERCHES)\b)"
_QUANTITY = rf"[1-9]\d{{0,2}}(?: ?\d{{3}}){{0,2}}(?:[.,]\d+ ?{_UNIT}?| ?{_UNIT})"

_GAP = re.compile(r"\s*(?:(?:NUMERO|NO\.?|N°|#) ?(?=[\dT]))?")
_DOUBTFUL_HERE = re.compile(rf"{_QUANTITY}|P(?:AR)?TIE\b")
# What may stand behind a number on its line, in the order in which it is tried.
_ENDS = re.compile(rf" ?[.,;]?$|(?: ?[-(;] ?|, | ){_NO_NUMBER}|(?: ?[-(;] ?|, ){_QUANTITY}")
_QUANTITY_BEHIND = re.compile(rf" {_QUANTITY}")
_LONGER = re.compile(r" ?-? ?\d|[A-Z](?![A-Z])| [A-Z]\.?(?= ?(?:$|[,;()-]))")
_DOUBTFUL = re.compile(
    rf" ?{_UNIT}|[A-Z]|[.,:/]\d| [A-Z](?![A-Z'])(?!\.[A-Z])| ?\(?(?:P(?:AR)?TIE\b|BIS\b|TER\b|AU? \d)"
)
# A range, or a number in which a scan has letters for digits: `2 784 l95`.
_BROKEN = re.compile(r" ?AU? \d| ?(?:[A-Z]+\d| \d+[A-Z])")
_LISTS = re.compile(r" ?(?:[,;&]|ET\b)| \d")


@dataclass(frozen=True)
class Shape:
    """What a kind of number looks like, and what stands at its label without being one."""

    number: re.Pattern[str]
    skipped: re.Pattern[str]
    before: str = ""


LOT = Shape(
    re.compile(rf"(?:\d{{1,3}}(?: \d{{3}})+(?!\d)|\d(?: \d){{6}}(?! ?\d)|\d+){_LETTER}?(?: ?- ?\d+{_LETTER}?)*"),
    re.compile(_NO_NUMBER),
)
# It has 5 to 9 digits (docs/site.md#numbers), so a year alone is none.
INSCRIPTION = Shape(
    re.compile(r"(?:T ?-? ?)?(?:\d(?: \d){4,8}(?! ?\d)|\d{1,3}(?: \d{3})+|\d{5,9})(?!\d)(?! \d{3}(?!\d))"),
    re.compile(rf"{_NO_NUMBER}|{_YEAR}$", re.MULTILINE),
    before="(?:T ?-? ?)?",
)


def read(text: str, start: int, wanted: str, shape: Shape) -> str | None:
    """The number at a label: `wanted` if it can be read so, UNCLEAR, or None where no number stands."""
    value, _ = read_to_end(text, start, wanted, shape)
    return value


def read_to_end(text: str, start: int, wanted: str, shape: Shape) -> tuple[str | None, int]:
    """As `read`, and where the number ends. One that stands below its label has its line to itself."""
    at = start
    for _ in range(_MOST_SKIPPED):
        gap = _GAP.match(text, at)
        at = gap.end() if gap else at
        asked = re.compile(shape.before + _spaced(wanted)).match(text, at)
        skipped = shape.skipped.match(text, at)
        if not skipped or (asked and asked.end() >= skipped.end()):
            return _value(text, at, asked, shape, needs_line=at > start and _is_apart(text, start, at))
        at = skipped.end()
    return None, at


def _value(
    text: str, at: int, asked: re.Match[str] | None, shape: Shape, *, needs_line: bool
) -> tuple[str | None, int]:
    ending = _ending(text, asked) if asked else _LONGER
    if asked and ending is not _LONGER:
        is_sure = ending is _ENDS or (ending is None and (not needs_line or _LISTS.match(_rest(text, asked.end()))))
        return _tidy(asked[0]) if is_sure else UNCLEAR, asked.end()
    if _DOUBTFUL_HERE.match(text, at):
        return UNCLEAR, at
    other = shape.number.match(text, at)
    if other is None:
        return None, at
    rest = _rest(text, other.end())
    is_whole = not (asked and tight(asked[0]) == tight(other[0])) or _is_long(other[0])
    has_line = not needs_line or _ENDS.match(rest) or _LISTS.match(rest)
    is_sure = is_whole and has_line and not _BROKEN.match(rest)
    return _tidy(other[0]) if is_sure else UNCLEAR, other.end()


def _ending(text: str, asked: re.Match[str]) -> re.Pattern[str] | None:
    """Which pattern fits what stands behind the wanted number; None stands for a word."""
    rest = _rest(text, asked.end())
    if _ENDS.match(rest):
        return _ENDS
    if _QUANTITY_BEHIND.match(rest):
        return _ENDS if _is_long(asked[0]) else _DOUBTFUL
    if re.search(r" [A-Z]$", asked[0]) and re.match(r" ?\w", rest):
        return _DOUBTFUL  # `227 A` and `227 À jour au`
    return next((pattern for pattern in (_LONGER, _DOUBTFUL) if pattern.match(rest)), None)


def _is_long(number: str) -> bool:
    return sum(map(str.isdigit, number)) >= LONG_NUMBER_DIGITS


def _rest(text: str, position: int) -> str:
    """What stands behind a position on its line, as far as it can matter."""
    return text[position : position + _LONGEST_REST].partition("\n")[0]


def _is_apart(text: str, start: int, at: int) -> bool:
    return bool(re.search(r"\n|\d", text[start:at]))


def _tidy(number: str) -> str:
    return re.sub(r"^T-?", "T", tight(number))


def _spaced(number: str) -> str:
    """A pattern for a number however it is spaced."""
    return " ?".join(map(re.escape, number))
