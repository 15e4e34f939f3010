"""A paid PDF is refused only when its text says that it is another document."""

from __future__ import annotations

from pathlib import Path

import pytest
from fpdf import FPDF

from extractor.documents.identity import check_identity
from extractor.errors import WrongDocument
from extractor.matching.request import Request
from extractor.models import Source


def pdf(directory: Path, *pages: str) -> Path:
    document = FPDF()
    document.set_font("helvetica", size=11)
    for text in pages:
        document.add_page()
        document.multi_cell(w=0, text=text)
    path = directory / "document.pdf"
    document.output(str(path))
    return path


ACCEPTED = {
    "scan": (Source.ACTE, "25616321", [""]),
    "deed that names itself": (Source.ACTE, "25616321", ["Numéro d'inscription : 25 616 321"]),
    "deed that names itself on its second page": (Source.ACTE, "25616321", ["Acte de vente", "No 25 616 321"]),
    "deed that quotes lots and an earlier deed": (
        Source.ACTE,
        "25616321",
        ["Le lot 2 784 195 du cadastre du Québec, acte publié sous le numéro 5 123 456; prix: 250 000 $"],
    ),
    "T written with a blank": (Source.ACTE, "T14454660", ["Numéro: T 14 454 660"]),
    "T left out": (Source.ACTE, "T14454660", ["Numéro inscription : 14 454 660"]),
    "index among many inscriptions": (
        Source.INDEX,
        "2784195",
        ["Cadastre: Cadastre du Québec\nLot: 2 784 195\n3 770 292 Vente\n25 616 321 Hypothèque"],
    ),
    "index whose lot is spaced oddly": (Source.INDEX, "2784195", ["Lot: 2 784 1 95\n3 770 292 Vente"]),
    "index without a number": (Source.INDEX, "2784195", ["Index des immeubles\n2005-05-03 Vente"]),
    "old lot": (Source.INDEX, "399-184", ["Lot: 399-184\n53850 Vente"]),
    "plan with its neighbours": (Source.PLAN_CADASTRAUX, "2784195", ["2 784 194   2 784 196   2 784 195"]),
    "plan that shows only neighbours": (Source.PLAN_CADASTRAUX, "2784195", ["2 784 194   2 784 196"]),
}
REFUSED = {
    "another deed": (Source.ACTE, "25616321", ["Numéro d'inscription : 25 616 322"]),
    "another deed, certified": (Source.ACTE, "25616321", ["Numéro inscription : 12 345 678 2005-05-03 09:00"]),
    "a number that only contains it": (Source.ACTE, "53850", ["Numéro: 538501"]),
    "another index": (Source.INDEX, "2784195", ["Lot: 2 784 196\n3 770 292 Vente"]),
    "another index without labels": (Source.INDEX, "2784195", ["Cadastre du Québec 2 784 196\n25 616 321 Vente"]),
    "another part of the lot": (Source.INDEX, "399-184", ["Lot: 399-185"]),
    "the lot before its division": (Source.INDEX, "399", ["Lot: 399-184"]),
    "another plan": (Source.PLAN_CADASTRAUX, "2784195", ["Numéro: 2784418"]),
}


@pytest.mark.parametrize(("source", "number", "pages"), ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(tmp_path: Path, source: Source, number: str, pages: list[str]) -> None:
    check_identity(pdf(tmp_path, *pages), Request(source, number, None))


@pytest.mark.parametrize(("source", "number", "pages"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, source: Source, number: str, pages: list[str]) -> None:
    with pytest.raises(WrongDocument, match="another document"):
        check_identity(pdf(tmp_path, *pages), Request(source, number, None))
