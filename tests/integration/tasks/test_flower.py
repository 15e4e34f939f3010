"""Flower as `celery -A tasks flower` starts it: who gets in, what it may do, and what it shows about rows."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from flower.utils.search import QuerySyntaxError  # type: ignore[import-untyped]  # Flower has no types
from playwright.sync_api import Page, expect

from extractor.errors import ConfigurationError
from extractor.local.child_process import ChildProcess
from extractor.local.embedded_server import free_port
from tasks import flower, flowermessages, flowerrows, flowersearch
from tests.support.pictures import open_page
from tests.support.rows import column, insert_account, insert_job
from tests.support.standin_client import StandinClient
from tests.support.system import System, eventually

FLOWER = [sys.executable, "-m", "celery", "-A", "tasks", "flower"]
CREDENTIALS = ("operator", "night-shift")


@contextmanager
def running_flower(environment: dict[str, str], *options: str) -> Iterator[httpx.Client]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (
        ChildProcess([*FLOWER, f"--port={port}", *options], environment=environment, output=subprocess.PIPE),
        httpx.Client(base_url=url, auth=CREDENTIALS) as client,
    ):
        eventually(lambda: _answers(client), "Flower answers", seconds=60)
        yield client


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthcheck").is_success
    except httpx.TransportError:
        return False


def tasks(client: httpx.Client) -> list[dict[str, Any]]:
    """The data that fills the table of the tasks page."""
    query: dict[str, str | int] = {
        "draw": 1,
        "start": 0,
        "length": 50,
        "order[0][column]": 0,
        "columns[0][data]": "received",
    }
    table: list[dict[str, Any]] = client.get("/tasks/datatable", params=query).raise_for_status().json()["data"]
    return table


def outcomes(client: httpx.Client) -> set[tuple[str, str, str]]:
    """Row, state and reason, as the table shows them; a message that found nothing to do is left out."""
    shown = {(f"{task['document']} · {task['place']}", task["state"], task["reason"] or "") for task in tasks(client)}
    return {outcome for outcome in shown if not re.match("nothing to do|handed back", outcome[2])}


def environment_of(tmp_path: Path, **settings: str) -> dict[str, str]:
    needed = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "STORAGE_DIR": str(tmp_path / "storage"),
        "FLOWER_DB": str(tmp_path / "flower" / "state"),
        "ENV_FILE": "",
    }
    return {**os.environ, **needed, **settings}


def test_flower_that_anybody_could_open_does_not_start(tmp_path: Path) -> None:
    # An empty address is every address
    command = [*FLOWER, "--address="]
    done = subprocess.run(
        command, env=environment_of(tmp_path), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "everybody who reaches '::': set FLOWER_BASIC_AUTH=user:password" in done.stderr


@pytest.mark.parametrize("address", ["::", "192.168.1.5", "bureau.example", ""])
def test_address_that_others_reach_needs_credentials(address: str) -> None:
    with pytest.raises(ConfigurationError, match="FLOWER_BASIC_AUTH"):
        flower.require_guard(address, [], "")
    flower.require_guard(address, ["user:password", "other:pass:word"], "")
    flower.require_guard(address, [], r".*@bureau\.example")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_address_of_this_machine_alone_needs_none_and_refuses_weak_ones(address: str) -> None:
    flower.require_guard(address, [], "")
    for careless in ("", "user", "user:", ":password"):
        with pytest.raises(ConfigurationError, match="a password cannot contain a comma"):
            flower.require_guard(address, ["user:password", careless], "")


def test_rows_appear_as_documents_and_their_states_are_the_rows(
    sql: psycopg.Connection,
    database_url: str,
    redis_url: str,
    standin_url: str,
    standin: StandinClient,
    tmp_path: Path,
) -> None:
    # Given Flower with its password in the file of settings, as a person writes it
    settings = tmp_path / "flower.env"
    settings.write_text(f"FLOWER_BASIC_AUTH={':'.join(CREDENTIALS)}\nFLOWER_API_URL=https://api.example\n")
    environment = environment_of(tmp_path, DATABASE_URL=database_url, REDIS_URL=redis_url, ENV_FILE=str(settings))
    insert_account(sql)
    urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "REGISTRY_BASE_URL": standin_url}
    with System(tmp_path, urls) as system:
        system.bridge()
        system.worker("w", SNOOZE_SECONDS="60", BREAKER_SECONDS="60", REDISPATCH_SECONDS="60")
        with running_flower(environment) as client:
            # When a row is fetched, one has no document, and the site fails one
            fetched = insert_job(sql)
            missing = insert_job(sql, document_number="2 784 404")
            eventually(lambda: column(sql, missing, "status") == "Erreur", "the second row is Erreur")
            eventually(lambda: column(sql, fetched, "status") == "Complété", "the first row is Complété")
            standin.set_variants(error_status=503, error_at="form")
            snoozed = insert_job(sql, document_number="2 784 196")
            eventually(lambda: column(sql, snoozed, "error_code") is not None, "the third row waits again")

            # Then the table shows each document with its place, and its state is the row's
            place = "Montréal · Cadastre du Québec"
            expected = {
                (f"2 784 195 · {place}", "SUCCESS", f"Complété: {column(sql, fetched, 'supabase_path')}"),
                (f"2 784 404 · {place}", "FAILURE", f"{column(sql, missing, 'error_message')}"),
                (f"2 784 196 · {place}", "SUCCESS", f"En attente: {column(sql, snoozed, 'error_message')}"),
            }
            eventually(lambda: outcomes(client) >= expected, "Flower has all three", seconds=20)
            assert outcomes(client) == expected
            assert {task["name"] for task in tasks(client)} == {"extract.index"}

            # with the account, the process and the attempt that answered its message
            failed = next(task for task in tasks(client) if task["state"] == "FAILURE")
            assert (failed["account"], failed["process"], failed["attempt"]) == ("99•••01", "w-1", 1)
            with open_page(str(client.base_url.join("/tasks")), user=CREDENTIALS[0], password=CREDENTIALS[1]) as page:
                look_at_messages(page)
                find_by_number(page)
                look_at_the_failure(page, missing, f"{column(sql, missing, 'error_message')}")
            assert_closed(client, failed["worker"])
    # and after a restart nothing is forgotten; off loopback, behind its password, every host is answered
    with running_flower(environment, "--address=0.0.0.0") as client:
        client.headers["Host"] = "flower.example"
        assert outcomes(client) == expected


@pytest.mark.supported("a foreign `Host` at Flower")
def test_on_loopback_only_own_and_named_hosts_are_answered(redis_url: str, tmp_path: Path) -> None:
    environment = environment_of(tmp_path, REDIS_URL=redis_url, ALLOWED_HOSTS="flower.example, bureau.example")
    paths = ("/", "/tasks", "/api/task/types", "/metrics", "/healthcheck", "/static/css/flower.css", "/login")
    with running_flower(environment) as client:
        assert httpx.get(f"http://localhost:{client.base_url.port}/healthcheck").status_code == 200  # as curl does
        for host in ("localhost", "LOCALHOST:5555", "127.0.0.1", "[::1]:5555", "bureau.example", "Flower.example:8443"):
            assert client.get("/", headers={"Host": host}).status_code == 200
        for host in ("evil.example", "evil.example:5555", "localhost.evil.example", "192.168.1.2", ""):
            answers = [client.get(path, headers={"Host": host}) for path in (*paths, "/nothing")]
            assert {answer.status_code for answer in answers} == {421}
            assert {answer.text.count("\n") for answer in answers} == {1}
        evil = {"Host": "evil.example"}
        refused = client.post("/api/task/send-task/extract.acte", headers=evil, json={"args": []})
        assert refused.status_code == 421
        assert refused.text.startswith("Nothing was done, because the call came for the host 'evil.example'")
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        assert client.get("/", headers=evil | upgrade).status_code == 421
        # before any worker is there, the page of queues has those of the sources, and none that no message goes to
        assert set(re.findall(r'<tr id="(\w+)">', client.get("/broker").text)) == {"acte", "index", "plan_cadastraux"}


def look_at_messages(page: Page) -> None:
    """Every column is there, inside a window of 1440 pixels, and no script fails."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_viewport_size({"width": 1440, "height": 900})
    page.reload()
    expect(page.locator("#tasks-table tbody tr").first).to_be_visible()
    headers = page.locator(".dataTables_scrollHead th")
    assert headers.all_inner_texts() == [
        "DOCUMENT", "PLACE", "STATE", "REASON", "ACCOUNT", "WORKER PROCESS", "ATTEMPT", "RECEIVED", "ROW"
    ]  # fmt: skip
    assert page.locator(".dataTables_scrollBody").evaluate("box => box.scrollWidth <= box.clientWidth")
    box = headers.last.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 1440
    assert errors == []


