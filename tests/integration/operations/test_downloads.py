"""Documents that come to a person's machine: their names, their index, and what another run finds and fetches."""

from __future__ import annotations

import csv
import errno
import fcntl
import hashlib
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from extractor import operations
from extractor.documents.local_storage import LocalStorage
from extractor.errors import StorageError
from extractor.operations import Downloaded, NotPossible
from extractor.operations.stored_documents import MAX_STEM_BYTES
from extractor.postgres.database import Database
from extractor.reports import Filter
from tests.support.stored import store_document

Download = Callable[..., Downloaded]
EVERYTHING = Filter()


class Storage(LocalStorage):
    """Remembers what was asked of it; goes away after `bound` documents."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.asked: list[str] = []
        self.bound = 1000
        self.hiccups = 0

    def download(self, bucket: str, name: str) -> bytes | None:
        if self.hiccups:
            self.hiccups -= 1
            raise StorageError("Reading failed: the line was cut.")
        if len(self.asked) == self.bound:
            raise StorageError("Reading failed: [503].")
        self.asked.append(name)
        return super().download(bucket, name)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return tmp_path / "documents"


@pytest.fixture
def storage(documents: Path) -> Storage:
    return Storage(documents)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def index_of(text: str) -> dict[str, dict[str, str]]:
    lines = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    return {line["supabase_path"]: line for line in lines}


def files(folder: Path) -> dict[str, bytes]:
    """The documents by the name of their object, as the index says."""
    index = index_of((folder / "index.csv").read_text(encoding="utf-8"))
    return {path: (folder / line["file"]).read_bytes() for path, line in index.items() if line["file"]}


@pytest.fixture
def download(database: Database, storage: Storage, folder: Path) -> Download:
    def run(chosen: Filter = EVERYTHING) -> Downloaded:
        return operations.download(database, storage, chosen, folder, lambda _done, _total: None)

    return run


def test_files_have_names_that_people_recognise(
    download: Download, sql: psycopg.Connection, documents: Path, folder: Path
) -> None:
    store_document(sql, documents, "a.pdf", b"A", reference="Dossier 118")
    store_document(sql, documents, "b.pdf", b"B", reference=' ../..\\<evil>:"|?* ', circonscription_fonciere=None)
    store_document(sql, documents, "c.pdf", b"C", reference="é" * 200, cadastre="ÿ" * 190)

    assert download() == Downloaded(fetched=3, present=0, missing=())

    names = sorted(path.name for path in folder.iterdir())
    assert names[0].startswith("Dossier 118 - index 2784195 - Montréal - Cadastre du Québec - ")
    assert names[1].startswith("evil - index 2784195 - Cadastre du Québec - ")
    assert all(len(name.encode()) <= MAX_STEM_BYTES + len(" - 12345678.pdf") for name in names)
    assert files(folder) == {"index/a.pdf": b"A", "index/b.pdf": b"B", "index/c.pdf": b"C"}


def test_next_run_fetches_only_what_is_missing_or_wrong(
    download: Download, sql: psycopg.Connection, documents: Path, folder: Path, storage: Storage
) -> None:
    for name in ("a", "b", "c"):
        store_document(sql, documents, f"{name}.pdf", name.encode())
    download()
    first, second, _ = (folder / line["file"] for line in index_of((folder / "index.csv").read_text()).values())
    first.write_bytes(b"half")
    second.unlink()
    storage.asked.clear()

    again = download()

    assert again == Downloaded(fetched=2, present=1, missing=())
    assert len(storage.asked) == 2
    assert files(folder) == {f"index/{name}.pdf": name.encode() for name in ("a", "b", "c")}


def test_row_of_an_earlier_system_has_the_hash_of_the_index(
    download: Download, sql: psycopg.Connection, documents: Path, storage: Storage, folder: Path
) -> None:
    store_document(sql, documents, "a.pdf", b"A", document_sha256=None)

    download()
    again = download()

    assert (again.present, storage.asked) == (1, ["a.pdf"])
    line = index_of((folder / "index.csv").read_text())["index/a.pdf"]
    assert line["document_sha256"] == hashlib.sha256(b"A").hexdigest()


def test_what_storage_does_not_have_is_named_and_written_nowhere(
    download: Download, sql: psycopg.Connection, documents: Path, folder: Path
) -> None:
    store_document(sql, documents, "a.pdf", b"A")
    for name in ("gone.pdf", "other.pdf"):
        store_document(sql, documents, name, b"B")
    store_document(sql, documents, "b.pdf", b"B", supabase_path="invoices/b.pdf")
    (documents / "index" / "gone.pdf").unlink()
    (documents / "index" / "other.pdf").write_bytes(b"another document")

    done = download()
    index = index_of((folder / "index.csv").read_text(encoding="utf-8"))

    assert (done.fetched, len(done.missing)) == (1, 3)
    assert files(folder) == {"index/a.pdf": b"A"}
    assert index["index/gone.pdf"]["problem"] == "Storage does not have index/gone.pdf."
    assert index["index/other.pdf"]["problem"].startswith("index/other.pdf was changed in storage")
    assert "in the three buckets" in index["invoices/b.pdf"]["problem"]
    assert len([*folder.iterdir()]) == 2


def test_one_lost_answer_is_asked_for_again(
    download: Download, sql: psycopg.Connection, documents: Path, storage: Storage
) -> None:
    store_document(sql, documents, "a.pdf", b"A")
    storage.hiccups = 1

    assert download() == Downloaded(fetched=1, present=0, missing=())


def test_outage_in_the_middle_keeps_what_came_and_the_next_run_goes_on(
    download: Download, sql: psycopg.Connection, documents: Path, folder: Path, storage: Storage
) -> None:
    for name in ("a", "b", "c"):
        store_document(sql, documents, f"{name}.pdf", name.encode())
    storage.bound = 2

    with pytest.raises(StorageError):
        download()
    came = files(folder)
    storage.bound = 1000
    again = download()

    assert len(came) == 2
    assert again == Downloaded(fetched=1, present=2, missing=())


def test_file_gets_its_name_when_its_bytes_are_on_the_disk(
    download: Download, sql: psycopg.Connection, documents: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store_document(sql, documents, "a.pdf", b"A")
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            download()
    left = [path.suffix for path in folder.iterdir()]
    download()

    assert left == [".part"]
    assert files(folder) == {"index/a.pdf": b"A"}
    assert len([*folder.iterdir()]) == 2


def test_index_keeps_the_rows_of_earlier_runs(
    download: Download, sql: psycopg.Connection, documents: Path, folder: Path
) -> None:
    store_document(sql, documents, "a.pdf", b"A", reference="A")
    store_document(sql, documents, "b.pdf", b"B", reference="B")

    download(Filter(reference="A"))
    download(Filter(reference="B"))
    nothing = download(Filter(reference="C"))

    assert files(folder) == {"index/a.pdf": b"A", "index/b.pdf": b"B"}
    assert nothing == Downloaded(fetched=0, present=0, missing=())


def test_foreign_index_and_another_run_are_refused(download: Download, folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(NotPossible, match="Another download writes into"):
        download()
    os.close(descriptor)
    for content in (b"name;price\r\nx;1\r\n", b"\xff\xfe\x00"):
        (folder / "index.csv").write_bytes(content)
        with pytest.raises(NotPossible, match="and stays as it is"):
            download()
        assert (folder / "index.csv").read_bytes() == content


class TestZip:
    def test_zip_gets_further_documents_and_goes_on(
        self, database: Database, storage: Storage, sql: psycopg.Connection, documents: Path, folder: Path
    ) -> None:
        def run(chosen: Filter = EVERYTHING) -> Downloaded:
            return operations.download_zip(database, storage, chosen, folder / "w.zip", lambda _done, _total: None)

        store_document(sql, documents, "a.pdf", b"A", reference="A")
        first = run(Filter(reference="A"))
        store_document(sql, documents, "b.pdf", b"B", reference="B")
        store_document(sql, documents, "c.pdf", b"C", reference="C")
        storage.asked.clear()
        storage.bound = 1
        with pytest.raises(StorageError):
            run()
        with zipfile.ZipFile(folder / "w.zip") as archive:
            kept = archive.namelist()
        storage.bound = 1000
        again = run()

        with zipfile.ZipFile(folder / "w.zip") as archive:
            index = index_of(archive.read("index.csv").decode())
            content = {path: archive.read(line["file"]) for path, line in index.items()}
        assert (first.fetched, len(kept)) == (1, 2)
        assert again == Downloaded(fetched=1, present=2, missing=())
        assert sorted(storage.asked) == ["b.pdf", "c.pdf"]
        assert content == {"index/a.pdf": b"A", "index/b.pdf": b"B", "index/c.pdf": b"C"}
        assert [path.name for path in folder.iterdir()] == ["w.zip"]

    def test_foreign_zip_stays_as_it_is(
        self, database: Database, storage: Storage, sql: psycopg.Connection, documents: Path, folder: Path
    ) -> None:
        store_document(sql, documents, "a.pdf", b"A")
        foreign = {"text.zip": b"no zip", "others.zip": b"", "leading.zip": b""}
        for name, members in (("others.zip", ["letter.pdf"]), ("leading.zip", ["index.csv", "../out.pdf"])):
            with zipfile.ZipFile(folder / name, "w") as archive:
                for member in members:
                    archive.writestr(member, "x")
            foreign[name] = (folder / name).read_bytes()
        (folder / "text.zip").write_bytes(b"no zip")

        for name, content in foreign.items():
            with pytest.raises(NotPossible, match="stays as it is: choose another name"):
                operations.download_zip(database, storage, EVERYTHING, folder / name, lambda _done, _total: None)
            assert (folder / name).read_bytes() == content
        assert {path.name for path in folder.iterdir()} == set(foreign)
