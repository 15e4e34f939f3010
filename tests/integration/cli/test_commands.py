"""The commands as an operator gives them: what they print, what they change, how they end."""

from __future__ import annotations

import getpass
import json
import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from typer.testing import Result

from extractor.cli import COMMANDS
from extractor.local.embedded_server import free_port
from extractor.models import Job
from extractor.postgres.sealing import new_key
from tests.support.rows import column, insert_account, insert_job, lease_account, record_clicks, statuses

Extractor = Callable[..., Result]
Claim = Callable[..., Job]

PASSWORD = "planted-secret"


class TestAdd:
    def test_prints_the_id(self, extractor: Extractor, sql: psycopg.Connection) -> None:
        result = extractor(
            "add", "--source", "index", "--number", "2 784 195", "--cadastre", "Cadastre du Québec", "--priority", -2
        )

        job_id = result.stdout.strip()
        assert column(sql, job_id, "document_number_normalized") == "2784195"
        assert column(sql, job_id, "priority") == -2

    def test_bad_row_is_a_sentence(self, extractor: Extractor, sql: psycopg.Connection) -> None:
        result = extractor("add", "--source", "acte", "--number", "1", code=1)

        assert result.stderr == (
            "extractor: acte_type is missing: an acte needs one of Acte, Avis d'adresse, Radiation, Acte divers.\n"
        )
        assert result.stdout == ""
        assert statuses(sql) == {}

    def test_examples_are_one_of_each_source(self, extractor: Extractor, sql: psycopg.Connection) -> None:
        lines = extractor("examples").stdout.splitlines()

        assert [line.split()[1] for line in lines] == ["index", "acte", "plan_cadastraux"]
        assert statuses(sql) == {"En attente": 3}
        assert all(column(sql, line.split()[0], "status") == "En attente" for line in lines)

    def test_row_that_will_probably_be_refused_is_added_with_a_warning(
        self, extractor: Extractor, sql: psycopg.Connection
    ) -> None:
        result = extractor(
            *("add", "--source", "index", "--number", "227"),
            *("--circonscription", "Terrebonne", "--cadastre", "Nulle Part"),
        )

        job_id = result.stdout.strip()
        doubt = column(sql, job_id, "doubt")
        assert str(doubt).startswith('will probably be refused, because cadastre "Nulle Part" is no cadastre known in')
        assert result.stderr == (
            f"Warning: The row {doubt}.\n"
            "Warning: It was added: the registry decides. A name that it refuses is not charged.\n"
        )
        assert f"It {doubt}. The registry decides" in extractor("why", job_id).stdout
        assert "doubtful   1 waiting row will probably be refused; the view" in extractor("status").stdout

    def test_doubt_is_said_whole_in_the_language_of_the_setting(
        self, extractor: Extractor, environment: pytest.MonkeyPatch, sql: psycopg.Connection
    ) -> None:
        environment.setenv("LANGUAGE", "fr")

        result = extractor("add", "--source", "index", "--number", "227", "--cadastre", "Nulle Part")

        job_id = result.stdout.strip()
        assert result.stderr.splitlines() == [
            f"Attention : La ligne {column(sql, job_id, 'doubt')}.",
            "Attention : Elle a été ajoutée : c'est le registre qui décide. Un nom qu'il refuse n'est pas facturé.",
        ]
        assert "sera probablement refusée, car circonscription_fonciere est vide" in extractor("why", job_id).stdout
        environment.setenv("LANGUAGE", "en")
        assert "It will probably be refused, because" in extractor("why", job_id).stdout

    def test_row_in_no_doubt_is_added_without_a_word(self, extractor: Extractor) -> None:
        result = extractor(
            *("add", "--source", "index", "--number", "227"),
            *("--circonscription", "terrebonne", "--cadastre", "Par. St-Hippolyte"),
        )

        assert result.stderr == ""
        assert "doubtful" not in extractor("status").stdout


