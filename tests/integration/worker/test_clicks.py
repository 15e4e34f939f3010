"""What an extraction does about its clicks: when it makes none, when it goes on, when it asks for nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import psycopg
import pytest

from extractor.documents.local_storage import LocalStorage
from extractor.documents.spool import Spool
from extractor.errors import DocumentNotFound, DocumentTimeout, OutOfTime, Stopping
from extractor.matching.request import Request
from extractor.models import ClickKind, Job, Source
from extractor.postgres.database import Database
from extractor.postgres.jobs import Jobs
from extractor.postgres.workers import WorkerStatus
from extractor.registry.answers import Consultation
from extractor.registry.forms import RequestForm
from extractor.registry.registry_site import RegistrySite
from extractor.worker.attempt import Attempts
from extractor.worker.consultation import JobConsultation, Waits
from extractor.worker.drain import Drain
from extractor.worker.evidence import EvidenceStore
from extractor.worker.extraction import Extraction
from extractor.worker.heartbeat import Heartbeat
from extractor.worker.session import WorkerSession
from extractor.worker.trace import Trace

Claim = Callable[..., Job]
Answer = Callable[[Consultation], None]

FORM, CONFIRMATION = ClickKind.FORM, ClickKind.CONFIRMATION
WAITS = Waits(document_seconds=300, job_seconds=540)


class Site(RegistrySite):
    """Answers each request as the test says, and keeps what was asked."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[Request] = []

    def request_document(self, form: RequestForm, request: Request, *, consultation: Consultation) -> None:  # noqa: ARG002
        self.asked.append(request)
        self._answer(consultation)


class Form(RequestForm):
    """No test looks at it."""

    def __init__(self) -> None:
        pass


class Session:
    """Logged in, at a site of the test."""

    def __init__(self, site: Site) -> None:
        self.site: RegistrySite = site

    def open_form(self, source: Source) -> RequestForm:  # noqa: ARG002 -- the session's own signature
        return Form()

    def ensure_answering(self) -> None:
        """It answers."""

    def recycle_when_due(self) -> None:
        """Nothing is old."""

    def retire(self) -> None:
        """Nothing is open."""

    @contextmanager
    def witness(self) -> Iterator[None]:
        yield


