"""Whatever answers for Storage: nothing is bought twice, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from extractor.errors import StorageError
from tests.integration.worker.conftest import Book, Start
from tests.support.foreign_answers import ALL
from tests.support.rows import column, insert_job
from tests.support.scripted_site import ScriptedRegistry, good_pdf
from tests.support.scripted_worker import ScriptedWorker
from tests.support.storage_rules import Storage
from tests.support.storage_server import running_storage

KEY = "sb_secret_invented"
NUMBER = "2784195"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Storage]]:
    with running_storage(tmp_path_factory.mktemp("supabase"), KEY) as running:
        yield running


@pytest.fixture
def storage(server: tuple[str, Storage]) -> Iterator[Storage]:
    yield server[1]
    server[1].foreign = None
    for path in objects(server[1]):
        path.unlink()


@pytest.fixture
def supabase_worker(start: Start, server: tuple[str, Storage], storage: Storage) -> ScriptedWorker:
    assert storage.foreign is None
    return start(storage_dir=None, supabase_url=server[0], supabase_service_key=SecretStr(KEY))


def objects(storage: Storage) -> list[Path]:
    return [path for path in storage.directory.rglob("*") if path.is_file()]


def make_due(sql: psycopg.Connection) -> None:
    sql.execute("UPDATE extraction_queue SET available_at = now()")


@pytest.mark.parametrize(
    "name", ["a page", "a route that the gateway does not know", "nothing", "busy for seconds", "paused", "bad gateway"]
)
def test_foreign_answer_buys_nothing_twice_and_loses_nothing(
    name: str,
    sql: psycopg.Connection,
    supabase_worker: ScriptedWorker,
    storage: Storage,
    registry: ScriptedRegistry,
    book: Book,
) -> None:
    answer, sentence = ALL[name]
    job_id = insert_job(sql)

    # Before the purchase: the row waits
    storage.foreign = answer
    supabase_worker.handle(job_id)
    assert book.row(job_id) == ("En attente", 0, "storage")
    assert sentence in str(column(sql, job_id, "error_message"))
    assert str(column(sql, job_id, "error_message")).endswith("This attempt bought nothing.")
    assert registry.bills == []
    assert isinstance(supabase_worker.make_ready(), StorageError)  # at a start, too

    # After it: the document stays in the spool
    storage.foreign = None
    supabase_worker.make_ready()
    make_due(sql)
    supabase_worker.before("store.upload", lambda: setattr(storage, "foreign", answer))
    supabase_worker.handle(job_id)
    assert book.row(job_id) == ("En attente", 0, "storage")
    assert "safe in the spool; only its upload is repeated." in str(column(sql, job_id, "error_message"))
    assert book.spooled() == [".json", ".pdf"]

    # Then it goes up by itself
    storage.foreign = None
    make_due(sql)
    assert supabase_worker.handle(job_id).startswith("Complété")
    assert [path.read_bytes() for path in objects(storage)] == [good_pdf(NUMBER)]
    assert (len(registry.bills), book.spooled()) == (1, [])
