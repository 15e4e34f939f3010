"""Storage fails after the document was paid: the bytes wait on the disk, and nothing is bought twice."""

from __future__ import annotations

import unicodedata
from typing import Any

from tests.chaos.scenario import COMPLETED, FAILED, Scenario
from tests.support.storage_rules import Bucket, Faults
from tests.support.system import eventually

ONLY_ONCE: dict[str, Any] = {"max_consultations": 1}


def test_storage_fails_in_every_way_while_documents_arrive(scenario: Scenario) -> None:
    servers = scenario.machine.servers
    jobs = [scenario.row(arm=("HOLD before:store.upload",), **ONLY_ONCE) for _ in range(3)]
    for job_id in jobs:
        scenario.arming.wait_for("HOLD", "before:store.upload", job_id)

    servers.storage.faults = Faults(fail_uploads=2, store_then_fail=2, stall_seconds=0.5)
    servers.supabase.cut()
    scenario.arming.disarm()

    scenario.finish()
    assert [scenario.column(job_id, "attemtps") for job_id in jobs] == [1, 1, 1]


def test_storage_is_away_and_the_process_that_bought_dies(scenario: Scenario) -> None:
    servers = scenario.machine.servers
    job_id = scenario.row(arm=("HOLD before:store.upload",), **ONLY_ONCE)
    with scenario.arming.held("before:store.upload", job_id):
        servers.supabase.refuse()
    eventually(lambda: scenario.column(job_id, "error_code") == "storage", "the upload fails", 20)
    scenario.machine.kill(*scenario.machine.children())

    servers.supabase.heal()

    scenario.finish()


def test_key_is_revoked_and_the_bucket_too_small_in_the_middle_of_a_run(scenario: Scenario) -> None:
    storage = scenario.machine.servers.storage
    key, bucket = storage.key, storage.buckets["index"]
    revoked = scenario.row(arm=("HOLD before:store.upload",), **ONLY_ONCE)
    too_large = scenario.row(arm=("HOLD before:store.upload",), **ONLY_ONCE)
    try:
        with scenario.arming.held("before:store.upload", revoked):
            storage.key = "rotated"
        eventually(lambda: scenario.column(revoked, "error_code") == "storage", "the key is refused", 20)
        storage.key = key
        with scenario.arming.held("before:store.upload", too_large):
            storage.add_bucket(Bucket("index", size_limit=10))
        eventually(lambda: scenario.column(too_large, "error_code") == "storage", "the size is refused", 20)
    finally:
        storage.key = key
        storage.add_bucket(bucket)

    scenario.finish()


def test_workers_that_could_not_keep_a_document_claim_nothing(scenario: Scenario) -> None:
    machine = scenario.machine
    machine.worker("badkey", sessions=1, SUPABASE_SERVICE_KEY="sb_secret_wrong")
    machine.worker("full", sessions=1, MIN_FREE_DISK_MB=str(10**9))

    def complaints() -> dict[str, str]:
        return dict(
            scenario.sql.execute(
                "SELECT worker_id, message FROM worker_status WHERE status = 'error'"
                " AND worker_id IN ('badkey-1', 'full-1')"
            ).fetchall()
        )

    eventually(lambda: len(complaints()) == 2, "both say that they are not ready", 30)
    for _ in range(4):
        scenario.row()
    scenario.finish()

    assert "SUPABASE_SERVICE_KEY" in complaints()["badkey-1"]
    assert "MIN_FREE_DISK_MB" in complaints()["full-1"]
    assert scenario.sql.execute(
        "SELECT count(*) FROM extraction_attempts WHERE worker_id IN ('badkey-1', 'full-1')"
    ).fetchone() == (0,)
    machine.lose("badkey")
    machine.lose("full")


def test_names_that_no_key_may_hold(scenario: Scenario) -> None:
    decomposed = unicodedata.normalize("NFD", "Cadastre du Québec")
    accents = scenario.row(circonscription_fonciere="Québec", cadastre=decomposed)
    scenario.row(cadastre="Cadastre du Québec \U0001f3e0", ends=(COMPLETED, FAILED))
    scenario.row(cadastre="Cadastre du Québec n° 12/É" + "x" * 170, ends=(COMPLETED, FAILED))

    scenario.finish()

    assert str(scenario.column(accents, "supabase_path")).isascii()
