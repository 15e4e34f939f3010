"""What a line of the log contains, and what it never contains."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from extractor import log, redaction
from extractor.models import Account, Job, Source
from extractor.settings import Settings

JOB = Job(
    id=UUID("11111111-2222-3333-4444-555555555555"),
    attempt_id=77,
    source=Source.INDEX,
    document_number="2 784 195",
    document_number_normalized="2784195",
    circonscription="Montréal",
    cadastre=None,
    designation=None,
    acte_type=None,
    request_key="index|2784195|montréal|||",
    attempts=2,
    max_attempts=3,
    created_at=datetime.now(UTC),
)
ACCOUNT = Account(id=uuid4(), username="99X0001", password=SecretStr("Fleur-de-Lys"), lease_id=uuid4())

logger = logging.getLogger("extractor.test")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restores logging, and forgets what other tests hid or kept."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    monkeypatch.setattr(log, "_speaker", {})
    monkeypatch.setattr(redaction, "_known", frozenset())
    monkeypatch.setattr(redaction, "_pattern", None)
    yield
    root.handlers[:] = before
    root.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_line_is_one_object_that_says_who_writes_about_which_row(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure_logging("INFO", "json")
    log.identify(worker_id="bureau-1-2")
    log.hold_account(ACCOUNT)
    with log.about(JOB):
        logger.info("Form open for « %s »", "Montréal")
    logger.info("Idle")
    log.hold_account(None)
    logger.info("Free")

    about, idle, free = lines(capsys)
    assert about["message"] == "Form open for « Montréal »"
    assert datetime.fromisoformat(about["timestamp"]).tzinfo is not None
    assert (
        about.items()
        >= {
            "level": "info",
            "logger": "extractor.test",
            "job_id": str(JOB.id),
            "attempt": 2,
            "attempt_id": 77,
            "source": "index",
            "worker_id": "bureau-1-2",
            "account": "99•••01",
        }.items()
    )
    assert idle["account"] == "99•••01"
    assert not {"job_id", "attempt", "source"} & idle.keys()
    assert "account" not in free


def test_threads_write_for_the_same_process(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure_logging("INFO", "json")
    log.identify(worker_id="w-1")
    thread = threading.Thread(target=logger.warning, args=["Heartbeat failed: %s", "gone"])
    thread.start()
    thread.join()
    assert [line["worker_id"] for line in lines(capsys)] == ["w-1"]


@pytest.mark.parametrize("name", ["celery.worker.strategy", "psycopg.pool", "asyncio", "playwright"])
def test_lines_of_libraries_have_the_same_form(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure_logging("INFO", "json")
    with log.about(JOB):
        logging.getLogger(name).error("first line\nsecond line", extra={"queue": "index"})
    (line,) = lines(capsys)
    assert (line["logger"], line["message"], line["queue"]) == (name, "first line\nsecond line", "index")
    assert line["job_id"] == str(JOB.id)


def test_chatter_of_libraries_stays_out(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure_logging("INFO", "json")
    logging.getLogger("httpx").info("HTTP Request: GET …")
    assert lines(capsys) == []


def test_exception_is_a_field(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure_logging("INFO", "json")
    try:
        int("a defect")
    except ValueError:
        logger.exception("Job failed unexpectedly")
    (line,) = lines(capsys)
    assert line["message"] == "Job failed unexpectedly"
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ValueError: invalid literal for int() with base 10: 'a defect'")


def test_people_get_one_line_too_without_colours_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure_logging("INFO", "human")
    log.identify(worker_id="w-1")
    with log.about(JOB):
        logger.info("New browser after %d jobs\nand more", 2)
    text = capsys.readouterr().err
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[info *\] New browser after 2 jobs \| and more ", text)
    assert "worker_id=w-1" in text
    assert "source=index" in text
    assert text.count("\n") == 1
    assert "\x1b" not in text


SECRETS = ["plain-secret", 'quo"ted\\secret', "spécial/@:secret", "it's a secret"]


@pytest.mark.parametrize("form", ["json", "human"])
@pytest.mark.parametrize("secret", SECRETS)
def test_known_secret_is_in_no_line_however_it_is_written(
    secret: str, form: log.Format, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure_logging("INFO", form)
    redaction.hide(SecretStr(secret))
    try:
        dict[str, str]()[secret]
    except KeyError as error:
        logger.exception("%s and %r", secret, secret, extra={"field": secret})
        logger.info("%s %r %s", error, [secret], quote(secret, safe=""))
    written = capsys.readouterr().err
    assert redaction.MASK in written
    assert not any(
        spelling in written for spelling in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret))
    )
    if form == "json":
        assert all(json.loads(line) for line in written.splitlines())


def test_secrets_of_the_settings_and_of_the_account_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(
        database_url="postgresql://postgres.ref:p%40ss-word@db.example:5432/postgres",
        redis_url="rediss://:broker-secret@redis.example/0",
        supabase_url="https://ref.supabase.co",
        supabase_service_key="sb_secret_123456",
        log_format="json",
    )
    redaction.hide_settings(settings)
    log.configure_logging("INFO", "json")
    log.hold_account(ACCOUNT)
    logger.info("p%%40ss-word p@ss-word broker-secret sb_secret_123456 %s", ACCOUNT.password.get_secret_value())
    logger.info("connection to postgresql://postgres.ref:never-told@db.example:5432/postgres failed")
    masked, failed = (line["message"] for line in lines(capsys))
    assert masked == " ".join(["•••"] * 5)
    # A URL keeps what an operator needs
    assert failed == "connection to postgresql://postgres.ref:•••@db.example:5432/postgres failed"


PROCESS = """
import threading, warnings
from extractor import log
from extractor.settings import Settings
log.configure_process(Settings(_env_file=None, database_url="postgresql://u:dies-with-it@h.example/d", redis_url="redis://h",
                               storage_dir="/tmp"))
warnings.warn("something is old", DeprecationWarning, stacklevel=1)
def die(): raise RuntimeError("dies-with-it")
thread = threading.Thread(target=die, name="watch"); thread.start(); thread.join()
die()
"""


def test_warnings_and_ends_of_threads_and_of_the_process_are_lines() -> None:
    command = [sys.executable, "-W", "default", "-c", PROCESS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    warned, thread, process = map(json.loads, done.stderr.splitlines())
    assert (warned["logger"], "something is old" in warned["message"]) == ("py.warnings", True)
    assert (thread["level"], thread["message"]) == ("critical", "watch ended: •••")
    assert thread["exception"].endswith("RuntimeError: •••")
    assert process["message"] == "process ended: •••"
    assert done.returncode == 1
