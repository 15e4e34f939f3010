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

from extractor.errors import ConfigurationError
from extractor.local.child_process import ChildProcess
from extractor.local.embedded_server import free_port
from tasks import flower
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
    """Row, state and result, as the table shows them; a message that found nothing to do is left out."""
    shown = {(task["args"], task["state"], task["result"] or "") for task in tasks(client)}
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

            # the page of one task links to what Flower does not know
            failed = next(task for task in tasks(client) if task["state"] == "FAILURE")
            page = client.get(f"/task/{failed['uuid']}").text
            assert f"extractor show {missing}" in page
            assert f"https://api.example/#{missing}" in page
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


def assert_closed(client: httpx.Client, worker: str) -> None:
    """Without the password nobody can look, and nobody at all can give commands."""
    assert [httpx.get(client.base_url.join(path)).status_code for path in ("/tasks", "/api/tasks")] == [401, 401]
    orders = ("worker/shutdown/", "worker/pool/grow/", "worker/queue/cancel-consumer/", "task/revoke/")
    assert {client.post(f"/api/{order}{worker}").status_code for order in orders} == {403}
    assert client.post("/api/task/async-apply/extract.acte").status_code == 403
    assert "shut down" not in client.get(f"/worker/{worker}").text.lower()


def test_label_follows_a_deleted_row(sql: psycopg.Connection, database_url: str) -> None:
    labels = flower.RowLabels(database_url)
    job_id = insert_job(sql, designation_secondaire="Partie 3")
    assert labels.label(job_id) == "2 784 195 · Partie 3 · Montréal · Cadastre du Québec"
    # The label is kept, so Flower does not ask for it again
    sql.execute("DELETE FROM extraction_queue")
    assert labels.label(job_id) == "2 784 195 · Partie 3 · Montréal · Cadastre du Québec"
    gone = str(uuid4())
    assert labels.label(gone) == f"row {gone}, deleted"


def test_label_of_a_text_that_is_no_id_here_and_of_one_written_in_another_way(
    sql: psycopg.Connection, database_url: str
) -> None:
    labels = flower.RowLabels(database_url)
    job_id = insert_job(sql)
    assert labels.label("42") == "row 42, deleted"
    assert labels.label(job_id.upper()) == labels.label(job_id) == "2 784 195 · Montréal · Cadastre du Québec"


def test_labels_are_bounded(sql: psycopg.Connection, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flower, "MAX_LABELS", 2)
    labels = flower.RowLabels(database_url)
    job_ids = [insert_job(sql, document_number=f"2 784 19{digit}") for digit in range(4)]
    assert [labels.label(job_id) is not None for job_id in job_ids] == [True] * 4
    assert len(labels._labels) == 2


def test_silent_database_holds_a_page_of_a_hundred_rows_for_a_moment_only() -> None:
    # Given a server that takes connections and never answers
    with socket.create_server(("127.0.0.1", 0), backlog=8) as silence:
        labels = flower.RowLabels(f"postgresql://someone@127.0.0.1:{silence.getsockname()[1]}/none")
        started = time.monotonic()
        assert [labels.label(str(uuid4())) for _ in range(100)] == [None] * 100
        assert time.monotonic() - started < 3 * flower.ANSWER_SECONDS


def test_task_without_an_answer_shows_the_row_and_one_without_a_row_stays_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nobody = flower.RowLabels("postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setattr(flower, "row_labels", lambda: nobody)
    job_id = str(uuid4())
    task = flower.format_task(event(args=f"('{job_id}',)", result="'Complété: index/a.pdf'"))
    assert (task.args, task.result) == (f"row {job_id}", "Complété: index/a.pdf")
    odd = ("('a', 'b')", "({},)", "(None,)", "('a b',)", "(1.5,)", "('cut off at...", "{[]: 1}")
    for args in (None, "()", *odd):
        assert flower.format_task(event(args=args)).args == args
    assert flower.format_task(event(args="('7',)", name="celery.chord")).args == "('7',)"


@pytest.mark.parametrize("args", ["('{}',)", "['{}']"])
@pytest.mark.parametrize("job_id", ["42", "Dossier_7.PDF", "8F14E45F-CEEA-467F-A83B-000000000001"])
def test_row_is_known_by_the_argument_of_its_message_whatever_its_type(
    args: str, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = flower.RowLabels("postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setattr(flower, "row_labels", lambda: nobody)

    task = flower.format_task(event(args=args.format(job_id)))

    assert (task.args, task.row) == (f"row {job_id}", f"extractor show {job_id}")
    assert flower.format_task(event(args="[42]")).args == "row 42"  # celery call --args='[42]'


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ('DocumentNotFound("Aucune fiche n\'existe")', "Aucune fiche n'existe"),
        ("'Complété: l\\'index'", "Complété: l'index"),
        ("'cut off at Celery\\'s bou...", "'cut off at Celery\\'s bou..."),
        ("WorkerLostError('signal 9 (SIGKILL)', None)", "WorkerLostError('signal 9 (SIGKILL)', None)"),
        ("None", "None"),
        (None, None),
    ],
)
def test_outcome_is_shown_in_plain_words(written: str | None, plain: str | None) -> None:
    assert flower.format_task(event(result=written)).result == plain
    assert flower.format_task(event(exception=written)).result == plain


def event(**values: str | None) -> SimpleNamespace:
    """What Celery's events say about a task, in the form that Flower passes on."""
    return SimpleNamespace(
        **{"name": "extract.index", "args": None, "kwargs": "{}", "result": None, "exception": None, "_fields": ()}
        | values
    )
