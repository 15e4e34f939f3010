"""`extractor spend` of a period: by account and source, and each consultation as CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable

import psycopg
import pytest
from typer.testing import Result

from extractor import reports
from extractor.postgres.database import Database
from extractor.reports.csv_lines import MARK
from extractor.reports.report import account_of
from tests.support.rows import insert_account, insert_job, record_clicks

Extractor = Callable[..., Result]
# The last moment of 31 October in Québec, the first of November, and the first of December.
MOMENTS = ("2025-11-01T03:59:59Z", "2025-11-01T04:00:00Z", "2025-12-01T05:00:00Z")


@pytest.fixture
def job_id(sql: psycopg.Connection) -> str:
    """A row with a consultation at each moment, the last of which brought its document."""
    job_id, account = insert_job(sql, reference="Dossier 118"), insert_account(sql)
    for moment in MOMENTS:
        sql.execute(
            "INSERT INTO extraction_attempts (job_id, document_source, worker_id, account_id, consultation_at,"
            " document_saved_at) VALUES (%s, 'index', 'w', %s, %s, %s)",
            [job_id, account, moment, moment if moment == MOMENTS[-1] else None],
        )
    record_clicks(sql)
    return job_id


def lines(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(result.stdout.removeprefix(MARK)), delimiter=";"))


def test_period_has_the_days_of_quebec_wherever_the_machine_is(extractor: Extractor, job_id: str) -> None:
    november = ("--since", "2025-11-01", "--until", "2025-11-30")

    text = extractor("spend", *november).stdout
    period = json.loads(extractor("spend", *november, "--json").stdout)
    (line,) = lines(extractor("spend", *november, "--csv"))

    assert re.search(r"99•••01 +1 +1,50 \$", text)
    assert re.search(r"index +1 +1,50 \$", text)
    assert re.search(r"total +1 +1,50 \$", text)
    assert [one["job_id"] for one in period["consultations"]] == [job_id]
    assert period["total"]["cost"] == {"consultations": 1, "dollars": "1.50"}
    assert line == {
        "consultation_at": line["consultation_at"], "job_id": job_id, "document_source": "index",
        "document_number": "2 784 195", "reference": "Dossier 118", "account": "99•••01",
        "attempt_id": line["attempt_id"],
        "consultation": "1", "what_came": "perhaps paid, no document", "dollars": "1,50",
    }  # fmt: skip
    assert re.fullmatch(r"2025-1[01]-\d\d \d\d:00:00[+-]\d\d:\d\d", line["consultation_at"])


@pytest.mark.usefixtures("job_id")
def test_either_end_may_be_open_and_csv_alone_is_everything(extractor: Extractor) -> None:
    counted = {
        options: len(lines(extractor("spend", "--csv", *options)))
        for options in (
            (),
            ("--since", "2025-11-01"),
            ("--until", "2025-10-31"),
            ("--since", "2025-11-01T04:00:00+00:00", "--until", "2025-12-01T05:00:00Z"),
            ("--since", "1h"),
        )
    }

    assert [*counted.values()] == [3, 2, 1, 1, 0]
    assert "paid, document on the worker's disk" in extractor("spend", "--csv").stdout
    extractor("spend", "--since", "soon", code=2)
    extractor("spend", "--csv", "--json", code=2)


def test_a_period_without_ends_is_what_was_ever_spent(database: Database, sql: psycopg.Connection, job_id: str) -> None:
    other = insert_account(sql, "99X0002")
    sql.execute("UPDATE extraction_clicks SET account_id = %s WHERE clicked_at = %s", [other, MOMENTS[0]])
    deleted = [str(account) for (account,) in sql.execute("DELETE FROM worker_accounts RETURNING id")]
    sql.execute("DELETE FROM extraction_queue WHERE id = %s", [job_id])

    period = reports.spending_between(database, None, None)
    spending = reports.spending(database)

    assert period.total.cost == spending.total.ever
    by_account = {one.name: one.cost.consultations for one in period.by_account}
    assert by_account == {one.name: one.ever.consultations for one in spending.by_account}
    assert by_account.keys() == {f"(deleted {account[:8]})" for account in deleted}
    assert sorted(by_account.values()) == [1, 2]


@pytest.mark.parametrize(
    ("account_id", "shown"),
    [
        ("1f3870be-2741-4f6e-8b61-29bdbd3cd123", "(deleted 1f3870be)"),
        (12, "(deleted 12)"),
        ("99X0001", "(deleted)"),
        (None, None),
    ],
)
def test_deleted_account_is_told_from_another_without_its_user_code(account_id: object, shown: str | None) -> None:
    assert account_of({"username": None, "account_id": account_id}) == shown


@pytest.mark.parametrize("output", [(), ("--csv",), ("--json",)])
@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-11-30", "2026-11-01"), ("2026-11-03T14:00", "2026-11-03T14:00"), ("3d", "2000-01-01"), ("1h", "2h")],
)
def test_period_that_ends_before_it_begins_is_bad_usage(
    extractor: Extractor, since: str, until: str, output: tuple[str, ...]
) -> None:
    refused = extractor("spend", "--since", since, "--until", until, *output, code=2)

    assert refused.stdout == ""
    assert "--until must be later than --since." in refused.stderr