class TestPlaces:
    def test_circonscriptions(self, extractor: Extractor) -> None:
        result = extractor("places")

        assert len(result.stdout.splitlines()) == 73
        assert "Terrebonne\n" in result.stdout
        assert "not the registry's own list" in result.stderr

    def test_cadastres_of_one_however_it_is_spelled(self, extractor: Extractor) -> None:
        result = extractor("places", "--circonscription", " terrebonne")
        as_json = json.loads(extractor("places", "--circonscription", "Terrebonne", "--json").stdout)

        assert "000001  Cadastre du Québec\n" in result.stdout
        assert as_json["circonscription"] == "Terrebonne"
        assert [f"{one['code']}  {one['name']}" for one in as_json["cadastres"]] == result.stdout.splitlines()

    def test_unknown_circonscription_names_the_nearest(self, extractor: Extractor) -> None:
        result = extractor("places", "--circonscription", "Terrebonne Ouest", code=1)

        assert result.stderr.startswith('extractor: circonscription: "Terrebonne Ouest" matches no option')
        assert "Terrebonne" in result.stderr


class TestImport:
    def test_bad_lines_are_named_and_change_nothing(
        self, extractor: Extractor, sql: psycopg.Connection, tmp_path: Path
    ) -> None:
        file = tmp_path / "rows.csv"
        file.write_bytes(
            "document_source;document_number;cadastre\r\nindex;1;Québec\r\nindex;2;\r\nvente;3;Québec\r\nindex;;Québec\r\n"
            .encode("cp1252")
        )  # fmt: skip

        result = extractor("import", file, code=1)

        assert result.stderr.splitlines() == [
            "line 3: cadastre is missing: index needs one, for example Cadastre du Québec",
            "line 4: document_source is 'vente': it must be acte, index or plan_cadastraux",
            "line 5: document_number is missing: give the lot or the inscription number",
            "extractor: 3 of 4 rows cannot be taken, so none was.",
        ]
        assert statuses(sql) == {}

    def test_says_what_it_may_cost_and_what_is_repeated(
        self, extractor: Extractor, sql: psycopg.Connection, tmp_path: Path
    ) -> None:
        file = tmp_path / "rows.csv"
        file.write_text("document_source,document_number,cadastre\n" + "index,1,Québec\n" * 2)

        checked = extractor("import", file, "--dry-run").stdout
        before = statuses(sql)
        done = extractor("import", file, "--yes").stdout.splitlines()

        assert checked.startswith("2 rows would be inserted;")
        assert before == {}
        assert done[0] == (
            "2 rows inserted; with one consultation per row this costs 3,00 $. 1 of them ask for what an earlier line"
            " or another row asks for too: unless REUSE_DAYS links them, each is paid again."
        )
        assert done[1].startswith("batch ")
        assert statuses(sql) == {"En attente": 2}


class TestRetry:
    def test_is_a_dry_run_without_yes(self, extractor: Extractor, sql: psycopg.Connection) -> None:
        job_id = insert_job(sql, status="Erreur", error_code="storage", error_message="[503]")

        plan = extractor("retry", "--error-code", "storage", "--source", "index").stdout
        before = column(sql, job_id, "status")
        done = extractor("retry", job_id, "--yes").stdout

        assert plan.splitlines() == [
            "1 row would be set to En attente; may cost 1,50 $.",
            f"  {job_id}  index 2 784 195  storage: [503]",
            "Nothing is changed yet: add --yes.",
        ]
        assert before == "Erreur"
        assert done.startswith("1 row set to En attente")
        assert column(sql, job_id, "status") == "En attente"

    def test_rows_at_their_limit_are_named_with_their_cost(
        self, extractor: Extractor, sql: psycopg.Connection, environment: pytest.MonkeyPatch
    ) -> None:
        environment.setenv("MAX_CONSULTATIONS_PER_JOB", "1")
        job_id = insert_job(sql, status="Erreur", error_code="document_timeout")
        sql.execute(
            "INSERT INTO extraction_attempts (job_id, document_source, worker_id, consultation_at)"
            " VALUES (%s, 'index', 'w', now())",
            [job_id],
        )
        record_clicks(sql)

        refused = extractor("retry", "--since", "2h", "--yes", code=1).stdout
        allowed = extractor("retry", "--since", "2h", "--yes", "--allow-one-more").stdout

        assert "1 row already consulted to the limit" in refused
        assert "--allow-one-more, which may cost 1,50 $" in refused
        assert f"  {job_id}  index 2 784 195  stays: consulted 1 of 1 (1,50 $)" in refused
        assert allowed.startswith("1 row set to En attente; may cost 1,50 $.")
        assert column(sql, job_id, "max_consultations") == 2

    @pytest.mark.parametrize(
        "arguments", [(), (uuid4(), "--source", "index"), ("--since", "soon"), ("--source", "vente")]
    )
    def test_bad_usage_is_2(self, extractor: Extractor, arguments: tuple[object, ...]) -> None:
        assert "Usage: " in extractor("retry", *arguments, code=2).stderr


