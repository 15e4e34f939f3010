"""A password that a person changes while the system runs: it is the next to be posted, and is charged with no failure
of the old one."""

from __future__ import annotations

import psycopg
import pytest
from pydantic import SecretStr

from extractor.postgres.sealing import Keyring, new_key
from tests.integration.worker.conftest import Book, Start
from tests.support.rows import PASSWORD, insert_account, insert_job
from tests.support.scripted_site import ScriptedRegistry, Step

NEW = "nouveau"
CHANGE = "UPDATE worker_accounts SET password = %s, failure_count = 0, resting_until = NULL WHERE username = '99X0001'"


@pytest.mark.parametrize("is_sealed", [False, True])
def test_next_login_of_the_same_session_posts_it(
    is_sealed: bool, sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, book: Book
) -> None:
    worker = start(accounts_key=new_key()) if is_sealed else start()
    registry.passwords = {NEW}
    registry.expire_sessions()
    sql.execute(CHANGE, [NEW])

    assert worker.handle(insert_job(sql)).startswith("Complété")

    assert book.logins() == {"ok": 2}


def test_refusal_of_the_old_one_is_not_charged_to_it(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, book: Book
) -> None:
    worker = start()
    worker.parts.session.retire()
    registry.passwords = {NEW}
    registry.plan(Step.LOGIN, lambda: sql.execute(CHANGE, [NEW]))  # between the post and its answer

    worker.make_ready()

    assert book.account("failure_count, last_error, resting_until") == (0, None, None)
    assert book.logins() == {"ok": 1, "refused": 1}
    assert worker.make_ready() is None


@pytest.mark.parametrize("is_sealed", [False, True])
def test_refusal_counts_for_each_row_with_the_same_code_and_password(
    is_sealed: bool, sql: psycopg.Connection, start: Start, registry: ScriptedRegistry
) -> None:
    """The seed's INSERT, run twice: the same wrong password is not posted a second time."""
    key = new_key()
    for _ in range(2):
        insert_account(sql, password=Keyring(key).seal(key) if is_sealed else "faux")
    insert_account(sql, "99x0001 ", password="autre")

    worker = start(accounts_key=key) if is_sealed else start()
    worker.make_ready()

    refusals = "SELECT count(*), failure_count FROM worker_accounts GROUP BY username, failure_count"
    assert registry.logins == ["99X0001", "99x0001"]
    assert sorted(sql.execute(refusals).fetchall()) == [(1, 1), (2, 1)]


def test_seal_in_the_middle_of_a_login_is_the_same_password(
    sql: psycopg.Connection, start: Start, registry: ScriptedRegistry, book: Book
) -> None:
    key = new_key()
    insert_account(sql, password="faux")
    sealed = Keyring(key).seal(SecretStr("faux"))
    registry.plan(Step.LOGIN, lambda: sql.execute("UPDATE worker_accounts SET password = %s", [sealed]))

    start(accounts_key=key)

    assert book.account("failure_count") == (1,)


def test_password_that_no_key_opens_frees_the_user_code(sql: psycopg.Connection, start: Start, book: Book) -> None:
    worker = start()
    worker.parts.session.retire()
    sql.execute(CHANGE, [Keyring(new_key()).seal(new_key())])

    assert str(worker.make_ready()).startswith("The password is sealed with a key")
    assert book.session("user_code") is None
    sql.execute(CHANGE, [PASSWORD])
    assert worker.make_ready() is None
