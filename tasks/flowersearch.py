"""Flower's search, which also finds a message by what Postgres knows of its row: "2 784 404" or "Montréal"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flower.utils import search  # type: ignore[import-untyped]  # Flower has no types

from extractor.matching.names import fold
from extractor.models import RowId
from tasks.flowermessages import FINAL_STATES, row_of
from tasks.flowerrows import row_facts

# A word for Flower itself: `state:FAILURE`.
_QUALIFIED = re.compile(rf"({'|'.join(search.SEARCH_FIELDS)}):", re.IGNORECASE)
# Who writes these knows Flower's language, and gets it unchanged.
_LANGUAGE = re.compile(r"""["()]|(?<!\S)(AND|OR|NOT)(?!\S)""")
_FINAL = [state.casefold() for state in FINAL_STATES]  # as the index writes them
# `2 784 195`, as the registry shows a number.
_IN_GROUPS = re.compile(r"(?<!\w)\d{1,3}(?:\s\d{3})+(?!\w)")
AWAY = "Postgres gives no answer, so rows are not found by number or place now. The id of a row is found as args:ID"


class RowSearch(search.TaskSearchEngine):  # type: ignore[misc]  # the same
    """Flower's index of messages. Words without a qualifier are looked for in the row too, however they are spelled."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, RowId] = {}

    def _clear(self) -> None:
        super()._clear()
        self._rows.clear()

    def _index(self, task_id: str, task: Any) -> None:
        super()._index(task_id, task)
        if (job_id := row_of(task)) is not None:
            self._rows[task_id] = job_id

    def remove(self, task_id: str) -> None:
        """Forget a message that Flower drops."""
        super().remove(task_id)
        self._rows.pop(task_id, None)

    def matching_ids(self, query: str, candidates: set[str] | None = None) -> set[str]:
        """The ids of the messages that match; raises QuerySyntaxError, whose sentence stands above the table."""
        words = [] if _LANGUAGE.search(query or "") else (query or "").split()
        asked = [word for word in words if not _QUALIFIED.match(word)]
        if not asked:
            found: set[str] = super().matching_ids(query, candidates)
            return found
        rest = " ".join(word for word in words if _QUALIFIED.match(word))
        return self._with_words(" ".join(asked), super().matching_ids(rest, candidates))

    def search(self, tasks: Any, query: str = "", **options: Any) -> search.SearchPage:
        """A page of messages; the facts that it will show are asked for in one statement."""
        page = super().search(tasks, query, **options)
        row_facts().learn(self._rows_of(page.task_ids), self._in_work(page.task_ids))
        return page

    def _rows_of(self, message_ids: Iterable[str]) -> dict[str, RowId]:
        return {message_id: self._rows[message_id] for message_id in message_ids if message_id in self._rows}

    def _in_work(self, message_ids: Iterable[str]) -> set[str]:
        final = set().union(*(self.exact_postings["state"].get(state, ()) for state in _FINAL))
        return set(message_ids) - final

    def _with_words(self, text: str, candidates: set[str]) -> set[str]:
        if not row_facts().learn_all(self._rows_of(candidates), self._in_work(candidates)):
            raise search.QuerySyntaxError(AWAY)
        return {
            message_id
            for message_id in candidates
            if text.casefold() in self.documents[message_id].all_text or self._is_about(message_id, text)
        }

    def _is_about(self, message_id: str, text: str) -> bool:
        facts = row_facts().find(message_id)
        known = _tight(facts.text) if facts else ""
        return facts is not None and all(word in known for word in _tight(text).split())


def _tight(text: str) -> str:
    """Without accents and capitals, and with each number in one piece."""
    return _IN_GROUPS.sub(lambda number: "".join(number[0].split()), fold(text))
