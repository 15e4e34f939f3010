"""Celery as people type it: what cannot work ends with one sentence and an exit code, and never with a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.celery_line import celery

SETTINGS = {
    "ENV_FILE": "",
    "DATABASE_URL": "postgresql://nobody:planted@127.0.0.1:1/none",
    "REDIS_URL": "redis://:planted@127.0.0.1:1/0",
    "STORAGE_DIR": "storage",
}
QUEUES = "and there is no such queue: write one or several of acte,index,plan_cadastraux in this form, without blanks."
ONE_ROW = ["--args", '["7d444840-9dc0-11d1-b245-5ffdce74fad2"]']


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(
            ("worker", "-Q", "actes"),
            f"-Q names 'actes', {QUEUES}",
            marks=pytest.mark.supported("`-Q` or `-X` with another queue, in capitals, with blanks, or empty"),
        ),
        (("worker", "-Q", "Acte, index"), f"-Q names 'Acte', ' index', {QUEUES}"),
        (("worker", "-Q", ""), f"-Q names '', {QUEUES}"),
        (("worker", "-X", "actes"), f"-X names 'actes', {QUEUES}"),
        pytest.param(
            ("worker", "--pool=threads"),
            "Only --pool=prefork is supported, because each row needs a process of its own: leave --pool out.",
            marks=pytest.mark.supported("`--pool=threads`, `--pool=solo`, `--pool=gevent`, `--pool=eventlet`"),
        ),
        (("worker", "-P", "solo"), "Only --pool=prefork is supported"),
        pytest.param(
            ("worker", "-c", "0"),
            "--concurrency=0 would start no process: write how many sessions this worker has, at least 1.",
            marks=pytest.mark.supported("`-c 0`"),
        ),
        pytest.param(
            ("worker", "--autoscale=4,1"),
            "--autoscale is not supported, because each worker process holds an account and a session: say with"
            " --concurrency how many there are.",
            marks=pytest.mark.supported("`--autoscale`"),
        ),
        pytest.param(
            ("worker", "-B"),
            "-B is not supported, because nothing here has a schedule: the bridge sends the rows.",
            marks=pytest.mark.supported("`-B`"),
        ),
        pytest.param(
            ("worker", "--time-limit=60"),
            "--time-limit would end the wait for a document that is already paid: set JOB_TIMEOUT_SECONDS.",
            marks=pytest.mark.supported("`--time-limit`, `--soft-time-limit`"),
        ),
        (("worker", "--soft-time-limit=60"), "--soft-time-limit would end the wait for a document"),
        pytest.param(
            ("worker", "--pool-start-method=spawn"),
            "--pool-start-method=spawn is not supported, because a process needs what its parent has read.",
            marks=pytest.mark.supported("`--pool-start-method=spawn`"),
        ),
        pytest.param(
            ("worker", "--include=nothere"),
            "--include names 'nothere', and there is no such module.",
            marks=pytest.mark.supported("`--include` of a module that is not there"),
        ),
        pytest.param(
            ("worker", "--detach", "--logfile=/nonexistent/w.log"),
            "--logfile=/nonexistent/w.log cannot be written: make the directory /nonexistent, or correct its rights.",
            marks=pytest.mark.supported("`--logfile` or `--pidfile` in a directory that is not there"),
        ),
        pytest.param(
            ("call", "extract.actes", *ONE_ROW),
            "There is no task 'extract.actes': the tasks are extract.acte, extract.index, extract.plan_cadastraux.",
            marks=pytest.mark.supported("`celery -A tasks call` of another task, to another queue, or without a row"),
        ),
        (
            ("call", "extract.acte", "--queue=actes", *ONE_ROW),
            "There is no queue 'actes': the queues are acte, index, plan_cadastraux.",
        ),
        (("call", "extract.acte"), "extract.acte takes one argument, the id of a row: --args '[\"ROW-ID\"]'."),
        (("call", "extract.acte", "--kwargs", '{"job_id": "x"}'), "extract.acte takes one argument"),
        (("call", "extract.acte", "--exchange=x", *ONE_ROW), "A message without a queue would be lost: leave out"),
        pytest.param(
            ("result", "7d444840-9dc0-11d1-b245-5ffdce74fad2"),
            "Celery keeps no results here: `extractor show ROW-ID` says what became of a row.",
            marks=pytest.mark.supported("`celery -A tasks result`"),
        ),
        pytest.param(
            ("-b", "redis://127.0.0.1:2/0", "report"),
            "CELERY_BROKER_URL, or --broker, names another broker than REDIS_URL, where the bridge counts the messages:"
            " leave it out, and set REDIS_URL.",
            marks=pytest.mark.supported("`--broker`, or CELERY_BROKER_URL, with another broker"),
        ),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = celery("-A", "tasks", *arguments, environment=SETTINGS, directory=tmp_path)

    assert (done.code, done.output.count("\n")) == (2, 1), done.output
    assert done.output.startswith(f"Error: {says}")


@pytest.mark.supported("a broker that does not answer")
def test_broker_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    done = celery("-A", "tasks", "call", "extract.acte", *ONE_ROW, environment=SETTINGS, directory=tmp_path)

    said = "Error 111 connecting to 127.0.0.1:1. Connection refused. Start it, or correct REDIS_URL.\n"
    assert (done.code, done.output) == (os.EX_UNAVAILABLE, f"Error: The broker cannot be reached: {said}")


@pytest.mark.parametrize("command", ["worker", "bridge", "report", "purge"])
def test_missing_file_of_settings_is_said_by_every_command(command: str, tmp_path: Path) -> None:
    nothing = SETTINGS | {"DATABASE_URL": "", "ENV_FILE": "nothere.env"}
    done = celery("-A", "tasks", command, environment=nothing, directory=tmp_path)

    assert (done.code, done.output) == (
        2,
        "Error: nothere.env does not exist: correct ENV_FILE, or leave it out.\n",
    )


@pytest.mark.supported("`celery -A tasks report`, from any directory")
@pytest.mark.parametrize("name", ["tasks", "tasks.celery"])
def test_report_needs_no_checkout_and_shows_no_password(name: str, tmp_path: Path) -> None:
    done = celery("-A", name, "report", environment=SETTINGS, directory=tmp_path)

    assert (done.code, "broker_url: 'redis://:********@127.0.0.1:1/0'" in done.output) == (0, True)
    assert "planted" not in done.output


@pytest.mark.supported("a foreign module `tasks` or `celeryconfig` in the working directory")
@pytest.mark.parametrize("module", ["celeryconfig.py", "tasks/__init__.py"])
def test_foreign_module_in_the_working_directory_is_refused(module: str, tmp_path: Path) -> None:
    (tmp_path / module).parent.mkdir(exist_ok=True)
    (tmp_path / module).touch()
    done = celery("-A", "tasks", "worker", environment=SETTINGS, directory=tmp_path)

    name = module.partition("/")[0].removesuffix(".py")
    assert (done.code, done.output) == (2, f"celery: {foreign(tmp_path / module, name)}")


def test_console_script_does_not_start_a_foreign_app(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("import celery\napp = celery.Celery()\n")

    assert script(tmp_path, "report") == (2, f"celery: {foreign(tmp_path / 'tasks.py', 'tasks')}")


@pytest.mark.parametrize("pool", [["--pool=gevent"], ["-P", "eventlet"]])
def test_pool_whose_library_is_missing_is_refused_as_the_others(pool: list[str], tmp_path: Path) -> None:
    said = "Only --pool=prefork is supported, because each row needs a process of its own: leave --pool out."
    assert script(tmp_path, "worker", *pool) == (1, f"Error: {said}\n")


def script(directory: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and stderr of `celery -A tasks ARGUMENTS`, as the console script starts it."""
    done = subprocess.run(
        [Path(sys.executable).with_name("celery"), "-A", "tasks", *arguments],
        env=os.environ | SETTINGS,
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


def foreign(path: Path, name: str) -> str:
    return f"{path} would be loaded instead of our own `{name}`: run this in another directory.\n"


@pytest.mark.supported("a port of Flower that another process has")
def test_port_that_is_taken_is_said_by_flower(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = celery("-A", "tasks", "flower", f"--port={port}", environment=SETTINGS, directory=tmp_path)

    assert (done.code, done.output) == (
        2,
        f"Error: Another process has the port {port}: choose another one with --port.\n",
    )


@pytest.mark.supported("a wrong value of an option of Flower")
def test_flower_reads_past_a_service_link_and_refuses_a_wrong_value(tmp_path: Path) -> None:
    linked = SETTINGS | {"FLOWER_PORT": "tcp://10.0.0.1:5555"}
    done = celery("-A", "tasks", "flower", "--max-tasks=many", environment=linked, directory=tmp_path)

    wrong = "An option of flower, or a variable FLOWER_…, has a wrong value"
    assert (done.code, done.output) == (2, f"Error: {wrong}: invalid literal for int() with base 10: 'many'.\n")
