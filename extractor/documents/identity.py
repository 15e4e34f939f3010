"""Is this PDF the document that was asked for? It is paid: only what its own text says for certain refuses it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pypdf

from extractor.errors import WrongDocument
from extractor.matching.numbers import compact, is_renovated
from extractor.matching.request import Request
from extractor.models import Source

logger = logging.getLogger(__name__)

# Files seen had 7 to 14 pages (docs/site.md#the-file); a document that does not name itself on this many is a scan.
PAGES_READ = 30

_BLANK = "[ \u00a0\u202f]"
_INSCRIPTION = rf"T?{_BLANK}?(?:\d{{1,3}}(?:{_BLANK}\d{{3}}){{1,2}}|\d{{4,8}})(?!\d)"
_LOT = rf"(?:\d{_BLANK}\d{{3}}{_BLANK}\d{{3}}|\d+[A-Z]?(?:-\d+[A-Z]?)*)(?!\d)"
# A document's own number is one that it labels: deeds quote lots and earlier deeds, plans show the neighbours.
_OWN_INSCRIPTION = re.compile(rf"num[ée]ro(?:\s+(?:d['’]\s*)?inscription)?\s*:\s*({_INSCRIPTION})", re.IGNORECASE)
_OWN_LOT = re.compile(rf"\b(?:lot|num[ée]ro(?:\s+de\s+lot)?)\s*:\s*({_LOT})", re.IGNORECASE)
_RENOVATED_LOT = re.compile(rf"(?<![\d-])(?<!\d{_BLANK})(\d{_BLANK}\d{{3}}{_BLANK}\d{{3}}|\d{{7}})(?!{_BLANK}?\d)")


def check_identity(path: Path, request: Request) -> None:
    """Raise WrongDocument when the PDF's text names another document and never the requested one.

    Deeds are scans without text: no text, or none that names a number, is accepted and noted.
    """
    asked = _anywhere(request.number)
    named: dict[str, None] = {}  # ordered, without repeats
    for text in _pages(path):
        if asked.search(text):
            return
        named.update(dict.fromkeys(_own_numbers(text, request)))
    if named:
        first = ", ".join(list(named)[:3])
        raise WrongDocument(f"The registry sent another document: it names {first}, and never {request.number}.")
    logger.info("The PDF does not say its number, so that it is %s cannot be checked", request.number)


def _anywhere(number: str) -> re.Pattern[str]:
    """The number wherever it stands by itself, however it is spaced; a T of the register may be left out."""
    characters = compact(number)
    if re.fullmatch(r"T\d+", characters):
        characters = characters[1:]
    return re.compile(r"(?<![\d-])" + r"\s*".join(map(re.escape, characters)) + r"(?!\d|-\d)", re.IGNORECASE)


def _own_numbers(text: str, request: Request) -> Iterator[str]:
    """The numbers that the document can only bear as its own."""
    labelled = _OWN_INSCRIPTION if request.source is Source.ACTE else _OWN_LOT
    yield from (compact(found) for found in labelled.findall(text))
    # An index is written by a machine, with its lot on top: when it has lots, it has its own among them.
    if request.source is Source.INDEX and is_renovated(request.number):
        yield from (compact(found) for found in _RENOVATED_LOT.findall(text))


def _pages(path: Path) -> Iterator[str]:
    reader = pypdf.PdfReader(path)
    for page in reader.pages[:PAGES_READ]:
        try:
            yield page.extract_text()
        except Exception:  # whatever pypdf stumbles over, a paid document is not lost to it
            logger.warning("A page of %s cannot be read as text", path, exc_info=True)
