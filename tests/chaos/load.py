"""Rows that flow at a given pace while something else happens to the system; for soak, rescue and rolling."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import psycopg

from tests.chaos.machine import Machine
from tests.chaos.scenario import Row, fresh_number
from tests.support.rows import insert_job


class Load:
    """A context manager: a thread that inserts a row at a fixed interval."""

    def __init__(self, machine: Machine, *, rows_per_minute: float, consultations: int) -> None:
        self._url = machine.servers.database_url
        self._interval = 60 / rows_per_minute
        self._consultations = consultations
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load")
        self.rows: list[Row] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._interval):
            # One connection per row: the soak ends connections at random, also this one.
            with psycopg.connect(self._url, autocommit=True) as sql:
                number = fresh_number()
                job_id = insert_job(sql, document_number=number)
            self.rows.append(Row(job_id, "index", number.replace(" ", ""), self._consultations, ("Complété",), 99))
