"""What one worker process is made of. Start reading here: each part is one file, and `process.py` runs them."""

from __future__ import annotations

from extractor.browser.chromium import Browser
from extractor.browser.finder import find_browser
from extractor.documents.spool import Spool
from extractor.documents.storage import open_store
from extractor.postgres.accounts import Accounts
from extractor.postgres.database import Database
from extractor.postgres.jobs import JobLimits, Jobs
from extractor.postgres.learned import LearnedForms
from extractor.postgres.lease import AccountLimits
from extractor.postgres.workers import WorkerStatus
from extractor.registry.registry_browser import RegistryBrowser
from extractor.registry.visit import Pace
from extractor.settings import Settings
from extractor.worker.attempt import Attempts
from extractor.worker.browser_age import BrowserAge
from extractor.worker.consultation import Waits
from extractor.worker.drain import Drain
from extractor.worker.evidence import EvidenceStore
from extractor.worker.extraction import Extraction
from extractor.worker.heartbeat import Heartbeat
from extractor.worker.housekeeping import Housekeeping, HousekeepingLimits
from extractor.worker.learning import Learning
from extractor.worker.next_form import NextForm
from extractor.worker.readiness import Readiness
from extractor.worker.session import SiteBrowser, WorkerSession
from extractor.worker.watch import Occupation, Watch, WatchLimits


class Assembly:
    """Every part of one worker process, in the order in which each needs those above it.

    Make it after the fork: it opens connections. `browser` stands in for Chromium in tests of the money path.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        worker_id: str,
        queues: list[str] | None,
        drain: Drain,
        browser: SiteBrowser | None = None,
    ) -> None:
        self.worker_id = worker_id
        self.drain = drain
        self.account_wait_seconds = settings.account_wait_seconds
        # Postgres
        self.database = Database(settings.database_url.get_secret_value(), takes_any_text=True)
        self.jobs = Jobs(self.database, JobLimits.of(settings), language=settings.language)
        self.accounts = Accounts(self.database, AccountLimits.of(settings))
        self.status = WorkerStatus(self.database, worker_id=worker_id, queues=queues)
        # This host's disk, and storage
        self.spool = Spool(settings.spool_dir, min_free_mb=settings.min_free_disk_mb)
        self.evidence = EvidenceStore(settings.evidence_dir)
        self.store = open_store(settings)
        # One account, logged in
        self.session = WorkerSession(
            holder=worker_id,
            accounts=self.accounts,
            browser=browser or _registry_browser(settings),
            age=BrowserAge(recycle_jobs=settings.recycle_jobs, max_browser_mb=settings.max_browser_mb),
        )
        # The threads beside the main one
        self.occupation = Occupation()
        self.heartbeat = Heartbeat(
            interval=settings.heartbeat_seconds,
            job_bound=settings.job_timeout_seconds,
            jobs=self.jobs,
            session=self.session,
            status=self.status,
        )
        self.housekeeping = Housekeeping(
            HousekeepingLimits.of(settings), jobs=self.jobs, spool=self.spool, evidence=self.evidence
        )
        self.watch = Watch(
            WatchLimits.of(settings),
            occupation=self.occupation,
            session=self.session,
            jobs=self.jobs,
            status=self.status,
            drain=drain,
        )
        # One row after the other
        self.readiness = Readiness(
            jobs=self.jobs,
            session=self.session,
            spool=self.spool,
            store=self.store,
            status=self.status,
            drain=drain,
        )
        learning = Learning(LearnedForms(self.database), self.session) if settings.requests == "learned" else None
        next_form = NextForm(
            jobs=self.jobs,
            session=self.session,
            drain=drain,
            heartbeat=self.heartbeat,
            occupation=self.occupation,
            queues=queues,
        )
        self.attempts = Attempts(
            jobs=self.jobs,
            spool=self.spool,
            extraction=Extraction(
                jobs=self.jobs,
                session=self.session,
                spool=self.spool,
                store=self.store,
                drain=drain,
                waits=Waits.of(settings),
                learning=learning,
                # A learned request needs no form.
                next_form=None if learning else next_form,
            ),
            evidence=self.evidence,
            heartbeat=self.heartbeat,
        )


def _registry_browser(settings: Settings) -> RegistryBrowser:
    chromium = Browser(
        find_browser(settings.browser_executable),
        headless=settings.headless,
        action_timeout_seconds=settings.page_timeout_seconds,
    )
    return RegistryBrowser(
        chromium,
        base_url=settings.registry_base_url,
        site_map=settings.registry_site_map,
        pace=Pace.of(settings),
        learns=settings.requests == "learned",
    )
