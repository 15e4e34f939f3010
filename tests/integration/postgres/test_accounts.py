"""Leases on accounts, against a real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from extractor.errors import NoAccountAvailable
from extractor.postgres.accounts import Accounts
from tests.support.rows import insert_account


def test_never_used_goes_first_then_least_recently_used(sql: psycopg.Connection, accounts: Accounts) -> None:
    recent = insert_account(sql, "99X0001", last_used="2026-01-02")
    older = insert_account(sql, "99X0002", last_used="2026-01-01")
    never = insert_account(sql, "99X0003")

    assert [accounts.lease("w").account.id for _ in range(3)] == [never, older, recent]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"is_active": False}, "1 disabled"),
        ({"failure_count": 3}, "1 failing"),
        ({"resting_until": "2999-01-01"}, "1 resting"),
    ],
)
def test_account_that_cannot_be_used_is_refused_with_the_reason(
    columns: dict[str, object], reason: str, sql: psycopg.Connection, accounts: Accounts
) -> None:
    insert_account(sql, **columns)

    with pytest.raises(NoAccountAvailable, match=reason):
        accounts.lease("w")


def test_empty_table_says_what_to_do(accounts: Accounts) -> None:
    with pytest.raises(NoAccountAvailable, match=r"worker_accounts is empty\. Add one: `extractor accounts add "):
        accounts.lease("w")


def test_many_processes_at_once_get_different_accounts(sql: psycopg.Connection, accounts: Accounts) -> None:
    for number in range(6):
        insert_account(sql, f"99X{number:04}")

    with ThreadPoolExecutor(6) as pool:
        leased = list(pool.map(lambda number: accounts.lease(f"w-{number}").account.id, range(6)))

    assert len(set(leased)) == 6


def test_account_that_another_process_locks_for_a_moment_is_waited_for(
    sql: psycopg.Connection, accounts: Accounts, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert_account(sql)
    count = accounts.count
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM worker_accounts FOR UPDATE")

        def end_beside() -> dict[str, object]:
            counts = count()
            other.rollback()
            return counts

        monkeypatch.setattr(accounts, "count", end_beside)

        assert accounts.lease("w").account.username == "99X0001"


def test_account_that_a_person_locks_for_long_is_named(
    sql: psycopg.Connection, accounts: Accounts, database_url: str
) -> None:
    insert_account(sql)
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM worker_accounts FOR UPDATE")

        with pytest.raises(NoAccountAvailable, match="of 1, 1 that a person or another worker changes at this moment"):
            accounts.lease("w")


def test_passed_lease_frees_the_account_and_fences_its_old_holder(sql: psycopg.Connection, accounts: Accounts) -> None:
    insert_account(sql)
    old = accounts.lease("w")
    sql.execute("UPDATE registry_sessions SET lease_expires_at = now() - interval '1 s'")

    new = accounts.lease("w")  # after a restart, the same name is another holder

    assert not old.renew()
    old.release()
    assert new.renew()


def test_refused_login_counts_and_rests_twice_as_long_each_time(sql: psycopg.Connection, accounts: Accounts) -> None:
    insert_account(sql)
    rests = []
    for _ in range(3):
        accounts.lease("w").record_refusal("refused")
        row = sql.execute(
            "SELECT round(extract(epoch FROM resting_until - now()) / 60), failure_count FROM worker_accounts"
        ).fetchone()
        rests.append(row)
        sql.execute("UPDATE worker_accounts SET resting_until = now()")

    assert rests == [(15, 1), (30, 2), (60, 3)]
    with pytest.raises(NoAccountAvailable, match="failing"):
        accounts.lease("w")


def test_successful_login_forgets_failures(sql: psycopg.Connection, accounts: Accounts) -> None:
    insert_account(sql, failure_count=2, last_error="refused")

    accounts.lease("w").record_login()

    assert sql.execute("SELECT failure_count, last_error FROM worker_accounts").fetchone() == (0, None)


@pytest.mark.parametrize("change", ["password = 'new'", "password = 'new', failure_count = 0", "username = '99X0002'"])
def test_what_a_person_changes_is_free_of_earlier_refusals(
    change: str, sql: psycopg.Connection, accounts: Accounts
) -> None:
    insert_account(sql, failure_count=2)
    accounts.lease("w").record_refusal("refused")
    with pytest.raises(NoAccountAvailable, match="1 failing"):
        accounts.lease("w")

    sql.execute(f"UPDATE worker_accounts SET {change}")

    account = accounts.lease("w").account
    assert "new" in change or account.username == "99X0002"
    condition = sql.execute("SELECT failure_count, resting_until, last_error FROM worker_accounts").fetchone()
    assert condition == (0, None, None)


def test_seal_of_the_same_password_forgets_no_refusal(sql: psycopg.Connection) -> None:
    insert_account(sql, failure_count=2, resting_until="2999-01-01")

    sql.execute("UPDATE worker_accounts SET password = 'sealed:v1:key:x'")

    assert sql.execute("SELECT failure_count, resting_until IS NOT NULL FROM worker_accounts").fetchone() == (2, True)


def test_password_is_in_no_representation(sql: psycopg.Connection, accounts: Accounts) -> None:
    insert_account(sql, password="planted-password")
    account = accounts.lease("w").account

    assert "planted-password" not in f"{account!r} {account} {account.model_dump()}"
    assert account.masked == "99•••01"


SAME_CODE = ("99X0001", "99x0001", " 99X0001\u00a0")


def test_user_code_in_several_rows_is_one_session(sql: psycopg.Connection, accounts: Accounts) -> None:
    for username in SAME_CODE:
        insert_account(sql, username)
    other = insert_account(sql, "99X0002")

    first, second = accounts.lease("w-1"), accounts.lease("w-2")

    assert {first.account.username, second.account.id} == {"99X0001", other}
    with pytest.raises(NoAccountAvailable, match=r"of 4, 4 leased\."):
        accounts.lease("w-3")
    first.release()
    assert accounts.lease("w-3").account.username.upper() == "99X0001"


def test_processes_that_come_at_one_moment_share_no_user_code(sql: psycopg.Connection, accounts: Accounts) -> None:
    for _ in range(4):
        for username in SAME_CODE:
            insert_account(sql, username)
    insert_account(sql, "99X0002")

    def lease(number: int) -> str | None:
        try:
            return accounts.lease(f"w-{number}").account.username.upper()
        except NoAccountAvailable:
            return None

    for _ in range(10):
        sql.execute("DELETE FROM registry_sessions")
        with ThreadPoolExecutor(6) as pool:
            leased = [code for code in pool.map(lease, range(6)) if code]
        assert sorted(leased) == ["99X0001", "99X0002"]
