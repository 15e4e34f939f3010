"""What a person does, over a real database: each operation's effect on the tables, and its refusals."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row
from pydantic import SecretStr, ValidationError

from extractor import operations
from extractor.models import Job, RowId, Source
from extractor.operations import InvalidFile, InvalidRow, NotPossible, Selection, Unknown
from extractor.postgres.database import Database
from extractor.postgres.dispatcher import Dispatcher
from extractor.postgres.sealing import Keyring
from tests.support.jobs import take
from tests.support.locales import in_each_locale
from tests.support.rows import column, insert_account, insert_job, lease_account, record_clicks, statuses

Claim = Callable[..., Job]

HEADER = "document_source,document_number,circonscription_fonciere,cadastre,acte_type,priority\n"


def whole_row(sql: psycopg.Connection, job_id: RowId) -> dict[str, object]:
    row = sql.cursor(row_factory=dict_row).execute("SELECT * FROM extraction_queue WHERE id = %s", [job_id]).fetchone()
    assert row is not None
    return row


def stop(sql: psycopg.Connection, *, consultations: int = 0, **columns: object) -> RowId:
    """A row at Erreur, with this many consultations."""
    job_id = insert_job(sql, status="Erreur", **{"error_code": "document_timeout", **columns})
    sql.execute("UPDATE extraction_queue SET completed_at = now() WHERE id = %s", [job_id])
    for _ in range(consultations):
        sql.execute(
            "INSERT INTO extraction_attempts (job_id, document_source, worker_id, consultation_at, outcome)"
            " VALUES (%s, 'index', 'worker-1', now(), 'hold')",
            [job_id],
        )
        record_clicks(sql)
    return job_id


def csv_file(text: str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(text.encode(encoding))


class TestAdd:
    def test_inserts_a_row_that_waits(self, sql: psycopg.Connection, database: Database) -> None:
        row = operations.NewRow(
            document_source="acte",
            document_number="25 616 321",
            acte_type="Acte",
            designation_secondaire="A",
            priority=3,
        )

        job_id = operations.add(database, row)

        stored = whole_row(sql, job_id)
        assert {name: stored[name] for name in row.model_dump()} == row.model_dump()
        assert (stored["status"], stored["document_number_normalized"]) == ("En attente", "25616321")

    def test_refuses_in_the_words_of_the_database(self, sql: psycopg.Connection, database: Database) -> None:
        refused = {
            "document_source is 'vente': it must be acte, index or plan_cadastraux.": {"document_source": "vente"},
            "document_number is missing: give the lot or the inscription number.": {"document_number": "\u00a0"},
            "cadastre is missing: index needs one, for example Cadastre du Québec.": {},
            "PostgreSQL text fields cannot contain NUL (0x00) bytes.": {"cadastre": "a\0b"},
        }

        for sentence, columns in refused.items():
            row = operations.NewRow.model_validate({"document_source": "index", "document_number": "1", **columns})
            with pytest.raises(InvalidRow, match=re.escape(sentence)):
                operations.add(database, row)

        assert statuses(sql) == {}


class TestCancel:
    def test_waiting_row_stops_at_once_and_no_worker_can_claim_it(
        self, sql: psycopg.Connection, database: Database
    ) -> None:
        job_id = insert_job(sql, dispatched_at="2026-01-01")

        cancelled = operations.cancel(database, job_id, by="marie")

        assert cancelled.at_once
        row = whole_row(sql, job_id)
        assert (row["status"], row["error_code"]) == ("Erreur", "cancelled")
        assert row["error_message"] == "Cancelled by marie before its consultation."
        assert row["completed_at"] is not None
        assert row["cancel_requested_at"] is not None

    def test_running_row_keeps_its_worker_and_the_answer_says_what_will_happen(
        self, sql: psycopg.Connection, database: Database, claim: Claim
    ) -> None:
        job = claim()

        before = operations.cancel(database, job.id, by="marie")
        sql.execute("UPDATE extraction_attempts SET consultation_at = now()")
        record_clicks(sql)
        after = operations.cancel(database, job.id, by="marie")

        assert (before.at_once, before.is_paid, before.worker_id) == (False, False, "worker-1")
        assert (after.at_once, after.is_paid) == (False, True)
        assert column(sql, job.id, "status") == "En traitement"
        assert column(sql, job.id, "cancel_requested_at") is not None

    def test_document_that_is_bought_is_not_cancelled(self, sql: psycopg.Connection, database: Database) -> None:
        job_id = insert_job(sql, spooled_on=uuid4(), spooled_until="2999-01-01")

        with pytest.raises(NotPossible, match="is bought already and lies on a spool: it will be stored"):
            operations.cancel(database, job_id, by="marie")

        assert column(sql, job_id, "status") == "En attente"
        assert column(sql, job_id, "cancel_requested_at") is None

    def test_finished_and_missing_rows_say_so(self, sql: psycopg.Connection, database: Database) -> None:
        done = insert_job(sql, status="Complété", supabase_path="index/a.pdf")
        failed = stop(sql)

        with pytest.raises(NotPossible, match=r"is Complété: its document is at index/a.pdf"):
            operations.cancel(database, done, by="marie")
        with pytest.raises(NotPossible, match=r"is at Erreur already \(document_timeout\)"):
            operations.cancel(database, failed, by="marie")
        with pytest.raises(Unknown, match="There is no row"):
            operations.cancel(database, str(uuid4()), by="marie")


class TestRetry:
    def test_plan_changes_nothing_and_the_retry_clears_the_past_run(
        self, sql: psycopg.Connection, database: Database
    ) -> None:
        job_id = stop(sql, consultations=1, attemtps=3)
        before = whole_row(sql, job_id)
        one = Selection(job_id=job_id)

        plan = operations.plan_retry(database, one, max_consultations_per_job=2)
        unchanged = whole_row(sql, job_id)
        done = operations.retry(database, one, max_consultations_per_job=2)

        assert unchanged == before
        assert plan == done
        assert [row.id for row in done.rows] == [job_id]
        row = whole_row(sql, job_id)
        assert (row["status"], row["attemtps"], row["error_code"]) == ("En attente", 0, None)
        assert row["max_consultations"] is None

    def test_row_at_its_limit_stays_unless_one_more_is_allowed(
        self, sql: psycopg.Connection, database: Database
    ) -> None:
        spent, fresh = stop(sql, consultations=2), stop(sql)
        every = Selection(error_code="document_timeout")

        first = operations.retry(database, every, max_consultations_per_job=2)
        second = operations.retry(database, every, max_consultations_per_job=2, allow_one_more=True)

        assert ([row.id for row in first.rows], [row.id for row in first.at_limit]) == ([fresh], [spent])
        assert (first.at_limit[0].consultations, first.at_limit[0].allowed) == (2, 2)
        assert [row.id for row in second.rows] == [spent]
        assert str(second.cost) == "1.50"
        assert (column(sql, spent, "status"), column(sql, spent, "max_consultations")) == ("En attente", 3)

    def test_bought_document_is_sent_again_whatever_the_limit(
        self, sql: psycopg.Connection, database: Database
    ) -> None:
        job_id = stop(sql, consultations=2, spooled_on=uuid4(), spooled_until="2999-01-01")

        done = operations.retry(database, Selection(job_id=job_id), max_consultations_per_job=2)

        assert [row.id for row in done.rows] == [job_id]
        assert not done.raised
        assert done.cost == 0

    def test_filters_narrow_each_other(self, sql: psycopg.Connection, database: Database) -> None:
        wanted = stop(sql)
        stop(sql, error_code="storage")
        stop(sql, document_source="plan_cadastraux")
        old = stop(sql)
        sql.execute("UPDATE extraction_queue SET completed_at = now() - interval '3 h' WHERE id = %s", [old])
        insert_job(sql, error_code="document_timeout")
        selection = Selection(error_code="document_timeout", source=Source.INDEX, within=timedelta(hours=2))

        done = operations.retry(database, selection, max_consultations_per_job=2)

        assert [row.id for row in done.rows] == [wanted]
        assert statuses(sql) == {"En attente": 2, "Erreur": 3}

    def test_what_a_person_cancelled_is_meant_only_by_name(self, sql: psycopg.Connection, database: Database) -> None:
        job_id = insert_job(sql)
        operations.cancel(database, job_id, by="marie")

        by_source = operations.plan_retry(database, Selection(source=Source.INDEX), max_consultations_per_job=2)
        by_code = operations.plan_retry(database, Selection(error_code="cancelled"), max_consultations_per_job=2)
        operations.retry(database, Selection(job_id=job_id), max_consultations_per_job=2)

        assert by_source.rows == ()
        assert [row.id for row in by_code.rows] == [job_id]
        assert column(sql, job_id, "status") == "En attente"

    def test_row_that_lacks_a_field_stays_and_stops_no_other(self, sql: psycopg.Connection, database: Database) -> None:
        lacking, whole = stop(sql, cadastre=None), stop(sql)

        done = operations.retry(database, Selection(source=Source.INDEX), max_consultations_per_job=2)

        assert [row.id for row in done.rows] == [whole]
        assert [(row.id, row.problem) for row in done.unaskable] == [
            (lacking, "cadastre is missing: index needs one, for example Cadastre du Québec")
        ]

    def test_single_row_that_is_not_at_erreur_is_refused(self, sql: psycopg.Connection, database: Database) -> None:
        done = insert_job(sql, status="Complété", supabase_path="index/a.pdf")

        with pytest.raises(NotPossible, match=r"is Complété: its document is at index/a.pdf"):
            operations.retry(database, Selection(job_id=done), max_consultations_per_job=2)
        with pytest.raises(NotPossible, match="is En attente: only a row at Erreur can be sent again"):
            operations.retry(database, Selection(job_id=insert_job(sql)), max_consultations_per_job=2)
        with pytest.raises(Unknown):
            operations.retry(database, Selection(job_id=uuid4()), max_consultations_per_job=2)

    @pytest.mark.parametrize("selection", [{}, {"job_id": uuid4(), "error_code": "storage"}])
    def test_selection_means_one_row_or_a_filter(self, selection: dict[str, object]) -> None:
        with pytest.raises(ValidationError, match="one of the two, not both"):
            Selection.model_validate(selection)


class TestSources:
    def test_paused_source_sends_nothing_until_it_is_resumed(
        self, sql: psycopg.Connection, database: Database, dispatcher: Dispatcher
    ) -> None:
        job_id = insert_job(sql)

        (state,) = operations.pause(database, [Source.INDEX], by="marie", why=" audit ")
        while_paused = take(dispatcher)
        (resumed,) = operations.resume(database, [Source.INDEX])
        afterwards = take(dispatcher)

        assert (state.paused, state.reason, state.waiting, state.running) == (True, "audit", 1, 0)
        assert not resumed.paused
        assert (while_paused, afterwards) == ([], [job_id])

    def test_who_why_and_since_are_kept(self, sql: psycopg.Connection, database: Database) -> None:
        query = "SELECT paused, paused_by, reason, since FROM source_control WHERE document_source = 'acte'"
        operations.pause(database, Source, by="marie", why="audit")
        first = sql.execute(query).fetchone()
        operations.pause(database, [Source.ACTE], by="luc", why="still the audit")
        second = sql.execute(query).fetchone()
        operations.resume(database, Source)

        assert first is not None
        assert first[:3] == (True, "marie", "audit")
        assert second == (True, "luc", "still the audit", first[3])
        assert sql.execute(query).fetchone() == (False, None, None, None)

    def test_pause_needs_a_reason(self, database: Database) -> None:
        with pytest.raises(NotPossible, match="Say why"):
            operations.pause(database, Source, by="marie", why=" ")


class TestAccounts:
    def test_added_account_is_leased_next_and_exists_once(self, sql: psycopg.Connection, database: Database) -> None:
        added = operations.add_account(database, " 99X0007 ", SecretStr(" pass word "), keyring=Keyring())

        assert (added.username, added.held_by) == ("99X0007", None)
        assert sql.execute("SELECT username, password, is_active FROM worker_accounts").fetchall() == [
            ("99X0007", " pass word ", True)
        ]
        with pytest.raises(NotPossible, match="There is an account 99X0007 already"):
            operations.add_account(database, "99X0007", SecretStr("other"), keyring=Keyring())
        with pytest.raises(InvalidRow, match="The password is empty"):
            operations.add_account(database, "99X0008", SecretStr(""), keyring=Keyring())

    def test_reset_and_a_new_password_end_the_rest(self, sql: psycopg.Connection, database: Database) -> None:
        for name in ("99X0001", "99X0002", "99X0003"):
            insert_account(sql, name, failure_count=3, last_error="refused", resting_until="2999-01-01")

        operations.reset(database, "99X0001")
        operations.set_password(database, "99X0002", SecretStr("new"), keyring=Keyring())

        rows = sql.execute(
            "SELECT username, password, failure_count, resting_until IS NULL, last_error"
            " FROM worker_accounts ORDER BY 1"
        ).fetchall()
        assert rows == [
            ("99X0001", "standin", 0, True, None),
            ("99X0002", "new", 0, True, None),
            ("99X0003", "standin", 3, False, "refused"),
        ]
        assert [account.username for account in operations.reset_all(database)] == ["99X0001", "99X0002", "99X0003"]
        assert sql.execute("SELECT max(failure_count) FROM worker_accounts").fetchone() == (0,)

    @pytest.mark.supported("`worker_accounts` that the Data API may read, or without row level security")
    @pytest.mark.parametrize(
        ("opened", "sentence"),
        [
            (
                "GRANT SELECT ON worker_accounts TO anon",
                "can be read by anon, so the password was not written. First run:",
            ),
            ("GRANT SELECT (password) ON worker_accounts TO authenticated", "can be read by authenticated, so "),
            ("GRANT ALL ON worker_accounts TO PUBLIC", "can be read by PUBLIC, so the password was not written."),
            (
                "ALTER TABLE worker_accounts DISABLE ROW LEVEL SECURITY",
                "has no row level security, so the password was ",
            ),
        ],
    )
    def test_no_password_is_written_into_an_open_table(
        self, sql: psycopg.Connection, database: Database, opened: str, sentence: str
    ) -> None:
        insert_account(sql, "99X0001", password="old")
        sql.execute("CREATE ROLE anon; CREATE ROLE authenticated")
        try:
            sql.execute(opened)
            with pytest.raises(NotPossible, match=re.escape(f"worker_accounts {sentence}")) as refused:
                operations.add_account(database, "99X0002", SecretStr("new"), keyring=Keyring())
            with pytest.raises(NotPossible):
                operations.set_password(database, "99X0001", SecretStr("new"), keyring=Keyring())
            written = sql.execute("SELECT username, password FROM worker_accounts").fetchall()

            sql.execute(str(refused.value).partition("First run: ")[2])
            operations.add_account(database, "99X0002", SecretStr("new"), keyring=Keyring())
        finally:
            sql.execute("DROP OWNED BY anon, authenticated; DROP ROLE anon, authenticated")
        assert written == [("99X0001", "old")]

    def test_disabled_account_names_its_holder_and_comes_back(
        self, sql: psycopg.Connection, database: Database
    ) -> None:
        insert_account(sql)
        lease_account(sql, holder="worker-1")

        (disabled,) = operations.set_active(database, "99X0001", is_active=False)
        was = sql.execute("SELECT is_active FROM worker_accounts").fetchone()
        operations.set_active(database, "99X0001", is_active=True)

        assert (disabled.username, disabled.held_by, was) == ("99X0001", "worker-1", (False,))
        assert sql.execute("SELECT is_active FROM worker_accounts").fetchone() == (True,)
        with pytest.raises(Unknown, match="There is no account 99X0009 in worker_accounts"):
            operations.set_active(database, "99X0009", is_active=True)


@in_each_locale
class TestImport:
    def test_inserts_every_row_in_the_order_of_the_file(self, sql: psycopg.Connection, database: Database) -> None:
        text = (
            HEADER
            + "index,2 784 195,Montréal,Cadastre du Québec,,\n"
            + "\n"
            + 'acte,25 616 321,"Montréal, île",,Acte,5\n'
            + "plan_cadastraux,227,Terrebonne,\u00a0Paroisse de Saint-Hippolyte ,,-1\n"
        )

        imported = operations.import_rows(database, csv_file(text))

        assert (imported.rows, imported.repeated) == (3, 0)
        rows = sql.execute(
            "SELECT document_source, document_number_normalized, circonscription_fonciere, cadastre, acte_type,"
            " priority FROM extraction_queue ORDER BY created_at"
        ).fetchall()
        assert rows == [
            ("index", "2784195", "Montréal", "Cadastre du Québec", None, 0),
            ("acte", "25616321", "Montréal, île", None, "Acte", 5),
            ("plan_cadastraux", "227", "Terrebonne", "Paroisse de Saint-Hippolyte", None, -1),
        ]

    def test_reads_what_excel_in_quebec_writes(self, sql: psycopg.Connection, database: Database) -> None:
        header = "Document_Source;DOCUMENT_NUMBER ;cadastre;;\r\n"
        text = f'{header}index;"2\u00a0784\u00a0195";Cadastre du Québec;;\r\n;;;;\r\n'
        written = [(";", "cp1252"), (";", "utf-8-sig"), (",", "utf-8"), (",", "latin-1"), ("\t", "utf-16")]

        for delimiter, encoding in written:
            operations.import_rows(database, csv_file(text.replace(";", delimiter), encoding))

        rows = sql.execute("SELECT document_number_normalized, cadastre FROM extraction_queue").fetchall()
        assert rows == [("2784195", "Cadastre du Québec")] * len(written)

    def test_bad_lines_are_all_named_and_nothing_is_changed(self, sql: psycopg.Connection, database: Database) -> None:
        text = (
            HEADER
            + "index,1,,Cadastre du Québec,,\n"
            + 'vente,2,"over\ntwo lines",Cadastre du Québec,,\n'
            + "index,3,,,,\n"
            + "index,\u200b,,Cadastre du Québec,,\n"
            + "index,5,,Cadastre du Québec,,high\n"
            + "index,6\n"
            + "index,7,,Cadastre du Qu\ufffdbec,,\n"
            + 'index,8,"a"b,Cadastre du Québec,,\n'
            + "index,9,,Cadastre du Québec,,,too,many\n"
        )

        with pytest.raises(InvalidFile) as refusal:
            operations.import_rows(database, csv_file(text))

        assert str(refusal.value) == "8 of 9 rows cannot be taken, so none was."
        assert {problem.line: problem.sentence for problem in refusal.value.problems} == {
            3: "document_source is 'vente': it must be acte, index or plan_cadastraux",
            5: "cadastre is missing: index needs one, for example Cadastre du Québec",
            6: "document_number is missing: give the lot or the inscription number",
            7: "priority is 'high': it must be a whole number",
            8: "has 2 cells where the first line names 6 columns",
            9: "has a character that cannot be read: save the file as CSV UTF-8",
            10: "cannot be read as CSV: ',' expected after '\"'",
            11: "has 8 cells where the first line names 6 columns",
        }
        assert statuses(sql) == {}

    def test_file_without_the_right_columns_is_refused(self, database: Database) -> None:
        refused = {
            "": "there is no column document_source",
            "document_source,cadastre\nindex,x\n": "there is no column document_number",
            "document_source,document_number,client\nindex,1,2\n": "no column may be called 'client'",
            "document_source,document_number,document_number\nindex,1,2\n": "a column is there twice",
            HEADER: "The file has no rows",
        }

        for text, sentence in refused.items():
            with pytest.raises(InvalidFile, match=sentence):
                operations.import_rows(database, csv_file(text))

    def test_counts_what_is_asked_for_twice(self, sql: psycopg.Connection, database: Database) -> None:
        insert_job(sql, document_number="1", circonscription_fonciere=None)
        insert_job(sql, document_number="2", circonscription_fonciere=None, status="Erreur")
        lines = [f"index,{number},,Cadastre du Québec,,\n" for number in ("1", "2", "3", "3 ", "4")]

        imported = operations.import_rows(database, csv_file(HEADER + "".join(lines)))

        assert (imported.rows, imported.repeated) == (5, 2)

    def test_line_repeats_a_row_whatever_spaces_and_letters_it_is_written_with(
        self, sql: psycopg.Connection, database: Database
    ) -> None:
        insert_job(sql, document_number="2 784 195", cadastre="Cadastre du Qu\u00e9bec", circonscription_fonciere=None)
        insert_job(
            sql, document_number="2784196", cadastre="\u00a0CADASTRE DU QU\u00c9BEC\t", circonscription_fonciere=""
        )
        lines = [f"index,2\u00a0784\u202f{number},,cadastre du qu\u00e9bec,,\n" for number in ("195", "196", "197")]

        imported = operations.import_rows(database, csv_file(HEADER + "".join(lines)))

        assert (imported.rows, imported.repeated) == (3, 2)
        keys = sql.execute("SELECT count(*), count(DISTINCT request_key) FROM extraction_queue").fetchone()
        assert keys == (5, 3)

    def test_dry_run_checks_and_inserts_nothing(self, sql: psycopg.Connection, database: Database) -> None:
        good = HEADER + "index,1,,Cadastre du Québec,,\n"

        checked = operations.import_rows(database, csv_file(good), dry_run=True)

        assert checked.rows == 1
        assert statuses(sql) == {}
        with pytest.raises(InvalidFile):
            operations.import_rows(database, csv_file(good + "index,2,,,,\n"), dry_run=True)

    def test_reports_its_progress(self, database: Database) -> None:
        lines = [f"index,{number},,Cadastre du Québec,,\n" for number in range(3_000)]
        reports: list[operations.Progress] = []

        operations.import_rows(database, csv_file(HEADER + "".join(lines)), report=reports.append)

        reading, inserting = ([r for r in reports if r.stage == stage] for stage in ("reading", "inserting"))
        assert len(reading) > 2
        assert [report.done for report in reading] == sorted(report.done for report in reading)
        assert reading[-1].done == reading[-1].total
        assert [report.done for report in inserting] == [2_000, 3_001]
