"""Mixed dirty rows through the whole system, at a site that plays all its variants at random.

RANDOM_ROWS and RANDOM_SEED choose how many and which: `make rehearsal ROWS=300`.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import psycopg
import pypdf
import pytest

from extractor.matching.request import Request
from extractor.models import Source
from extractor.standin.demand import spaced
from tests.pages.test_random_rows import SEED, rows
from tests.support.rows import insert_account, insert_job, statuses
from tests.support.standin_client import StandinClient
from tests.support.system import System, eventually

ROWS = int(os.environ.get("RANDOM_ROWS", "6"))
SESSIONS = 2
SECONDS_PER_ROW = 12


def dirtied(number: str) -> str:
    """The number as people copy it: with blanks, no-break ones too, between its groups and behind its T."""
    return f" {spaced(number)}\u00a0" if number[:1] == "T" else f"{spaced(number)} ".replace(" ", "\u00a0", 1)


def insert(sql: psycopg.Connection, request: Request) -> str:
    job_id = insert_job(
        sql,
        document_source=request.source,
        document_number=dirtied(request.number),
        circonscription_fonciere=request.circonscription,
        cadastre=request.cadastre if request.source is not Source.ACTE else None,
        designation_secondaire=request.designation,
        acte_type=request.acte_type,
    )
    return str(job_id)


def is_of(request: Request, path: Path) -> bool:
    """Whether a stored file is the document that a row asks for."""
    text = "".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    return f"Source: {request.source}\nNuméro: {request.number}\n" in text


@pytest.mark.timeout(60 + ROWS * SECONDS_PER_ROW)
def test_every_document_that_exists_is_stored_and_is_the_requested_one(
    sql: psycopg.Connection, system: System, standin: StandinClient
) -> None:
    print(f"RANDOM_SEED={SEED} RANDOM_ROWS={ROWS}")  # noqa: T201 - pytest shows it when the test fails
    standin.set_variants(random=True, seed=SEED, waiting_seconds=0.5)
    for number in range(SESSIONS):
        insert_account(sql, f"99X000{number}")
    wanted = [(request, error) for request, error in rows(SEED, ROWS) if request.cadastre != ""]
    expected = {insert(sql, request): (request, error) for request, error in wanted}
    system.bridge()
    system.worker("w", concurrency=SESSIONS)

    eventually(
        lambda: not statuses(sql).keys() & {"En attente", "En traitement"},
        "every row is Complété or Erreur",
        seconds=40 + ROWS * SECONDS_PER_ROW,
    )

    outcomes = sql.execute("SELECT id::text, error_code, supabase_path FROM extraction_queue").fetchall()
    codes = {job_id: code for job_id, code, path in outcomes if path is None}
    stored = {expected[job_id][0]: path for job_id, _, path in outcomes if path is not None}
    wrong = [request for request, path in stored.items() if not is_of(request, system.storage / path)]
    existing = [request for request, error in expected.values() if error is None]
    bought = Counter(entry.number for entry in standin.consultations())
    print(  # noqa: T201
        f"documents {len(stored)}, existing rows {len(existing)}, charges {bought.total()}, wrong {len(wrong)}"
    )
    assert wrong == []
    assert codes == {job_id: error.code for job_id, (_, error) in expected.items() if error}
    assert bought == Counter(request.number for request in existing)
