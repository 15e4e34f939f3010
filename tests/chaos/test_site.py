"""The site charges and hangs, refuses, forgets sessions, sends rubbish, or is down: rows wait and nothing is paid."""

from __future__ import annotations

from typing import Any

from tests.chaos.machine import ACCOUNTS, FLEET, SESSIONS
from tests.chaos.scenario import COMPLETED, FAILED, Scenario, fresh_number
from tests.support.system import eventually

ACTE: dict[str, Any] = {"document_source": "acte", "acte_type": "Acte", "cadastre": None}
PLAN: dict[str, Any] = {"document_source": "plan_cadastraux"}
RUBBISH = {
    "414": "document_refused",  # an HTML page
    "415": "document_refused",  # half a PDF
    "416": "document_refused",  # nothing
    "417": "wrong_document",
}
DOWN_ROWS = 200
FEW = 12


def opened(scenario: Scenario) -> bool:
    """Whether the breaker of any source is open."""
    return bool(scenario.sql.execute("SELECT 1 FROM source_control WHERE broken_until IS NOT NULL").fetchone())


def test_paid_click_stays_without_an_answer(scenario: Scenario) -> None:
    # Given a site that charges and hangs, charges and fails, and fails without charging
    hangs, fails, free = (fresh_number() for _ in range(3))
    scenario.standin.set_variants(
        rules=[
            {"number": hangs, "charge_then": "hang", "hang_seconds": 20},
            {"number": fails, "charge_then": "502"},
            {"number": free, "error_status": 503, "error_at": "submit"},
        ]
    )
    once = scenario.row(document_number=hangs, max_consultations=1, ends=(FAILED,))
    twice = scenario.row(document_number=fails, consultations=2, ends=(FAILED,), **ACTE)
    scenario.row(document_number=free, consultations=0, unclicked=2, ends=(FAILED,), **PLAN)
    scenario.logins = 8

    scenario.finish()

    assert (scenario.bought(once), scenario.bought(twice)) == (1, 2)
    codes = {scenario.column(row.id, "error_code") for row in scenario.rows}
    assert codes == {"consultation_limit"}


def test_login_fails_and_costs_no_row_an_attempt(scenario: Scenario) -> None:
    scenario.standin.set_variants(error_status=503, error_at="login")
    scenario.standin.expire_sessions()
    job_id = scenario.row()
    eventually(lambda: opened(scenario), "the breaker opens", 30)
    eventually(lambda: scenario.column(job_id, "attemtps") == 0, "the row has its attempt back", 10)

    scenario.standin.set_variants()
    scenario.logins = 2 * SESSIONS

    scenario.finish()
    assert scenario.column(job_id, "attemtps") == 1


def test_login_is_slower_than_celery_waits_for_a_child(scenario: Scenario) -> None:
    # Given logins of more than the four seconds after which Celery by default takes a starting child for dead
    machine = scenario.machine
    scenario.standin.set_variants(slow_pages_ms=1500)
    machine.kill(machine.children()[0])

    machine.wait_ready(FLEET, SESSIONS)
    scenario.standin.set_variants()
    scenario.row()

    scenario.finish()


def test_passwords_that_are_refused_are_not_tried_again(scenario: Scenario) -> None:
    # Given a site that from now on refuses all accounts but one
    machine = scenario.machine
    scenario.logins = ACCOUNTS + 2 * SESSIONS
    scenario.standin.set_accounts({"99X0001": "standin"})
    scenario.standin.expire_sessions()
    for _ in range(4):
        scenario.row()
    scenario.finish()

    # Then each was tried once at most, also after a restart
    machine.stop(FLEET)
    machine.worker(FLEET, sessions=SESSIONS)
    scenario.row()
    scenario.finish()
    refused = [entry.account for entry in scenario.standin.refused_logins() if entry.id > scenario.since]
    assert len(refused) == len(set(refused)) > 0

    scenario.standin.set_accounts({})
    scenario.sql.execute("UPDATE worker_accounts SET failure_count = 0, resting_until = NULL")


def test_session_expires_at_each_step(scenario: Scenario) -> None:
    steps = {"submit": "001", "confirm": "412", "document": "001", "download": "001"}
    numbers = {step: fresh_number(ending) for step, ending in steps.items()}
    scenario.standin.set_variants(
        rules=[{"number": number, "expire_at": step} for step, number in numbers.items()], expire_at="form"
    )
    scenario.logins = 3 * ACCOUNTS
    for step, number in numbers.items():
        # Once it is paid, one more purchase is a person's decision.
        paid = step in ("document", "download")
        scenario.row(document_number=number, max_consultations=1, ends=(COMPLETED, FAILED) if paid else (COMPLETED,))

    scenario.finish()


def test_rubbish_is_bought_once_and_kept_as_evidence(scenario: Scenario) -> None:
    jobs = {scenario.row(ending=ending, ends=(FAILED,)): code for ending, code in RUBBISH.items()}
    shown = [fresh_number() for _ in range(3)]
    deliveries = ("inline", "new_window", "intermediate_page")
    scenario.standin.set_variants(
        rules=[{"number": number, "delivery": way} for number, way in zip(shown, deliveries, strict=True)]
    )
    for number in shown:
        scenario.row(document_number=number)

    scenario.finish()

    for job_id, code in jobs.items():
        assert scenario.column(job_id, "error_code") == code
        assert list((scenario.machine.directory / "evidence").glob(f"{code}-{job_id}-*"))


def test_site_is_down_and_two_hundred_rows_wait(scenario: Scenario) -> None:
    scenario.standin.set_variants(error_status=503, error_at="form")
    scenario.logins = 2 * FEW
    for _ in range(FEW // 2):
        scenario.row()
    waiting = "INSERT INTO extraction_queue (document_source, document_number, cadastre) VALUES ('index', %s, 'C')"
    with scenario.sql.cursor() as cursor:
        cursor.executemany(waiting, [[fresh_number()] for _ in range(DOWN_ROWS - FEW // 2)])
    patient = "SELECT 1 FROM source_control WHERE document_source = 'index' AND broken_until > now() + interval '1 s'"
    eventually(lambda: bool(scenario.sql.execute(patient).fetchone()), "the breaker is patient", 40)

    # Then few rows have asked the site, and none has used an attempt
    asked, used = scenario.sql.execute(
        "SELECT (SELECT count(*) FROM extraction_attempts WHERE error_code = 'site_unavailable'"
        " AND job_id IN (SELECT id FROM extraction_queue WHERE status = 'En attente')),"
        " (SELECT max(attemtps) FROM extraction_queue WHERE status = 'En attente')"
    ).fetchone() or (0, 0)
    assert asked <= FEW
    assert used == 0

    scenario.standin.set_variants()
    scenario.sql.execute("DELETE FROM extraction_queue WHERE cadastre = 'C'")
    scenario.finish()