@pytest.mark.parametrize("command", ["show", "why", "cancel", "retry"])
@pytest.mark.parametrize("job_id", ["nonsense", "1", "99999999999999999999", "a b", "é", "\udcff", "", "x" * 300])
def test_text_that_is_no_id_is_a_row_that_is_not_there(extractor: Extractor, command: str, job_id: str) -> None:
    sentence = extractor(command, job_id, code=1).stderr

    assert sentence.startswith("extractor: There is no row ")
    assert sentence.endswith(" in extraction_queue.\n")


def test_cancel_says_which_of_three_it_is(extractor: Extractor, sql: psycopg.Connection, claim: Claim) -> None:
    waiting, running = insert_job(sql), claim()

    at_once = extractor("cancel", waiting).stdout
    soon = extractor("cancel", running.id).stdout
    sql.execute("UPDATE extraction_attempts SET consultation_at = now()")
    record_clicks(sql)
    late = extractor("cancel", running.id).stdout
    again = extractor("cancel", waiting, code=1).stderr

    assert at_once == "Cancelled: the row is at Erreur.\n"
    assert column(sql, waiting, "error_message") == f"Cancelled by {getpass.getuser()} before its consultation."
    assert soon.startswith("worker-1 runs it and will stop before the consultation")
    assert late.startswith("worker-1 has made the consultation: the document is paid, will be stored")
    assert "nothing runs for it" in again


def test_pause_and_resume(extractor: Extractor, sql: psycopg.Connection) -> None:
    insert_job(sql)

    paused = extractor("pause", "all", "--why", "audit [1]").stdout
    extractor("resume", "acte")
    sources = sql.execute("SELECT document_source, paused, paused_by FROM source_control ORDER BY 1").fetchall()
    status = extractor("status").stdout

    assert "index is paused: audit [1]. 1 waiting; 0 running rows will finish." in paused
    user = getpass.getuser()
    assert sources == [("acte", False, None), ("index", True, user), ("plan_cadastraux", True, user)]
    assert re.search(rf"paused +index since .* by {user}: audit \[1\]", status)
    assert extractor("pause", "all", code=2).stderr
    assert "none of acte, index, plan_cadastraux, all" in extractor("resume", "vente", code=2).stderr


