"""The README, walked through in a fresh clone by a reader with two terminals."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractor.local.waiting import wait_until
from tests.support.demo import left_behind
from tests.support.documents import commands
from tests.support.fresh_clone import Terminal, clone, newcomers_variables

# The stand-in finds no lot 404.
ADD = "--source index --circonscription Montréal --cadastre 'Cadastre du Québec' --number"
ROWS = """\
document_source;document_number;circonscription_fonciere;cadastre;acte_type
index;2 784 196;Montréal;Cadastre du Québec;
acte;25 616 321;Montréal;;Acte
"""
GOOD_ROWS = ROWS.count("\n") - 1
USUAL = {"Dashboard": 3000, "Flower": 5555, "PostgreSQL": 15432, "Valkey": 16379, "Stand-in": 8900}
EXPORT = 'export ENV_FILE="$PWD/.data/up/env"'  # as the README has it
EVENT = r"\d\d:\d\d:\d\d  (bridge |worker |api    )  \S"
# Commands of the README that do not end, and why the walk can do without them.
ENDLESS = {"api": "`make up` runs it"}


class Reader:
    """Types commands into the second terminal, as the README has them."""

    def __init__(self, directory: Path, variables: dict[str, str]) -> None:
        self._directory = directory
        self._variables = variables

    def export(self, command: str) -> str:
        """Type an `export` of ENV_FILE, keep what it sets, and return that."""
        value = self._shell(f'{command} && printf "%s" "$ENV_FILE"')
        self._variables = {**self._variables, "ENV_FILE": value}
        return value

    def types(self, command: str, given: str = "") -> str:
        """Run a command of this product to its end; it must succeed."""
        return self._shell(f".venv/bin/{command}", given)

    def _shell(self, command: str, given: str = "") -> str:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self._directory,
            env=self._variables,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def directory(server_directory: Path) -> Path:
    path = server_directory / "clone"
    clone(path)
    return path


@pytest.fixture
def first_terminal(directory: Path) -> Iterator[Terminal]:
    """Where the system runs; at no pace, because nobody pays for the time of this test."""
    variables = newcomers_variables(directory) | {"PACE_SECONDS": "0"}
    with Terminal(["/bin/sh", "-c", "cp .env.example .env && make up"], cwd=directory, variables=variables) as terminal:
        yield terminal


@pytest.fixture
def reader(directory: Path) -> Reader:
    return Reader(directory, newcomers_variables(directory))


def test_the_readme_can_be_followed(first_terminal: Terminal, reader: Reader, directory: Path) -> None:
    named = reader.export(first_terminal.read_until("In another terminal:").partition(":")[2])
    assert named == reader.export(EXPORT)
    check_table(first_terminal.lines)

    # A row that nobody finds, and an import; then the other commands of the README
    (directory / "rows.csv").write_text(ROWS)
    row = reader.types(f"extractor add {ADD} 404").split()[0]
    others = of_the_readme()
    reader.types(others.pop(others.index("extractor import rows.csv")))
    first_terminal.read_until(" done: ", times=GOOD_ROWS)
    first_terminal.read_until(f"warning: Job {row}", times=1)
    said = {command: reader.types(command.replace("ROW-ID", row), given="standin\n") for command in others}
    assert "inexistante" in said["extractor why ROW-ID"]
    assert "document_not_found" in said["extractor show ROW-ID"]
    assert all(number in said["extractor list"] for number in ("404", "25 616 321", "2 784 196"))
    assert len(list((directory / "pdf").rglob("*.pdf"))) == GOOD_ROWS

    # Sent again as it is, and then corrected; Ctrl-C in the first terminal, while the row is in progress
    reader.types(f"extractor retry {row} --yes")
    first_terminal.read_until(f"warning: Job {row}")
    reader.types(f"extractor edit {row} --number '2 784 197' --yes")
    first_terminal.read_until("  bridge   Sent 1 index")
    first_terminal.press_ctrl_c()
    first_terminal.read_to_the_end()
    check_what_was_shown(first_terminal.lines)
    wait_until(lambda: not left_behind(directory), what="every process is gone", seconds=120)


def of_the_readme() -> list[str]:
    """Each command of the README that ends, in its order."""
    here = [command for command, places in commands().items() if any(place.startswith("README.md") for place in places)]
    ours = [command for command in here if command.startswith("extractor ")]
    return [
        f"{command} --password-stdin" if command.startswith("extractor accounts add") else command
        for command in ours
        if shlex.split(command)[1] not in ENDLESS
    ]


def check_table(lines: list[str]) -> None:
    """The last lines before the reader's turn: every address, at its usual port or with the reason why not."""
    table = lines[lines.index("") :]
    for name, usual in USUAL.items():
        (row,) = (line for line in table if re.match(rf"{name} +\w+://", line))
        assert f":{usual}" in row or f"({usual} is taken)" in row
    assert table[-1].startswith("In another terminal: export ENV_FILE=")


def check_what_was_shown(lines: list[str]) -> None:
    """One line per event of our own, then what Ctrl-C does; no escape codes, and nothing that reads like a failure."""
    begin = next(number for number, line in enumerate(lines) if line.startswith("In another terminal"))
    end = next(number for number, line in enumerate(lines) if "Stopping" in line)
    events = lines[begin + 1 : end]
    assert [line for line in events if not re.match(EVENT, line)] == []
    # The corrected row may be done before Ctrl-C arrives.
    assert len([line for line in events if " done: " in line]) in (GOOD_ROWS, GOOD_ROWS + 1)
    assert "what is paid is fetched first" in lines[end]
    assert lines[end + 1 :][-1].startswith("Stopped. Rows and documents are kept in ")
    assert len(lines) == end + 2
    assert not re.search(
        r"\x1b|\*\*\*|Error|Traceback|[Ii]nterrupt|celery@|mingle|Task |mmap|Inspect", "\n".join(lines)
    )
