"""PDFs for tests: good ones, and each kind of odd or broken PDF that the registry may send."""

from __future__ import annotations

import re
import zlib

from fpdf import FPDF


def pdf_bytes(*pages: str, user_password: str | None = None, owner_password: str | None = None) -> bytes:
    """A good one, with a page per text; two empty pages when there is none."""
    pdf = FPDF()
    pdf.set_font("helvetica", size=11)
    if owner_password:
        pdf.set_encryption(owner_password=owner_password, user_password=user_password)
    for text in pages or ("", ""):
        pdf.add_page()
        pdf.multi_cell(w=0, text=text)
    return bytes(pdf.output())


def with_content(stream: bytes) -> bytes:
    """One page that is drawn by these commands."""
    packed = zlib.compress(stream)
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(packed), packed),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(data)
    return data + b"xref\n0 6\n" + table + trailer


def plan_of_strokes(strokes: int) -> bytes:
    """A plan as a drawing program exports it, with its lot on it."""
    lines = (b"%d %d m %d %d l S\n" % (at % 600, at * 7 % 800, at * 3 % 600, at * 5 % 800) for at in range(strokes))
    return with_content(b"0.1 w " + b"".join(lines) + b"BT /F 11 Tf 50 700 Td (Lot: 2784195) Tj ET")


def bomb() -> bytes:
    """A page of a gigabyte in a megabyte."""
    return with_content(b" " * 2**30)


def without_pages(data: bytes) -> bytes:
    return re.sub(rb"/Kids \[[^\]]*\]", b"/Kids []", re.sub(rb"/Count \d+", b"/Count 0", data))


def with_lost_references(data: bytes) -> bytes:
    return re.sub(rb"startxref\s+\d+", b"startxref\n99999999", data)


def with_wrong_references(data: bytes) -> bytes:
    """The table is where it should be, and its first object is not where it says."""
    return re.sub(rb"\d{10} 00000 n", b"0000000123 00000 n", data, count=1)


def naming_an_encryption(data: bytes, dictionary: bytes) -> bytes:
    return data.replace(b"trailer\n<<", b"trailer\n<<\n/Encrypt " + dictionary)
