"""`add` names the rows that ask for the same document; its output stays the id alone."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from typer.testing import Result

from tests.support.rows import insert_job

Extractor = Callable[..., Result]
INDEX = (
    *("--source", "index", "--number", "2784195"),
    *("--circonscription", "Montréal", "--cadastre", "Cadastre du Québec"),
)


def test_waiting_row_is_named_and_may_be_paid_for_again(extractor: Extractor) -> None:
    first = extractor("add", *INDEX)
    second = extractor("add", *INDEX)

    assert first.stderr == ""
    job_id = second.stdout.strip()
    assert second.stderr.splitlines() == [
        "The same document is asked for by:",
        f"  row {first.stdout.strip()}, En attente",
        f"REUSE_DAYS is 0, so the document may be paid for again. If that is a mistake: extractor cancel {job_id}",
    ]


@pytest.mark.parametrize(
    ("days", "sentence"),
    [(2, "REUSE_DAYS is 7: one document serves these rows"), (9, "They were completed more than 7 days ago")],
)
def test_reuse_days_decides_about_a_completed_one(
    days: int,
    sentence: str,
    extractor: Extractor,
    environment: pytest.MonkeyPatch,
    sql: psycopg.Connection,
) -> None:
    environment.setenv("REUSE_DAYS", "7")
    insert_job(sql, status="Complété", supabase_path="index/a.pdf")
    sql.execute("UPDATE extraction_queue SET completed_at = now() - %s * interval '1 day'", [days])

    assert extractor("add", *INDEX).stderr.splitlines()[-1].startswith(sentence)