class TestAccounts:
    def test_check_accounts_prints_the_lines_of_the_earlier_system(
        self, extractor: Extractor, sql: psycopg.Connection
    ) -> None:
        insert_account(sql, "99X9999", created_at="2026-01-01")
        insert_account(sql, "account2", created_at="2026-01-02", failure_count=1, resting_until="2999-01-01")
        insert_account(sql, "account3", created_at="2026-01-03", failure_count=3, is_active=False)
        insert_account(sql, "account4", created_at="2026-01-04")
        lease_account(sql, "account4", holder="w-1")

        lines = extractor("check-accounts").stdout.splitlines()

        assert lines[0] == "[INFO] Worker accounts in database: 4"
        assert lines[1] == "[INFO] Account 1: username=99X9999, is_active=true, failure_count=0"
        clock = r"\d\d:\d\d:\d\d[+-]\d\d:\d\d"
        assert re.fullmatch(
            rf"\[INFO\] Account 2: username=account2, is_active=true, failure_count=1, resting until {clock}", lines[2]
        )
        assert lines[3] == "[INFO] Account 3: username=account3, is_active=false, failure_count=3"
        assert re.fullmatch(r".*failure_count=0, leased by w-1 until " + clock, lines[4])

    def test_password_comes_from_stdin_and_is_never_printed(
        self, extractor: Extractor, sql: psycopg.Connection
    ) -> None:
        outputs = [
            extractor("accounts", "add", "99X0001", "--password-stdin", given=f"{PASSWORD}\n"),
            extractor("accounts", "add", "99X0001", "--password-stdin", given=f"{PASSWORD}\n", code=1),
            extractor("accounts", "add", "99X0002", given=f"{PASSWORD}\n", code=1),
            extractor("accounts", "add", "99X0002", PASSWORD[::-1], code=2),
            extractor("accounts", "list"),
            extractor("accounts", "list", "--json"),
            extractor("accounts", "disable", "99X0001"),
            extractor("accounts", "password", "99X0001", "--password-stdin", given="other"),
        ]

        assert "There is an account 99X0001 already" in outputs[1].stderr
        assert "use --password-stdin" in outputs[2].stderr
        assert json.loads(outputs[5].stdout)[0]["condition"] == "usable"
        assert not any(PASSWORD in output.output for output in outputs)
        for output in (outputs[0], outputs[-1]):
            assert output.stderr.startswith("Warning: The password lies in worker_accounts as it is, ")
            assert output.stderr.endswith("as ACCOUNTS_KEY, then run `extractor accounts seal`.\n")
        assert sql.execute("SELECT username, password, is_active FROM worker_accounts").fetchall() == [
            ("99X0001", "other", False)
        ]

    def test_password_that_is_sealed_is_not_warned_of(
        self, extractor: Extractor, environment: pytest.MonkeyPatch, sql: psycopg.Connection
    ) -> None:
        environment.setenv("ACCOUNTS_KEY", new_key().get_secret_value())

        added = extractor("accounts", "add", "99X0001", "--password-stdin", given=PASSWORD)

        assert added.stderr == ""
        assert sql.execute("SELECT password LIKE 'sealed:%' FROM worker_accounts").fetchone() == (True,)

    def test_reset_and_enable(self, extractor: Extractor, sql: psycopg.Connection) -> None:
        insert_account(sql, "99X0001", failure_count=3, resting_until="2999-01-01", is_active=False)

        extractor("accounts", "reset", code=2)
        extractor("accounts", "reset", "--all")
        extractor("accounts", "enable", "99X0001")

        rows = sql.execute("SELECT failure_count, resting_until, is_active FROM worker_accounts").fetchall()
        assert rows == [(0, None, True)]
        assert "There is no account 99X0009" in extractor("accounts", "enable", "99X0009", code=1).stderr

    def test_remove_asks_and_says_who_holds_it(self, extractor: Extractor, sql: psycopg.Connection) -> None:
        insert_account(sql, "99X0001")
        insert_account(sql, " 99x0001 ")
        insert_account(sql, "99X0002")
        lease_account(sql, "99X0001", holder="w-1")

        unasked = extractor("accounts", "remove", "99X0001", code=1).stderr
        kept = sql.execute("SELECT count(*) FROM worker_accounts").fetchone()
        removed = extractor("accounts", "remove", "99X0001", "--yes").stdout
        unknown = extractor("accounts", "remove", "99X0001", "--yes", code=1).stderr
        last = extractor("accounts", "remove", "99x0002", "--yes").stdout

        assert unasked == "extractor: There is no terminal to ask on: add --yes.\n"
        assert kept == (3,)
        assert "99X0001 is removed; w-1 finishes what is paid, then logs out.\n" in removed
        assert "There is no account 99X0001" in unknown
        assert last.endswith("No account is left, so every row waits until one is added.\n")
        assert sql.execute("SELECT count(*) FROM worker_accounts").fetchone() == (0,)
        # The session of the worker that holds it lasts, so that no other process logs in with the code.
        assert sql.execute("SELECT leased_by FROM registry_sessions").fetchall() == [("w-1",)]


