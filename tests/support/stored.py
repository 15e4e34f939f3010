"""Completed rows with documents in a STORAGE_DIR."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import psycopg

from extractor.models import RowId
from tests.support.rows import insert_job


def store_document(sql: psycopg.Connection, documents: Path, name: str, content: bytes, **columns: object) -> RowId:
    """Insert one row and put its document where it says."""
    path = documents / "index" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    own = {
        "status": "Complété",
        "completed_at": "2025-11-03T17:00:00Z",
        "supabase_path": f"index/{name}",
        "document_sha256": hashlib.sha256(content).hexdigest(),
        "document_bytes": len(content),
    }
    return insert_job(sql, **own | columns)


def store_documents(sql: psycopg.Connection, documents: Path, count: int, size: int) -> None:
    """Many rows, each with a document of its own, which no compression makes smaller."""
    (documents / "index").mkdir(parents=True)
    noise, rows = os.urandom(size), []
    for number in range(count):
        content = noise[:-8] + number.to_bytes(8)
        (documents / "index" / f"{number}.pdf").write_bytes(content)
        rows.append((str(2_000_000 + number), f"index/{number}.pdf", hashlib.sha256(content).hexdigest(), size))
    with sql.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO extraction_queue (document_source, document_number, circonscription_fonciere, cadastre,"
            " status, completed_at, supabase_path, document_sha256, document_bytes) VALUES ('index', %s, 'Montréal',"
            " 'Cadastre du Québec', 'Complété', now(), %s, %s, %s)",
            rows,
        )
