"""What the tables know, read at scrape time: right over restarts, kills and any number of bridges.

Reading is bounded twice. Each statement has a timeout, and each part is read again only after a rest of RESTS times
the time that its reading took. A scrape during the rest gets the last values.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import psycopg
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from extractor.metrics.families import HISTORY, NOW, Family, Kind, Part
from extractor.postgres.database import SILENT_TRANSACTION_SECONDS, connect
from extractor.postgres.days import STEP_BOUNDS
from extractor.postgres.sql import Parameters, load_queries
from extractor.postgres.viewpoint import Viewpoint
from extractor.words import DOLLARS_PER_CONSULTATION

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

STATEMENT_SECONDS = 10
# So a part takes at most a twentieth of one connection, however long the tables are.
RESTS = 20
LEAST_REST_SECONDS = 5.0

# `accounts` is the report's own query.
_STATEMENTS = {**load_queries("reports.sql"), **load_queries("metrics.sql")}
_PARAMETERS = {"bounds": list(STEP_BOUNDS), "price": DOLLARS_PER_CONSULTATION}


class Tables(Collector):
    """Both parts; when Postgres does not answer, `registre_database_up` says so and the rest is missing."""

    def __init__(self, url: str, viewpoint: Viewpoint) -> None:
        parameters = {**_PARAMETERS, **viewpoint.parameters}
        self._now = _PartReader(NOW, url, parameters)
        self._history = _PartReader(HISTORY, url, parameters)

    def describe(self) -> Iterable[Metric]:
        """No metric, so that registering reads nothing."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every metric of `families.py`, then whether its part was read and how long that took."""
        is_up = GaugeMetricFamily("registre_database_up", "1 when the tables were read.", labels=["part"])
        took = GaugeMetricFamily("registre_reading_seconds", "How long that took.", labels=["part"], unit="seconds")
        for reader in (self._now, self._history):
            rows, seconds = reader.rows()
            is_up.add_metric([reader.part.name], rows is not None)
            took.add_metric([reader.part.name], seconds)
            if rows is not None:
                yield from _metrics_of(reader.part, rows)
        yield is_up
        yield took


class _PartReader:
    """One part, kept until its rest is over; scrapes at the same time share one reading."""

    def __init__(self, part: Part, url: str, parameters: Parameters) -> None:
        self.part = part
        self._url = url
        self._parameters = parameters
        self._lock = threading.Lock()
        self._rows: Rows | None = None
        self._seconds = 0.0
        self._next = 0.0

    def rows(self) -> tuple[Rows | None, float]:
        """What the queries answered, None when Postgres did not; and how long that took."""
        with self._lock:
            started = time.monotonic()
            if started >= self._next:
                try:
                    self._rows = _read(self._url, self.part.queries, self._parameters)
                except psycopg.Error:
                    self._rows = None
                self._seconds = time.monotonic() - started
                self._next = time.monotonic() + max(LEAST_REST_SECONDS, RESTS * self._seconds)
            return self._rows, self._seconds


def _read(url: str, queries: Iterable[str], parameters: Parameters) -> Rows:
    # A new connection, closed after the reading: metrics must never take one that the bridge needs.
    with connect(url) as connection:
        connection.read_only = True
        connection.execute(
            "SELECT set_config('statement_timeout', %s, true),"
            " set_config('idle_in_transaction_session_timeout', %s, true)",
            [f"{STATEMENT_SECONDS}s", f"{SILENT_TRANSACTION_SECONDS}s"],
        )
        rows: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for name in queries:
            for row in connection.execute(_STATEMENTS[name], parameters).fetchall():
                rows[row.get("kind", name)].append(row)
        return rows


def _metrics_of(part: Part, rows: Rows) -> Iterator[Metric]:
    for kind, families in part.families.items():
        for family in families:
            yield _metric_of(family, rows.get(kind, ()))
    if part is HISTORY:
        yield _durations(rows.get("step", ()))


def _metric_of(family: Family, rows: Iterable[Mapping[str, Any]]) -> Metric:
    make = GaugeMetricFamily if family.kind is Kind.GAUGE else CounterMetricFamily
    metric = make(family.name, family.help, labels=family.labels)
    sums: dict[tuple[str, ...], float] = defaultdict(float)
    for row in rows:
        value = 1 if family.column is None else row[family.column]
        if value is not None:
            sums[tuple(str(row[label]) for label in family.labels)] += float(value)
    for labels, value in sums.items():
        metric.add_metric(labels, value)
    return metric


def _durations(rows: Iterable[Mapping[str, Any]]) -> Metric:
    """A histogram of what `history` counted by bucket."""
    metric = HistogramMetricFamily(
        "registre_step_seconds",
        "Steps of finished attempts: request (claim to click), document (click to spool), storage (spool to bucket);"
        " whole (claim to Complété).",
        labels=["source", "step"],
    )
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * (len(STEP_BOUNDS) + 1))
    seconds: dict[tuple[str, str], float] = defaultdict(float)
    for row in rows:
        key = (row["source"], row["step"])
        counts[key][row["bucket"]] += row["number"]
        seconds[key] += row["seconds"]
    for key, buckets in counts.items():
        metric.add_metric(key, _cumulative(buckets), seconds[key])
    return metric


def _cumulative(buckets: Sequence[int]) -> list[tuple[str, float]]:
    bounds = [*map(floatToGoString, STEP_BOUNDS), "+Inf"]
    return [(bound, float(sum(buckets[: index + 1]))) for index, bound in enumerate(bounds)]