class LateTrace(Trace):
    """Of an attempt that began a while ago."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._started -= seconds


@pytest.fixture
def extract(jobs: Jobs, tmp_path: Path) -> Callable[[Site, Job], object]:
    def run(site: Site, job: Job) -> object:
        store = LocalStorage(tmp_path / "storage")
        store.prepare()
        extraction = Extraction(
            jobs=jobs,
            session=Session(site),
            spool=Spool(tmp_path / "spool"),
            store=store,
            drain=Drain(),
            waits=WAITS,
        )
        return extraction.extract(job, Trace())

    return run


def not_found(*clears: bool) -> Answer:
    """The registry says "not found" after a click; for each request, whether its page proved that click free."""
    proofs = iter(clears)

    def answer(consultation: Consultation) -> None:
        consultation.commit_click(FORM)
        if next(proofs):
            consultation.clear("the registry answered that there is no such document")
        raise DocumentNotFound("Inexistante")

    return answer


def kinds(sql: psycopg.Connection) -> list[str]:
    return [kind for (kind,) in sql.execute("SELECT kind FROM extraction_clicks ORDER BY id")]


# A row with more than one reading: the cadastre may be the circonscription's, the number's letters its own.
DIRTY = {"circonscription_fonciere": "Cadastre du Québec", "cadastre": "Montréal"}


class TestReadings:
    def test_further_ones_are_asked_while_every_click_was_free(
        self, sql: psycopg.Connection, claim: Claim, extract: Callable[[Site, Job], object]
    ) -> None:
        site = Site(not_found(*[True] * 10))

        with pytest.raises(DocumentNotFound):
            extract(site, claim(**DIRTY))

        assert len(site.asked) == len(kinds(sql)) > 1

    def test_none_is_asked_after_a_click_that_is_perhaps_charged(
        self, sql: psycopg.Connection, claim: Claim, extract: Callable[[Site, Job], object]
    ) -> None:
        site = Site(not_found(True, False, True))

        with pytest.raises(DocumentNotFound):
            extract(site, claim(**DIRTY))

        assert len(site.asked) == len(kinds(sql)) == 2


def test_failed_attempts_that_cost_money_stop_the_source(
    sql: psycopg.Connection, jobs: Jobs, claim: Claim, database: Database, tmp_path: Path
) -> None:
    """What the reason names is on the attempt by then: where the evidence lies."""

    def time_out(consultation: Consultation) -> None:
        consultation.commit_click(FORM)
        raise DocumentTimeout("No document came.")

    session, spool = Session(Site(time_out)), Spool(tmp_path / "spool")
    store = LocalStorage(tmp_path / "storage")
    store.prepare()
    status = WorkerStatus(database, worker_id="w", queues=None)
    attempts = Attempts(
        jobs=jobs,
        spool=spool,
        extraction=Extraction(jobs=jobs, session=session, spool=spool, store=store, drain=Drain(), waits=WAITS),
        evidence=EvidenceStore(tmp_path / "evidence"),
        heartbeat=Heartbeat(
            interval=60, job_bound=60, jobs=jobs, session=cast("WorkerSession", session), status=status
        ),
    )

    for _ in range(3):
        attempts.make(claim(), None)

    (reason,) = sql.execute("SELECT reason FROM source_control WHERE money_stopped").fetchone() or ("",)
    assert f"its evidence is {tmp_path / 'evidence'}" in reason


class TestAddress:
    def test_it_is_written_once_for_each_click(self, sql: psycopg.Connection, jobs: Jobs, claim: Claim) -> None:
        consultation = JobConsultation(jobs, claim(), Trace(), drain=Drain(), waits=WAITS)
        consultation.commit_click(FORM)
        for _ in range(2):
            consultation.note_address("https://site/a")
        (version,) = sql.execute("SELECT xmin::text FROM extraction_clicks").fetchone() or ()
        consultation.note_address("https://site/a")
        assert sql.execute("SELECT xmin::text, address FROM extraction_clicks").fetchone() == (
            version,
            "https://site/a",
        )

        consultation.commit_click(CONFIRMATION)
        consultation.note_address("https://site/a")

        assert sql.execute("SELECT address FROM extraction_clicks").fetchall() == [("https://site/a",)] * 2

    def test_outage_does_not_end_the_wait_and_it_is_noted_afterwards(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim
    ) -> None:
        consultation = JobConsultation(jobs, claim(), Trace(), drain=Drain(), waits=WAITS)
        consultation.commit_click(FORM)
        sql.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'admin_shutdown'; END $$"
        )
        sql.execute("CREATE TRIGGER fail BEFORE UPDATE ON extraction_clicks EXECUTE FUNCTION fail()")
        consultation.note_address("https://site/a")
        sql.execute("DROP FUNCTION fail CASCADE")

        consultation.note_address("https://site/a")

        assert sql.execute("SELECT address FROM extraction_clicks").fetchall() == [("https://site/a",)]


class TestTime:
    def consultation(self, jobs: Jobs, job: Job, *, seconds: float, drain: Drain | None = None) -> JobConsultation:
        return JobConsultation(jobs, job, LateTrace(seconds), drain=drain or Drain(), waits=WAITS)

    def test_no_click_is_made_that_the_attempt_cannot_wait_out(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim
    ) -> None:
        job = claim()

        with pytest.raises(OutOfTime, match="239 s are left of JOB_TIMEOUT_SECONDS"):
            self.consultation(jobs, job, seconds=301).commit_click(FORM)

        assert kinds(sql) == []
        self.consultation(jobs, job, seconds=239).commit_click(FORM)

    def test_drain_that_leaves_too_little_prevents_it_too(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim
    ) -> None:
        drain = Drain()
        drain.begin(299)

        with pytest.raises(Stopping):
            self.consultation(jobs, claim(), seconds=0, drain=drain).commit_click(FORM)

        assert kinds(sql) == []

    def test_consultation_that_is_perhaps_charged_goes_on_all_the_same(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim
    ) -> None:
        drain = Drain()
        consultation = self.consultation(jobs, claim(), seconds=200, drain=drain)
        consultation.commit_click(FORM)
        drain.begin(10)

        consultation.commit_click(CONFIRMATION)

        assert kinds(sql) == ["form", "confirmation"]

    def test_what_must_come_before_a_click_prevents_only_the_first(
        self, sql: psycopg.Connection, jobs: Jobs, claim: Claim
    ) -> None:
        def no_memory() -> None:
            raise MemoryError

        consultation = self.consultation(jobs, claim(), seconds=0)
        consultation.before_click = no_memory
        with pytest.raises(MemoryError):
            consultation.commit_click(FORM)
        assert kinds(sql) == []

        consultation.before_click = None
        consultation.commit_click(FORM)
        consultation.before_click = no_memory
        consultation.commit_click(CONFIRMATION)
        assert kinds(sql) == ["form", "confirmation"]

    def test_free_clicks_do_not_carry_it_on(self, sql: psycopg.Connection, jobs: Jobs, claim: Claim) -> None:
        drain = Drain()
        consultation = self.consultation(jobs, claim(), seconds=0, drain=drain)
        consultation.commit_click(FORM)
        consultation.clear("the registry asked before it sells")
        drain.begin(10)

        with pytest.raises(Stopping):
            consultation.commit_click(CONFIRMATION)

        assert kinds(sql) == ["form"]

    def test_earlier_click_stands_when_the_last_one_was_free(self, jobs: Jobs, claim: Claim) -> None:
        consultation = self.consultation(jobs, claim(), seconds=0)
        consultation.commit_click(FORM)
        consultation.commit_click(CONFIRMATION)

        consultation.clear("the click never reached the registry")

        assert consultation.stands
