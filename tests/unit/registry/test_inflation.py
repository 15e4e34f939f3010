"""A compressed body is unpacked as far as it goes."""

from __future__ import annotations

import gzip
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


def test_half_of_it_is_half_of_the_content(tmp_path: Path) -> None:
    packed = gzip.compress(PDF, mtime=0)

    half = inflated(tmp_path, packed[: len(packed) // 2], "gzip")

    assert half
    assert PDF.startswith(half)


def test_it_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflation, "MAX_BYTES", 2**20)

    assert len(inflated(tmp_path, gzip.compress(bytes(2**24)), "gzip")) <= 2**20 + inflation.CHUNK_BYTES
