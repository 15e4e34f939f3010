"""`extractor list`: the rows that fit, on a screen of any width and with any letters, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from typer.testing import Result

from extractor.cli import terminal
from extractor.reports.csv_lines import MARK, ROW_COLUMNS
from tests.support.rows import insert_account, insert_job

Extractor = Callable[..., Result]
DONE = {"status": "Complété", "completed_at": "2025-11-03T17:00:00Z", "supabase_path": "index/a.pdf"}


def rows_of(result: Result) -> list[dict[str, str]]:
    assert result.stdout.startswith(MARK)
    return list(csv.DictReader(io.StringIO(result.stdout.removeprefix(MARK)), delimiter=";"))


def test_each_option_chooses_rows(extractor: Extractor, sql: psycopg.Connection) -> None:
    sql.execute("SET timezone TO 'UTC'")
    done = insert_job(sql, **DONE, batch_id=UUID(int=1), created_at="2025-11-01T00:00:00Z")
    failed = insert_job(
        sql,
        document_source="acte",
        acte_type="Acte",
        document_number="25 616 321",
        status="Erreur",
        error_code="paper_only",
        reference="Dossier 118",
        created_at="2025-11-02T00:00:00Z",
    )

    chosen = {
        done: (
            ("--status", "completed"),
            ("--status", "complete"),
            ("--source", "index"),
            ("--batch", UUID(int=1)),
            ("--search", "2 784 195 montreal"),
            ("--completed-since", "2025-11-03T12:00-05:00"),
            ("--completed-since", "30000d"),
            # A day named as the end is part of it, in any zone of this machine.
            ("--completed-until", "2025-11-04"),
        ),
        failed: (
            ("--status", "ERREUR"),
            ("--error-code", "paper_only"),
            ("--reference", "Dossier 118"),
            ("--created-since", "2025-11-01T12:00Z"),
        ),
    }
    for job_id, options in chosen.items():
        for option in options:
            assert [row["id"] for row in rows_of(extractor("list", "--csv", *option))] == [job_id], option
    for option in (("--completed-since", "1h"), ("--completed-until", "2025-11-03T12:00-05:00")):
        assert extractor("list", *option).stdout == "No row fits.\n"


@pytest.mark.parametrize(
    "options",
    [
        ("--status", "done"),
        ("--source", "vente"),
        ("--completed-since", "soon"),
        ("--completed-until", "2025-13-01"),
        ("--created-since", "9999999d"),
        ("--batch", "7"),
        ("--reference", " "),
        ("--limit", "0"),
        ("--json", "--csv"),
    ],
)
def test_bad_usage_is_2(extractor: Extractor, options: tuple[str, ...]) -> None:
    assert "Usage: " in extractor("list", *options, code=2).stderr


def test_error_code_that_is_neither_known_nor_in_a_row_is_refused(
    extractor: Extractor, sql: psycopg.Connection
) -> None:
    own = insert_job(sql, status="Erreur", error_code="my_own")

    for command in ("list", "retry"):
        refused = " ".join(extractor(command, "--error-code", "paper_onyl", code=2).stderr.replace("│", " ").split())
        assert "no row has the code 'paper_onyl', which is none of account_lost, " in refused
        assert " paper_only, " in refused
        assert own in extractor(command, "--error-code", "my_own", *(("--json",) if command == "list" else ())).stdout
    assert extractor("list", "--error-code", "storage").stdout == "No row fits.\n"


@pytest.mark.parametrize("command", [("list",), ("list", "--csv"), ("download", "--to", "november")])
def test_period_that_ends_before_it_begins_is_bad_usage(
    extractor: Extractor, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    refused = extractor(*command, "--completed-since", "2026-11-30", "--completed-until", "2026-11-01", code=2)

    assert refused.stdout == ""
    assert "--completed-until must be later than --completed-since." in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_json_and_csv_hold_every_row_and_the_screen_says_how_many_it_shows(
    extractor: Extractor, sql: psycopg.Connection
) -> None:
    ids = [insert_job(sql, created_at=f"2026-01-01T00:00:{nth:02}Z") for nth in range(51)][::-1]

    assert [row["id"] for row in rows_of(extractor("list", "--csv"))] == ids
    assert [row["id"] for row in json.loads(extractor("list", "--json").stdout)] == ids
    assert [row["id"] for row in json.loads(extractor("list", "--json", "--limit", 2).stdout)] == ids[:2]
    assert json.loads(extractor("list", "--json", "--search", "nothing").stdout) == []
    assert extractor("list").stdout.endswith("\n50 of 51 rows; --limit 51 shows all.\n")
    assert [line.split()[0] for line in extractor("list", "--limit", 51).stdout.splitlines()[1:-1]] == [
        job_id[:8] for job_id in ids
    ]


def test_csv_is_what_excel_opens_and_runs_no_formula(extractor: Extractor, sql: psycopg.Connection) -> None:
    insert_job(sql, reference='=HYPERLINK("http://x";"a")', **DONE)

    (row,) = rows_of(extractor("list", "--csv"))

    assert (*row,) == ROW_COLUMNS
    assert row["reference"] == '\'=HYPERLINK("http://x";"a")'
    assert row["cadastre"] == "Cadastre du Québec"
    assert re.fullmatch(r"2025-11-03 \d\d:00:00[+-]\d\d:00", row["completed_at"])


def test_ids_are_as_short_as_tells_them_apart(extractor: Extractor, sql: psycopg.Connection) -> None:
    for tail in ("1", "2"):
        insert_job(sql, id=f"01890a5d-ac96-774b-bcce-b302099a805{tail}")

    shown = extractor("list", "--json").stdout
    lines = extractor("list").stdout.splitlines()

    assert all(row["id"] in "".join(lines) for row in json.loads(shown))


WORDS = {
    "list": ("plan_cadastraux", "Saint-Hyacinthe"),
    "status": ("plan_cadastraux", "Complété"),
    "workers": ("worker-1@host.example",),
    "accounts list": ("99X0001",),
    "spend": ("today",),
}


@pytest.mark.parametrize("width", [40, 80])
def test_no_width_cuts_a_word(
    extractor: Extractor, environment: pytest.MonkeyPatch, sql: psycopg.Connection, width: int
) -> None:
    environment.setattr(terminal.console, "width", width)
    insert_job(sql, document_source="plan_cadastraux", circonscription_fonciere="Saint-Hyacinthe", **DONE)
    insert_account(sql, "99X0001", last_error="Le code d'utilisateur est invalide.")
    sql.execute("INSERT INTO worker_status (worker_id, status, message) VALUES ('worker-1@host.example', 'busy', 'in')")

    for command, words in WORDS.items():
        text = extractor(*command.split()).stdout

        assert max(map(len, text.splitlines())) <= width, text
        assert "…" not in text
        assert all(word in text for word in words), text


@pytest.mark.parametrize("command", ["list", "retry"])
def test_help_names_every_option_whole_on_a_narrow_terminal(
    extractor: Extractor, environment: pytest.MonkeyPatch, command: str
) -> None:
    named = re.findall(r"--[a-z-]+", extractor(command, "--help").stdout)
    environment.setenv("COLUMNS", "40")

    narrow = extractor(command, "--help").stdout

    assert len(named) > 5
    assert set(named) <= set(re.findall(r"--[a-z-]+", narrow))
    assert "…" not in narrow


def test_terminal_in_ascii_gets_the_nearest_letters(database_url: str, sql: psycopg.Connection, tmp_path: Path) -> None:
    """As a process, since the encoding is that of the process."""
    insert_job(sql, **DONE)
    variables = {"ENV_FILE": "", "DATABASE_URL": database_url, "REDIS_URL": "redis://127.0.0.1:9/0",
                 "STORAGE_DIR": str(tmp_path), "PYTHONIOENCODING": "ascii"}  # fmt: skip

    def run(*arguments: str) -> bytes:
        command = [sys.executable, "-c", "from extractor.cli import main; main()", *arguments]
        done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout

    screen = run("list").decode("ascii")
    (as_json,) = json.loads(run("list", "--json").decode("ascii"))

    assert re.search(r"Complete +index", screen)
    assert "Montreal, Cadastre" in screen
    assert (as_json["status"], as_json["cadastre"]) == ("Complété", "Cadastre du Québec")
