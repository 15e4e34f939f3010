"""`extractor setup` makes a new Supabase project ready, and leaves what it already has as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from extractor.postgres.migrate import pending
from tests.support.doctor import Setter, command
from tests.support.pgbouncer import pgbouncer
from tests.support.storage_rules import Bucket, Storage
from tests.support.storage_server import running_storage

KEY = "sb_secret_planted"
NEXT = "Next: `extractor accounts add USERNAME` for each account of the registry, then `extractor doctor`."


@pytest.fixture
def sql(empty_database_url: str) -> Iterator[psycopg.Connection]:
    """The owner's connection to a database like Supabase's; its roles belong to the server, so the end drops them."""
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE anon; CREATE ROLE authenticated; CREATE PUBLICATION supabase_realtime")
        yield connection
        connection.execute("DROP OWNED BY anon, authenticated; DROP ROLE anon, authenticated")


@pytest.fixture
def storage(settings: Setter, empty_database_url: str, tmp_path: Path) -> Iterator[Storage]:
    """A project without a table and without a bucket."""
    with running_storage(tmp_path / "supabase", KEY) as (url, storage):
        storage.buckets.clear()
        settings(DATABASE_URL=empty_database_url, STORAGE_DIR=None, SUPABASE_URL=url, SUPABASE_SERVICE_KEY=KEY)
        yield storage


def lines(*arguments: str, code: int = 0) -> list[str]:
    result = command("setup", *arguments)
    assert result.exit_code == code, result.output
    assert KEY not in result.output
    return result.stdout.splitlines()


def test_fresh_project_is_made_ready_once(storage: Storage, sql: psycopg.Connection, empty_database_url: str) -> None:
    settings, database, tables, realtime, buckets, last = lines()

    assert settings == "settings   ok: complete, and nothing contradicts."
    assert re.fullmatch(r"database   ok: PostgreSQL .*", database)
    assert re.fullmatch(r"tables     ok: applied 0001_tables, .*0005_rights.*\.", tables)
    assert realtime.startswith("realtime   ok: supabase_realtime does not send out extraction_queue. For a front end ")
    assert realtime.endswith("ALTER PUBLICATION supabase_realtime ADD TABLE extraction_queue;")
    assert buckets == "storage    ok: created actes, index, plans-cadastraux, private."
    assert last == NEXT
    assert pending(empty_database_url) == []
    kept = storage.buckets.copy()
    assert set(kept.values()) == {
        Bucket(name, mime_types=("application/pdf",)) for name in ("actes", "index", "plans-cadastraux")
    }

    sql.execute("ALTER PUBLICATION supabase_realtime ADD TABLE extraction_queue")
    again = lines()

    assert again[2:] == [
        "tables     ok: up to date.",
        "realtime   ok: supabase_realtime sends out extraction_queue, to those whom a policy lets read a row.",
        "storage    ok: actes, index, plans-cadastraux existed.",
        NEXT,
    ]
    assert storage.buckets == kept


def test_public_bucket_is_named_and_closed_only_when_asked(storage: Storage, sql: psycopg.Connection) -> None:
    yours = Bucket("index", size_limit=1000, mime_types=("image/png",), public=True)
    storage.add_bucket(yours)
    storage.add_bucket(Bucket("photos", public=True))
    migrated = command("migrate").stdout.splitlines()

    named = lines()[-2]
    sql.execute("ALTER PUBLICATION supabase_realtime ADD TABLE extraction_queue, worker_accounts")
    left = storage.buckets["index"]
    *_, realtime, closed, _ = lines("--make-private")
    sql.execute("DROP PUBLICATION supabase_realtime; CREATE PUBLICATION supabase_realtime FOR ALL TABLES")
    *_, everything, _, _ = lines()

    assert [line.split(",")[0] for line in migrated] == ["Applied 0001_tables"]
    assert named.startswith(
        "storage    warning: created actes, plans-cadastraux, private; index existed. Public: index."
    )
    assert "`extractor setup --make-private`" in named
    assert left == yours
    assert closed == "storage    ok: actes, index, plans-cadastraux existed; made index private."
    assert storage.buckets["index"] == Bucket("index", size_limit=1000, mime_types=("image/png",))
    assert storage.buckets["photos"].public
    assert realtime == (
        "realtime   warning: supabase_realtime sends out worker_accounts, which holds passwords:"
        " ALTER PUBLICATION supabase_realtime DROP TABLE worker_accounts;"
    )
    assert everything.startswith("realtime   warning: supabase_realtime sends out every table,")
    sql.execute(everything.partition("among them:")[2])
    assert "supabase_realtime sends out extraction_queue" in lines()[-3]


@pytest.mark.usefixtures("storage", "sql")
def test_nothing_is_migrated_through_a_transaction_pooler(
    settings: Setter, empty_database_url: str, server_directory: Path
) -> None:
    with pgbouncer(empty_database_url, server_directory / uuid4().hex) as poolers:
        settings(DATABASE_URL=poolers["transaction"])
        _, database, tables, *_ = lines(code=1)
        assert "leads to a transaction pooler" in command("migrate").stderr

    assert re.match(r"database   warning: .*, both on port 5432", database)
    assert tables.startswith(
        "tables     problem: DATABASE_URL leads to a transaction pooler, through which no migration"
    )
    assert pending(empty_database_url) != []


def test_what_cannot_be_done_says_what_to_do_and_stops_no_other_step(
    settings: Setter, storage: Storage, tmp_path: Path
) -> None:
    settings(DATABASE_URL="postgresql://user:planted@127.0.0.1:9/postgres", SUPABASE_SERVICE_KEY=storage.anon_key)
    _, database, tables, realtime, refused = lines(code=1)
    (tmp_path / "file").touch()
    settings(SUPABASE_URL=None, SUPABASE_SERVICE_KEY=None, STORAGE_DIR=str(tmp_path / "file" / "documents"))
    unusable = lines(code=1)[-1]
    settings(STORAGE_DIR=str(tmp_path / "new"))
    created = lines(code=1)[-1]

    assert database.startswith("database   problem: Nothing listens at 127.0.0.1:9: correct the host and the port in ")
    assert (tables, realtime) == ("tables     skipped: database first.", "realtime   skipped: tables first.")
    assert "storage    problem: Supabase Storage refused SUPABASE_SERVICE_KEY: " in refused
    assert "Use a service_role or sb_secret_ key." in refused
    assert unusable.startswith("storage    problem: STORAGE_DIR cannot be used: ")
    assert created == "storage    ok: created actes, index, plans-cadastraux, private."
    assert "planted" not in f"{database}{refused}{unusable}"
