"""Passwords sealed in the table: by the first lease, by command, and without ever losing an account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from extractor import operations
from extractor.cli import app
from extractor.errors import NoAccountAvailable
from extractor.operations.account_keeping import seal_all
from extractor.postgres.accounts import Accounts
from extractor.postgres.database import Database
from extractor.postgres.lease import AccountLimits
from extractor.postgres.sealing import Keyring, is_sealed, new_key
from extractor.settings import load_settings
from tests.support.rows import insert_account

PLANTED = "planted-password"
OLD, NEW = new_key(), new_key()

With = Callable[..., Accounts]


@pytest.fixture
def having(database: Database) -> With:
    """Accounts as a worker with these keys uses them."""

    def make(*keys: SecretStr) -> Accounts:
        limits = AccountLimits(lease_seconds=60, account_rest_seconds=900, keyring=Keyring(*keys))
        return Accounts(database, limits)

    return make


def stored(sql: psycopg.Connection, username: str = "99X0001") -> str:
    row = sql.execute("SELECT password FROM worker_accounts WHERE username = %s", [username]).fetchone()
    assert row is not None
    return str(row[0])


def condition(sql: psycopg.Connection, username: str = "99X0001") -> tuple[object, ...] | None:
    return sql.execute(
        "SELECT failure_count, last_error, resting_until IS NOT NULL, worker_accounts_holder(username) IS NOT NULL"
        " FROM worker_accounts WHERE username = %s",
        [username],
    ).fetchone()


class TestFirstLease:
    def test_seals_what_plain_sql_inserted(self, sql: psycopg.Connection, having: With) -> None:
        insert_account(sql, password=PLANTED)

        account = having(NEW).lease("w").account

        assert account.password.get_secret_value() == PLANTED
        assert Keyring(NEW).open(stored(sql)) == SecretStr(PLANTED)
        assert is_sealed(stored(sql))
        assert PLANTED not in stored(sql)

    def test_opens_what_another_worker_sealed(self, sql: psycopg.Connection, having: With) -> None:
        insert_account(sql, password=PLANTED)
        having(OLD).lease("w").release()
        before = stored(sql)

        account = having(NEW, OLD).lease("w").account

        assert account.password.get_secret_value() == PLANTED
        assert stored(sql) == before  # rotation is a person's command: other workers may still lack the new key

    def test_keeps_what_the_account_has_earned(self, sql: psycopg.Connection, having: With) -> None:
        insert_account(sql, failure_count=2, last_error="refused", resting_until="2026-01-01")

        having(NEW).lease("w")

        assert condition(sql) == (2, "refused", True, True)

    def test_does_not_undo_a_password_that_a_person_writes_meanwhile(
        self, sql: psycopg.Connection, having: With
    ) -> None:
        insert_account(sql, password="old")

        with ThreadPoolExecutor(2) as pool:
            for round_ in range(20):
                sql.execute("DELETE FROM registry_sessions; UPDATE worker_accounts SET password = 'old'")
                leasing = pool.submit(having(NEW).lease, "w")
                sql.execute("UPDATE worker_accounts SET password = %s", [f"new-{round_}"])
                if leasing.exception():  # the person held the row at that moment, so the lease passed it over
                    assert str(leasing.exception()).endswith(
                        "1 that a person or another worker changes at this moment."
                    )
                    having(NEW).lease("w")

                assert Keyring(NEW).open(stored(sql)) == SecretStr(f"new-{round_}")

    def test_without_a_key_leaves_it_plain_and_says_so_once(
        self, sql: psycopg.Connection, having: With, caplog: pytest.LogCaptureFixture
    ) -> None:
        insert_account(sql, password=PLANTED)
        accounts = having()

        for _ in range(2):
            accounts.lease("w").release()

        assert stored(sql) == PLANTED
        warnings = [record.getMessage() for record in caplog.records if "worker_accounts as they are" in record.message]
        assert len(warnings) == 1
        assert "extractor accounts new-key" in warnings[0]
        assert PLANTED not in caplog.text


class TestPasswordThatDoesNotOpen:
    def test_account_of_another_key_is_skipped_and_says_why(self, sql: psycopg.Connection, having: With) -> None:
        insert_account(sql, "99X0001", password=Keyring(OLD).seal(SecretStr(PLANTED)))
        insert_account(sql, "99X0002")

        assert having(NEW).lease("w").account.username == "99X0002"

        failures, last_error, rests, is_leased = condition(sql) or ()
        assert (failures, rests, is_leased) == (0, False, False)
        assert "a key that ACCOUNTS_KEY does not hold" in str(last_error)

    @pytest.mark.parametrize("keys", [(), (NEW,)])
    def test_alone_it_is_the_reason_why_there_is_no_account(
        self, keys: tuple[SecretStr, ...], sql: psycopg.Connection, having: With
    ) -> None:
        insert_account(sql, password=Keyring(OLD).seal(SecretStr(PLANTED)))

        for _ in range(3):
            with pytest.raises(NoAccountAvailable, match=r"of 1, 1 sealed\. .* ACCOUNTS_KEY does not hold"):
                having(*keys).lease("w")

        assert (condition(sql) or ())[0] == 0

    def test_account_that_is_in_use_or_rests_is_told_nothing(self, sql: psycopg.Connection, having: With) -> None:
        insert_account(sql, password=Keyring(OLD).seal(SecretStr(PLANTED)))
        having(OLD).lease("w")

        with pytest.raises(NoAccountAvailable, match=r"of 1, 1 leased\."):
            having(NEW).lease("w-2")
        assert condition(sql) == (0, None, False, True)
        sql.execute("DELETE FROM registry_sessions")
        sql.execute("UPDATE worker_accounts SET resting_until = '2999-01-01', last_error = 'refused'")
        with pytest.raises(NoAccountAvailable, match=r"of 1, 1 resting\."):
            having(NEW).lease("w-2")
        assert condition(sql) == (0, "refused", True, False)

    def test_right_key_takes_it_at_once(self, sql: psycopg.Connection, having: With) -> None:
        insert_account(sql, password=Keyring(OLD).seal(SecretStr(PLANTED)))
        with pytest.raises(NoAccountAvailable):
            having(NEW).lease("w")

        having(NEW, OLD).lease("w").record_login()

        assert condition(sql) == (0, None, False, True)

    def test_damaged_seal_rests_and_counts_as_no_refused_login(self, sql: psycopg.Connection, having: With) -> None:
        insert_account(sql, "99X0001", password=Keyring(NEW).seal(SecretStr(PLANTED))[:-8])
        insert_account(sql, "99X0002", last_used="2026-01-01")

        assert having(NEW).lease("w").account.username == "99X0002"

        damaged = "The sealed password is damaged: write the password again with `extractor accounts password`."
        assert condition(sql) == (0, damaged, True, False)
        with pytest.raises(NoAccountAvailable, match="1 leased, 1 resting"):
            having(NEW).lease("w")

    def test_plain_password_by_sql_brings_it_back(self, sql: psycopg.Connection, having: With) -> None:
        insert_account(sql, password=Keyring(NEW).seal(SecretStr(PLANTED))[:-8])
        with pytest.raises(NoAccountAvailable):
            having(NEW).lease("w")

        sql.execute("UPDATE worker_accounts SET password = 'right' WHERE username = '99X0001'")

        assert having(NEW).lease("w").account.password.get_secret_value() == "right"


class TestSealAll:
    def test_seals_all_with_the_first_key_and_changes_nothing_else(
        self, sql: psycopg.Connection, database: Database
    ) -> None:
        insert_account(sql, "99X0001", failure_count=2, last_error="refused", resting_until="2999-01-01")
        insert_account(sql, "99X0002", password=Keyring(OLD).seal(SecretStr(PLANTED)), is_active=False)

        first = seal_all(database, keyring=Keyring(NEW, OLD))
        between = [stored(sql, name) for name in ("99X0001", "99X0002")]
        second = seal_all(database, keyring=Keyring(NEW, OLD))

        assert (first.sealed, first.unchanged, first.unopened) == (2, 0, ())
        assert (second.sealed, second.unchanged) == (0, 2)
        assert [stored(sql, name) for name in ("99X0001", "99X0002")] == between
        assert [Keyring(NEW).open(text).get_secret_value() for text in between] == ["standin", PLANTED]
        assert condition(sql) == (2, "refused", True, False)

    def test_worker_that_holds_an_account_notices_nothing(
        self, sql: psycopg.Connection, having: With, database: Database
    ) -> None:
        insert_account(sql, password=PLANTED)
        lease = having(OLD).lease("w")

        seal_all(database, keyring=Keyring(NEW, OLD))

        assert lease.renew()

    def test_new_password_written_sealed_ends_the_rest(self, sql: psycopg.Connection, database: Database) -> None:
        insert_account(sql, failure_count=3, last_error="refused", resting_until="2999-01-01")

        operations.set_password(database, "99X0001", SecretStr(PLANTED), keyring=Keyring(NEW))

        assert condition(sql) == (0, None, False, False)
        assert Keyring(NEW).open(stored(sql)) == SecretStr(PLANTED)


def test_doctor_is_told_what_to_do(sql: psycopg.Connection, having: With) -> None:
    insert_account(sql, "99X0001")
    insert_account(sql, "99X0002", password=Keyring(OLD).seal(SecretStr(PLANTED)))

    assert str(having().without_key()).startswith("1 of 2 accounts cannot be used.")
    assert having(OLD).without_key() is having(OLD).plain() is None
    sql.execute("DELETE FROM worker_accounts WHERE username = '99X0002'")
    assert str(having().plain()).startswith("1 of 1 passwords lie in worker_accounts as they are")


class TestCommands:
    @pytest.fixture
    def extractor(
        self, monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path
    ) -> Iterator[Callable[..., str]]:
        for name, value in {
            "ENV_FILE": "",
            "DATABASE_URL": database_url,
            "REDIS_URL": "redis://127.0.0.1:9/0",
            "STORAGE_DIR": str(tmp_path),
            "ACCOUNTS_KEY": OLD.get_secret_value(),
            "COLUMNS": "300",
        }.items():
            monkeypatch.setenv(name, value)

        def run(*arguments: str, code: int = 0, given: str | None = None, key: str | None = None) -> str:
            if key is not None:
                monkeypatch.setenv("ACCOUNTS_KEY", key)
            load_settings.cache_clear()
            result = CliRunner().invoke(app, ["accounts", *arguments], input=given)
            assert result.exit_code == code, result.output
            return result.output

        yield run
        load_settings.cache_clear()

    def test_life_of_a_key(self, extractor: Callable[..., str], sql: psycopg.Connection) -> None:
        extractor("add", "99X0001", "--password-stdin", given=f"{PLANTED}\n")
        assert Keyring(OLD).open(stored(sql)) == SecretStr(PLANTED)
        insert_account(sql, "99X0002")

        fresh = extractor("new-key").strip()
        rotated = extractor("seal", key=f"{fresh},{OLD.get_secret_value()}")
        again = extractor("seal")
        extractor("password", "99X0002", "--password-stdin", given="other\n")

        assert rotated == "Sealed now: 2. Sealed by the first key already: 0.\n"
        assert again == "Sealed now: 0. Sealed by the first key already: 2.\n"
        keyring = Keyring(SecretStr(fresh))
        assert [keyring.open(stored(sql, name)).get_secret_value() for name in ("99X0001", "99X0002")] == [
            PLANTED,
            "other",
        ]

    def test_what_cannot_be_sealed_is_a_sentence(self, extractor: Callable[..., str], sql: psycopg.Connection) -> None:
        insert_account(sql, "99X0001", password=Keyring(NEW).seal(SecretStr(PLANTED)))
        insert_account(sql, "99X0002")

        output = extractor("seal", code=1)

        assert "Sealed now: 1." in output
        assert "No key of ACCOUNTS_KEY opens the password of 99X0001" in output
        assert "ACCOUNTS_KEY is empty: make a key" in extractor("seal", code=1, key="")
