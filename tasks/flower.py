"""What Flower shows of a task, and who may look. `flowerconfig.py` hands this to Flower; a worker never imports it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from extractor.environment import Variables
from extractor.errors import ConfigurationError
from extractor.local.hosts import is_loopback
from extractor.models import RowId
from extractor.settings import read_settings
from tasks.flowermessages import FINAL_STATES, is_outcome, plain, row_of
from tasks.flowerrows import Facts, row_facts

# What a message has beside Celery's own fields, in the order of a table.
OWN_FIELDS = ("document", "place", "account", "process", "attempt", "reason", "row", "row_url")
_CREDENTIAL = re.compile(r"[^:]+:.+")


class FlowerSettings(Variables):
    """Options of Flower, from FLOWER_… in the environment or in `.env`, which Flower itself does not read."""

    address: str = "127.0.0.1"
    """Where Flower listens; Flower's own default is every address."""
    basic_auth: SecretStr | None = None
    """`user:password`, several separated by commas; required unless the address is loopback."""
    read_only: bool = True
    """No shutdown, no revoke, no change of a pool from a web page."""
    db: Path = Path(".data/flower/state")
    """Where the tasks seen so far are kept over a restart."""
    api_url: str | None = None
    """Where `extractor api` answers for a browser: each message links to its row there."""


def load_flower_settings() -> FlowerSettings:
    """Read the environment and the file that `load_settings` reads; raises as it does."""
    return read_settings(FlowerSettings, prefix="flower_")


def require_guard(address: str, basic_auth: Sequence[str], oauth: str) -> None:
    """Raise ConfigurationError when everybody who reaches the address could read Flower."""
    if not all(_CREDENTIAL.fullmatch(credential) for credential in basic_auth):
        raise ConfigurationError(
            "FLOWER_BASIC_AUTH must be user:password, several separated by commas; a password cannot contain a comma."
        )
    if not (basic_auth or oauth or is_loopback(address)):
        raise ConfigurationError(
            f"Flower would be open to everybody who reaches '{address}':"
            " set FLOWER_BASIC_AUTH=user:password, or let it listen on 127.0.0.1."
        )


def format_task(task: Any) -> Any:
    """Add to a message the columns of its row, its outcome in plain words, and the way to more.

    `task` is Flower's copy, which this changes. The state stays as it is: Flower shows a row in Erreur in red.
    """
    task.reason = plain(task.result or task.exception)
    task.kwargs = "" if task.kwargs == "{}" else task.kwargs
    if is_outcome(task.exception):
        task.traceback = None
    job_id = row_of(task)
    task.row = job_id
    task.row_url = f"{api_url}/#{job_id}" if job_id is not None and (api_url := _api_url()) else None
    _add_facts(task, job_id)
    task._fields = (*task._fields, *OWN_FIELDS)  # what Flower hands to its pages
    return task


def _add_facts(task: Any, job_id: RowId | None) -> None:
    if job_id is not None:
        row_facts().learn({task.uuid: job_id}, () if task.state in FINAL_STATES else (task.uuid,))
    facts = row_facts().find(task.uuid) if job_id is not None else None
    # Without an answer of Postgres the row is known by its id, and without a row the message by its arguments.
    known = facts or Facts(f"row {job_id}" if job_id is not None else task.args or "")
    task.document, task.place, task.account = known.document, known.place, known.account
    task.attempt, task.process = known.attempt, known.process


@cache
def _api_url() -> str | None:
    return load_flower_settings().api_url
