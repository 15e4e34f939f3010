"""The commands that mean the rows of one batch or of one reference."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import uuid4

import psycopg
from typer.testing import Result

from tests.support.rows import column, insert_job, statuses

Extractor = Callable[..., Result]
INDEX = ("--source", "index", "--number", "2 784 195", "--cadastre", "Cadastre du Québec")


def test_reference_is_kept_and_shown(extractor: Extractor, sql: psycopg.Connection) -> None:
    job_id = extractor("add", *INDEX, "--reference", "Dossier 2026-118").stdout.strip()

    assert column(sql, job_id, "reference") == "Dossier 2026-118"
    assert "Dossier 2026-118" in extractor("show", job_id).stdout
    assert extractor("why", job_id).stdout.splitlines()[0] == "reference Dossier 2026-118"


def test_status_and_cancel_mean_one_batch(extractor: Extractor, sql: psycopg.Connection) -> None:
    batch = uuid4()
    for _ in range(2):
        insert_job(sql, batch_id=batch)
    other = insert_job(sql, reference="B")

    status = json.loads(extractor("status", "--batch", batch, "--json").stdout)
    cancelled = extractor("cancel", "--batch", batch).stdout
    again = extractor("cancel", "--batch", batch, code=1)

    assert {source["document_source"]: source["waiting"] for source in status["sources"]}["index"] == 2
    assert cancelled == "2 waiting rows cancelled: at Erreur now.\n"
    assert "so nothing was cancelled" in again.stderr
    assert column(sql, other, "status") == "En attente"


def test_retry_means_one_reference(extractor: Extractor, sql: psycopg.Connection) -> None:
    for reference in ("A", "B"):
        insert_job(sql, reference=reference, status="Erreur", error_code="document_timeout")

    done = extractor("retry", "--reference", "A", "--yes").stdout

    assert done.startswith("1 row set to En attente; may cost 1,50 $.")
    assert statuses(sql) == {"En attente": 1, "Erreur": 1}


def test_cancel_without_or_with_two_meanings_is_bad_usage(extractor: Extractor) -> None:
    extractor("cancel", code=2)
    extractor("cancel", uuid4(), "--reference", "A", code=2)
    extractor("cancel", "--reference", " ", code=2)
