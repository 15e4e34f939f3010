"""PDFs that a reader has trouble with, made from a sound one or from nothing."""

from __future__ import annotations

import io
import re
from typing import Final

import pypdf
from fpdf import FPDF
from pypdf.generic import ArrayObject, DecodedStreamObject, NameObject

_PASSWORD: Final = "notaire"  # noqa: S105 - of an invented document
_END: Final = b"%%EOF"
_ENTRY: Final = re.compile(rb"(\d{10}) (\d{5}) n")
_STROKE: Final = b"%d %d m %d %d l S\n"
_DISTINCT_STROKES: Final = 1000


def without_end(pdf: bytes) -> bytes:
    """Cut `%%EOF` off, and nothing else."""
    return pdf[: pdf.rindex(_END)]


def with_cut_update(pdf: bytes) -> bytes:
    """Append the beginning of an update, as a program writes it that ends lines with carriage returns."""
    return pdf + b"900 0 obj\r<< /Type /Page /Parent 1 0 R /MediaBox [0 0"


def with_broken_xref(pdf: bytes) -> bytes:
    """Let the cross-reference table point a few bytes behind each object."""
    head, mark, table = pdf.rpartition(b"\nxref\n")
    return head + mark + _ENTRY.sub(lambda entry: b"%010d %b n" % (int(entry[1]) + 7, entry[2]), table)


def with_unknown_encryption(pdf: bytes) -> bytes:
    """Name an encryption handler that does not exist; the contents stay as they are."""
    head, mark, trailer = pdf.rpartition(b"trailer\n<<\n")
    return head + mark + b"/Encrypt << /Filter /Etranger /V 1 >>\n" + trailer


def encrypted(pdf: bytes, *, needs_password: bool) -> bytes:
    """Encrypt with a password, which is empty unless one is needed."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    writer.encrypt(user_password=_PASSWORD if needs_password else "", owner_password=_PASSWORD, algorithm="AES-128")
    return _written(writer)


def without_page() -> bytes:
    """Return a sound document that has no page."""
    return _written(pypdf.PdfWriter())


def without_text() -> bytes:
    """Return a page with a drawing, as a scan is."""
    pdf = FPDF(format="letter")
    pdf.add_page()
    pdf.rect(20, 20, 150, 200)
    return bytes(pdf.output())


def with_strokes(pdf: bytes, count: int) -> bytes:
    """Draw this many strokes on the first page; a million take less than a second."""
    lines = (_STROKE % (x, y, y, x) for x in range(10, 50) for y in range(50, 50 + _DISTINCT_STROKES // 40))
    block = b"".join(lines)
    drawing = DecodedStreamObject()
    drawing.set_data(block * (count // _DISTINCT_STROKES) + b"0 0 m 9 9 l S\n" * (count % _DISTINCT_STROKES))
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    page = writer.pages[0]
    contents = ArrayObject([page.raw_get("/Contents"), writer._add_object(drawing.flate_encode(level=1))])
    page[NameObject("/Contents")] = contents
    return _written(writer)


def _written(writer: pypdf.PdfWriter) -> bytes:
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
