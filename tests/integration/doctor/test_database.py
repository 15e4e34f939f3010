"""The doctor's checks of the database: the migrations, LISTEN, the accounts."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr

from extractor.doctor import database_checks
from extractor.doctor.check import Finding, State
from extractor.language.sentences import Language
from extractor.postgres.migrate import migrate
from extractor.postgres.sealing import Keyring, new_key
from tests.support.doctor import Setter, findings
from tests.support.pgbouncer import pgbouncer
from tests.support.rows import PASSWORD, insert_account, lease_account


@pytest.mark.usefixtures("no_site")
def test_missing_migrations_are_named(settings: Setter, empty_database_url: str) -> None:
    settings(DATABASE_URL=empty_database_url)

    found = findings()

    assert found["migrations"].state is State.PROBLEM
    assert found["migrations"].text.startswith("Run `extractor migrate`: 0001_tables, ")
    assert found["listen"].state is State.OK
    assert found["accounts"] == Finding("accounts", State.SKIPPED, "migrations first.")


@pytest.mark.supported("A transaction pooler, on whatever port")
@pytest.mark.usefixtures("no_site", "account")
def test_transaction_pooler_is_named_and_swallows_notifications(
    settings: Setter, database_url: str, server_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_checks, "LISTEN_TIMEOUT", 0.5)
    with pgbouncer(database_url, server_directory / uuid4().hex) as poolers:
        settings(DATABASE_URL=poolers["transaction"])
        shared = findings()
        settings(DATABASE_URL=poolers["session"])
        own = findings()

    assert shared["database"].state is State.WARNING
    assert ". It is behind a transaction pooler, so the bridge only polls: put " in shared["database"].text
    assert shared["listen"].state is State.PROBLEM
    assert shared["listen"].text.startswith("No notification came in 0.5 s, as behind a transaction pooler: put ")
    assert shared["accounts"].state is State.OK
    assert own["database"].state is own["listen"].state is State.OK


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (None, "0 in total: .* Add one: `extractor accounts add USERNAME`."),
        ({"failure_count": 3}, "1 in total: .* The site refused them 3 times: .* `extractor accounts password .*"),
        ({"is_active": False}, "1 in total: .* 1 disabled. Let workers use .*: `extractor accounts enable USERNAME`."),
    ],
)
@pytest.mark.usefixtures("no_site", "settings")
def test_accounts_that_no_worker_can_use_say_what_brings_them_back(
    sql: psycopg.Connection, columns: dict[str, object] | None, text: str
) -> None:
    if columns is not None:
        insert_account(sql, **columns)

    found = findings()["accounts"]

    assert found.state is State.PROBLEM
    assert re.fullmatch(text, found.text)


@pytest.mark.usefixtures("no_site", "settings")
def test_each_account_is_counted_once(sql: psycopg.Connection) -> None:
    insert_account(sql, "99X0001", failure_count=3, is_active=False)
    insert_account(sql, "99X0002")
    sql.execute("UPDATE worker_accounts SET resting_until = now() + interval '10 min' WHERE username = '99X0002'")
    resting = findings()["accounts"]
    insert_account(sql, "99X0003")
    lease_account(sql, "99X0003")
    leased = findings()["accounts"]

    assert resting.state is State.PROBLEM
    assert "A refused login rests, the first for 10 min more" in resting.text
    assert "with `extractor accounts password USERNAME`" in resting.text
    assert leased == Finding(
        "accounts", State.OK, "3 in total: 0 usable, 1 leased, 0 sealed, 1 resting, 0 failing, 1 disabled."
    )


@pytest.mark.usefixtures("no_site", "settings")
def test_user_code_in_several_rows_is_named_whether_or_not_one_can_be_used(sql: psycopg.Connection) -> None:
    insert_account(sql, "99X0001", is_active=False)
    insert_account(sql, "99X0001")
    once = findings()["accounts"]
    insert_account(sql, "\u00a099x0001")
    usable = findings()["accounts"]
    sql.execute("UPDATE worker_accounts SET resting_until = now() + interval '10 min'")
    resting = findings()["accounts"]

    assert "repeat" not in once.text
    assert (usable.state, resting.state) == (State.WARNING, State.PROBLEM)
    for found in (usable, resting):
        assert "1 active rows repeat the user code of another row" in found.text
        assert "`extractor accounts remove USERNAME` deletes all rows of a user code" in found.text


@pytest.mark.usefixtures("no_site", "account")
def test_passwords_that_are_plain_or_that_no_key_opens_are_named(settings: Setter, sql: psycopg.Connection) -> None:
    settings(ACCOUNTS_KEY=None)
    plain = findings()["accounts"]
    sealed_elsewhere = Keyring(new_key()).seal(SecretStr(PASSWORD))
    insert_account(sql, "99X0002", password=sealed_elsewhere)
    both = findings()["accounts"].text
    sql.execute("UPDATE worker_accounts SET is_active = false WHERE username = '99X0001'")
    unusable = findings()["accounts"].text
    sql.execute("UPDATE worker_accounts SET is_active = true")
    settings(ACCOUNTS_KEY=new_key().get_secret_value())
    one_of_two = findings()["accounts"]
    sql.execute("DELETE FROM worker_accounts WHERE username = '99X0001'")
    none = findings()["accounts"]

    assert plain.state is one_of_two.state is State.WARNING
    assert plain.text.startswith("1 in total: 1 usable, 0 leased, 0 sealed, ")
    assert "1 of 1 passwords lie in worker_accounts as they are: make a key with `extractor accounts new" in plain.text
    assert PASSWORD not in plain.text
    assert "1 of 2 accounts cannot be used." in both
    for said in (both, unusable):
        assert "1 of 2 passwords lie in worker_accounts as they are" in said
        assert said.count("The password is sealed with a key that ACCOUNTS_KEY does not hold") == 1
    assert "1 of 2 accounts cannot be used. The password is sealed with a key that ACCOUNTS_KEY" in one_of_two.text
    assert none.state is State.PROBLEM
    assert "1 in total: 0 usable, 0 leased, 1 sealed, " in none.text
    assert none.text.endswith("add that key, or write the password again with `extractor accounts password`.")


@pytest.mark.usefixtures("no_site")
def test_language_that_the_database_does_not_write_is_named(settings: Setter, database_url: str) -> None:
    settings(LANGUAGE="fr")
    other = findings()["migrations"]
    migrate(database_url, language=Language.FRENCH)

    assert other.state is State.WARNING
    assert other.text.startswith("The database writes its own sentences in English, and LANGUAGE is fr: run ")
    assert findings()["migrations"].state is State.OK
