"""The rules of 0002_rules.sql: each function, who uses it, and that the planner inlines it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from extractor.matching.numbers import BLANKS
from extractor.postgres.sql import load_queries
from tests.support.locales import in_each_locale
from tests.support.rows import column, insert_account, insert_job, lease_account

ROOT = Path(__file__).parents[3]
STATEMENTS = sorted((ROOT / "extractor/postgres/sql").glob("*.sql"))
RULES = (ROOT / "migrations/0002_rules.sql").read_text()
ADOPTED_ROWS = (ROOT / "migrations/0004_adopted_rows.sql").read_text()


def value(sql: psycopg.Connection, expression: str, *parameters: object) -> object:
    row = sql.execute(f"SELECT {expression}", parameters).fetchone()
    assert row is not None
    return row[0]


@in_each_locale
class TestRequestKey:
    def test_blanks_are_the_same_in_a_file_and_in_the_table(self, sql: psycopg.Connection) -> None:
        assert sorted(str(value(sql, "extraction_queue_blanks()"))) == sorted(BLANKS)
        assert value(sql, "extraction_queue_normalized(%s)", f"{BLANKS}2784{BLANKS}") == "2784"

    def test_case_and_blanks_make_no_other_request(self, sql: psycopg.Connection) -> None:
        insert_job(sql)
        insert_job(sql, document_number="2\u00a0784\u202f195")
        insert_job(sql, document_number="\u200b2784195\ufeff")
        insert_job(sql, cadastre="CADASTRE DU QUÉBEC")
        insert_job(sql, circonscription_fonciere="\u00a0montréal\t")
        insert_job(sql, designation_secondaire=" ")

        assert value(sql, "array_agg(DISTINCT request_key) FROM extraction_queue") == [
            "index|2784195|montréal|cadastre du québec||"
        ]

    def test_another_word_does(self, sql: psycopg.Connection) -> None:
        insert_job(sql)
        insert_job(sql, document_number="2 784 196")
        insert_job(sql, cadastre="Cadastre du Quebec")
        insert_job(sql, designation_secondaire="A")
        insert_job(sql, acte_type="A")
        insert_job(sql, circonscription_fonciere=None)
        insert_job(sql, document_source="plan_cadastraux")

        assert value(sql, "count(DISTINCT request_key) FROM extraction_queue") == 7


def test_step_writes_only_the_keys_that_differ(sql: psycopg.Connection) -> None:
    same, other = insert_job(sql), insert_job(sql, status="Complété")
    sql.execute("ALTER TABLE extraction_queue DISABLE TRIGGER USER")
    sql.execute("UPDATE extraction_queue SET updated_at = '2020-01-01'")
    sql.execute("UPDATE extraction_queue SET request_key = 'as before' WHERE id = %s", [other])
    sql.execute("ALTER TABLE extraction_queue ENABLE TRIGGER USER")
    sql.execute("LISTEN extraction_queue")

    sql.execute(ADOPTED_ROWS)

    assert column(sql, other, "request_key") == column(sql, same, "request_key")
    assert value(sql, "array_agg(id::text) FROM extraction_queue WHERE updated_at = '2020-01-01'") == [same]
    assert list(sql.notifies(timeout=0.2)) == []  # it makes no row wait to be sent


RESTS: dict[str, object] = {"resting_until": "2999-01-01"}
SEALED: dict[str, object] = {"password": "sealed:v1:other:x"}
CONDITIONS: tuple[tuple[dict[str, object], str], ...] = (
    ({}, "usable"),
    ({"failure_count": None}, "usable"),
    ({"failure_count": 2}, "usable"),
    ({"resting_until": "2020-01-01"}, "usable"),
    ({"password": "sealed:v1:mine:x"}, "usable"),
    (SEALED, "sealed"),
    ({"password": "sealed:v2:mine:x"}, "sealed"),
    (RESTS | SEALED, "resting"),
    ({"failure_count": 3} | RESTS, "failing"),
    ({"is_active": False, "failure_count": 3} | SEALED, "disabled"),
    ({"is_active": None}, "disabled"),
)


class TestCondition:
    def test_each_account_is_in_one(self, sql: psycopg.Connection) -> None:
        expected = {insert_account(sql, f"99X{n:04}", **columns): name for n, (columns, name) in enumerate(CONDITIONS)}

        found = sql.execute("SELECT id::text, worker_accounts_condition(a, '{sealed:v1:mine:}') FROM worker_accounts a")

        assert dict(found.fetchall()) == expected

    @pytest.mark.parametrize(
        ("columns", "until", "condition"),
        [
            ({}, "2999-01-01", "leased"),
            ({}, "2020-01-01", "usable"),
            (SEALED, "2999-01-01", "leased"),  # sealed by a worker that has the key
            (RESTS, "2999-01-01", "resting"),
        ],
    )
    def test_lease_is_the_user_codes(
        self, columns: dict[str, object], until: str, condition: str, sql: psycopg.Connection
    ) -> None:
        insert_account(sql, "99X0001", **columns)
        insert_account(sql, "\u00a099x0001 ", **columns)  # the same code, as a person may write it
        lease_account(sql, "99X0001", until=until)

        found = sql.execute("SELECT worker_accounts_condition(a, '{}') FROM worker_accounts a")

        assert found.fetchall() == [(condition,)] * 2

    def test_caller_without_keys_opens_no_seal(self, sql: psycopg.Connection) -> None:
        insert_account(sql, password="sealed:v1:mine:x")

        without: tuple[list[str] | None, ...] = ([], None)
        for keys in without:
            assert value(sql, "worker_accounts_condition(a, %s) FROM worker_accounts a", keys) == "sealed"

    def test_comment_of_the_column_tells_the_limit(self, sql: psycopg.Connection) -> None:
        comment = value(sql, "col_description('worker_accounts'::regclass, attnum) FROM pg_attribute"
                             " WHERE attrelid = 'worker_accounts'::regclass AND attname = 'failure_count'")  # fmt: skip

        assert f"at {value(sql, 'worker_accounts_max_failures()')} the account is no longer leased" in str(comment)


def test_process_is_silent_after_six_beats(sql: psycopg.Connection) -> None:
    states: dict[tuple[str, int | None], str] = {
        ("idle", 0): "idle",
        ("idle", 59): "idle",
        ("idle", 60): "silent",
        ("listening", 3600): "silent",
        ("offline", 3600): "offline",
        ("busy", None): "silent",
    }

    for (said, seconds_ago), state in states.items():
        assert value(sql, "process_state(%s, now() - make_interval(secs => %s), 10)", said, seconds_ago) == state


def test_row_without_max_attempts_has_three(sql: psycopg.Connection) -> None:
    assert value(sql, "extraction_queue_max_attempts(NULL)") == value(sql, "extraction_queue_max_attempts(3)") == 3
    assert value(sql, "extraction_queue_max_attempts(7)") == 7


def test_days_are_quebecs_whatever_the_session_thinks(sql: psycopg.Connection) -> None:
    # A day in winter, the day of 23 hours, the day of 25 hours, and the last evening of a month
    days = {
        "2026-01-15 12:00-05": ("2026-01-15 00:00-05", "2026-01-16 00:00-05", "2026-01-01 00:00-05"),
        "2026-03-08 12:00-04": ("2026-03-08 00:00-05", "2026-03-09 00:00-04", "2026-03-01 00:00-05"),
        "2026-11-01 12:00-05": ("2026-11-01 00:00-04", "2026-11-02 00:00-05", "2026-11-01 00:00-04"),
        "2026-07-31 23:59-04": ("2026-07-31 00:00-04", "2026-08-01 00:00-04", "2026-07-01 00:00-04"),
    }

    for time_zone in ("UTC", "America/Toronto", "Asia/Tokyo"):
        sql.execute("SELECT set_config('timezone', %s, false)", [time_zone])
        for moment, expected in days.items():
            found = sql.execute(
                "SELECT registry_today(m), registry_tomorrow(m), registry_this_month(m)"
                " FROM (SELECT %s::timestamptz AS m)",
                [moment],
            ).fetchone()
            assert found == tuple(datetime.fromisoformat(f"{text}:00") for text in expected)


FORBIDDEN = {
    "the registry's day": r"America/Toronto|date_trunc",
    "an account's condition": r"failure_count[^=]*?[<>]|resting_until\s*(?:[<>]|IS NULL)|sealed:|max_failures\)s",
    "a silent process": r"silent_seconds\)s|last_heartbeat\s*[<>]=?\s*now\(\) - make_interval",
    "the request key": r"concat_ws|\\s|\[\[:space:\]\]|regexp_replace",
    "the default of max_attempts": r"coalesce\([a-z.]*max_attempts",
}
# One shows when a rest ends, even if the account cannot be used for another reason. One reads policies. The others look
# for a part of what a person reads in a row.
EXEMPT = {
    ("reports.sql", "accounts"),
    ("doctor.sql", "openings"),
    ("reports.sql", "list_rows"),
    ("reports.sql", "count_rows"),
}


class TestOneDefinition:
    @pytest.mark.parametrize("rule", FORBIDDEN)
    def test_no_statement_repeats_a_rule(self, rule: str) -> None:
        repeated = [
            f"{path.name}: {name}"
            for path in STATEMENTS
            for name, text in load_queries(path.name).items()
            if (path.name, name) not in EXEMPT and re.search(FORBIDDEN[rule], text)
        ]

        assert repeated == []

    @pytest.mark.parametrize("rule", FORBIDDEN)
    def test_what_is_looked_for_is_how_the_rule_is_written(self, rule: str) -> None:
        """Each pattern finds the old statements, so it would find them if they came back."""
        before = {
            "the registry's day": "consultation_at >= date_trunc('day', now(), 'America/Toronto')",
            "an account's condition": "coalesce(failure_count, 0) < 3",
            "a silent process": "w.last_heartbeat <= now() - make_interval(secs => 60)",
            "the request key": "lower(concat_ws('|', document_source))",
            "the default of max_attempts": "coalesce(q.max_attempts, 3)",
        }

        assert re.search(FORBIDDEN[rule], before[rule])


# Called, not inlined: 0002_rules.sql says why.
READ_A_TABLE = {
    "registry_consultations_today",
    "extraction_queue_consultations",
    "registry_sessions_is_wanted",
    "worker_accounts_condition",
    "worker_accounts_holder",
}


@pytest.mark.parametrize("path", STATEMENTS, ids=lambda path: path.name)
def test_statements_name_the_schema(path: Path, sql: psycopg.Connection) -> None:
    """A role may have another schema first on its search path, with a table of the same name."""
    names = sql.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
        " UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    ).fetchall()
    named = "|".join(name for (name,) in names)
    code = "\n".join(line.partition("--")[0] for line in path.read_text().splitlines())

    assert (
        re.findall(rf"(?:\b(?:FROM|JOIN|INTO|UPDATE|USING)\s+|, )(?:{named})\b(?! *=)|(?<![\w.'])(?:{named})\(", code)
        == []
    )


def test_planner_sees_through_every_call_and_uses_the_indexes(sql: psycopg.Connection) -> None:
    """A function that the planner cannot inline would hide an index from a statement that runs all day."""
    sql.execute(
        "INSERT INTO extraction_queue (document_source, document_number, cadastre, status)"
        " SELECT 'index', n::text, 'Cadastre du Québec', 'Complété' FROM generate_series(1, 5000) AS n"
    )
    sql.execute(
        "INSERT INTO extraction_attempts (job_id, document_source, worker_id, consultation_at)"
        " SELECT id, 'index', 'w', now() - document_number::integer * interval '1 h' FROM extraction_queue"
    )
    sql.execute(
        "INSERT INTO extraction_clicks (attempt_id, job_id, document_source, consultation, kind, document_saved_at)"
        " SELECT id, job_id, 'index', 1, 'form', now() FROM extraction_attempts"
    )
    insert_job(sql)
    sql.execute("ANALYZE")
    indexes = {
        ("dispatcher.sql", "dispatch"): {"extraction_queue_ready"},
        ("jobs.sql", "record_consultation"): {"extraction_clicks_of_attempt"},  # and what the next test looks at
        ("jobs.sql", "clear_consultation"): {"extraction_clicks_of_attempt"},
        ("jobs.sql", "record_document"): {"extraction_clicks_of_job"},
        ("money_stop.sql", "stop_in_vain"): {"extraction_clicks_with_document", "extraction_clicks_in_vain"},
        ("reports.sql", "clicks"): {"extraction_clicks_of_job"},
    }  # fmt: skip
    functions = set(re.findall(r"CREATE OR REPLACE FUNCTION (\w+)", RULES)) - READ_A_TABLE

    for (file, name), used in indexes.items():
        text = plan(sql, file, name)
        assert [function for function in functions if f"{function}(" in text] == []
        assert {index for index in used if index not in text} == set(), text


@pytest.mark.parametrize(
    ("function", "index"),
    [
        ("registry_consultations_today()", "extraction_clicks_charged"),
        ("extraction_queue_consultations(uuid)", "extraction_clicks_of_job"),
    ],
)
def test_what_several_statements_count_is_found_by_an_index(function: str, index: str, sql: psycopg.Connection) -> None:
    """The planner does not look through these: each is a subquery, which it plans apart."""
    sql.execute(
        "INSERT INTO extraction_clicks (attempt_id, job_id, document_source, consultation, kind, clicked_at)"
        " SELECT n, gen_random_uuid(), 'index', 1, 'form', now() - n * interval '1 h'"
        " FROM generate_series(1, 5000) AS n"
    )
    sql.execute("ANALYZE")
    body = value(sql, "pg_get_function_sqlbody(%s::regprocedure)", function)

    parameter = rf"{function.partition('(')[0]}\.\w+"
    statement = re.sub(parameter, f"'{uuid4()}'", str(body).replace("RETURN", "SELECT", 1))

    assert index in "\n".join(row[0] for row in sql.execute(f"EXPLAIN {statement}"))


def plan(sql: psycopg.Connection, file: str, name: str) -> str:
    parameters = {
        "source": "index", "sources": ["index"], "queued": [0], "window": 20, "limit": 20, "request_key": "index|1||||",
        "redispatch_seconds": 60, "daily_consultation_limit": 5,
        "job_id": str(uuid4()), "attempt_id": 1, "max_consultations_per_job": 2,
        "holder": "w", "lease_seconds": 30, "openable": ["sealed:v1:mine:"],
        "worker_beat_seconds": 10, "bridge_beat_seconds": 10,
        "kind": "form", "document_seconds": 300, "why_free": "x", "sha256": "x", "spool_id": uuid4(),
        "spool_hold_seconds": 60,
    }  # fmt: skip
    rows = psycopg.ClientCursor(sql).execute(f"EXPLAIN (VERBOSE) {load_queries(file)[name]}", parameters)
    return "\n".join(row[0] for row in rows)
