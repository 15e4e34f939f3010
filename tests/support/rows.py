"""Rows as users insert them, with a default for everything."""

from __future__ import annotations

from uuid import UUID

import psycopg

from extractor.models import AccountId, RowId

PASSWORD = "standin"


def insert_job(sql: psycopg.Connection, **columns: object) -> RowId:
    """Insert one row; by default an index that the stand-in has."""
    row = {
        "document_source": "index",
        "document_number": "2 784 195",
        "circonscription_fonciere": "Montréal",
        "cadastre": "Cadastre du Québec",
    } | columns
    names = ", ".join(row)
    values = ", ".join(f"%({name})s" for name in row)
    inserted = sql.execute(f"INSERT INTO extraction_queue ({names}) VALUES ({values}) RETURNING id", row).fetchone()
    assert inserted is not None
    return str(inserted[0])


def insert_account(sql: psycopg.Connection, username: str = "99X0001", /, **columns: object) -> AccountId:
    """Insert one account; by default one that the stand-in accepts."""
    row = {"username": username, "password": PASSWORD} | columns
    names = ", ".join(row)
    values = ", ".join(f"%({name})s" for name in row)
    inserted = sql.execute(f"INSERT INTO worker_accounts ({names}) VALUES ({values}) RETURNING id", row).fetchone()
    assert inserted is not None
    return str(inserted[0])


def lease_account(
    sql: psycopg.Connection, username: str = "99X0001", /, *, holder: str = "other", until: str = "2999-01-01"
) -> UUID:
    """Let another process hold the user code of an account, whoever held it; the answer is its lease."""
    leased = sql.execute(
        "INSERT INTO registry_sessions (user_code, account_id, lease_id, leased_by, lease_expires_at)"
        " SELECT worker_accounts_user_code(username), id, gen_random_uuid(), %s, %s FROM worker_accounts"
        " WHERE username = %s"
        " ON CONFLICT (user_code) DO UPDATE SET lease_id = excluded.lease_id, leased_by = excluded.leased_by,"
        " lease_expires_at = excluded.lease_expires_at RETURNING lease_id",
        [holder, until, username],
    ).fetchone()
    assert leased is not None
    lease_id: UUID = leased[0]
    return lease_id


def record_clicks(sql: psycopg.Connection) -> None:
    """Give each attempt with a consultation that has no click yet the one that began it, as a worker records it."""
    sql.execute(
        "INSERT INTO extraction_clicks (attempt_id, job_id, document_source, account_id, consultation, kind,"
        " clicked_at, document_saved_at) SELECT id, job_id, document_source, account_id, 1, 'form', consultation_at,"
        " document_saved_at FROM extraction_attempts AS t WHERE consultation_at IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM extraction_clicks AS k WHERE k.attempt_id = t.id)"
    )


def column(sql: psycopg.Connection, job_id: RowId, name: str) -> object:
    """One column of one row, as it is now."""
    row = sql.execute(f"SELECT {name} FROM extraction_queue WHERE id = %s", [job_id]).fetchone()
    assert row is not None
    return row[0]


def statuses(sql: psycopg.Connection) -> dict[str, int]:
    """How many rows are in each status."""
    return dict(sql.execute("SELECT status, count(*) FROM extraction_queue GROUP BY status").fetchall())


def ready_sessions(sql: psycopg.Connection) -> int:
    """How many worker processes are logged in and without a row."""
    ((count,),) = sql.execute(
        "SELECT count(*) FROM worker_status WHERE status = 'idle' AND message LIKE 'logged in with%'"
    ).fetchall()
    assert isinstance(count, int)
    return count
