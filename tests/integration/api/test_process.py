"""`extractor api` as a process: it serves, ends in order, and says in a sentence why it does not start."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from extractor.local.listening import listen
from tests.support.rows import column

COMMAND = [sys.executable, "-c", "from extractor.cli import main; main()", "api"]
ROW = {"document_source": "acte", "document_number": "25 616 321", "acte_type": "Acte"}


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "ENV_FILE": "",
        "DATABASE_URL": database_url,
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "STORAGE_DIR": str(tmp_path),
        "API_KEY": "",
    }


@pytest.fixture
def process(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([*COMMAND, "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def refusal(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    done = subprocess.run([*COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_it_serves_and_ends_when_asked(process: subprocess.Popen[str], sql: psycopg.Connection) -> None:
    assert process.stdout is not None
    says = re.fullmatch(r"The API listens on (http://127\.0\.0\.1:\d+), .* /docs\.\n", process.stdout.readline())
    assert says is not None

    created = httpx.post(f"{says[1]}/api/extractions", json=ROW).json()
    with httpx.stream("GET", f"{says[1]}/api/events", timeout=60) as stream:
        lines = stream.iter_lines()
        assert next(lines) == ": listening"
        process.send_signal(signal.SIGTERM)
        assert not any(line.startswith("event:") for line in lines)  # to its end; a line cut short raises

    assert process.wait(timeout=60) == -signal.SIGTERM
    assert column(sql, created["id"], "document_number_normalized") == "25616321"


def test_off_loopback_it_requires_a_key(environment: dict[str, str]) -> None:
    code, says = refusal(environment, "--host", "0.0.0.0", "--port", "0")  # noqa: S104

    assert (code, says.startswith("extractor: API_KEY is required to listen on 0.0.0.0")) == (2, True)
    assert "Traceback" not in says


@pytest.mark.supported("a port of the API that another process has")
def test_taken_port_is_a_sentence(environment: dict[str, str]) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        code, says = refusal(environment, "--port", str(port))

    assert (code, says) == (1, f"extractor: The API cannot listen on 127.0.0.1:{port}: Address already in use.\n")
