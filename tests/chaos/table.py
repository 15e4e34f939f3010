"""The 35 failure modes of RELIABILITY §1, and the scenarios that play each on one machine; `README.md` says how.

What a scenario cannot play as the list words it is said beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class FailureMode:
    """One row: the scenarios, as `file::test`, and what is played otherwise than listed, or not at all."""

    name: str
    scenarios: tuple[str, ...]
    remark: str = ""


TABLE: dict[int, FailureMode] = {
    1: FailureMode("broker blip in the middle of a job", ("test_broker::test_broker_blips_in_every_phase_of_a_job",)),
    2: FailureMode(
        "job outlives the visibility timeout",
        ("test_broker::test_job_outlives_the_visibility_timeout_of_its_message",),
        "2 s and 4 s instead of 10 s and 30 s",
    ),
    3: FailureMode(
        "child is killed",
        (
            "test_kills::test_child_killed_at_every_boundary",
            "test_kills::test_row_that_kills_every_process_is_quarantined",
        ),
    ),
    4: FailureMode(
        "parent or host is lost",
        (
            "test_kills::test_host_is_lost_and_its_worker_comes_back_under_the_same_name",
            "test_kills::test_killed_parent_takes_no_row_with_it",
        ),
        "a host is a process tree here: no docker kill",
    ),
    5: FailureMode(
        "process is paused past its lease", ("test_pauses::test_process_that_slept_past_its_lease_changes_nothing",)
    ),
    6: FailureMode("crash at the paid click", ("test_kills::test_child_that_dies_at_the_paid_click",)),
    7: FailureMode("paid click without an answer", ("test_site::test_paid_click_stays_without_an_answer",)),
    8: FailureMode(
        "upload fails",
        (
            "test_storage::test_storage_fails_in_every_way_while_documents_arrive",
            "test_storage::test_storage_is_away_and_the_process_that_bought_dies",
        ),
    ),
    9: FailureMode(
        "status cannot be written",
        (
            "test_database::test_database_takes_no_writes_after_the_document_is_stored",
            "test_database::test_database_is_gone_for_longer_than_a_lease_after_the_document_was_bought",
            "test_database::test_every_database_connection_is_terminated_in_each_phase",
        ),
    ),
    10: FailureMode(
        "two rows ask for one document",
        ("test_database::test_three_bridges_of_which_one_is_parted_send_equal_rows_once",),
        "five pairs instead of fifty",
    ),
    11: FailureMode("bridge sends twice", ("test_broker::test_bridge_dies_between_sending_and_marking",)),
    12: FailureMode("notification is missed", ("test_database::test_row_rings_while_no_bridge_hears",)),
    13: FailureMode("half-open LISTEN", ("test_database::test_bridge_is_half_open",)),
    14: FailureMode(
        "transaction pooler",
        ("test_database::test_bridge_behind_a_transaction_pooler_polls_and_says_so",),
        "PgBouncer is no Python package: our proxy takes the notifications out of the server's stream",
    ),
    15: FailureMode(
        "broker is emptied, killed or full",
        (
            "test_broker::test_broker_forgets_everything",
            "test_broker::test_broker_is_killed_with_messages_on_it",
            "test_broker::test_broker_has_no_memory_left",
        ),
        "three queued messages instead of a hundred",
    ),
    16: FailureMode(
        "worker is deaf",
        (
            "test_broker::test_worker_is_deaf_on_a_line_that_fell_silent",
            "test_broker::test_broker_is_frozen_for_a_while",
            "test_broker::test_broker_blips_twenty_times_while_rows_flow",
        ),
        "a worker that ends by itself is started again by the suite, in its supervisor's place",
    ),
    17: FailureMode("login fails at the start", ("test_site::test_login_fails_and_costs_no_row_an_attempt",)),
    18: FailureMode(
        "login is slower than Celery waits",
        (
            "test_site::test_login_is_slower_than_celery_waits_for_a_child",
            "test_broker::test_nothing_interrupts_playwright_and_no_login_is_taken_for_a_dead_child",
        ),
    ),
    19: FailureMode(
        "password is refused",
        ("test_site::test_passwords_that_are_refused_are_not_tried_again",),
        "ten restarts: tests/acceptance/test_site_trouble.py",
    ),
    20: FailureMode("session expires", ("test_site::test_session_expires_at_each_step",)),
    21: FailureMode(
        "one account, two processes", ("test_pauses::test_idle_process_that_slept_does_not_fight_for_its_account",)
    ),
    22: FailureMode("browser dies while idle", ("test_pauses::test_browser_and_driver_are_killed_while_idle",)),
    23: FailureMode(
        "browser, driver or child hangs",
        ("test_pauses::test_browser_driver_and_child_stand_still_in_the_middle_of_a_job",),
    ),
    24: FailureMode(
        "soft limit interrupts Playwright",
        ("test_broker::test_nothing_interrupts_playwright_and_no_login_is_taken_for_a_dead_child",),
        "there is no soft limit: the scenario asks the running worker",
    ),
    25: FailureMode(
        "memory and disk grow",
        (
            "test_storage::test_workers_that_could_not_keep_a_document_claim_nothing",
            "test_the_end::test_nothing_is_left_after_the_drain",
        ),
        "contexts are recycled every six jobs throughout; 5 000 jobs take hours: that is `make soak MINUTES=300`",
    ),
    26: FailureMode("orphaned browser", ("test_pauses::test_orphans_of_a_frozen_driver_are_ended",)),
    27: FailureMode("what came is not the document", ("test_site::test_rubbish_is_bought_once_and_kept_as_evidence",)),
    28: FailureMode("names that no key may hold", ("test_storage::test_names_that_no_key_may_hold",)),
    29: FailureMode(
        "site is down",
        ("test_site::test_site_is_down_and_two_hundred_rows_wait",),
        "down for some seconds with a breaker of half a second, instead of ten minutes",
    ),
    30: FailureMode(
        "poison row",
        (
            "test_kills::test_row_that_kills_every_process_is_quarantined",
            "test_guards::test_row_that_takes_processes_with_it",
        ),
    ),
    31: FailureMode(
        "SIGTERM",
        ("test_commands::test_worker_is_asked_to_stop_at_every_step",),
        "twenty restarts under load: `python -m tests.chaos.rolling`",
    ),
    32: FailureMode(
        "clocks differ",
        ("test_database::test_clocks_of_a_worker_and_a_bridge_are_an_hour_off",),
        "without libfaketime: sitecustomize moves Python's clock of one worker and one bridge",
    ),
    33: FailureMode(
        "storage refuses",
        (
            "test_storage::test_workers_that_could_not_keep_a_document_claim_nothing",
            "test_storage::test_key_is_revoked_and_the_bucket_too_small_in_the_middle_of_a_run",
        ),
    ),
    34: FailureMode(
        "monitor is down or open", ("test_commands::test_monitor_is_closed_to_strangers_and_needed_by_nobody",)
    ),
    35: FailureMode(
        "several bridges",
        (
            "test_database::test_three_bridges_of_which_one_is_parted_send_equal_rows_once",
            "test_database::test_bridge_is_parted_while_it_holds_rows_locked",
        ),
    ),
}


def numbers_of(item: pytest.Function) -> str:
    """The failure modes that a test plays: `3,30`."""
    name = f"{item.path.stem}::{item.originalname}"
    return ",".join(str(number) for number, mode in TABLE.items() if name in mode.scenarios)
