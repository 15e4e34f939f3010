"""`edit` and `retry` name the price before a person says yes."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest

from tests.integration.cli.conftest import Extractor
from tests.support.rows import column, insert_job, record_clicks
from tests.unit.test_sentences import ENGLISH


def consulted(sql: psycopg.Connection) -> str:
    job_id = insert_job(sql, status="Erreur", error_code="name_not_matched", error_message="no", cadastre="Nulle Part")
    sql.execute(
        "INSERT INTO extraction_attempts (job_id, document_source, worker_id, consultation_at, request_key)"
        " SELECT id, 'index', 'w', now(), request_key FROM extraction_queue"
    )
    record_clicks(sql)
    return job_id


def test_edit_is_a_dry_run_without_yes(extractor: Extractor, sql: psycopg.Connection) -> None:
    job_id = consulted(sql)
    command = ("edit", job_id, "--cadastre", "Cadastre du Québec")

    plan = extractor(*command).stdout
    unchanged = column(sql, job_id, "status")
    done = extractor(*command, "--yes").stdout

    lines = [
        "cadastre: Nulle Part → Cadastre du Québec",
        "The corrected row may cost 1,50 $.",
        "It was consulted 1 time before, perhaps for 1,50 $: this stays counted.",
    ]
    assert plan.splitlines() == [*lines, "Nothing is changed yet: add --yes."]
    assert done.splitlines() == [*lines, f"Row {job_id} is corrected and En attente."]
    assert (unchanged, column(sql, job_id, "status")) == ("Erreur", "En attente")


def test_edit_warns_of_a_name_that_will_be_refused(extractor: Extractor, sql: psycopg.Connection) -> None:
    job_id = insert_job(sql, status="Erreur", document_number="227", circonscription_fonciere="Terrebonne")

    warned = extractor("edit", job_id, "--cadastre", "Nulle Part").stderr

    assert warned.startswith("Warning: The row will probably be refused, because ")


def test_edit_warns_in_the_language_of_the_doubt(
    extractor: Extractor, environment: pytest.MonkeyPatch, sql: psycopg.Connection
) -> None:
    environment.setenv("LANGUAGE", "fr")
    job_id = insert_job(sql, status="Erreur", document_number="227", circonscription_fonciere="Terrebonne")

    warned = extractor("edit", job_id, "--cadastre", "Nulle Part").stderr

    assert warned.startswith("Attention : La ligne sera probablement refusée, car cadastre « Nulle Part » n'est pas")
    assert ENGLISH.search(warned.splitlines()[0]) is None


def test_refusals_and_bad_usage(extractor: Extractor, sql: psycopg.Connection) -> None:
    running = insert_job(sql, status="En traitement", worker_id="worker-1")

    assert "is being processed by worker-1" in extractor("edit", running, "--cadastre", "X", "--yes", code=1).stderr
    waiting = insert_job(sql)
    assert "so nothing was changed" in extractor("edit", waiting, "--number", "2784195", "--yes", code=1).stderr
    assert "Say what to correct" in extractor("edit", running, code=2).stderr.replace("\n", " ")


@pytest.mark.skipif(sys.platform != "linux", reason="a terminal is made as on Linux")
@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("command", "answer", "code", "status"),
    [
        (("edit", "--cadastre", "Cadastre du Québec"), b"n\n", 1, "Erreur"),
        (("edit", "--cadastre", "Cadastre du Québec"), b"y\n", 0, "En attente"),
        (("retry",), b"y\n", 0, "En attente"),
    ],
)
def test_on_a_terminal_it_asks_with_the_price(
    sql: psycopg.Connection, command: tuple[str, ...], answer: bytes, code: int, status: str
) -> None:
    job_id = consulted(sql)
    person, terminal = os.openpty()
    os.write(person, answer)
    line = [sys.executable, "-m", "extractor", command[0], job_id, *command[1:]]

    done = subprocess.run(line, stdin=terminal, env=os.environ, capture_output=True, text=True, check=False)

    os.close(person)
    os.close(terminal)
    assert (done.returncode, column(sql, job_id, "status")) == (code, status)
    assert "again, for at most 1,50 $? [y/N]" in done.stderr
    assert "consulted 1 time" in done.stdout
