"""A compressed body is unpacked as far as it goes."""

from __future__ import annotations

import base64
import gzip
import io
import zipfile
import zlib
from pathlib import Path

import pytest

from extractor.registry import inflation
from extractor.registry.inflation import inflate
from tests.support.pdfs import pdf_bytes

PDF = pdf_bytes("Lot: 2 784 195")
PAGE = b"<html>Veuillez patienter</html>"
BARE = zlib.compress(PDF)[2:-4]


def inflated(directory: Path, data: bytes, encoding: str) -> bytes:
    path = directory / "a"
    path.write_bytes(data)
    inflate(path, encoding=encoding)
    assert [*directory.iterdir()] == [path]
    return path.read_bytes()


@pytest.mark.parametrize(
    ("data", "encoding", "content"),
    [
        (gzip.compress(PDF, mtime=0), "gzip", PDF),
        (gzip.compress(PDF, mtime=0), "", PDF),
        (gzip.compress(PDF, mtime=0)[:-8], "gzip", PDF),
        (gzip.compress(PDF, mtime=0)[:-8] + b"\0" * 8, "gzip", PDF),
        (gzip.compress(PDF, mtime=0) + b"more", "gzip", PDF),
        (gzip.compress(PAGE, mtime=0), "gzip", PAGE),
        (zlib.compress(PDF), "Deflate", PDF),
        (BARE, "deflate", PDF),
        (PDF, "gzip", PDF),
        (PDF, "deflate", PDF),
        (PAGE, "deflate", PAGE),
        (zlib.compress(PDF), "", zlib.compress(PDF)),
        (b"\x1f\x8bnonsense", "gzip", b"\x1f\x8bnonsense"),
        (b"", "deflate", b""),
    ],
)
def test_what_comes_out(tmp_path: Path, data: bytes, encoding: str, content: bytes) -> None:
    assert inflated(tmp_path, data, encoding) == content


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return packed.getvalue()


ONE, TWO, NONE = zipped(a_PDF=PDF, b_txt=b"."), zipped(a_pdf=PDF, b_pdf=PDF), zipped(a_txt=b".")


@pytest.mark.parametrize(
    ("data", "content"),
    [(ONE, PDF), (TWO, TWO), (NONE, NONE), (ONE[:40], ONE[:40]), (b"PK\x03\x04", b"PK\x03\x04")],
    ids=["one", "two", "none", "cut", "no more than its mark"],
)
def test_only_a_zip_with_a_single_pdf_is_that_pdf(tmp_path: Path, data: bytes, content: bytes) -> None:
    assert inflated(tmp_path, data, "") == content
    assert inflation.inflated(data, encoding="") == content


DATA = b"data:application/pdf;base64," + base64.b64encode(PDF)


@pytest.mark.parametrize(
    ("page", "content"),
    [
        (b"<embed src='" + DATA + b"'>", PDF),
        (b"<a href='" + DATA + b"'>one</a><a href='" + DATA[:-8] + b"'>another</a>", None),
        (b"<embed src='" + DATA + b"'><object data='" + DATA + b"'>", PDF),
        (b"<embed src='data:application/pdf;base64,AAAA'>", None),
        (b"<embed src='data:application/pdf;base64,A'>", None),
        (PAGE, None),
    ],
    ids=["shown", "two files", "twice", "no PDF", "no base64", "none"],
)
def test_pdf_that_a_page_has_in_itself(page: bytes, content: bytes | None) -> None:
    assert inflation.embedded_pdf(page) == content


def test_half_of_it_is_half_of_the_content(tmp_path: Path) -> None:
    packed = gzip.compress(PDF, mtime=0)

    half = inflated(tmp_path, packed[: len(packed) // 2], "gzip")

    assert half
    assert PDF.startswith(half)


def test_it_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflation, "MAX_BYTES", 2**20)

    assert len(inflated(tmp_path, gzip.compress(bytes(2**24)), "gzip")) <= 2**20 + inflation.CHUNK_BYTES
