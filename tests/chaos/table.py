"""Every failure that is known, what is promised for it, and the scenarios that play it: the table of `README.md`.

`python -m tests.chaos.table` prints the table. The numbers never change: the output of `make chaos` names them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class FailureMode:
    """One row: the scenarios, as `file::test`, and how or how far they play it."""

    failure: str
    promise: str
    scenarios: tuple[str, ...]
    remark: str = ""


TABLE: dict[int, FailureMode] = {
    1: FailureMode(
        "the line to the broker drops in the middle of a job, and Celery gives the message to a second worker",
        "a message never starts work: the claim in Postgres does, and whoever finds no row to claim leaves",
        ("test_broker::test_broker_blips_in_every_phase_of_a_job",),
    ),
    2: FailureMode(
        "a job takes longer than the broker's visibility timeout, and its message is delivered again",
        "the same: the second message finds nothing to claim",
        ("test_broker::test_job_outlives_the_visibility_timeout_of_its_message",),
        "a time-out of 2 s, a job of 4 s",
    ),
    3: FailureMode(
        "a worker's child is killed, also for lack of memory, again and again by one row",
        "the row goes on within two lease periods, after its click within the document's bound, and keeps its attempt;"
        " at `MAX_KILLS` it is held as a poison row",
        (
            "test_kills::test_child_killed_at_every_boundary",
            "test_kills::test_row_that_kills_every_process_is_quarantined",
        ),
    ),
    4: FailureMode(
        "a worker's parent or its whole host is lost",
        "rows and accounts come back when their leases have passed, without a person",
        (
            "test_kills::test_host_is_lost_and_its_worker_comes_back_under_the_same_name",
            "test_kills::test_killed_parent_takes_no_row_with_it",
        ),
        "a host is a tree of processes here, not a container",
    ),
    5: FailureMode(
        "a process stands still past its lease, and wakes",
        "every write and every click names its attempt; the late one changes nothing and buys nothing",
        ("test_pauses::test_process_that_slept_past_its_lease_changes_nothing",),
    ),
    6: FailureMode(
        "a process dies between the paid click and the PDF",
        "the mark is committed before the click and counts; at the row's limit the row is held for a person",
        ("test_kills::test_child_that_dies_at_the_paid_click",),
    ),
    7: FailureMode(
        "the paid click gets no answer, or an error that may come after the billing",
        "the same as after a death: it counts as paid",
        ("test_site::test_paid_click_stays_without_an_answer",),
    ),
    8: FailureMode(
        "the upload fails: cut, error, stall, success without an answer; or the uploader dies",
        "the bytes are in the spool; only the upload is repeated, nothing is bought",
        (
            "test_storage::test_storage_fails_in_every_way_while_documents_arrive",
            "test_storage::test_storage_is_away_and_the_process_that_bought_dies",
        ),
    ),
    9: FailureMode(
        "Postgres is away or takes no writes after the document was bought",
        "writes are repeated, each of them fenced, for up to two minutes; after that the spool keeps the document",
        (
            "test_database::test_database_takes_no_writes_after_the_document_is_stored",
            "test_database::test_database_is_gone_for_longer_than_a_lease_after_the_document_was_bought",
            "test_database::test_every_database_connection_is_terminated_in_each_phase",
        ),
    ),
    10: FailureMode(
        "two rows ask for the same document",
        "with `REUSE_DAYS` the second gets the document of the first",
        ("test_database::test_three_bridges_of_which_one_is_parted_send_equal_rows_once",),
        "five pairs of equal rows",
    ),
    11: FailureMode(
        "the bridge dies between sending a message and marking its row",
        "an extra message is harmless, a missing one is sent again",
        ("test_broker::test_bridge_dies_between_sending_and_marking",),
    ),
    12: FailureMode(
        "a notification is missed",
        "the sweep finds the row, and runs at every new connection",
        ("test_database::test_row_rings_while_no_bridge_hears",),
    ),
    13: FailureMode(
        "the bridge's LISTEN line is dead without a word",
        "the bridge notifies itself; without that proof it connects again",
        ("test_database::test_bridge_is_half_open",),
    ),
    14: FailureMode(
        "the address is that of a transaction pooler: LISTEN succeeds and nothing arrives",
        "the bridge notices, says so, and polls",
        ("test_database::test_bridge_behind_a_transaction_pooler_polls_and_says_so",),
        "a proxy takes the notifications out of the server's stream, as PgBouncer would",
    ),
    15: FailureMode(
        "the broker loses its messages, is killed, or is full",
        "rows whose messages are missing are sent again",
        (
            "test_broker::test_broker_forgets_everything",
            "test_broker::test_broker_is_killed_with_messages_on_it",
            "test_broker::test_broker_has_no_memory_left",
        ),
        "three queued messages",
    ),
    16: FailureMode(
        "a worker no longer hears the broker, although it is up",
        "it notices messages that its idle children do not get, and starts itself again",
        (
            "test_broker::test_worker_is_deaf_on_a_line_that_fell_silent",
            "test_broker::test_broker_is_frozen_for_a_while",
            "test_broker::test_broker_blips_twenty_times_while_rows_flow",
        ),
        "a worker that ends by itself is started again by the suite, in its supervisor's place",
    ),
    17: FailureMode(
        "the login fails when a child starts",
        "no task touches the site without a session; the row is given back with its attempt",
        ("test_site::test_login_fails_and_costs_no_row_an_attempt",),
    ),
    18: FailureMode(
        "a login is slower than Celery waits for a new child",
        "Celery waits longer than a login may take",
        (
            "test_site::test_login_is_slower_than_celery_waits_for_a_child",
            "test_broker::test_nothing_interrupts_playwright_and_no_login_is_taken_for_a_dead_child",
        ),
    ),
    19: FailureMode(
        "a password is refused",
        "the account rests, for every worker and across restarts; after three refusals only a person brings it back",
        ("test_site::test_passwords_that_are_refused_are_not_tried_again",),
        "ten restarts: tests/acceptance/test_site_trouble.py",
    ),
    20: FailureMode(
        "a session ends in the middle of a job",
        "only a positive mark proves a login; the session logs in again, and a person decides about a second purchase",
        ("test_site::test_session_expires_at_each_step",),
    ),
    21: FailureMode(
        "one account has two processes, and the site throws the first one out",
        "one living lease per account; a process that lost it does not log in again",
        ("test_pauses::test_idle_process_that_slept_does_not_fight_for_its_account",),
    ),
    22: FailureMode(
        "browser or driver dies while idle",
        "the row's own attempt asks the browser first and replaces one that died: this costs a login, and no attempt",
        ("test_pauses::test_browser_and_driver_are_killed_while_idle",),
    ),
    23: FailureMode(
        "browser, driver or child stands still in the middle of a job",
        "every job has a hard bound, after which its process is ended",
        ("test_pauses::test_browser_driver_and_child_stand_still_in_the_middle_of_a_job",),
    ),
    24: FailureMode(
        "a soft time limit interrupts Playwright and spoils the session",
        "there is no soft limit",
        ("test_broker::test_nothing_interrupts_playwright_and_no_login_is_taken_for_a_dead_child",),
        "there is no soft limit: the scenario asks the running worker",
    ),
    25: FailureMode(
        "memory and disk grow over days",
        "browsers are recycled, old files are swept, and with too little disk nothing is claimed",
        (
            "test_storage::test_workers_that_could_not_keep_a_document_claim_nothing",
            "test_the_end::test_nothing_is_left_after_the_drain",
        ),
        "contexts are recycled every six jobs throughout; thousands of jobs take hours: `make soak MINUTES=300`",
    ),
    26: FailureMode(
        "a browser outlives its owner, perhaps logged in",
        "housekeeping ends browsers without an owner",
        ("test_pauses::test_orphans_of_a_frozen_driver_are_ended",),
    ),
    27: FailureMode(
        "what came is not the document: a web page, half a file, nothing, another document",
        "it is refused, kept as evidence, and not bought again without a person",
        ("test_site::test_rubbish_is_bought_once_and_kept_as_evidence",),
    ),
    28: FailureMode(
        "accents and odd names in what becomes the object's name",
        "the object's name is ASCII by construction",
        ("test_storage::test_names_that_no_key_may_hold",),
    ),
    29: FailureMode(
        "the site is down",
        "the source's breaker opens: few rows ask, none uses up an attempt",
        ("test_site::test_site_is_down_and_two_hundred_rows_wait",),
        "down for some seconds, with a breaker of half a second",
    ),
    30: FailureMode(
        "one row kills every process that takes it",
        "at `MAX_KILLS` it is held; the others go on",
        (
            "test_kills::test_row_that_kills_every_process_is_quarantined",
            "test_guards::test_row_that_takes_processes_with_it",
        ),
    ),
    31: FailureMode(
        "SIGTERM, with little time until SIGKILL",
        "rows before their click go back with their attempt, the others finish, accounts are free",
        ("test_commands::test_worker_is_asked_to_stop_at_every_step",),
        "twenty restarts under load: `python -m tests.chaos.rolling`",
    ),
    32: FailureMode(
        "the clock of a worker or a bridge is wrong",
        "only the database's clock decides about leases",
        ("test_database::test_clocks_of_a_worker_and_a_bridge_are_an_hour_off",),
        "without libfaketime: sitecustomize moves Python's clock of one worker and one bridge",
    ),
    33: FailureMode(
        "the storage key is wrong or revoked, the bucket too small, the disk full",
        "nothing is claimed before storage is proven; what is bought waits in the spool",
        (
            "test_storage::test_workers_that_could_not_keep_a_document_claim_nothing",
            "test_storage::test_key_is_revoked_and_the_bucket_too_small_in_the_middle_of_a_run",
        ),
    ),
    34: FailureMode(
        "Flower dies, or is open to strangers",
        "nothing depends on it; it refuses strangers",
        ("test_commands::test_monitor_is_closed_to_strangers_and_no_part_needs_it",),
    ),
    35: FailureMode(
        "several bridges run, one of them cut off",
        "rows are locked in Postgres; each document is bought once",
        (
            "test_database::test_three_bridges_of_which_one_is_parted_send_equal_rows_once",
            "test_database::test_bridge_is_parted_while_it_holds_rows_locked",
        ),
    ),
    36: FailureMode(
        "the browser repeats a POST by itself, when a warm line closes before a byte of the answer",
        "a click that may be charged reaches the wire once, and its charge is in the ledger",
        (
            "test_after_the_click::test_line_is_cut_after_the_charge",
            "test_after_the_click::test_line_is_cut_at_a_step_that_costs_nothing",
        ),
        "on warm and cold lines, at once and after 3 s; `tests/pages/test_single_post.py` counts the POSTs",
    ),
    37: FailureMode(
        "after the click comes a page of unknown shape: blank, foreign frames, an interstitial, an error page",
        "no page is proof of failure before the document's bound; it is looked at again, and loaded again by GET",
        ("test_after_the_click::test_waiting_pages_of_unknown_shape_are_waited_out",),
        "`tests/pages/test_after_the_click.py` plays all thirteen shapes",
    ),
    38: FailureMode(
        "the save link fails for a while, a transfer is cut or stalls, Content-Length or status are wrong",
        "the link costs nothing: the file is fetched again, another way, until it is whole or the bound passes",
        ("test_after_the_click::test_file_that_fails_for_a_while_is_fetched_until_it_is_whole",),
        "`tests/pages/test_after_the_click.py` plays each fault",
    ),
    39: FailureMode(
        "the file is odd: bytes before `%PDF-` or behind `%%EOF`, encryption, a damaged structure",
        "what a reader opens is stored as it came, and flagged; the rest is held with its bytes; it is paid once",
        (
            "test_after_the_click::test_odd_files_are_stored_as_they_came_and_flagged",
            "test_site::test_rubbish_is_bought_once_and_kept_as_evidence",
        ),
        "`tests/unit/documents/test_judge.py` has one file of each kind",
    ),
    40: FailureMode(
        "a process dies while it judges what it bought",
        "the bytes are in the spool before anything reads them: the next attempt judges them again and buys nothing",
        ("test_kills::test_child_that_dies_while_it_judges",),
        "a sound file, one that takes long to read, and half a file",
    ),
    41: FailureMode(
        "one attempt makes several clicks, and a later page or reading takes back the mark of an earlier one",
        "each click has a row of its own in the ledger, which only the page that answers it can free",
        ("test_after_the_click::test_document_of_a_dead_session_is_found_where_its_click_led_to",),
        "`tests/integration/postgres` and `tests/integration/worker/test_clicks.py` have the cases",
    ),
    42: FailureMode(
        "the site charges and delivers nothing, row after row",
        "after `PAID_WITHOUT_DOCUMENT_LIMIT` consultations in a row the source is paused for a person",
        ("test_after_the_click::test_site_that_charges_and_delivers_nothing_is_stopped",),
        "beyond the limit at most one consultation for each further session that was in its paid wait",
    ),
    43: FailureMode(
        "a person edits a row while it waits, runs, lies on a spool, or is finished",
        "it gets the document that it asks for now; what was bought before is stored under a name of its own",
        ("test_people::test_row_is_edited_at_every_step",),
        "`tests/integration/worker/test_edited_rows.py` edits each of the six columns in each state",
    ),
    44: FailureMode(
        "a person sets a running row to `En attente`",
        "a row stays with the worker that holds it; it is bought once",
        ("test_people::test_running_row_is_set_to_waiting",),
    ),
    45: FailureMode(
        "one odd row fails at the site each time",
        "the breaker's next probe is another row; a row that fails while others succeed is held",
        ("test_people::test_odd_row_blocks_no_other_row",),
        "the site says that it is closed to this lot alone, and seven good rows wait behind it",
    ),
    46: FailureMode(
        "messages too many arrive for a row whose document lies on a spool",
        "only the spool that lacks the document forgets the row; it is bought once",
        ("test_people::test_message_too_many_unbinds_no_document_from_its_spool",),
        "two workers with a spool each",
    ),
    47: FailureMode(
        "a person's open transaction locks a running row for longer than a lease",
        "its process shows apart from the row that it lives, so neither account nor row is lost",
        ("test_people::test_open_transaction_locks_a_running_row_for_longer_than_a_lease",),
    ),
    48: FailureMode(
        "a person changes the account of a paid wait: inserted twice, disabled and enabled, deleted and inserted",
        "a user code is one session until that session ends; the next login posts the password of the table",
        (
            "test_people::test_account_is_changed_in_a_paid_wait",
            "test_people::test_password_is_changed_between_two_logins",
        ),
        "`tests/integration/worker/test_passwords.py` and `test_lost_accounts.py` have the other cases",
    ),
    49: FailureMode(
        "Postgres is away for longer than a lease, and the bridge is back first",
        "the bridge rescues nothing before living workers had time for a beat",
        ("test_people::test_postgres_is_away_for_longer_than_a_lease_before_the_click",),
    ),
    50: FailureMode(
        "at the click, less is left of the attempt than the document may take",
        "no click is made that cannot be waited out; the row goes again with its whole time",
        ("test_people::test_no_click_is_made_that_cannot_be_waited_out",),
    ),
}


def rendered() -> str:
    """The table as `README.md` shows it."""
    lines = ["| # | failure | promise | played by |", "|---|---|---|---|"]
    for number, mode in TABLE.items():
        played = ", ".join(f"`{scenario}`" for scenario in mode.scenarios)
        remark = f" ({mode.remark})" if mode.remark else ""
        lines.append(f"| {number} | {mode.failure} | {mode.promise} | {played}{remark} |")
    return "\n".join(lines) + "\n"


def numbers_of(item: pytest.Function) -> str:
    """The failure modes that a test plays: `3,30`."""
    name = f"{item.path.stem}::{item.originalname}"
    return ",".join(str(number) for number, mode in TABLE.items() if name in mode.scenarios)


if __name__ == "__main__":
    sys.stdout.write(rendered())
