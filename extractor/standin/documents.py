"""The PDFs that the stand-in sells: they say which document they are, and are the same bytes every time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from fpdf import FPDF

from extractor.standin.demand import Demand, spaced

TITLE: Final = "Registre foncier du Québec (site de répétition)"
# Part of the bytes: the wall clock would change the hash of an unchanged document.
_CREATED: Final = datetime(2026, 1, 1, tzinfo=UTC)
_COLUMNS: Final = ("Date de présentation", "Numéro d'inscription", "Nature de l'acte", "Nom des parties")
_NATURES: Final = ("Vente", "Hypothèque", "Quittance", "Servitude", "Déclaration de transmission")
_ROWS_PER_PAGE: Final = 12


@lru_cache(maxsize=512)
def draw(demand: Demand, *, quotes: str = "") -> bytes:
    """Return the PDF of one document: 1 to 3 pages, each with the lines that identify it.

    `quotes` is the number of another document that its rows speak of. CPU-bound on first use.
    """
    pdf = FPDF(format="letter")
    pdf.set_creation_date(_CREATED)
    pdf.set_title(TITLE)
    seed = zlib.crc32(repr(demand).encode())
    for page in range(1 + seed % 3):
        pdf.add_page()
        _write_lines(pdf, demand)
        _write_rows(pdf, seed + page)
        if quotes:
            _write_quotes(pdf, quotes)
    return bytes(pdf.output())


def _write_lines(pdf: FPDF, demand: Demand) -> None:
    pdf.set_font("helvetica", size=11)
    for line in (TITLE, *_identity(demand)):
        pdf.cell(text=line, new_x="LMARGIN", new_y="NEXT", h=6)
    pdf.ln(6)


def _identity(demand: Demand) -> Iterator[str]:
    yield f"Source: {demand.source}"
    yield f"Numéro: {demand.number}"
    optional = {
        "Circonscription": demand.circonscription,
        "Cadastre": demand.cadastre,
        "Désignation": demand.designation,
        "Type": demand.acte_type,
        "Date du plan": demand.plan_date,
    }
    yield from (f"{label}: {value}" for label, value in optional.items() if value)
    yield from _labels(demand)


def _labels(demand: Demand) -> Iterator[str]:
    """The lines by which the registry's own documents name themselves (docs/site.md#the-file)."""
    if demand.circonscription:
        yield f"Circonscription foncière : {demand.circonscription}"
    if demand.source == "acte":
        yield f"Numéro d'inscription : {spaced(demand.number)}"
        return
    if demand.cadastre:
        yield f"Cadastre : {demand.cadastre}"
    yield f"Lot : {spaced(demand.number)}"


def _write_rows(pdf: FPDF, seed: int) -> None:
    pdf.set_font("helvetica", size=8)
    _write_row(pdf, _COLUMNS)
    for position in range(_ROWS_PER_PAGE):
        value = seed + position * 7919
        date = f"{1990 + value % 35}-{1 + value % 12:02}-{1 + value % 28:02}"
        # Words and letters, so that no invented number can be taken for the document's own.
        _write_row(pdf, (date, "(fictif)", _NATURES[value % len(_NATURES)], f"Partie {chr(65 + value % 26)}"))


def _write_quotes(pdf: FPDF, number: str) -> None:
    end = number[-3:]
    for text in (f"Voir {spaced(number)}", f"Prix {end} 000 $", f"Inscription 25 616 {end}"):
        pdf.cell(text=text, new_x="LMARGIN", new_y="NEXT", h=6)


def _write_row(pdf: FPDF, cells: Sequence[str]) -> None:
    for cell in cells:
        pdf.cell(w=45, h=6, text=cell, border=1)
    pdf.ln()