class TestReading:
    def test_status_says_that_the_limit_of_the_day_is_reached(
        self, extractor: Extractor, environment: pytest.MonkeyPatch, sql: psycopg.Connection, claim: Claim
    ) -> None:
        insert_job(sql)
        sql.execute("UPDATE extraction_attempts SET consultation_at = now() WHERE id = %s", [claim().attempt_id])
        record_clicks(sql)
        below = extractor("status").stdout
        environment.setenv("DAILY_CONSULTATION_LIMIT", "1")
        reached = extractor("status").stdout

        assert "DAILY_CONSULTATION_LIMIT" not in below
        assert (
            "limit DAILY_CONSULTATION_LIMIT=1 is reached: rows wait until tomorrow, or for a higher limit"
            in " ".join(reached.split())
        )

    def test_status_fits_eighty_columns_and_is_json_too(
        self, extractor: Extractor, sql: psycopg.Connection, claim: Claim
    ) -> None:
        insert_job(sql)
        claim()
        sql.execute("INSERT INTO worker_status (worker_id, status) VALUES ('worker-1', 'busy')")
        sql.execute(
            "INSERT INTO bridge_status (bridge_id, host, pid, mode, message)"
            " VALUES ('host-1', 'host', 1, 'polling', %s)",
            ["Notifications do not arrive (a transaction pooler?): rows wait for the sweep."],
        )
        sql.execute(
            "UPDATE source_control SET broken_until = '2999-01-01', broken_reason = %s WHERE document_source = 'acte'",
            ["The site answers HTTP 503 to everything, and has done so for a good while by now."],
        )
        sql.execute("UPDATE event_control SET wanted_until = now() + interval '1 day', problem = 'It answered 500.'")
        sql.execute("UPDATE extraction_queue SET status = 'Erreur' WHERE id = %s", [insert_job(sql)])

        text = extractor("status").stdout
        overview = json.loads(extractor("status", "--json").stdout)

        assert max(map(len, text.splitlines())) <= 80
        assert re.search(r"index +1 +1 +0 +1 +\d+ s", text)
        assert re.search(r"webhooks +1 event not delivered since 20\d\d-.*It answered 500\.", " ".join(text.split()))
        assert re.search(r"sessions +1 busy", text)
        assert re.search(r"accounts +1 leased", text)
        assert re.search(r"bridge +host-1 polling", text)
        assert re.search(r"broken +acte until 2999", text) or "broken" in text
        assert re.search(r"today +0 consultations, 0,00 \$", text)
        assert overview["sources"][1]["waiting"] == overview["sources"][1]["running"] == 1

    def test_show_tells_a_row_s_whole_story(self, extractor: Extractor, sql: psycopg.Connection, claim: Claim) -> None:
        job = claim()
        sql.execute(
            "UPDATE extraction_attempts SET finished_at = now(), outcome = 'retry', error_code = 'registry_message',"
            " message = 'Message [bold]new[/bold] to us', evidence_path = '/evidence/a', consultation_at = now(),"
            """ steps = '[{"seconds": 0.5, "step": "form filled"}]'"""
        )
        record_clicks(sql)

        text = extractor("show", job.id).stdout
        history = json.loads(extractor("show", job.id, "--json").stdout)

        assert re.search(r"cadastre +Cadastre du Québec", text)
        assert f"attempt {job.attempt_id}: retry after 0 s" in text
        assert "by worker-1 with 99•••01" in text
        assert "registry_message: Message [bold]new[/bold] to us" in text
        assert "evidence: /evidence/a" in text
        assert re.search(r"^  consultation 1: [\d:+-]+ form: perhaps paid, in progress$", text, re.MULTILINE)
        assert history["attempts"][0]["clicks"][0]["what_came"] == "perhaps paid, in progress"
        assert "0.50 s  form filled" in text
        assert "99X0001" not in text
        assert history["attempts"][0]["steps"] == [{"seconds": 0.5, "step": "form filled"}]
        # A program reads the names of the table, as of the API; a person reads the command's own words.
        columns = sql.execute("SELECT * FROM extraction_queue").description or ()
        assert [name for name in history["row"] if name not in {column.name for column in columns}] == []
        assert re.search(r"^source +index$", text, re.MULTILINE)
        assert re.search(r"^attempts +1$", text, re.MULTILINE)
        assert "There is no row" in extractor("show", uuid4(), code=1).stderr

    def test_why_is_a_sentence_and_a_command(self, extractor: Extractor, sql: psycopg.Connection) -> None:
        job_id = insert_job(sql)

        assert extractor("why", job_id).stdout.splitlines() == [
            "No bridge is running, so this row reaches no worker.",
            "→ celery -A tasks bridge",
        ]
        assert json.loads(extractor("why", job_id, "--json").stdout)["reason"] == "no_bridge"
        assert "There is no row" in extractor("why", uuid4(), code=1).stderr

    def test_spend_shows_money_and_what_was_paid_twice(self, extractor: Extractor, sql: psycopg.Connection) -> None:
        nothing = extractor("spend").stdout
        job_id, account = insert_job(sql), insert_account(sql)
        for outcome, code in (("lost", "worker_lost"), ("completed", None)):
            sql.execute(
                "INSERT INTO extraction_attempts (job_id, document_source, worker_id, account_id, consultation_at,"
                " outcome, error_code, message) VALUES (%s, 'index', 'w', %s, now(), %s, %s, 'Silent.')",
                [job_id, account, outcome, code],
            )
            record_clicks(sql)

        text = extractor("spend").stdout

        assert "No row was consulted twice." in nothing
        assert re.search(r"99•••01 +2 +3,00 \$ +2 +3,00 \$ +2 +3,00 \$", text)
        assert "1 row consulted more than once, so perhaps paid twice:" in text
        assert f"  {job_id}  index 2 784 195" in text
        assert re.search(r"attempt \d+  .* 99•••01  worker_lost: Silent\.", text)
        assert "The last clicks that may be charged" not in nothing
        assert len(re.findall(rf"{job_id}  99•••01  form: perhaps paid, no document$", text, re.MULTILINE)) == 2
        assert max(map(len, nothing.splitlines())) <= 80
        assert json.loads(extractor("spend", "--json").stdout)["total"]["ever"]["dollars"] == "3.00"

    def test_workers_says_who_went_silent(self, extractor: Extractor, sql: psycopg.Connection) -> None:
        sql.execute(
            "INSERT INTO worker_status (worker_id, status, queues, message, last_heartbeat) VALUES"
            " ('w-1', 'idle', '{acte,index}', 'logged in', now()), ('w-2', 'busy', NULL, NULL, '2020-01-01')"
        )

        text = extractor("workers").stdout

        assert re.search(r"w-1 +idle +acte,index +0 +0 +logged in", text)
        assert re.search(r"w-2 +silent +all", text)


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_help_describes_each_command_as_its_own_help_does(extractor: Extractor, name: str) -> None:
    listed = next(command for command in COMMANDS if command.name == name)

    assert str(listed.load().help).partition("\n\n")[0] == listed.help
    assert "typing." not in extractor(name, "--help").stdout