def find_by_number(page: Page) -> None:
    """However the number is written, in any part of the place, and among the failures alone."""
    search, body = page.locator("#tasks-table_filter input"), page.locator("#tasks-table tbody")
    for text in ("2 784 404", "2784404", "state:FAILURE 404 montreal", "99X0001 2784404"):
        search.fill(text)
        expect(body.locator("tr")).to_have_count(1)
        expect(body).to_contain_text("2 784 404")
    search.fill("state:FAILURE 2 784 195")
    expect(body).to_contain_text("No tasks match your search.")
    search.fill("2784404")
    expect(body.locator("tr")).to_have_count(1)


def look_at_the_failure(page: Page, row: object, reason: str) -> None:
    """Its row is one click away, and its own page begins with a sentence and has no traceback."""
    link = page.get_by_role("link", name="dashboard")
    assert link.get_attribute("href") == f"https://api.example/#{row}"
    page.get_by_role("link", name="2 784 404").click()
    expect(page.locator("#sentence")).to_have_text(f"FAILURE {reason}")
    link = page.get_by_role("link", name="Show it on the dashboard")
    assert link.get_attribute("href") == f"https://api.example/#{row}"
    expect(page.locator("main")).to_contain_text(f"extractor show {row}")
    page.get_by_text("What Celery knows of the message").click()
    expect(page.locator("main")).to_contain_text("DocumentNotFound(")
    expect(page.locator("main")).not_to_contain_text("Traceback")


