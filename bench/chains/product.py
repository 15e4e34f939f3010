"""This product: its bridge as it is, and its worker, which marks its claims and ends each row at once.

`python -m bench.chains.product worker …` takes the arguments of `celery -A tasks worker`. With NO_BROWSER=1 its session
opens nothing. All that the product writes about a row and about itself stays: the claim and its attempt, the status of
the worker, the steps, the end, its event. What only a bought document needs is left out: clicks, spool, storage.
"""

from __future__ import annotations

import os
import sys
from typing import Any, ClassVar

from celery.__main__ import main as celery

from bench.chains.chain import Chain
from bench.chains.marks import BEGUN, DONE, mark
from bench.stage import add_accounts
from extractor.models import Job, StoredDocument
from extractor.postgres.jobs import Jobs
from extractor.settings import Settings
from extractor.worker import assembly
from extractor.worker.extraction import Extraction
from extractor.worker.session import SiteBrowser
from extractor.worker.trace import Trace
from tests.support.scripted_site import ScriptedBrowser, ScriptedRegistry
from tests.support.system import System

PATH = "index/none.pdf"


class Product(Chain):
    """A bridge and a worker of one process, with the defaults of all settings."""

    name = "registre-extractor"
    is_migrated = True
    settings: ClassVar[dict[str, str]] = {}

    def prepare(self) -> None:
        add_accounts(self.sql, 1)

    def start(self) -> None:
        environment = self._stage.environment(self.url, **self.settings)
        directory = self._stage.directory / self._place
        directory.mkdir()
        system = self._ends.enter_context(System(directory, environment | self.environment))
        system.bridge()
        arguments = ("worker", "--concurrency=1", "--queues=index")
        self.run(sys.executable, "-m", "bench.chains.product", *arguments, **system.environment)

    def insert(self, rows: int) -> list[str]:
        inserted = self.sql.execute(
            "INSERT INTO extraction_queue (document_source, document_number, circonscription_fonciere, cadastre)"
            " SELECT 'index', '2 784 195', 'Montréal', 'Cadastre du Québec' FROM generate_series(1, %s) RETURNING id",
            [rows],
        )
        return [str(number) for (number,) in inserted]


class ProductWithoutBrowser(Product):
    """The same with a session that opens nothing."""

    settings: ClassVar[dict[str, str]] = {"NO_BROWSER": "1"}


def _mark_claims() -> None:
    claim = Jobs.claim

    def marked(self: Jobs, *arguments: Any, **named: Any) -> Job | None:
        job = claim(self, *arguments, **named)
        if job is not None:
            mark(job.id, BEGUN)
        return job

    Jobs.claim = marked  # type: ignore[method-assign]  # the moment is to be known, and nothing else changed


def _complete(self: Extraction, job: Job, trace: Trace) -> str:
    trace.note("nothing to buy")
    document = StoredDocument(
        id=job.id, supabase_path=PATH, sha256="0" * 64, size_bytes=1, pages=1, warning=None, identity="checked"
    )
    self._jobs.complete(job, supabase_path=PATH, document=document, steps=trace.keep())
    mark(job.id, DONE)
    return PATH


def _scripted_browser(_settings: Settings) -> SiteBrowser:
    return ScriptedBrowser(ScriptedRegistry())


def main() -> None:
    """Celery's own command line, with the two changes."""
    _mark_claims()
    Extraction.extract = _complete  # type: ignore[method-assign]  # a row that opens nothing
    if os.environ.get("NO_BROWSER"):
        assembly._registry_browser = _scripted_browser  # type: ignore[assignment]  # a session that opens nothing
    sys.argv = ["celery", "-A", "tasks", *sys.argv[1:]]
    celery()


if __name__ == "__main__":
    main()
