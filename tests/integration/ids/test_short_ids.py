"""The beginning of an id in a command, whatever the type of the ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from typer.testing import CliRunner, Result

from extractor.cli import app
from extractor.settings import load_settings
from tests.support.rows import column, insert_job

Run = Callable[..., Result]


@pytest.fixture
def ids(sql: psycopg.Connection, kind: str) -> list[str]:
    """Three rows, the first two of which begin alike."""
    given = {
        "uuid": ["7f0c2a54-0000-4000-8000-000000000001", "7f0c2a54-0000-4000-8000-000000000002",
                 "8a000000-0000-4000-8000-000000000003"],
        "text": ["Dossier-118", "Dossier-119", "Autre"],
        "bigint": ["120", "121", "34"],
        "integer": ["120", "121", "34"],
    }[kind]  # fmt: skip
    overriding = "" if kind in ("uuid", "text") else "OVERRIDING SYSTEM VALUE"
    for nth, job_id in enumerate(given):
        sql.execute(
            "INSERT INTO extraction_queue (id, document_source, document_number, circonscription_fonciere, cadastre)"
            f" {overriding} VALUES (%s, 'index', %s, 'Montréal', 'Cadastre du Québec')",
            [job_id, str(100 + nth)],
        )
    return given


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator[Run]:
    settings = {"ENV_FILE": "", "DATABASE_URL": database_url, "REDIS_URL": "redis://127.0.0.1:9/0",
                "STORAGE_DIR": "documents"}  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    def invoke(*words: str) -> Result:
        load_settings.cache_clear()
        return CliRunner().invoke(app, words)

    yield invoke
    load_settings.cache_clear()


def test_beginning_of_one_id_is_that_row(sql: psycopg.Connection, ids: list[str], kind: str, run: Run) -> None:
    first, _, third = ids
    begins = third if kind in ("bigint", "integer") else third[:2]

    shown = run("show", begins)
    cancelled = run("cancel", begins)
    whole = run("why", first)

    assert (shown.exit_code, cancelled.exit_code, whole.exit_code) == (0, 0, 0), cancelled.output
    assert third in shown.stdout
    assert cancelled.stderr == ("" if begins == third else f"Row {third}\n")
    assert [column(sql, job_id, "status") for job_id in ids] == ["En attente", "En attente", "Erreur"]


def test_beginning_of_several_is_refused_with_their_names(
    sql: psycopg.Connection, ids: list[str], kind: str, run: Run
) -> None:
    first, second, _ = ids

    refused = run("cancel", first[:-1])

    assert refused.exit_code == 1
    assert {column(sql, job_id, "status") for job_id in ids} == {"En attente"}
    if kind in ("bigint", "integer"):  # 12 is another row than 120, and perhaps a deleted one
        assert refused.stderr == "extractor: There is no row 12 in extraction_queue.\n"
    else:
        assert refused.stderr.splitlines() == [
            f"extractor: 2 ids begin with {first[:-1]}: type more of one.",
            f"  {second}  En attente  index 101",
            f"  {first}  En attente  index 100",
        ]


@pytest.mark.parametrize("kind", ["text"])  # a uuid has one length, and a number is not shortened
def test_whole_id_is_meant_though_another_begins_so(sql: psycopg.Connection, ids: list[str], run: Run) -> None:
    insert_job(sql, id="Dossier-1180")

    assert run("cancel", ids[0]).exit_code == 0
    assert column(sql, ids[0], "status") == "Erreur"
    assert column(sql, "Dossier-1180", "status") == "En attente"
