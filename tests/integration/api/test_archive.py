"""The documents of the chosen rows as one ZIP, which is made while it is sent."""

from __future__ import annotations

import csv
import gc
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.support.api import NO_AUTHORITIES, api_settings, calling
from tests.support.rows import insert_job
from tests.support.stored import store_document, store_documents

ARCHIVE = "/api/extractions/archive"
DOCUMENTS, BYTES = 1000, 100_000


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return tmp_path / "documents"


@pytest.fixture
def client(database_url: str, documents: Path) -> Iterator[httpx.Client]:
    with calling(api_settings(database_url, documents)) as client:
        yield client


def unpacked(answer: httpx.Response) -> tuple[dict[str, dict[str, str]], dict[str, bytes]]:
    """The index by the rows' paths, and the documents by the same."""
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        lines = csv.DictReader(io.StringIO(archive.read("index.csv").decode("utf-8-sig")), delimiter=";")
        index = {line["supabase_path"]: line for line in lines}
        assert {line["file"] for line in index.values()} - {""} == set(archive.namelist()) - {"index.csv"}
        return index, {path: archive.read(line["file"]) for path, line in index.items() if line["file"]}


def test_archive_has_the_same_filters_as_the_list(
    client: httpx.Client, sql: psycopg.Connection, documents: Path
) -> None:
    store_document(sql, documents, "a.pdf", b"A", reference="Dossier 118")
    store_document(sql, documents, "b.pdf", b"B", document_number="227", completed_at="2026-11-04T17:00:00Z")
    insert_job(sql)
    chosen = [{}, {"reference": "Dossier 118"}, {"search": "227 montreal"}, {"status": "completed"},
              {"completed_until": "2026-11-04T00:00:00Z"}]  # fmt: skip

    for filters in chosen:
        _, content = unpacked(client.get(ARCHIVE, params=filters))
        listed = client.get("/api/extractions", params=filters).json()["extractions"]
        assert set(content) == {row["supabase_path"] for row in listed if row["supabase_path"]}, filters

    answer = client.get(ARCHIVE)
    assert answer.headers["content-type"] == "application/zip"
    assert re.fullmatch(r'attachment; filename="documents-[\d-]+\.zip"', answer.headers["content-disposition"])
    assert answer.headers["cache-control"] == "no-store"
    assert client.get(ARCHIVE, params={"limit": 5}).status_code == 422


def test_what_storage_does_not_have_is_in_the_index(
    client: httpx.Client, sql: psycopg.Connection, documents: Path
) -> None:
    store_document(sql, documents, "a.pdf", b"A")
    store_document(sql, documents, "gone.pdf", b"B")
    (documents / "index" / "gone.pdf").unlink()

    index, content = unpacked(client.get(ARCHIVE))

    assert content == {"index/a.pdf": b"A"}
    assert index["index/gone.pdf"]["problem"] == "Storage does not have index/gone.pdf."


def test_nothing_to_send_is_a_problem(client: httpx.Client, sql: psycopg.Connection, documents: Path) -> None:
    insert_job(sql)
    nothing = client.get(ARCHIVE)
    failed = client.get(ARCHIVE, params={"status": "failed"})
    store_document(sql, documents, "a.pdf", b"A")
    (documents / "index" / "a.pdf").unlink()
    (documents / "index" / "a.pdf").mkdir()  # nobody can read it
    unreadable = client.get(ARCHIVE)

    assert (nothing.status_code, nothing.json()["code"]) == (404, "no_document")
    assert (failed.status_code, failed.json()["code"]) == (409, "not_possible")
    assert (unreadable.status_code, unreadable.json()["code"]) == (503, "storage_unavailable")


def test_outage_in_the_middle_cuts_the_answer(client: httpx.Client, sql: psycopg.Connection, documents: Path) -> None:
    """No program takes a ZIP for whole whose end is missing; an end would hide that documents are."""
    store_document(sql, documents, "b.pdf", b"B", created_at="2026-11-02Z")
    store_document(sql, documents, "a.pdf", b"A", created_at="2026-11-01Z")
    (documents / "index" / "a.pdf").unlink()
    (documents / "index" / "a.pdf").mkdir()

    with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
        client.get(ARCHIVE)


def test_caller_that_goes_away_leaves_nothing_open(
    client: httpx.Client, sql: psycopg.Connection, documents: Path
) -> None:
    """What stays open would be a warning, which is an error here."""
    store_documents(sql, documents, 40, 500_000)

    for _ in range(3):
        with client.stream("GET", ARCHIVE) as answer:
            assert next(answer.iter_bytes()).startswith(b"PK")
    gc.collect()

    assert client.get("/api/extractions").status_code == 200


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of one process's memory is read from /proc")
def test_a_thousand_documents_need_no_more_memory_than_one(
    database_url: str, sql: psycopg.Connection, tmp_path: Path, documents: Path
) -> None:
    store_documents(sql, documents, DOCUMENTS, BYTES)
    environment = {**os.environ, "ENV_FILE": "", "DATABASE_URL": database_url, "REDIS_URL": "redis://127.0.0.1:9/0",
                   "STORAGE_DIR": str(documents), "API_KEY": ""}  # fmt: skip
    command = [sys.executable, "-c", "from extractor.cli import main; main()", "api", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as api:
        assert api.stdout is not None
        address = api.stdout.readline().split()[4].rstrip(",")
        try:
            with httpx.Client(base_url=address, verify=NO_AUTHORITIES, timeout=60) as client:
                save(client, tmp_path / "one.zip", search="2000001")
                before = peak_kilobytes(api.pid)
                save(client, tmp_path / "all.zip")
                growth = peak_kilobytes(api.pid) - before
        finally:
            api.kill()

    print(f"{DOCUMENTS} documents, {DOCUMENTS * BYTES} bytes: peak RSS {growth:+} kB over 1 document")  # noqa: T201
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert len(archive.namelist()) == DOCUMENTS + 1
        assert sum(about.file_size for about in archive.infolist()) > DOCUMENTS * BYTES
    assert growth < 12_000


def save(client: httpx.Client, path: Path, **filters: str) -> None:
    with client.stream("GET", ARCHIVE, params=filters) as answer, path.open("wb") as file:
        assert answer.status_code == 200
        for block in answer.iter_bytes():
            file.write(block)


def peak_kilobytes(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])
