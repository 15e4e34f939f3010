"""What counts as a PDF."""

from __future__ import annotations

from pathlib import Path

import pytest
from fpdf import FPDF

from extractor.documents.document import check_pdf
from extractor.errors import DocumentRefused

# pypdf meets it with an AttributeError.
PAGES_BEHIND_A_REFERENCE = b"""%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj 3 0 R endobj
3 0 obj <</Type/Pages/Kids[]/Count 1>> endobj
trailer <</Root 1 0 R>>
startxref
0
%%EOF"""


def pdf_bytes(pages: int = 2) -> bytes:
    pdf = FPDF()
    for _ in range(pages):
        pdf.add_page()
    return bytes(pdf.output())


class TestCheck:
    def test_counts_the_pages_of_a_pdf(self, tmp_path: Path) -> None:
        path = tmp_path / "a.pdf"
        path.write_bytes(pdf_bytes(pages=3))

        document = check_pdf(path)

        assert (document.pages, document.size_bytes) == (3, path.stat().st_size)

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"", "empty file"),
            (b"<!DOCTYPE html><html></html>", "an HTML page instead of a PDF"),
            (b"GIF89a", "something instead of a PDF"),
            (pdf_bytes()[:-50], "cut short"),
            (b"%PDF-1.4\nnonsense\n%%EOF", "does not parse"),
            (PAGES_BEHIND_A_REFERENCE, "does not parse"),
        ],
    )
    def test_refuses_what_is_no_pdf_and_says_what_it_is(self, data: bytes, sentence: str, tmp_path: Path) -> None:
        path = tmp_path / "a.pdf"
        path.write_bytes(data)

        with pytest.raises(DocumentRefused, match=sentence):
            check_pdf(path)
