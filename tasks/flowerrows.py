"""What Postgres knows about the row of a message, kept for Flower's pages.

`flower.py` shows it, and `flowersearch.py` finds by it.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg

from extractor.models import RowId, masked
from extractor.postgres.database import connect
from extractor.postgres.sql import load_queries
from extractor.settings import load_settings

logger = logging.getLogger(__name__)

# How long a page of Flower waits for its rows; its event loop stands still for that time.
ANSWER_SECONDS = 0.3
# How long a search may wait: it needs the rows of all messages, and the next one finds them kept.
SEARCH_SECONDS = 3.0
# How long facts are used again. Only a person who corrects a row changes those of a message that was answered.
FRESH_SECONDS = 300.0
# While a message is in progress, its attempt may begin at any moment.
IN_WORK_SECONDS = 1.0
# Flower's max_tasks is the same number, so a search finds among all that it keeps.
MAX_FACTS = 10_000


@dataclass(frozen=True)
class Facts:
    """The columns of a message that Celery does not know; an attempt that does not exist leaves its three empty."""

    document: str
    place: str = ""
    user_code: str = ""
    """Of the account; only a search sees it whole."""
    process: str = ""
    attempt: int | None = None

    @property
    def account(self) -> str:
        """The user code as people may see it."""
        return masked(self.user_code) if self.user_code else ""

    @property
    def text(self) -> str:
        """All of it, for a search."""
        return " ".join((self.document, self.place, self.user_code, self.process))


class RowFacts:
    """Facts by message: a bounded cache, filled by its own thread, so that Flower never waits long."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._facts: OrderedDict[str, tuple[Facts, float]] = OrderedDict()  # with the moment until which they are fresh
        self._asked: dict[str, float] = {}  # and for how many seconds the answer will be
        self._questions: queue.SimpleQueue[Mapping[str, RowId]] = queue.SimpleQueue()
        self._answered = threading.Condition()
        self._is_away = False
        threading.Thread(target=self._answer_all, name="row-facts", daemon=True).start()

    def find(self, message_id: str) -> Facts | None:
        """What is known of this message now."""
        with self._answered:
            return self._facts.get(message_id, (None, 0.0))[0]

    def learn(self, messages: Mapping[str, RowId], in_work: Collection[str] = ()) -> None:
        """Ask for the rows of these messages in one statement, unless they are known or asked for.

        Waits for the answer only when no earlier question is open, so a silent Postgres holds a page for a moment.
        """
        with self._answered:
            is_first = not self._asked
            new = self._ask(messages, in_work)
            if is_first and new:
                self._answered.wait_for(lambda: not new & self._asked.keys(), ANSWER_SECONDS)

    def learn_all(self, messages: Mapping[str, RowId], in_work: Collection[str] = ()) -> bool:
        """As `learn`, for a search: wait longer, also for what was asked before; False when facts are missing."""
        with self._answered:
            self._ask(messages, in_work)
            self._answered.wait_for(lambda: not messages.keys() & self._asked.keys(), SEARCH_SECONDS)
            return all(message_id in self._facts for message_id in messages)

    def _ask(self, messages: Mapping[str, RowId], in_work: Collection[str]) -> set[str]:
        """Put a question for what is neither asked nor fresh; return what it is about."""
        now = time.monotonic()
        stale = {
            message_id: job_id
            for message_id, job_id in messages.items()
            if message_id not in self._asked and self._facts.get(message_id, (None, now))[1] <= now
        }
        if stale:
            self._asked |= {key: IN_WORK_SECONDS if key in in_work else FRESH_SECONDS for key in stale}
            self._questions.put(stale)
        return set(stale)

    def _answer_all(self) -> None:
        connection: psycopg.Connection[dict[str, Any]] | None = None
        while True:
            asked = self._next_questions()
            rows: list[dict[str, Any]] | None = None
            try:
                if connection is None:
                    connection = connect(self._url, autocommit=True)
                parameters = {"messages": list(asked), "ids": list(asked.values())}
                rows = connection.execute(load_queries("flower.sql")["find_rows"], parameters).fetchall()
            except psycopg.Error as error:
                if connection is not None:
                    connection.close()
                connection = None
                self._say_away(error)
            self._keep(asked, rows)

    def _next_questions(self) -> dict[str, RowId]:
        """Wait for a question; return it with all others that have come."""
        questions = dict(self._questions.get())
        while not self._questions.empty():
            questions |= self._questions.get()
        return questions

    def _keep(self, asked: Mapping[str, RowId], rows: list[dict[str, Any]] | None) -> None:
        with self._answered:
            if rows is not None:
                self._is_away = False
                known = {row["message_id"]: _read(row) for row in rows}
                for message_id, job_id in asked.items():
                    facts = known.get(message_id) or Facts(f"row {job_id}, deleted")
                    self._facts[message_id] = (facts, time.monotonic() + self._asked[message_id])
                    self._facts.move_to_end(message_id)
                while len(self._facts) > MAX_FACTS:
                    self._facts.popitem(last=False)
            for message_id in asked:
                self._asked.pop(message_id, None)
            self._answered.notify_all()

    def _say_away(self, error: psycopg.Error) -> None:
        """Warn once per outage, without the error's text, which may quote a URL."""
        if not self._is_away:
            logger.warning("Postgres gives no answer (%s): rows are shown by their ids.", type(error).__name__)
        self._is_away = True


@cache
def row_facts() -> RowFacts:
    """Those of this process."""
    return RowFacts(load_settings().database_url.get_secret_value())


def _read(row: dict[str, Any]) -> Facts:
    def joined(*columns: str) -> str:
        return " · ".join(row[column] for column in columns if row[column])

    return Facts(
        document=joined("document_number", "designation_secondaire"),
        place=joined("circonscription_fonciere", "cadastre"),
        user_code=row["username"] or "",
        process=row["worker_id"] or "",
        attempt=row["attempt"],
    )
