"""References and batches: what a row keeps of them, and what acts on all rows of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from extractor import operations, reports
from extractor.models import Job
from extractor.operations import InvalidRow, NotPossible, Selection
from extractor.postgres.database import Database
from extractor.postgres.migrate import migrate
from extractor.reports import Filter, Group
from tests.support.rows import column, insert_job, record_clicks, statuses

Claim = Callable[..., Job]


def new_row(**columns: object) -> operations.NewRow:
    asked = {"document_source": "index", "document_number": "2 784 195", "cadastre": "Cadastre du Québec", **columns}
    return operations.NewRow.model_validate(asked)


class TestReference:
    def test_row_keeps_it_and_asks_for_the_same_document_without_it(
        self, sql: psycopg.Connection, database: Database
    ) -> None:
        with_it = operations.add(database, new_row(reference=" Dossier 2026-118 "))
        without = operations.add(database, new_row(reference="  "))

        assert column(sql, with_it, "reference") == "Dossier 2026-118"
        assert column(sql, without, "reference") is None
        assert column(sql, with_it, "request_key") == column(sql, without, "request_key")

    @pytest.mark.parametrize(
        ("reference", "sentence"),
        [
            ("d" * 201, "reference has 201 characters: it may have 200 at most."),
            ("a\nb", "reference has a line break or another control character: remove it."),
            ("a\u202eb", "reference has a line break or another control character: remove it."),
        ],
    )
    def test_one_that_forges_lines_is_refused(self, reference: str, sentence: str, database: Database) -> None:
        with pytest.raises(InvalidRow) as refused:
            operations.add(database, new_row(reference=reference))

        assert str(refused.value) == sentence

    def test_long_one_of_an_earlier_time_blocks_no_other_write(self, sql: psycopg.Connection) -> None:
        job_id = insert_job(sql, reference="short")
        sql.execute("ALTER TABLE extraction_queue DISABLE TRIGGER extraction_queue_check_reference")
        sql.execute("UPDATE extraction_queue SET reference = repeat('d', 300)")
        sql.execute("ALTER TABLE extraction_queue ENABLE TRIGGER extraction_queue_check_reference")

        sql.execute("UPDATE extraction_queue SET status = 'Erreur' WHERE id = %s", [job_id])
        sql.execute("UPDATE extraction_queue SET status = 'En attente' WHERE id = %s", [job_id])

        assert column(sql, job_id, "status") == "En attente"


class TestOwnColumns:
    """A project whose table had columns of these names, with other types, before the migration."""

    @pytest.fixture
    def adopted(self, empty_database_url: str) -> Iterator[tuple[psycopg.Connection, Database]]:
        with psycopg.connect(empty_database_url, autocommit=True) as connection:
            connection.execute(
                "CREATE TABLE extraction_queue (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),"
                " document_source text NOT NULL, document_number text NOT NULL, circonscription_fonciere text,"
                " cadastre text, status text NOT NULL DEFAULT 'En attente', reference integer, batch_id varchar(40))"
            )
            connection.execute("COMMENT ON COLUMN extraction_queue.reference IS 'Our invoice'")
            migrate(empty_database_url)
            database = Database(empty_database_url, max_connections=2)
            yield connection, database
            database.close()

    def test_they_stay_and_are_read_and_filtered_as_text(self, adopted: tuple[psycopg.Connection, Database]) -> None:
        sql, database = adopted
        job_id = insert_job(sql, reference=118, batch_id="spring")
        insert_job(sql)

        row = reports.find_row(database, job_id)
        found = reports.list_rows(database, Filter(reference="118", batch_id="spring"), limit=5)
        added = operations.add(database, new_row(reference="119"))

        assert row is not None
        assert (row.reference, row.batch_id) == ("118", "spring")
        assert [row.id for row in found] == [job_id]
        assert column(sql, added, "reference") == 119
        comment = "SELECT col_description('extraction_queue'::regclass, attnum) FROM pg_attribute WHERE attname = %s"
        assert sql.execute(comment, ["reference"]).fetchone() == ("Our invoice",)


class TestCancel:
    def test_stops_all_rows_of_a_batch_and_no_other(
        self, sql: psycopg.Connection, database: Database, claim: Claim
    ) -> None:
        batch = uuid4()
        waiting = [insert_job(sql, batch_id=batch) for _ in range(3)]
        bought = insert_job(sql, batch_id=batch, spooled_on=uuid4(), spooled_until="2999-01-01")
        done = insert_job(sql, batch_id=batch, status="Complété", supabase_path="index/a.pdf")
        other = insert_job(sql, batch_id=uuid4())
        running, alone = claim(batch_id=batch), insert_job(sql)

        cancelled = operations.cancel_group(database, Group(batch_id=str(batch)), by="marie")

        assert (cancelled.at_once, cancelled.asked, cancelled.is_paid) == (3, 1, 0)
        assert {column(sql, job_id, "error_code") for job_id in waiting} == {"cancelled"}
        assert column(sql, running.id, "cancel_requested_at") is not None
        assert [column(sql, job_id, "cancel_requested_at") for job_id in (bought, done, other, alone)] == [None] * 4

    def test_says_what_is_paid_already(self, sql: psycopg.Connection, database: Database, claim: Claim) -> None:
        claim(reference="A-1")
        sql.execute("UPDATE extraction_attempts SET consultation_at = now()")
        record_clicks(sql)

        cancelled = operations.cancel_group(database, Group(reference="A-1"), by="marie")

        assert (cancelled.at_once, cancelled.asked, cancelled.is_paid) == (0, 0, 1)

    @pytest.mark.parametrize("group", [Group(batch_id=str(UUID(int=1))), Group(reference="B"), Group()])
    def test_group_without_such_rows_changes_nothing(
        self, group: Group, sql: psycopg.Connection, database: Database
    ) -> None:
        insert_job(sql, reference="A")

        with pytest.raises(NotPossible, match="so nothing was cancelled"):
            operations.cancel_group(database, group, by="marie")

        assert statuses(sql) == {"En attente": 1}


def test_retry_means_the_rows_of_a_batch_and_of_a_reference(sql: psycopg.Connection, database: Database) -> None:
    batch = uuid4()
    failed = {"status": "Erreur", "error_code": "document_timeout"}
    both = insert_job(sql, **failed, batch_id=batch, reference="A")
    insert_job(sql, **failed, batch_id=batch, reference="B")
    insert_job(sql, **failed)

    def ids(**filters: str) -> int:
        plan = operations.plan_retry(database, Selection.model_validate(filters), max_consultations_per_job=2)
        return len(plan.rows)

    assert (ids(batch_id=str(batch)), ids(reference="A"), ids(batch_id=str(uuid4()))) == (2, 1, 0)
    done = operations.retry(database, Selection(batch_id=str(batch), reference="A"), max_consultations_per_job=2)
    assert [row.id for row in done.rows] == [both]
    assert statuses(sql) == {"En attente": 1, "Erreur": 2}


def test_backlog_counts_one_group(sql: psycopg.Connection, database: Database) -> None:
    insert_job(sql, reference="A")
    insert_job(sql, reference="A", status="Erreur")
    insert_job(sql)

    counted = {source.source: source for source in reports.sources(database, Group(reference="A"))}

    assert set(counted) == {"acte", "index", "plan_cadastraux"}
    assert (counted["index"].waiting, counted["index"].failed) == (1, 1)


@pytest.mark.parametrize("name", ["reference", "batch_id"])
def test_filter_finds_its_rows_along_an_index(name: str, sql: psycopg.Connection) -> None:
    sql.execute("SET enable_seqscan = off")

    plan = sql.execute(f"EXPLAIN SELECT FROM extraction_queue WHERE {name}::text = 'x'").fetchall()

    assert f"extraction_queue_{name.removesuffix('_id')}" in str(plan)
