"""The bytes behind a save link, and the faults that they or their text may have; `transfers` is their way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from extractor.standin import odd_pdfs, places
from extractor.standin.demand import Demand, neighbour
from extractor.standin.documents import draw
from extractor.standin.kinds import FileFault
from extractor.standin.variants import Variants

_HTML: Final = (
    b"<html><head><title>Erreur</title></head><body>Le document ne peut \xc3\xaatre affich\xc3\xa9.</body></html>"
)
_ZEROS: Final = bytes(2000)

_BYTES: Final[dict[FileFault, Callable[[bytes, Variants], bytes]]] = {
    "html": lambda _pdf, _: _HTML,
    "half": lambda pdf, _: pdf[: len(pdf) // 2],
    "empty": lambda _pdf, _: b"",
    "junk_before": lambda pdf, variants: (b"\r\n" * variants.file_junk_bytes)[: variants.file_junk_bytes] + pdf,
    "html_behind": lambda pdf, _: pdf + _HTML,
    "zeros_behind": lambda pdf, _: pdf + _ZEROS,
    "no_eof": lambda pdf, _: odd_pdfs.without_end(pdf),
    "update_cut": lambda pdf, _: odd_pdfs.with_cut_update(pdf),
    "broken_xref": lambda pdf, _: odd_pdfs.with_broken_xref(pdf),
    "open_encryption": lambda pdf, _: odd_pdfs.encrypted(pdf, needs_password=False),
    "unknown_encryption": lambda pdf, _: odd_pdfs.with_unknown_encryption(pdf),
    "password": lambda pdf, _: odd_pdfs.encrypted(pdf, needs_password=True),
    "no_page": lambda _pdf, _: odd_pdfs.without_page(),
    "strokes": lambda pdf, variants: odd_pdfs.with_strokes(pdf, variants.file_strokes),
}


def file_of(demand: Demand, fault: FileFault | None, variants: Variants) -> bytes:
    """Return the file of a document; CPU-bound."""
    match fault:
        case None:
            return draw(demand)
        case "another_document":
            return draw(replace(demand, number=neighbour(demand.number, by=1)))
        case "another_that_quotes":
            return draw(replace(demand, number=neighbour(demand.number, by=1)), quotes=demand.number)
        case "another_suffix":
            return draw(replace(demand, number=_other_suffix(demand)))
        case "another_cadastre":
            return draw(replace(demand, cadastre=_other_cadastre(demand)))
        case "another_circonscription":
            return draw(replace(demand, circonscription=_other(demand.circonscription, places.circonscriptions())))
        case "no_text":
            return odd_pdfs.without_text()
        case _ if fault in _BYTES:
            return _BYTES[fault](draw(demand), variants)
        case _:
            return draw(demand)


def _other_suffix(demand: Demand) -> str:
    number = demand.number
    if demand.source == "acte":
        return number.removeprefix("T") if number.startswith("T") else f"T{number}"
    return number[:-1] if number[-1].isalpha() else f"{number}A"


def _other_cadastre(demand: Demand) -> str:
    if demand.source == "acte":
        return ""
    circonscription = demand.circonscription or places.circonscriptions()[0].name
    return _other(demand.cadastre, places.cadastres(circonscription))


def _other(name: str, options: tuple[places.Option, ...]) -> str:
    return next(option.name for option in options if option.name != name)
