"""Every command of the documents, run as a reader types it, or only parsed if it would never end.

`HOW` says how each program is read; `PARSED` and `NOT_RUN` are the exceptions, each with its reason. A program that
neither of them names fails the test, so that every command in a document has been tried.
"""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import typer
from celery.bin.worker import worker
from click.testing import CliRunner as ClickRunner
from tornado.options import options as tornado_options
from typer.testing import CliRunner

from bench.__main__ import _parser as bench_parser
from extractor.cli import app
from extractor.models import Source
from extractor.settings import load_settings
from extractor.standin.__main__ import _parser as standin_parser
from tests.support import compose
from tests.support.documents import ROOT, commands
from tests.support.rows import insert_account, insert_job

COMMANDS = commands()
EXTRACTOR = typer.main.get_group(app)

# Commands of `extractor` that are only parsed.
PARSED = {
    "api": "runs until Ctrl-C",
    "demo": "takes half a minute: tests/acceptance/test_package.py",
    "doctor": "needs a browser and the site: tests/integration/doctor",
    "standin": "runs until Ctrl-C",
    "up": "runs until Ctrl-C",
    "watch": "runs until Ctrl-C, or until nothing waits",
}
# Programs that cannot run here at all, and why.
NOT_RUN = {
    "docker": "no engine in CI: options, files and services are looked up",
    "make": "a target of the Makefile: looked up; what it runs is tested under its own name",
    "celery": "runs until it is stopped: its options are parsed by Celery itself",
    ".ci/secrets": "part of make lint: looked up",
    ".ci/audit": "part of make lint, and needs a network: looked up",
    "uv": "builds the package: tests/acceptance/test_package.py",
    "pytest": "would run the tests inside a test: the files are looked up",
    "python": "measures a process that the reader names: compiled; or everything, for minutes: its options are parsed",
    "cp": "the source must exist",
    "export": "sets a variable of the reader's shell: tests/acceptance/test_readme.py types it",
    "curl": "asks what the reader started: test_api_page.py runs those of api.md, test_metrics.py asks for /metrics",
}

WAITING = {"document_number": "1 111 111", "status": "En attente", "reference": "Dossier 118"}
STOPPED = {"document_number": "2 222 404", "status": "Erreur", "error_code": "document_not_found", "error_message": "x"}