def test_version(extractor: Extractor) -> None:
    assert extractor("--version").stdout == f"registre-extractor {version('registre-extractor')}\n"


class TestFailures:
    def test_unreachable_database_is_a_sentence_without_its_password(
        self, extractor: Extractor, environment: pytest.MonkeyPatch
    ) -> None:
        environment.setenv("DATABASE_URL", f"postgresql://user:{PASSWORD}@127.0.0.1:{free_port()}/postgres")
        unreachable = extractor("status", code=1)
        migrating = extractor("migrate", code=1)
        environment.setenv("DATABASE_URL", "postgresql://user:planted@secret@127.0.0.1/postgres")
        malformed = extractor("status", code=2)
        starting = extractor("up", code=2)

        assert unreachable.stderr.startswith("extractor: Nothing listens at 127.0.0.1:")
        assert migrating.stderr == unreachable.stderr
        assert malformed.stderr.startswith("extractor: DATABASE_URL is not postgresql://USER:PASSWORD@HOST")
        assert starting.stderr == malformed.stderr
        assert not any("secret" in result.output for result in (unreachable, migrating, malformed, starting))

    def test_missing_tables_and_settings_are_sentences(
        self, extractor: Extractor, environment: pytest.MonkeyPatch, empty_database_url: str
    ) -> None:
        environment.setenv("DATABASE_URL", empty_database_url)
        missing = extractor("status", code=1)
        environment.setenv("DATABASE_URL", "")
        unset = extractor("status", code=2)

        assert missing.stderr.endswith("run `extractor migrate`.\n")
        assert unset.stderr == "extractor: DATABASE_URL is required.\n"

    def test_help_names_the_exit_codes(self, extractor: Extractor) -> None:
        text = " ".join(extractor("--help").stdout.split())

        assert "Exit codes: 0 ok; 1 what was asked for could not be done" in text
