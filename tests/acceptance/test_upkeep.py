"""What keeps a worker well for weeks: fresh browsers without a second login, and nothing bought twice."""

from __future__ import annotations

import psycopg

from tests.support.rows import insert_account, insert_job, statuses
from tests.support.standin_client import StandinClient
from tests.support.system import System, eventually


def test_browser_is_replaced_without_a_second_login_and_equal_rows_share_one_document(
    sql: psycopg.Connection, system: System, standin: StandinClient
) -> None:
    # Given a browser that is too old after two rows, and rows of which each two ask for the same
    insert_account(sql)
    system.bridge()
    worker = system.worker("w", RECYCLE_JOBS="2", REUSE_DAYS="1")
    for number in ("5 300 001", "5 300 002", "5300001", "5 300 003"):
        insert_job(sql, document_number=number)

    eventually(lambda: statuses(sql) == {"Complété": 4}, "all rows are Complété")

    assert worker.says("New browser after 3 jobs")  # the third row is linked, and needs none
    assert len(standin.logins()) == 1
    assert sorted(entry.number for entry in standin.consultations()) == ["5300001", "5300002", "5300003"]
    linked = sql.execute(
        "SELECT count(DISTINCT supabase_path), count(*) FILTER (WHERE fetched_as ->> 'why' LIKE 'the same request%')"
        " FROM extraction_queue"
    ).fetchone()
    assert linked == (3, 1)
