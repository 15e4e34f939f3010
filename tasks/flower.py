"""What Flower shows of a task, and who may look. `flowerconfig.py` hands this to Flower; a worker never imports it."""

from __future__ import annotations

import ast
import logging
import queue
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from pydantic import SecretStr

from extractor.environment import Variables
from extractor.errors import ConfigurationError
from extractor.local.hosts import is_loopback
from extractor.models import RowId, Source
from extractor.postgres.database import connect
from extractor.postgres.sql import load_queries
from extractor.settings import load_settings, read_settings
from tasks.routing import row_in, task_name

logger = logging.getLogger(__name__)

# How long a page of Flower waits for one row; its event loop stands still for that time.
ANSWER_SECONDS = 0.3
# How long a label is used again. Only a person who corrects a row changes it.
FRESH_SECONDS = 300.0
MAX_LABELS = 10_000

_TASKS = {task_name(source) for source in Source}
_CREDENTIAL = re.compile(r"[^:]+:.+")
# How events write a value: 'text', or Error('text').
_WRITTEN = re.compile(r"\w*\(?((['\"]).*\2),?\)?", re.DOTALL)


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
    """Where `extractor api` answers for a browser, shown beside each task."""


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
    """Show the row's document in place of its id, and its outcome in plain words.

    `task` is Flower's copy, which this changes. The state stays as it is: Flower shows a row in Erreur in red.
    """
    job_id = _job_id(task)
    if job_id is not None:
        task.args = row_labels().label(job_id) or f"row {job_id}"
        task.row = f"extractor show {job_id}{_api_link(job_id)}"
        task._fields = (*task._fields, "row")  # what the page of one task lists
    task.kwargs = "" if task.kwargs == "{}" else task.kwargs
    # The table has one column for the outcome.
    task.result = _plain(task.result or task.exception)
    return task


class RowLabels:
    """Labels of rows by id: a bounded cache, filled by its own thread, so Flower never waits long."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._labels: OrderedDict[RowId, tuple[str, float]] = OrderedDict()
        self._asked: set[RowId] = set()
        self._questions: queue.SimpleQueue[RowId] = queue.SimpleQueue()
        self._answered = threading.Condition()
        self._is_away = False
        threading.Thread(target=self._answer_all, name="row-labels", daemon=True).start()

    def label(self, job_id: RowId) -> str | None:
        """Document and place; None while Postgres does not answer. Waits only when no earlier question is open."""
        with self._answered:
            text, asked_at = self._labels.get(job_id, (None, 0.0))
            if text is not None and time.monotonic() - asked_at < FRESH_SECONDS:
                return text
            is_first = not self._asked
            if job_id not in self._asked:
                self._asked.add(job_id)
                self._questions.put(job_id)
            if is_first:
                self._answered.wait_for(lambda: job_id not in self._asked, ANSWER_SECONDS)
            return self._labels.get(job_id, (text, 0.0))[0]

    def _answer_all(self) -> None:
        connection: psycopg.Connection[dict[str, Any]] | None = None
        while True:
            job_ids = self._next_questions()
            rows: list[dict[str, Any]] | None = None
            try:
                if connection is None:
                    connection = connect(self._url, autocommit=True)
                rows = connection.execute(load_queries("flower.sql")["find_rows"], {"ids": job_ids}).fetchall()
            except psycopg.Error as error:
                if connection is not None:
                    connection.close()
                connection = None
                self._say_away(error)
            self._keep(job_ids, rows)

    def _next_questions(self) -> list[RowId]:
        """Wait for a question; return it with all others that have come."""
        questions = [self._questions.get()]
        while not self._questions.empty():
            questions.append(self._questions.get())
        return questions

    def _keep(self, job_ids: list[RowId], rows: list[dict[str, Any]] | None) -> None:
        with self._answered:
            if rows is not None:
                self._is_away = False
                texts = {row["asked"]: _describe(row) for row in rows}
                for job_id in job_ids:
                    self._labels[job_id] = (texts.get(job_id, f"row {job_id}, deleted"), time.monotonic())
                    self._labels.move_to_end(job_id)
                while len(self._labels) > MAX_LABELS:
                    self._labels.popitem(last=False)
            self._asked.difference_update(job_ids)
            self._answered.notify_all()

    def _say_away(self, error: psycopg.Error) -> None:
        """Warn once per outage, without the error's text, which may quote a URL."""
        if not self._is_away:
            logger.warning("Postgres gives no answer (%s): rows are shown by their ids.", type(error).__name__)
        self._is_away = True


@cache
def row_labels() -> RowLabels:
    return RowLabels(load_settings().database_url.get_secret_value())


def _job_id(task: Any) -> RowId | None:
    """The row of a task that the bridge sent; events write its arguments as `('42',)` or `['42']`."""
    if task.name not in _TASKS:
        return None
    try:
        return row_in(ast.literal_eval(task.args or "()"))
    except (SyntaxError, TypeError, ValueError):  # cut off at Celery's length limit, or no literal
        return None


def _describe(row: dict[str, Any]) -> str:
    parts = ("document_number", "designation_secondaire", "circonscription_fonciere", "cadastre")
    return " · ".join(row[part] for part in parts if row[part])


@cache
def _api_url() -> str | None:
    return load_flower_settings().api_url


def _api_link(job_id: str) -> str:
    return f" · {_api_url()}/#{job_id}" if _api_url() else ""  # the dashboard, at this row


def _plain(written: str | None) -> str | None:
    """The text inside what an event writes as `'text'` or `Error('text')`; anything else as it is."""
    found = _WRITTEN.fullmatch(written or "")
    if not found:
        return written
    try:
        return str(ast.literal_eval(found[1]))
    except (SyntaxError, ValueError):  # cut off at Celery's length limit
        return found[1]
