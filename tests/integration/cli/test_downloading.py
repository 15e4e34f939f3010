"""`extractor download`: what it says, and what a kill in its middle leaves to the next run."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from typer.testing import Result

from extractor.local.waiting import wait_until
from tests.integration.cli.test_process import MEASURED
from tests.support import storage_server
from tests.support.rows import insert_job
from tests.support.stored import store_document, store_documents

Extractor = Callable[..., Result]
KEY = "sb_secret_test"
# Together more than the memory that the command may take for them.
DOCUMENTS, BYTES = 300, 100_000


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """The STORAGE_DIR of the command."""
    return tmp_path / "documents"


def test_folder_and_zip_say_what_they_hold(
    extractor: Extractor, sql: psycopg.Connection, documents: Path, tmp_path: Path
) -> None:
    store_document(sql, documents, "a.pdf", b"A", completed_at="2025-11-03T17:00:00Z")
    store_document(sql, documents, "b.pdf", b"B", completed_at="2025-11-10T17:00:00Z")
    week = ("--completed-since", "2025-11-02", "--completed-until", "2025-11-08")
    folder, file = tmp_path / "out" / "november", tmp_path / "november.ZIP"

    first = extractor("download", *week, "--to", folder).stdout
    again = extractor("download", "--to", folder).stdout
    zipped = extractor("download", *week, "--to", file).stdout
    nothing = extractor("download", "--completed-since", "1h", "--to", tmp_path / "none.zip").stdout

    assert first == f"1 document fetched, 0 there already: {folder}, with index.csv.\n"
    assert again == f"1 document fetched, 1 there already: {folder}, with index.csv.\n"
    assert zipped == f"1 document fetched, 0 there already: {file}, with index.csv.\n"
    assert nothing == "No completed row fits, so there is nothing to download.\n"
    assert len([*folder.glob("*.pdf")]) == 2
    with zipfile.ZipFile(file) as archive:
        assert len(archive.namelist()) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["documents", "november.ZIP", "out"]


def test_documents_that_are_not_fetched_are_named_and_the_command_fails(
    extractor: Extractor, sql: psycopg.Connection, tmp_path: Path
) -> None:
    for number in range(22):
        insert_job(sql, status="Complété", supabase_path=f"index/{number}.pdf")

    says = extractor("download", "--to", tmp_path / "out", code=1).stderr.splitlines()

    assert len(says) == 21
    assert says[0].endswith("index 2 784 195: Storage does not have index/21.pdf.")
    assert says[-1] == "extractor: 22 documents could not be fetched; index.csv says why of each."


def test_place_that_cannot_be_written_and_storage_that_cannot_be_read_are_sentences(
    extractor: Extractor, sql: psycopg.Connection, documents: Path, tmp_path: Path
) -> None:
    store_document(sql, documents, "a.pdf", b"A")
    (tmp_path / "file").write_text("x")
    unwritable = extractor("download", "--to", tmp_path / "file", code=1).stderr
    (documents / "index" / "a.pdf").unlink()
    (documents / "index" / "a.pdf").mkdir()
    unreadable = extractor("download", "--to", tmp_path / "out", code=1).stderr
    extractor("download", code=2)
    extractor("download", "--status", "failed", "--to", tmp_path / "out", code=2)

    assert "file cannot be written: File exists. What was fetched stays" in unwritable
    assert "Reading index/a.pdf failed" in unreadable
    assert unreadable.endswith("What was fetched stays: run the same command again, and it goes on.\n")


def test_documents_come_from_supabase_and_a_refused_key_is_a_sentence(
    extractor: Extractor, environment: pytest.MonkeyPatch, sql: psycopg.Connection, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    with storage_server.running_storage(tmp_path / "objects", KEY) as (url, storage):
        store_document(sql, tmp_path / "objects", "a.pdf", b"A")
        store_document(sql, tmp_path / "objects", "gone.pdf", b"B")
        (tmp_path / "objects" / "index" / "gone.pdf").unlink()
        for name, value in {"STORAGE_DIR": "", "SUPABASE_URL": url, "SUPABASE_SERVICE_KEY": KEY}.items():
            environment.setenv(name, value)
        came = extractor("download", "--to", folder, code=1)
        storage.key = "sb_secret_other"
        (path,) = folder.glob("*.pdf")
        path.unlink()
        refused = extractor("download", "--to", folder, code=1).stderr
        storage.key = KEY
        again = extractor("download", "--to", folder, code=1)

    assert came.stdout.startswith("1 document fetched, 0 there already")
    assert "Storage does not have index/gone.pdf." in came.stderr
    assert refused.startswith("extractor: Reading index/")
    assert refused.endswith("What was fetched stays: run the same command again, and it goes on.\n")
    assert again.stdout.startswith("1 document fetched, 0 there already")
    assert path.read_bytes() == b"A"


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of one process's memory is read from /proc")
def test_killed_download_leaves_whole_files_and_the_next_run_fetches_the_others_with_flat_memory(
    database_url: str, sql: psycopg.Connection, documents: Path, tmp_path: Path
) -> None:
    store_documents(sql, documents, DOCUMENTS, BYTES)
    stored = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (documents / "index").iterdir()}
    environment = {**os.environ, "ENV_FILE": "", "DATABASE_URL": database_url, "REDIS_URL": "redis://127.0.0.1:9/0",
                   "STORAGE_DIR": str(documents)}  # fmt: skip
    command = [sys.executable, "-c", MEASURED, "download"]
    folder = tmp_path / "out"

    def measured(*arguments: object) -> tuple[str, int]:
        words = [*command, *map(str, arguments)]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        says, figures = done.stdout.splitlines()
        return says, json.loads(figures)["peak_kilobytes"]

    _, one = measured("--to", tmp_path / "one", "--search", "2000001")
    with subprocess.Popen([*command, "--to", folder], env=environment) as killed:
        wait_until(lambda: len([*folder.glob("*.pdf")]) >= 20, what="it is in its middle", seconds=60)
        killed.kill()
    whole = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.pdf")}
    says, many = measured("--to", folder)

    assert set(whole.values()) < stored
    assert says.startswith(f"{DOCUMENTS - len(whole)} documents fetched, {len(whole)} there already: ")
    assert {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.pdf")} == stored
    assert [path.name for path in folder.iterdir() if path.suffix != ".pdf"] == ["index.csv"]
    print(f"{DOCUMENTS} documents: peak RSS {many - one:+} kB over 1 document")  # noqa: T201
    assert many - one < 12_000