@pytest.fixture
def place(
    monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str, sql: psycopg.Connection, tmp_path: Path
) -> Iterator[Path]:
    """The directory of a reader: complete settings, a file to import, an account."""
    monkeypatch.chdir(tmp_path)
    settings = {
        "ENV_FILE": "",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "STORAGE_DIR": str(tmp_path / "documents"),
        "SPOOL_DIR": str(tmp_path / "spool"),
        "PACE_SECONDS": "0",
        "COLUMNS": "100",
        "REGISTRY_PASSWORD": "standin",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    columns = "document_source;document_number;circonscription_fonciere;cadastre"
    (tmp_path / "rows.csv").write_text(f"{columns}\nindex;2 784 195;Montréal;Cadastre du Québec\n")
    insert_account(sql, "99X0001")
    load_settings.cache_clear()
    yield tmp_path
    load_settings.cache_clear()


def run_extractor(arguments: list[str], sql: psycopg.Connection, given: str | None = None) -> None:
    """Run a command to its end; it must exit with 0 and print no traceback."""
    job = insert_job(sql, **(WAITING if arguments[0] == "cancel" else STOPPED))
    sql.execute("UPDATE extraction_queue SET completed_at = now() WHERE status = 'Erreur'")
    if arguments[0] == "accounts" and arguments[1] != "add" and arguments[-1] != arguments[1]:
        insert_account(sql, arguments[2])
    if arguments[:2] in (["accounts", "add"], ["accounts", "password"]) and "--password-stdin" not in arguments:
        arguments, given = [*arguments, "--password-stdin"], "standin\n"  # there is no terminal for a prompt
    load_settings.cache_clear()
    result = CliRunner().invoke(app, [word.replace("ROW-ID", str(job)) for word in arguments], input=given)
    assert result.exit_code == 0, result.output
    assert "Traceback" not in result.output


def parse(words: list[str]) -> None:
    """Let the command read the words without running it; raises UsageError."""
    if words[0] == "standin":
        standin_parser().parse_args(words[1:])
        return
    with EXTRACTOR.make_context("extractor", [words[0]]) as group:
        command = EXTRACTOR.get_command(group, words[0])
        assert command is not None, f"extractor has no command {words[0]}."
        command.make_context(words[0], words[1:], parent=group)


def check_celery(words: list[str]) -> None:
    assert words[:2] == ["-A", "tasks"]
    name, rest = words[2], words[3:]
    if name == "bridge":
        assert not rest
    elif name == "flower":  # Flower reads its options itself, not through Celery
        importlib.import_module("flower.options")
        assert all(word.removeprefix("--").partition("=")[0] in tornado_options for word in rest)
    else:
        assert name == "worker"
        # An unknown option is refused before --help is seen.
        result = ClickRunner().invoke(worker, [*rest, "--help"])
        assert result.exit_code == 0, result.output
        assert set(rest[rest.index("-Q") + 1].split(",")) <= set(Source)


def check_make(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for word in words:
        name, is_variable, _ = word.partition("=")
        pattern = rf"^{name} \?=" if is_variable else rf"^{name}:.*## "
        assert re.search(pattern, makefile, re.MULTILINE), f"The Makefile has no {name}."


def check_docker(words: list[str]) -> None:
    if words[0] != "compose":
        assert words[0] == "stats", "docker itself: only what is listed here"
        return
    services = compose.load({"FLOWER_BASIC_AUTH": "user:password", "API_KEY": "a-key-of-the-test"})["services"]
    rest = words[1:]
    while rest[0].startswith("-"):
        if rest[0] == "--profile":
            assert any(rest[1] in service.get("profiles", []) for service in services.values()), rest[1]
        else:
            assert rest[0] in ("-f", "--env-file")
            assert (ROOT / rest[1]).exists(), rest[1]
        rest = rest[2:]
    verb, rest = rest[0], rest[1:]
    assert verb in ("up", "ps", "logs", "exec", "down"), verb
    rest = rest[: rest.index("|")] if "|" in rest else rest  # the reader chooses what reads the output
    named = [word.partition("=")[0] for word in rest if not word.startswith("-")]
    for name in named[:1] if verb == "exec" else named:
        assert name in services, f"docker-compose.yml has no service {name}."


def check_curl(words: list[str]) -> None:
    is_of_the_api = any(word.startswith(("$API/api/", "$URL")) for word in words)
    assert is_of_the_api or words[-1].endswith("/metrics"), "curl: only what is listed here"


def check_file(words: list[str]) -> None:
    assert (ROOT / words[0]).exists(), words[0]


def check_python(words: list[str]) -> None:
    if words[:2] == ["-m", "bench"]:
        bench_parser().parse_args(words[2:])
        return
    assert words[0] == "-c"
    compile(words[1], "document", "exec")


def check_export(words: list[str]) -> None:
    assert words == ["ENV_FILE=$PWD/.data/up/env"], "export: only the file that `make up` writes"


def check_uv(words: list[str]) -> None:
    assert words[:2] == ["build", "--out-dir"], "uv: only what is listed here"


HOW: dict[str, Callable[[list[str]], None]] = {
    "extractor": parse,
    "celery": check_celery,
    "make": check_make,
    "docker": check_docker,
    "cp": check_file,
    "curl": check_curl,
    "export": check_export,
    "pytest": check_file,
    "python": check_python,
    ".ci/secrets": lambda _: check_file([".ci/secrets"]),
    ".ci/audit": lambda _: check_file([".ci/audit"]),
    "uv": check_uv,
}


def names(lines: list[str]) -> list[str]:
    return [f"{COMMANDS[line][0]} {line[:60]}" for line in lines]


def is_run(command: str) -> bool:
    program, first = shlex.split(command)[:2] if " " in command else (command, "")
    return program == "printf" or (program == "extractor" and first not in PARSED)


RUN = [command for command in COMMANDS if is_run(command)]
READ = [command for command in COMMANDS if not is_run(command)]


@pytest.mark.parametrize("command", RUN, ids=names(RUN))
def test_command_runs(command: str, place: Path, sql: psycopg.Connection) -> None:
    _, _, piped = command.rpartition(" '|' ")
    program, *words = shlex.split(piped)
    assert program == "extractor"
    run_extractor(words, sql, given="standin\n" if piped != command else None)
    assert place.exists()


@pytest.mark.parametrize("command", READ, ids=names(READ))
def test_command_can_be_read(command: str) -> None:
    program, *words = shlex.split(command)
    assert program in HOW, f"{COMMANDS[command]}: say in HOW and NOT_RUN what becomes of {program}."
    HOW[program](words)


def test_every_exception_has_a_reason_and_is_used() -> None:
    assert set(HOW) == {shlex.split(command)[0] for command in READ}
    assert set(NOT_RUN) == set(HOW) - {"extractor"}