def assert_closed(client: httpx.Client, worker: str) -> None:
    """Without the password nobody can look, and nobody at all can give commands."""
    assert [httpx.get(client.base_url.join(path)).status_code for path in ("/tasks", "/api/tasks")] == [401, 401]
    orders = ("worker/shutdown/", "worker/pool/grow/", "worker/queue/cancel-consumer/", "task/revoke/")
    assert {client.post(f"/api/{order}{worker}").status_code for order in orders} == {403}
    assert client.post("/api/task/async-apply/extract.acte").status_code == 403
    assert "shut down" not in client.get(f"/worker/{worker}").text.lower()


def learn(facts: flowerrows.RowFacts, job_id: object) -> flowerrows.Facts | None:
    """What is known of a message about this row; its own id is the row's."""
    facts.learn({str(job_id): str(job_id)})
    return facts.find(str(job_id))


def test_facts_follow_a_deleted_row(sql: psycopg.Connection, database_url: str) -> None:
    facts = flowerrows.RowFacts(database_url)
    job_id = insert_job(sql, designation_secondaire="Partie 3")
    known = flowerrows.Facts("2 784 195 · Partie 3", "Montréal · Cadastre du Québec")
    assert learn(facts, job_id) == known
    # They are kept, so Flower does not ask for them again
    sql.execute("DELETE FROM extraction_queue")
    assert learn(facts, job_id) == known
    gone = str(uuid4())
    assert learn(facts, gone) == flowerrows.Facts(f"row {gone}, deleted")


def test_facts_of_a_text_that_is_no_id_here_and_of_one_written_in_another_way(
    sql: psycopg.Connection, database_url: str
) -> None:
    facts = flowerrows.RowFacts(database_url)
    job_id = insert_job(sql)
    assert learn(facts, "42") == flowerrows.Facts("row 42, deleted")
    assert learn(facts, job_id.upper()) == learn(facts, job_id)
    assert learn(facts, job_id) == flowerrows.Facts("2 784 195", "Montréal · Cadastre du Québec")


def test_message_in_work_is_asked_for_again_and_each_message_knows_its_own_attempt(
    sql: psycopg.Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flowerrows, "IN_WORK_SECONDS", 0.0)
    facts = flowerrows.RowFacts(database_url)
    job_id = insert_job(sql)
    facts.learn({"m-1": job_id, "m-2": job_id}, in_work=("m-1",))
    for message, process in (("m-1", "w-1"), ("m-2", "w-2")):
        sql.execute(
            "INSERT INTO extraction_attempts (job_id, document_source, worker_id, message_id)"
            " VALUES (%s, 'index', %s, %s)",
            [job_id, process, message],
        )
    facts.learn({"m-1": job_id, "m-2": job_id})
    found = [facts.find(message) for message in ("m-1", "m-2")]
    assert [(fact.process, fact.attempt) for fact in found if fact] == [("w-1", 1), ("", None)]
    fresh = flowerrows.RowFacts(database_url)
    fresh.learn({"m-2": job_id})
    second = fresh.find("m-2")
    assert second is not None
    assert (second.process, second.attempt) == ("w-2", 2)


def test_facts_are_bounded(sql: psycopg.Connection, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flowerrows, "MAX_FACTS", 2)
    facts = flowerrows.RowFacts(database_url)
    job_ids = [insert_job(sql, document_number=f"2 784 19{digit}") for digit in range(4)]
    assert [learn(facts, job_id) is not None for job_id in job_ids] == [True] * 4
    assert len(facts._facts) == 2


