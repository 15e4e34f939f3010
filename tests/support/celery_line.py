"""Runs a line of Celery's command line in a process of its own, forked from one that has imported Celery already."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

END_SECONDS = 30.0

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["celery.bin.celery"])


@dataclass(frozen=True)
class Done:
    """The exit code, and what stdout and stderr got."""

    code: int | None
    output: str


def celery(*arguments: str, environment: Mapping[str, str], directory: Path) -> Done:
    """`celery ARGUMENTS` in the directory, to its end; the environment is added to this process's."""
    output = directory / "output.txt"
    process = _context.Process(target=_run, args=(arguments, dict(environment), directory, output))
    process.start()
    process.join(END_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
    return Done(process.exitcode, output.read_text())


def _run(arguments: tuple[str, ...], environment: dict[str, str], directory: Path, output: Path) -> None:
    from celery.__main__ import main  # noqa: PLC0415 -- in the forked process

    os.environ.update(environment)
    os.chdir(directory)
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = ["celery", *arguments]
    main()
