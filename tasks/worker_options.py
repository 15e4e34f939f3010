"""Which options of `celery worker` this program takes: with the others a worker could not work, or would pay twice."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
from celery.concurrency.prefork import TaskPool

from extractor.models import Source
from tasks.command_line import Refused, is_given

UNSUPPORTED = {
    "autoscale": "--autoscale is not supported, because each worker process holds an account and a session: say with"
    " --concurrency how many there are.",
    "beat": "-B is not supported, because nothing here has a schedule: the bridge sends the rows.",
    "time_limit": "--time-limit would end the wait for a document that is already paid: set JOB_TIMEOUT_SECONDS.",
    "soft_time_limit": "--soft-time-limit would end the wait for a document that is already paid: set"
    " JOB_TIMEOUT_SECONDS.",
}


def check_option() -> click.Option:
    """An option that nobody types: Celery calls it after it has read all others, also before it detaches."""
    return click.Option(["--check-options"], is_flag=True, hidden=True, expose_value=False, callback=_check)


def _check(context: click.Context, _option: click.Parameter, _value: bool) -> None:
    options = context.params
    for name, sentence in UNSUPPORTED.items():
        if is_given(context, name) and options[name]:
            raise Refused(sentence)
    _check_queues("-Q", options["queues"])
    _check_queues("-X", options["exclude_queues"])
    _check_processes(context, options)
    for name in ("logfile", "pidfile"):
        _check_file(name, options[name])
    for module in options["include"] or ():
        if find_spec(module.partition(".")[0]) is None:
            raise Refused(f"--include names {module!r}, and there is no such module.")


def _check_queues(option: str, names: list[str] | None) -> None:
    unknown = [name for name in names or () if name not in set(Source)]
    if unknown:
        raise Refused(
            f"{option} names {', '.join(map(repr, unknown))}, and there is no such queue: write one or several of"
            f" {','.join(Source)} in this form, without blanks."
        )


def _check_processes(context: click.Context, options: dict[str, Any]) -> None:
    pool = options["pool"]
    if not (isinstance(pool, type) and issubclass(pool, TaskPool)):
        raise Refused(
            "Only --pool=prefork is supported, because each row needs a process of its own: leave --pool out."
        )
    if options["pool_start_method"] == "spawn":
        raise Refused("--pool-start-method=spawn is not supported, because a process needs what its parent has read.")
    if is_given(context, "concurrency") and not options["concurrency"]:
        raise Refused("--concurrency=0 would start no process: write how many sessions this worker has, at least 1.")


def _check_file(option: str, name: str | None) -> None:
    """Celery opens it after it has detached, where nobody would read why that failed."""
    directory = Path(name).parent if name else None
    if directory is not None and "%" not in str(directory) and not os.access(directory, os.W_OK | os.X_OK):
        raise Refused(f"--{option}={name} cannot be written: make the directory {directory}, or correct its rights.")
