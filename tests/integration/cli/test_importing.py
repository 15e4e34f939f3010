"""`import` as offices call it: workbooks, standard input, a question before much money, JSON for programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from typer.testing import Result

from extractor.language.sentences import Language
from extractor.postgres.migrate import migrate
from tests.integration.cli.test_process import measured_import
from tests.support.rows import statuses
from tests.support.workbooks import workbook
from tests.unit.test_sentences import ENGLISH

Extractor = Callable[..., Result]

HEADER = ("document_source", "document_number", "circonscription_fonciere", "cadastre")
ROWS = 5_000
MAX_SECONDS = 15
MAX_MEGABYTES = 300


def csv_text(rows: int) -> str:
    return "document_source;document_number;cadastre\n" + "".join(f"index;{n};Québec\n" for n in range(1, rows + 1))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three rows, 4,50 $."""
    path = tmp_path / "rows.csv"
    path.write_text(csv_text(3))
    return path


def test_prints_the_batch_and_json_the_ids(extractor: Extractor, sql: psycopg.Connection, file: Path) -> None:
    told = extractor("import", file, "--reference", "Dossier 118").stdout.splitlines()
    printed = json.loads(extractor("import", file, "--yes", "--json").stdout)
    checked = json.loads(extractor("import", file, "--dry-run", "--json").stdout)

    batch = told[-1].removeprefix("batch ")
    of_batch = "SELECT count(*), min(reference) FROM extraction_queue WHERE batch_id = %s"
    assert sql.execute(of_batch, [UUID(batch)]).fetchone() == (3, "Dossier 118")
    assert sql.execute(of_batch, [printed["batch_id"]]).fetchone() == (3, None)
    assert (len(printed["ids"]), printed["rows"], printed["repeated"], printed["dollars"]) == (3, 3, 3, "4.50")
    assert (printed["doubtful"], [line for line, _ in map(dict.values, printed["doubts"])]) == (3, [2, 3, 4])
    assert (checked["batch_id"], checked["ids"], checked["rows"], checked["repeated"]) == (None, [], 3, 3)
    assert statuses(sql) == {"En attente": 6}


def test_above_the_bound_it_wants_yes(
    extractor: Extractor, environment: pytest.MonkeyPatch, sql: psycopg.Connection, file: Path
) -> None:
    environment.setenv("IMPORT_CONFIRM_DOLLARS", "4.49")

    refused = extractor("import", file, code=1)
    before = statuses(sql)
    extractor("import", file, "--yes")

    assert refused.stdout == ""
    assert refused.stderr.startswith("Warning: 3 rows will probably be refused. The registry decides")
    assert refused.stderr.endswith(
        "extractor: Nothing was inserted. 3 rows would be inserted; with one consultation per row this costs 4,50 $."
        " Look at it with --dry-run; add --yes to insert it.\n"
    )
    assert (before, statuses(sql)) == ({}, {"En attente": 3})


def test_lines_are_named_in_the_language_of_what_is_said_of_them(
    extractor: Extractor, environment: pytest.MonkeyPatch, database_url: str, file: Path, tmp_path: Path
) -> None:
    environment.setenv("LANGUAGE", "fr")
    migrate(database_url, language=Language.FRENCH)
    lines = [*extractor("import", file, "--dry-run").stderr.splitlines()]
    file.write_text(csv_text(12))
    more = extractor("import", file, "--dry-run").stderr.splitlines()
    bad = tmp_path / "bad.csv"
    bad.write_text("document_source;document_number;cadastre\nindex;1;\n")
    refused = extractor("import", bad, code=1).stderr.splitlines()

    assert lines[0] == "Attention : Refus probable pour 3 lignes. C'est le registre qui décide; un refus ne coûte rien."
    assert all(line.startswith("ligne ") and " : sera probablement refusée, car " in line for line in lines[1:])
    assert more[-1] == "… et 2 de plus"
    assert refused[0] == "ligne 2 : cadastre est vide : index en exige un, par exemple Cadastre du Québec"
    assert [line for line in (*lines, *more, refused[0]) if ENGLISH.search(line)] == []


def test_file_that_cannot_be_read_is_bad_usage(extractor: Extractor, tmp_path: Path) -> None:
    says = extractor("import", tmp_path, code=2).stderr.replace("│", " ")
    assert "cannot be read: Is a directory" in " ".join(says.split())
    extractor("import", tmp_path / "none.csv", code=2)


def test_0_asks_about_every_import(extractor: Extractor, environment: pytest.MonkeyPatch, file: Path) -> None:
    environment.setenv("IMPORT_CONFIRM_DOLLARS", "0")

    assert "add --yes" in extractor("import", file, code=1).stderr


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
@pytest.mark.usefixtures("environment")
def test_standard_input_is_read_to_its_end(name: str, sql: psycopg.Connection) -> None:
    command = [sys.executable, "-c", "from extractor.cli import main; main()", "import", name]

    done = subprocess.run(command, input=csv_text(40), env=os.environ, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("40 rows inserted")
    assert statuses(sql) == {"En attente": 40}


@pytest.mark.skipif(sys.platform != "linux", reason="a terminal is made as on Linux")
@pytest.mark.parametrize(("answer", "code", "rows"), [(b"y\n", 0, {"En attente": 3}), (b"n\n", 1, {})])
def test_on_a_terminal_it_asks(
    answer: bytes,
    code: int,
    rows: dict[str, int],
    environment: pytest.MonkeyPatch,
    sql: psycopg.Connection,
    file: Path,
) -> None:
    environment.setenv("IMPORT_CONFIRM_DOLLARS", "1")
    person, terminal = os.openpty()
    os.write(person, answer)
    command = [sys.executable, "-c", "from extractor.cli import main; main()", "import", str(file)]

    done = subprocess.run(command, stdin=terminal, env=os.environ, capture_output=True, text=True, check=False)

    os.close(person)
    os.close(terminal)
    assert (done.returncode, statuses(sql)) == (code, rows)
    assert "3 rows would be inserted; with one consultation per row this costs 4,50 $. Insert?" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of one process's memory is read from /proc")
@pytest.mark.usefixtures("environment")
def test_five_thousand_rows_of_a_workbook_in_seconds_and_little_memory(sql: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    rows = (("index", 2_000_000 + number, "Montréal", "Cadastre du Québec") for number in range(ROWS))
    path.write_bytes(workbook({"Lots": [HEADER, *rows]}).getvalue())

    measured = measured_import(path, {**os.environ})

    megabytes = measured["peak_kilobytes"] / 1024
    print(f"{ROWS} rows: {measured['seconds']:.1f} s, peak RSS {megabytes:.0f} MB")  # noqa: T201
    assert statuses(sql) == {"En attente": ROWS}
    assert measured["seconds"] < MAX_SECONDS
    assert megabytes < MAX_MEGABYTES
