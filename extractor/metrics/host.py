"""What no table knows of a worker: the memory of its whole process tree, and its spool's disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from extractor.browser import ownership

MEGABYTE = 2**20


class Host(Collector):
    """The metrics of the worker whose parent this process is, measured at each scrape."""

    def __init__(self, spool_dir: Path, *, min_free_mb: int) -> None:
        self._spool = spool_dir
        self._needed_bytes = min_free_mb * MEGABYTE
        self._worker = psutil.Process(os.getpid())

    def describe(self) -> Iterable[Metric]:
        """No metric, so that registering measures nothing."""
        return ()

    def collect(self) -> Iterator[Metric]:
        yield from self._processes()
        yield from self._disk()

    def _processes(self) -> Iterator[Metric]:
        tree = [self._worker, *self._worker.children(recursive=True)]
        memory = ownership.memory_mb(tree) * MEGABYTE
        yield _gauge("registre_worker_memory_bytes", "Memory of the worker, its children and their browsers.", memory)
        yield _gauge("registre_worker_tree_processes", "How many processes that are.", len(tree))

    def _disk(self) -> Iterator[Metric]:
        try:
            free = shutil.disk_usage(self._spool).free
            documents = sum(path.suffix == ".pdf" for path in self._spool.iterdir())
        except OSError:  # a disk that is gone has no room
            free, documents = 0, 0
        yield _gauge("registre_spool_free_bytes", "Free on the spool's disk.", free)
        yield _gauge(
            "registre_spool_needed_bytes", "Below this no row is claimed (MIN_FREE_DISK_MB).", self._needed_bytes
        )
        yield _gauge("registre_spool_documents", "Bought documents that storage does not have yet.", documents)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
