"""When the site or an account says no, the fleet stops asking; rows keep their attempts and go on by themselves."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import psycopg

from tests.support.rows import column, insert_account, insert_job, statuses
from tests.support.standin_client import StandinClient
from tests.support.system import System, eventually

# Of four processes each; three of the first four already post the password.
STARTS = 4


def test_wrong_password_is_posted_three_times_by_the_whole_fleet_however_often_its_sessions_restart(
    sql: psycopg.Connection, system: System, standin: StandinClient
) -> None:
    # Given a rest so short that only the count of failures holds the fleet back
    insert_account(sql, password="wrong")
    worker = system.worker("w", concurrency=4, ACCOUNT_REST_SECONDS="0.1")
    # Celery gives up a worker whose children all die before it is ready
    eventually(lambda: worker.says(r"w@\S+ ready"), "the worker is ready")
    started: set[tuple[str, int]] = set()
    for _start in range(STARTS):
        eventually(
            lambda: (
                sql.execute("SELECT count(*) FROM worker_status WHERE status = 'error'").fetchone() == (4,)
                and len(started | _starts(sql)) == len(started) + 4
            ),
            "four new processes say that they are not ready",
        )
        started.update(_starts(sql))
        for pid in worker.child_pids():
            worker.kill_child(pid)

    assert len(started) == 4 * STARTS
    assert len(standin.refused_logins()) == 3
    assert sql.execute("SELECT failure_count FROM worker_accounts").fetchone() == (3,)


def test_changed_page_stops_its_source_with_evidence_until_the_site_map_is_edited(
    sql: psycopg.Connection, system: System, standin: StandinClient, tmp_path: Path
) -> None:
    # Given a site on which one id has another name
    site_map = tmp_path / "site.toml"
    packaged = (resources.files("extractor.registry") / "site.toml").read_text(encoding="utf-8")
    site_map.write_text(packaged)
    insert_account(sql)
    standin.set_variants(renamed_ids=["txtNoReqst"])
    actes = [
        insert_job(sql, document_source="acte", acte_type="Acte", document_number=f"25 6{n} 321") for n in range(10, 13)
    ]
    other = insert_job(sql)
    system.bridge()
    system.worker("w", REGISTRY_SITE_MAP=str(site_map), BREAKER_SECONDS="600")

    # Then its source stops and says why, without using attempts, while another source goes on
    eventually(
        lambda: (
            sql.execute("SELECT broken_until FROM source_control WHERE document_source = 'acte'").fetchone() != (None,)
        ),
        "the breaker of acte opens",
    )
    eventually(lambda: column(sql, other, "status") == "Complété", "the index is Complété")
    code, message, evidence = sql.execute(
        "SELECT error_code, message, evidence_path FROM extraction_attempts WHERE document_source = 'acte'"
    ).fetchall()[0]
    assert code == "site_changed"
    assert "txtNoReqst" in message
    assert {path.name for path in Path(evidence).iterdir()} == {"page.html", "page.png", "steps.json"}
    assert [column(sql, job_id, "attemtps") for job_id in actes] == [0] * 3
    probes = sql.execute("SELECT count(*) FROM extraction_attempts WHERE document_source = 'acte'").fetchone()
    assert probes == (1,)

    # When the site map is edited and the breaker's time passes, it goes on
    site_map.write_text(packaged.replace("#txtNoReqst", "#txtNoReqstV2"))

    def are_done_later() -> bool:
        sql.execute("UPDATE source_control SET broken_until = now() WHERE broken_until > now()")
        return statuses(sql) == {"Complété": 4}

    eventually(are_done_later, "all rows are Complété")
    assert sql.execute("SELECT max(attemtps) FROM extraction_queue").fetchone() == (1,)
    assert len(standin.consultations()) == 4


def test_closed_site_costs_no_attempt_and_rows_go_on_when_it_opens(
    sql: psycopg.Connection, system: System, standin: StandinClient
) -> None:
    insert_account(sql)
    standin.set_variants(closed=True)
    job_id = insert_job(sql)
    system.bridge()
    system.worker("w")
    eventually(
        lambda: (
            sql.execute("SELECT count(*) FROM source_control WHERE broken_reason LIKE '%fermé%'").fetchone() == (3,)
        ),
        "every source is left alone, with the site's words",
    )
    assert column(sql, job_id, "attemtps") == 0

    standin.set_variants(closed=False)

    eventually(lambda: column(sql, job_id, "status") == "Complété", "the row is Complété")
    assert column(sql, job_id, "attemtps") == 1


def _starts(sql: psycopg.Connection) -> set[tuple[str, int]]:
    """Every process that shows up now, by its name and number."""
    return set(sql.execute("SELECT worker_id, pid FROM worker_status").fetchall())
