"""Unpacks what a site packed unasked: as much as comes out, since its end or its length may be wrong."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
import shutil
import zipfile
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from urllib.parse import unquote_to_bytes

# A body that unpacks to more is no document.
MAX_BYTES = 256 * 2**20
CHUNK_BYTES = 64 * 1024
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_DATA = re.compile(rb"data:application/pdf[^,\"'<>]*;base64,([A-Za-z0-9+/=%\s]+)", re.IGNORECASE)
# Where readers look for a PDF's header.
_HEADER_WINDOW_BYTES = 1024


def inflate(path: Path, *, encoding: str = "") -> None:
    """Replace a compressed file by its content; `encoding` is its Content-Encoding, which may be wrong.

    A file that is not compressed stays as it is, and so does one out of which nothing comes. Of a zip only a single PDF
    is taken: of several none is known to be the document.
    """
    with path.open("rb") as file:
        start = file.read(len(_ZIP))
    if start == _ZIP:
        _unzip(path)
        return
    if (window := _window(start[:2], encoding)) is None:
        return
    plain = path.with_name(path.name + ".plain")
    is_sound = _unpack(path, plain, window)
    if plain.stat().st_size and (is_sound or is_pdf(plain)):
        plain.replace(path)
    else:
        plain.unlink()


def inflated(body: bytes, *, encoding: str) -> bytes:
    """The same for a body in memory."""
    if body.startswith(_ZIP):
        with TemporaryDirectory() as directory:
            path = Path(directory, "body")
            path.write_bytes(body)
            inflate(path)
            return path.read_bytes()
    window = _window(body[:2], encoding)
    if window is None:
        return body
    with contextlib.suppress(zlib.error):
        return zlib.decompressobj(window).decompress(body, MAX_BYTES) or body
    return body


def is_pdf(path: Path) -> bool:
    """Whether a reader finds a PDF's header."""
    with path.open("rb") as file:
        return b"%PDF-" in file.read(_HEADER_WINDOW_BYTES + len(b"%PDF-"))


def embedded_pdf(page: bytes) -> bytes | None:
    """The PDF that a page has in itself, as a `data:` address; None when it has none, or several."""
    found = set(_DATA.findall(page))
    if len(found) != 1:
        return None
    with contextlib.suppress(binascii.Error):
        content = base64.b64decode(unquote_to_bytes(found.pop()))
        return content if b"%PDF-" in content[:_HEADER_WINDOW_BYTES] else None
    return None


def _unzip(path: Path) -> None:
    """Put a zip's only PDF into its place."""
    plain = path.with_name(path.name + ".plain")
    try:
        with zipfile.ZipFile(path) as packed:
            pdfs = [one for one in packed.infolist() if one.filename.casefold().endswith(".pdf")]
            if len(pdfs) != 1 or pdfs[0].file_size > MAX_BYTES:
                return
            with packed.open(pdfs[0]) as content, plain.open("wb") as file:
                shutil.copyfileobj(content, file)
        plain.replace(path)
    except Exception:  # noqa: BLE001 -- paid bytes: whatever an archive does to its reader is for the judgement
        plain.unlink(missing_ok=True)


def _window(start: bytes, encoding: str) -> int | None:
    """What zlib calls `wbits`, for gzip, zlib or a bare stream; None for what is not compressed."""
    if start == _GZIP:
        return 16 + zlib.MAX_WBITS
    if encoding.strip().casefold() != "deflate" or start in (b"", b"%P"):
        return None
    return zlib.MAX_WBITS if start[0] & 15 == zlib.DEFLATED else -zlib.MAX_WBITS


def _unpack(path: Path, plain: Path, window: int) -> bool:
    """Write what comes out; whether the stream was sound as far as it came."""
    stream = zlib.decompressobj(window)
    with path.open("rb") as packed, plain.open("wb") as file:
        while chunk := packed.read(CHUNK_BYTES):
            before = stream.copy()
            try:
                _write(stream, chunk, file)
            except zlib.error:  # and with it the output of this chunk is lost
                file.truncate()
                with contextlib.suppress(zlib.error):
                    for byte in chunk:
                        file.write(before.decompress(bytes([byte])))
                return False
    return True


def _write(stream: zlib._Decompress, chunk: bytes, file: IO[bytes]) -> None:
    """Write what comes out of one chunk."""
    start = file.tell()
    try:
        while file.tell() < MAX_BYTES:
            content = stream.decompress(chunk, CHUNK_BYTES)
            file.write(content)
            chunk = stream.unconsumed_tail
            if not chunk and len(content) < CHUNK_BYTES:
                return
    except zlib.error:
        file.seek(start)
        raise