def test_silent_database_holds_a_page_of_a_hundred_rows_for_a_moment_only() -> None:
    # Given a server that takes connections and never answers
    with socket.create_server(("127.0.0.1", 0), backlog=8) as silence:
        facts = flowerrows.RowFacts(f"postgresql://someone@127.0.0.1:{silence.getsockname()[1]}/none")
        started = time.monotonic()
        assert [learn(facts, uuid4()) for _ in range(100)] == [None] * 100
        assert time.monotonic() - started < 3 * flowerrows.ANSWER_SECONDS


@pytest.fixture
def no_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = flowerrows.RowFacts("postgresql://nobody@127.0.0.1:1/none")
    for module in (flower, flowersearch):
        monkeypatch.setattr(module, "row_facts", lambda: nobody)


@pytest.mark.usefixtures("no_postgres")
def test_search_says_that_postgres_is_away_and_finds_by_state_and_id_all_the_same() -> None:
    index = flowersearch.RowSearch()
    index.upsert(event(args="('1042',)", state="FAILURE", uuid="m-1"))
    assert index.matching_ids("state:FAILURE") == index.matching_ids("args:1042") == {"m-1"}
    assert index.matching_ids("state:SUCCESS 2 784 195") == set()
    with pytest.raises(QuerySyntaxError, match="Postgres gives no answer"):
        index.matching_ids("2 784 195")


@pytest.mark.usefixtures("no_postgres")
def test_message_without_an_answer_shows_the_row_and_one_without_a_row_its_arguments() -> None:
    job_id = str(uuid4())
    task = flower.format_task(event(args=f"('{job_id}',)", result="'Complété: index/a.pdf'"))
    assert (task.document, task.reason) == (f"row {job_id}", "Complété: index/a.pdf")
    odd = ("('a', 'b')", "({},)", "(None,)", "('a b',)", "(1.5,)", "('cut off at...", "{[]: 1}")
    for args in ("()", *odd):
        assert flower.format_task(event(args=args)).document == args
    assert flower.format_task(event(args=None)).document == ""
    assert flower.format_task(event(args="('7',)", name="celery.chord")).document == "('7',)"


@pytest.mark.usefixtures("no_postgres")
@pytest.mark.parametrize("args", ["('{}',)", "['{}']"])
@pytest.mark.parametrize("job_id", ["42", "Dossier_7.PDF", "8F14E45F-CEEA-467F-A83B-000000000001"])
def test_row_is_known_by_the_argument_of_its_message_whatever_its_type(args: str, job_id: str) -> None:
    task = flower.format_task(event(args=args.format(job_id)))
    assert (task.document, task.row) == (f"row {job_id}", job_id)
    assert flower.format_task(event(args="[42]")).document == "row 42"  # celery call --args='[42]'


@pytest.mark.usefixtures("no_postgres")
@pytest.mark.parametrize(
    ("exception", "shows_traceback"),
    [
        ("DocumentNotFound('La fiche')", False),
        ("WorkerLostError('signal 9')", False),
        ("TimeLimitExceeded(120)", False),
        ("UnexpectedError('KeyError: 7')", True),
        ("KeyError('x')", True),
    ],
)
def test_only_a_defect_shows_its_traceback(exception: str, shows_traceback: bool) -> None:
    task = flower.format_task(event(exception=exception, traceback="Traceback …"))
    assert (task.traceback is not None) is shows_traceback


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ('DocumentNotFound("Aucune fiche n\'existe")', "Aucune fiche n'existe"),
        ("'Complété: l\\'index'", "Complété: l'index"),
        ("'cut off at Celery\\'s bou...", "'cut off at Celery\\'s bou..."),
        ("KeyError('a', None)", "KeyError('a', None)"),
        ("None", "None"),
        (None, None),
    ],
)
def test_outcome_is_shown_in_plain_words(written: str | None, plain: str | None) -> None:
    assert flowermessages.plain(written) == plain


def test_killed_process_is_told_as_what_it_means_for_the_row() -> None:
    sentence = flowermessages.plain("WorkerLostError('Worker exited prematurely: signal 9 (SIGKILL) Job: 3.')")
    assert sentence is not None
    assert sentence.startswith("The worker process was killed or crashed. The bridge sends the row again")
    assert "signal 9 (SIGKILL)" in sentence


def event(**values: str | None) -> SimpleNamespace:
    """What Celery's events say about a message, in the form that Flower passes on."""
    common = {"uuid": "m-0", "state": "RECEIVED", "name": "extract.index", "args": None, "kwargs": "{}"}
    return SimpleNamespace(**common | {"result": None, "exception": None, "traceback": None, "_fields": ()} | values)
