"""People write plain SQL on their own tables while rows run: edits, resets, open transactions, odd rows, accounts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from extractor.models import RowId
from extractor.postgres.jobs import MAX_ALONE
from tests.chaos.machine import DOCUMENT_SECONDS, FLEET, SESSIONS, TIMES
from tests.chaos.scenario import COMPLETED, FAILED, Scenario, fresh_number
from tests.support.storage_rules import Faults
from tests.support.system import eventually

# Where an edit meets the row; beside it, how many documents are bought.
EDITS = {
    "before:jobs.record_consultation": 1,
    "after:visit.press": 2,
    "before:store.upload": 2,
    "before:jobs.complete": 2,
}


def test_row_is_edited_at_every_step(scenario: Scenario) -> None:
    jobs = {point: scenario.row(arm=(f"HOLD {point}",)) for point in EDITS}
    for point, job_id in jobs.items():
        with scenario.arming.held(point, job_id):
            scenario.edit(job_id, fresh_number())

    scenario.finish()

    # Then each has the document that it asks for now, and what was bought for the earlier request is on its attempt
    for point, job_id in jobs.items():
        assert scenario.column(job_id, "status") == COMPLETED
        assert (scenario.bought(job_id), scenario.bought_earlier(job_id)) == (1, EDITS[point] - 1)
        stored = scenario.sql.execute(
            "SELECT count(DISTINCT supabase_path) FROM extraction_attempts WHERE job_id = %s", [job_id]
        ).fetchone()
        assert stored == (EDITS[point],)


@pytest.mark.parametrize("point", ["before:jobs.record_consultation", "after:visit.press", "before:jobs.complete"])
def test_running_row_is_set_to_waiting(scenario: Scenario, point: str) -> None:
    job_id = scenario.row(arm=(f"HOLD {point}",))
    with scenario.arming.held(point, job_id):
        scenario.sql.execute("UPDATE extraction_queue SET status = 'En attente' WHERE id = %s", [job_id])
        assert scenario.column(job_id, "status") == "En traitement"

    scenario.finish()

    assert len(scenario.attempts(job_id)) == 1


def test_open_transaction_locks_a_running_row_for_longer_than_a_lease(scenario: Scenario) -> None:
    job_id = scenario.row(arm=("HOLD before:jobs.record_consultation",))
    with scenario.arming.held("before:jobs.record_consultation", job_id):
        with scenario.sql.transaction():
            scenario.sql.execute("UPDATE extraction_queue SET priority = 1 WHERE id = %s", [job_id])
            passed = "SELECT clock_timestamp() > lease_expires_at + interval '1 s' FROM extraction_queue WHERE id = %s"
            eventually(lambda: scenario.sql.execute(passed, [job_id]).fetchone() == (True,), "its lease has passed", 20)
        eventually(lambda: scenario.column(job_id, "lease_expires_at > now()") is True, "it is renewed", 10)

    scenario.finish()

    assert len(scenario.attempts(job_id)) == 1


def test_postgres_is_away_for_longer_than_a_lease_before_the_click(scenario: Scenario) -> None:
    servers = scenario.machine.servers
    job_id = scenario.row(arm=("HOLD before:jobs.record_consultation",))
    with scenario.arming.held("before:jobs.record_consultation", job_id):
        for line in (servers.postgres_of_workers, servers.postgres_of_bridge):
            line.refuse()
        eventually(lambda: scenario.column(job_id, "lease_expires_at < now()") is True, "its lease has passed", 20)
        servers.proxies.heal()
        eventually(lambda: scenario.column(job_id, "lease_expires_at > now()") is True, "it is renewed", 10)

    scenario.finish()

    assert len(scenario.attempts(job_id)) == 1


def test_odd_row_blocks_no_other_row(scenario: Scenario) -> None:
    number = fresh_number()
    scenario.standin.set_variants(rules=[{"number": number, "closed": True}])
    scenario.logins = 6 * SESSIONS
    odd = scenario.row(document_number=number, consultations=0, ends=(FAILED,))
    broken = "SELECT 1 FROM source_control WHERE document_source = 'index' AND broken_until IS NOT NULL"
    eventually(lambda: bool(scenario.sql.execute(broken).fetchone()), "the odd row opens the breaker", 40)
    for good in [scenario.row() for _ in range(7)]:
        scenario.wait_for(good, COMPLETED)

    for failures in range(1, MAX_ALONE):  # the site serves another row after each, so that the row is held in the end
        eventually(partial(_has_ended, scenario, odd, failures), f"failure {failures} of the odd row", 40)
        scenario.wait_for(scenario.row(), COMPLETED)
    scenario.finish()


def _has_ended(scenario: Scenario, job_id: RowId, times: int) -> bool:
    """Whether this many attempts of the row have ended."""
    return sum(attempt["outcome"] is not None for attempt in scenario.attempts(job_id)) >= times


def test_message_too_many_unbinds_no_document_from_its_spool(scenario: Scenario) -> None:
    machine = scenario.machine
    scenario.logins = 1
    machine.worker("elsewhere", sessions=1, SPOOL_DIR=str(machine.directory / "other-spool"))
    machine.wait_ready("elsewhere", 1)
    job_id = scenario.row(arm=("HOLD before:store.upload",))
    with scenario.arming.held("before:store.upload", job_id):
        bound = scenario.column(job_id, "spooled_on")
        machine.send_again(job_id)
        assert (bound is not None, scenario.column(job_id, "spooled_on")) == (True, bound)
        machine.servers.storage.faults = Faults(fail_uploads=5)
    eventually(lambda: scenario.column(job_id, "error_code") == "storage", "the upload fails", 20)
    machine.send_again(job_id)

    scenario.finish()

    machine.stop("elsewhere")


def test_no_click_is_made_that_cannot_be_waited_out(scenario: Scenario) -> None:
    job_id = scenario.row(arm=("HOLD before:site.request_document",))
    late = "SELECT clock_timestamp() > processing_started_at + make_interval(secs => %s) FROM extraction_queue"
    seconds = float(TIMES["JOB_TIMEOUT_SECONDS"]) - DOCUMENT_SECONDS + 1  # the attempt's clock starts after the claim
    with scenario.arming.held("before:site.request_document", job_id):
        eventually(
            lambda: scenario.sql.execute(f"{late} WHERE id = %s", [seconds, job_id]).fetchone() == (True,),
            "less than a document's bound is left of the attempt",
            30,
        )

    scenario.finish()

    first, *_ = scenario.attempts(job_id)
    assert (first["error_code"], first["consultation_at"]) == ("out_of_time", None)


@pytest.fixture
def accounts(scenario: Scenario) -> Iterator[Scenario]:
    """The accounts are as they were once the scenario is over."""
    columns = "id, username, password, is_active, created_at"
    before = scenario.sql.execute(f"SELECT {columns} FROM worker_accounts").fetchall()
    yield scenario
    scenario.sql.execute("DELETE FROM worker_accounts WHERE id <> ALL (%s)", [[row[0] for row in before]])
    with scenario.sql.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO worker_accounts ({columns}) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET username = excluded.username, password = excluded.password,"
            " is_active = excluded.is_active, failure_count = 0, resting_until = NULL, last_error = NULL",
            before,
        )


OF_HOLDER = "WHERE username = %(username)s"
BY_A_PERSON = {
    "inserted twice": ("INSERT INTO worker_accounts (username, password) VALUES (lower(%(username)s), 'standin')",),
    "disabled and enabled": (
        f"UPDATE worker_accounts SET is_active = false {OF_HOLDER}",
        f"UPDATE worker_accounts SET is_active = true, last_used = NULL {OF_HOLDER}",
    ),
    "deleted and inserted": (
        f"DELETE FROM worker_accounts {OF_HOLDER}",
        "INSERT INTO worker_accounts (username, password) VALUES (%(username)s, 'standin')",
    ),
}


@pytest.mark.parametrize("statements", BY_A_PERSON.values(), ids=BY_A_PERSON)
def test_account_is_changed_in_a_paid_wait(accounts: Scenario, statements: tuple[str, ...]) -> None:
    scenario, machine = accounts, accounts.machine
    scenario.logins = 2 * SESSIONS
    job_id = scenario.row(arm=("HOLD after:visit.press",))
    with scenario.arming.held("after:visit.press", job_id):
        holder, username = _holder_and_username(scenario, job_id)
        logins_before = _logins(scenario, username)
        for statement in statements:
            scenario.sql.execute(statement, {"username": username})

        # When another process looks for an account, and the changed one was never used
        machine.kill(next(pid for pid in machine.ready() if pid != holder))
        machine.wait_ready(FLEET, SESSIONS - 1)

        # Then it logs in with another user code
        assert _logins(scenario, username) == logins_before

    scenario.finish()

    assert len(scenario.attempts(job_id)) == 1


def test_password_is_changed_between_two_logins(accounts: Scenario) -> None:
    """The process keeps its account while the site refuses the old password, and posts the new one."""
    scenario = accounts
    scenario.logins = 2 * SESSIONS
    job_id = scenario.row(arm=("HOLD before:site.open_form",))
    with scenario.arming.held("before:site.open_form", job_id):
        _, username = _holder_and_username(scenario, job_id)
        scenario.sql.execute(f"UPDATE worker_accounts SET password = 'faux' {OF_HOLDER}", {"username": username})
        scenario.standin.expire_sessions()

    scenario.finish()

    refused = [entry.account for entry in scenario.standin.ledger() if entry.kind == "login_refused"]
    assert refused == [username]


def _holder_and_username(scenario: Scenario, job_id: object) -> tuple[int, str]:
    found = scenario.sql.execute(
        "SELECT w.pid, a.username FROM extraction_queue q JOIN extraction_attempts t ON t.id = q.attempt_id"
        " JOIN worker_accounts a ON a.id = t.account_id JOIN worker_status w ON w.worker_id = q.worker_id"
        " WHERE q.id = %s",
        [job_id],
    ).fetchone()
    assert found is not None
    return found


def _logins(scenario: Scenario, username: str) -> int:
    return sum(entry.account.upper() == username for entry in scenario.standin.logins())
