"""Attempts with evidence, as a worker leaves them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import psycopg

PAGE = "<!-- https://site/ -->\n<html><head><script>bad()</script></head><body><h1>Fermé</h1> <p>Demain</p>"
WIDTH, HEIGHT = 40, 30


def insert_attempt(sql: psycopg.Connection, job_id: str, **columns: object) -> int:
    """Insert one attempt of a row, and return its id."""
    row = {"job_id": job_id, "document_source": "index", "worker_id": "bureau-1-1", **columns}
    names, values = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    ((made,),) = sql.execute(f"INSERT INTO extraction_attempts ({names}) VALUES ({values}) RETURNING id", row)
    assert isinstance(made, int)
    return made


def keep_evidence(directory: Path, name: str) -> Path:
    """A folder with a page and its picture under `evidence` of the directory; the path that the attempt keeps."""
    folder = directory / "evidence" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "page.html").write_text(PAGE)
    (folder / "page.png").write_bytes(red_picture())
    return Path("/var/lib/worker/evidence") / name  # the worker saw the directory under another path


def red_picture() -> bytes:
    """A PNG of WIDTH x HEIGHT red points."""
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    points = (b"\0" + b"\xff\0\0" * WIDTH) * HEIGHT
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(points)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
