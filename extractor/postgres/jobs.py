"""Jobs: the rows of `extraction_queue` as a worker process takes and leaves them. One method per transition.

Each write names the attempt that it belongs to. When it matches no row, another attempt has the row: JobLost.
`dispatcher.py` is the bridge's half.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg.types.json import Jsonb

from extractor.errors import JobLost
from extractor.language.sentences import Language, Sentence
from extractor.models import Account, ClickKind, Document, Job, RowId, Source, Status, StoredDocument
from extractor.postgres.database import Database
from extractor.postgres.money_stop import MoneyStop
from extractor.postgres.patience import patiently
from extractor.postgres.refusals import refusal
from extractor.postgres.sql import Queries
from extractor.settings import Settings

# The breaker's pause doubles with each failed probe, up to this many times its first length.
MAX_BREAKER_PAUSES = 32
# A site that fails one row this often, and serves others in between, fails at this row.
MAX_ALONE = 5
# How long a renewal waits for a row that a person's transaction has locked; the next beat tries again.
LOCK_MILLISECONDS = 500


@dataclass(frozen=True)
class JobLimits:
    """The durations (seconds) and bounds that the statements take: one field per setting, so that a test names each."""

    lease_seconds: float
    redispatch_seconds: float
    retry_backoff_seconds: float
    snooze_seconds: float
    breaker_seconds: float
    max_consultations_per_job: int
    daily_consultation_limit: int | None
    max_kills: int
    max_snoozes_per_day: int
    spool_hold_seconds: float
    reuse_days: int
    document_seconds: float
    paid_without_document_limit: int

    @classmethod
    def of(cls, settings: Settings) -> JobLimits:
        """The part of the settings that the statements need."""
        return cls(
            lease_seconds=settings.lease_seconds,
            redispatch_seconds=settings.redispatch_seconds,
            retry_backoff_seconds=settings.retry_backoff_seconds,
            snooze_seconds=settings.snooze_seconds,
            breaker_seconds=settings.breaker_seconds,
            max_consultations_per_job=settings.max_consultations_per_job,
            daily_consultation_limit=settings.daily_consultation_limit,
            max_kills=settings.max_kills,
            max_snoozes_per_day=settings.max_snoozes_per_day,
            spool_hold_seconds=settings.spool_hold_seconds,
            reuse_days=settings.reuse_days,
            document_seconds=settings.document_timeout_seconds,
            paid_without_document_limit=settings.paid_without_document_limit,
        )


class Jobs:
    """The transitions of a claimed row; DESIGN.md draws them under "States of a row"."""

    def __init__(self, database: Database, limits: JobLimits, *, language: Language = Language.ENGLISH) -> None:
        self.language = language
        """Of the sentences that are written to rows."""
        self._database = database
        self._queries = Queries(database, "jobs.sql")
        self._limits = limits
        self._money_stop = MoneyStop(database, limit=limits.paid_without_document_limit)

    def find(self, text: str) -> RowId | None:
        """The id that a message means, as the table writes it; None when no row has it."""
        row = self._queries.record("find", {"text": text})
        return None if row is None else str(row["id"])

    def claim(
        self,
        job_id: RowId,
        *,
        worker_id: str,
        account: Account | None,
        spool_id: UUID | None,
        message_id: str | None = None,
    ) -> Job | None:
        """Take the row and begin an attempt; None when this worker may not take it now.

        Without an account only a row whose document lies on this spool is taken. The attempt keeps the id of the Celery
        message that it answers.
        """
        parameters = {
            "job_id": job_id,
            "worker_id": worker_id,
            "account_id": account.id if account else None,
            "account_lease_id": account.lease_id if account else None,
            "message_id": message_id,
            "spool_id": spool_id,
            "lease_seconds": self._limits.lease_seconds,
            "reuse_days": self._limits.reuse_days,
        }
        if not self._limits.reuse_days:
            row = self._queries.record("claim", parameters)
            return None if row is None else Job.model_validate(row)
        with self._database.transaction() as connection:
            self._queries.records("lock_request", {"job_id": job_id}, connection=connection)
            rows = self._queries.records("claim", parameters, connection=connection)
        return Job.model_validate(rows[0]) if rows else None

    def sources_to_come(self) -> set[Source]:
        """The sources of the rows whose messages wait on the broker, as far as a worker may claim them now."""
        return {Source(row["source"]) for row in self._queries.records("sources_to_come", {})}

    def hand_back(self, job_id: RowId) -> None:
        """Give an unclaimed row's message back to the bridge."""
        self._queries.run("hand_back", {"job_id": job_id})

    def forget_spool(self, job_id: RowId, spool_id: UUID) -> None:
        """The row's document is not on this spool after all: any worker may take the row."""
        self._queries.run("forget_spool", {"job_id": job_id, "spool_id": spool_id})

    def find_equal(self, job: Job) -> StoredDocument | None:
        """The document of an equal row, completed within `reuse_days`."""
        if not self._limits.reuse_days:
            return None
        parameters = {"job_id": job.id, "reuse_days": self._limits.reuse_days}
        return patiently(lambda: self._queries.row("find_equal", parameters, into=StoredDocument))

    def show_alive(self, job: Job) -> None:
        """Say on the attempt that its process lives; nothing that a person does to the row delays this."""
        parameters = {"attempt_id": job.attempt_id, "lease_seconds": self._limits.lease_seconds}
        self._queries.run("show_alive", parameters)

    def renew(self, job: Job) -> None:
        """Prolong the job's lease; raises JobLost, or psycopg.OperationalError when another transaction has the row."""
        parameters = {"job_id": job.id, "attempt_id": job.attempt_id, "lease_seconds": self._limits.lease_seconds}
        with self._database.transaction() as connection:
            self._queries.records("bound_lock", {"milliseconds": LOCK_MILLISECONDS}, connection=connection)
            renewed = self._queries.records("renew", parameters, connection=connection)
        if not renewed:
            raise _lost(job)

    def record_consultation(self, job: Job, kind: ClickKind) -> None:
        """Commit the record of a click that may be charged, just before it is made; raises JobLost, AccountLost,
        Cancelled, RequestChanged, SourceStopped, ConsultationLimit or DailyLimit.

        One consultation is what the registry charges once: all the clicks from one submit of a form to the next. A
        `form` click begins one, any other kind goes on with the attempt's last one. So a form, a plan chosen and a
        confirmation are one for the limits, and a form that is sent again is another. A consultation counts as long as
        one of its clicks is not known to be free. From here on the leases cover the wait for the document.

        A crash after this leaves a click that was perhaps charged, and it counts as charged.
        """
        limit = self._limits.daily_consultation_limit
        parameters = {
            "job_id": job.id,
            "attempt_id": job.attempt_id,
            "kind": kind,
            "max_consultations_per_job": self._limits.max_consultations_per_job,
            "daily_consultation_limit": limit,
            "document_seconds": self._limits.document_seconds,
        }
        with self._database.transaction() as connection:
            if limit is not None:
                self._queries.records("lock_day", {}, connection=connection)
            (answer,) = self._queries.records("record_consultation", parameters, connection=connection)
        if not answer["held"]:
            raise _lost(job)
        if not answer["recorded"]:
            raise refusal(answer, limit)

    def clear_consultation(self, job: Job, why: str) -> None:
        """The page that came proves that the attempt's last click was free; `why` says what it showed, for people.

        Clicks before it stay as they are. Without this call a click counts as charged for ever.
        """
        parameters = {
            "job_id": job.id,
            "attempt_id": job.attempt_id,
            "why_free": why,
            "lease_seconds": self._limits.lease_seconds,
        }
        patiently(lambda: self._queries.run("clear_consultation", parameters))

    def note_address(self, job: Job, address: str) -> None:
        """Keep where the attempt's last click led to; one write, which an outage of Postgres prevents."""
        self._queries.run("note_address", {"attempt_id": job.attempt_id, "address": address})

    def paid_address(self, job: Job) -> str | None:
        """Where a document may be that an earlier click paid for this request; None when there is none to look for."""
        parameters = {"job_id": job.id, "request_key": job.request_key}
        row = patiently(lambda: self._queries.record("paid_address", parameters))
        return row["address"] if row else None

    def document_hashes(self, job: Job) -> set[str]:
        """SHA-256 of every document that was bought for this request of the row."""
        parameters = {"job_id": job.id, "request_key": job.request_key}
        rows = patiently(lambda: self._queries.records("document_hashes", parameters))
        return {row["document_sha256"] for row in rows}

    def bind_to_spool(self, job: Job, *, spool_id: UUID) -> None:
        """Note that bytes lie in this spool, not judged yet: no other worker buys them meanwhile. Raises JobLost."""
        parameters = {"spool_id": spool_id, "spool_hold_seconds": self._limits.spool_hold_seconds}
        self._fenced("bind_to_spool", job, parameters)

    def record_document(self, job: Job, document: Document, *, spool_id: UUID) -> None:
        """Note that the document is in this spool, which the row waits for from now on; raises JobLost."""
        parameters = {
            "request_key": job.request_key,
            "sha256": document.sha256,
            "spool_id": spool_id,
            "spool_hold_seconds": self._limits.spool_hold_seconds,
            "lease_seconds": self._limits.lease_seconds,
        }
        self._fenced("record_document", job, parameters)

    def record_upload(self, job: Job, *, supabase_path: str, document: Document) -> None:
        """Note on the attempt where storage has its document; that stays, whatever the row asks for later."""
        parameters = {
            "job_id": job.id,
            "attempt_id": job.attempt_id,
            "request_key": job.request_key,
            "supabase_path": supabase_path,
            "sha256": document.sha256,
        }
        patiently(lambda: self._queries.run("record_upload", parameters))

    def complete(
        self,
        job: Job,
        *,
        supabase_path: str,
        document: Document | StoredDocument,
        fetched_as: Mapping[str, str | None] | None = None,
        steps: Sequence[Mapping[str, object]] = (),
    ) -> bool:
        """En traitement → Complété; `fetched_as` tells what was asked when it differs from the row. Raises JobLost.

        Keeps the attempt's steps, and closes the source's breaker. False, and the row stays as it is, when it was
        changed after it was claimed, and asks for something else.
        """
        parameters = {
            "supabase_path": supabase_path,
            "fetched_as": Jsonb(fetched_as) if fetched_as else None,
            "sha256": document.sha256,
            "size_bytes": document.size_bytes,
            "pages": document.pages,
            "warning": document.warning,
            "identity": document.identity,
            "steps": Jsonb(list(steps)),
        }
        return bool(self._fenced("complete", job, parameters)["is_current"])

    def ask_again(self, job: Job, *, error_code: str, message: str) -> None:
        """En traitement → En attente as a new row: it asks for something else than this attempt. Raises JobLost."""
        self._fenced("ask_again", job, {"error_code": error_code, "message": message})

    def retry(self, job: Job, *, error_code: str, message: str) -> Status:
        """Back to En attente after a backoff, or Erreur when the attempts are spent; raises JobLost."""
        parameters = {
            "error_code": error_code,
            "message": message,
            "backoff_seconds": self._limits.retry_backoff_seconds,
        }
        return Status(str(self._fenced("retry", job, parameters)["status"]))

    def snooze(
        self, job: Job, *, error_code: str, message: str, until_tomorrow: bool = False, is_of_the_site: bool = False
    ) -> Status:
        """En traitement → En attente with the attempt given back; Erreur after too many in a day. Raises JobLost.

        What is `is_of_the_site` is soon enough too many when the site serves other rows meanwhile.
        """
        parameters = {
            "error_code": error_code,
            "message": message,
            "snooze_seconds": self._limits.snooze_seconds,
            "until_tomorrow": until_tomorrow,
            "max_snoozes_per_day": self._limits.max_snoozes_per_day,
            "max_alone": MAX_ALONE if is_of_the_site else None,
        }
        return Status(str(self._fenced("snooze", job, parameters)["status"]))

    def return_job(self, job: Job, *, is_bought_too: bool = True) -> bool:
        """En traitement → En attente as if it had never been claimed; False when the click came first.

        With `is_bought_too` a row goes back as well whose document this attempt bought and its spool has.
        """
        parameters = {"job_id": job.id, "attempt_id": job.attempt_id, "is_bought_too": is_bought_too}
        with self._database.transaction() as connection:
            self._queries.records("lock_job", {"job_id": job.id}, connection=connection)
            return bool(self._queries.records("return_job", parameters, connection=connection))

    def hold(self, job: Job, *, error_code: str, message: str) -> None:
        """En traitement → Erreur until a person decides; raises JobLost."""
        self._fenced("hold", job, {"error_code": error_code, "message": message})

    def record_site_failure(self, source: Source, *, reason: str, threshold: int, job: Job | None = None) -> None:
        """Count a failure of the site; the `threshold`th in a row and each later one open the source's breaker.

        `job` is the row that it failed: while there is another one, that one probes.
        """
        parameters = {
            "source": source,
            "job_id": job.id if job else None,
            "reason": reason,
            "threshold": threshold,
            "pause_seconds": self._limits.breaker_seconds,
            "max_pause_seconds": MAX_BREAKER_PAUSES * self._limits.breaker_seconds,
        }
        self._queries.run("record_site_failure", parameters)

    def stop_when_money_brings_nothing(self, source: Source) -> None:
        """Pause the source for a person when its last consultations all brought no document (`money_stop.py`)."""
        self._money_stop.stop_in_vain([source])

    def note_attempt(self, job: Job, *, steps: Sequence[Mapping[str, object]], evidence_path: str | None) -> None:
        """Keep what a person will want to know about the attempt."""
        parameters = {"attempt_id": job.attempt_id, "steps": Jsonb(list(steps)), "evidence_path": evidence_path}
        self._queries.run("note_attempt", parameters)

    def unfinished(self, job_ids: Sequence[RowId]) -> set[RowId]:
        """Those of these rows that are not Complété."""
        return {str(row["id"]) for row in self._queries.records("unfinished", {"job_ids": list(job_ids)})}

    def _fenced(self, query: str, job: Job, parameters: Mapping[str, object]) -> dict[str, object]:
        fence = {"job_id": job.id, "attempt_id": job.attempt_id}
        answer = patiently(lambda: self._queries.record(query, {**fence, **parameters}))
        if answer is None:
            raise _lost(job)
        return answer


def _lost(job: Job) -> JobLost:
    return JobLost(
        Sentence("Job {id} is no longer held by attempt {attempt_id}.", id=job.id, attempt_id=job.attempt_id)
    )
