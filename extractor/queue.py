"""Jobs: the rows of `extraction_queue`, one method a transition, one query a method.

The bridge (`tasks/bridge.py`) calls `dispatch` and `rescue`; a worker process calls the rest, and each of
its writes names the attempt it belongs to. No row matched means that the row went to another: JobLost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from psycopg.types.json import Jsonb

from extractor.database import Database, Queries
from extractor.errors import ConsultationLimit, JobLost
from extractor.models import Account, Document, Job, Source, Status
from extractor.settings import Settings

# A row left running by a system that knew no leases: the longest such run was 5 minutes (SITE.md §11).
ABANDONED_SECONDS = 900
# The breaker's pause doubles with each failed probe, up to so many times its first length.
MAX_BREAKER_PAUSES = 32


@dataclass(frozen=True)
class QueueLimits:
    """The durations (seconds) and bounds that the statements take."""

    lease_seconds: float
    redispatch_seconds: float
    retry_backoff_seconds: float
    snooze_seconds: float
    breaker_seconds: float
    max_consultations_per_job: int
    daily_consultation_limit: int | None

    @classmethod
    def of(cls, settings: Settings) -> QueueLimits:
        """The part of the settings that the queue needs."""
        return cls(
            lease_seconds=settings.lease_seconds,
            redispatch_seconds=settings.redispatch_seconds,
            retry_backoff_seconds=settings.retry_backoff_seconds,
            snooze_seconds=settings.snooze_seconds,
            breaker_seconds=settings.breaker_seconds,
            max_consultations_per_job=settings.max_consultations_per_job,
            daily_consultation_limit=settings.daily_consultation_limit,
        )


class Queue:
    """All transitions of a row; see DESIGN §4 for the table of them."""

    def __init__(self, database: Database, limits: QueueLimits) -> None:
        self._database = database
        self._queries = Queries(database, "queue.sql")
        self._limits = limits

    @contextmanager
    def dispatch(self, source: Source, *, limit: int) -> Iterator[list[UUID]]:
        """Yield the ids of up to `limit` rows, marked as sent when the block ends without an error.

        A crash inside the block leaves the rows unmarked: a message already sent is then a harmless duplicate.
        """
        parameters = {
            "source": source,
            "limit": limit,
            "redispatch_seconds": self._limits.redispatch_seconds,
        }
        with self._database.transaction() as connection:
            rows = self._queries.records("dispatch", parameters, connection=connection)
            yield [row["id"] for row in rows]

    def claim(self, job_id: UUID, *, worker_id: str, account: Account) -> Job | None:
        """Take the row and begin an attempt; None when it is not to be had."""
        parameters = {
            "job_id": job_id,
            "worker_id": worker_id,
            "account_id": account.id,
            "account_lease_id": account.lease_id,
            "lease_seconds": self._limits.lease_seconds,
        }
        return self._queries.row("claim", parameters, into=Job)

    def hand_back(self, job_id: UUID) -> None:
        """Give an unclaimed row's message back to the bridge."""
        self._queries.run("hand_back", {"job_id": job_id})

    def renew(self, job: Job) -> None:
        """Prolong the job's lease; raises JobLost."""
        self._fenced("renew", job, {"lease_seconds": self._limits.lease_seconds})

    def record_consultation(self, job: Job) -> None:
        """Commit the mark that precedes the paid click; raises JobLost or ConsultationLimit.

        A crash after this leaves an attempt that was perhaps charged, and it counts as charged.
        """
        answer = self._queries.record(
            "record_consultation",
            {
                "job_id": job.id,
                "attempt_id": job.attempt_id,
                "max_consultations_per_job": self._limits.max_consultations_per_job,
                "daily_consultation_limit": self._limits.daily_consultation_limit,
            },
        )
        if answer is None or not answer["held"]:
            raise JobLost(f"Job {job.id} or its account is no longer held by attempt {job.attempt_id}.")
        if not answer["recorded"]:
            raise ConsultationLimit(_limit_sentence(answer, self._limits.daily_consultation_limit))

    def clear_consultation(self, job: Job) -> None:
        """Take the mark back: the registry showed that nothing was charged."""
        self._queries.run("clear_consultation", {"attempt_id": job.attempt_id})

    def record_document(self, job: Job, document: Document) -> None:
        """Note that the bytes are in the spool."""
        self._queries.run("record_document", {"attempt_id": job.attempt_id, "sha256": document.sha256})

    def record_upload(self, job: Job) -> None:
        """Note that storage has the document."""
        self._queries.run("record_upload", {"attempt_id": job.attempt_id})

    def complete(
        self,
        job: Job,
        *,
        supabase_path: str,
        document: Document,
        fetched_as: Mapping[str, str | None] | None = None,
    ) -> None:
        """En traitement → Complété; `fetched_as` tells what was asked when it differs from the row. Raises JobLost."""
        parameters = {
            "supabase_path": supabase_path,
            "fetched_as": Jsonb(fetched_as) if fetched_as else None,
            "sha256": document.sha256,
            "size_bytes": document.size_bytes,
            "pages": document.pages,
        }
        self._fenced("complete", job, parameters)

    def retry(self, job: Job, *, error_code: str, message: str) -> Status:
        """Back to En attente after a backoff, or Erreur when the attempts are spent; raises JobLost."""
        parameters = {
            "error_code": error_code,
            "message": message,
            "backoff_seconds": self._limits.retry_backoff_seconds,
        }
        return Status(str(self._fenced("retry", job, parameters)["status"]))

    def snooze(self, job: Job, *, error_code: str, message: str) -> None:
        """Back to En attente with the attempt given back; raises JobLost."""
        parameters = {
            "error_code": error_code,
            "message": message,
            "snooze_seconds": self._limits.snooze_seconds,
        }
        self._fenced("snooze", job, parameters)

    def hold(self, job: Job, *, error_code: str, message: str) -> None:
        """En traitement → Erreur until a person decides; raises JobLost."""
        self._fenced("hold", job, {"error_code": error_code, "message": message})

    def record_site_failure(self, source: Source, *, reason: str, threshold: int) -> None:
        """Count a failure of the site; from so many in a row on, each opens the source's breaker for longer."""
        parameters = {
            "source": source,
            "reason": reason,
            "threshold": threshold,
            "pause_seconds": self._limits.breaker_seconds,
            "max_pause_seconds": MAX_BREAKER_PAUSES * self._limits.breaker_seconds,
        }
        self._queries.run("record_site_failure", parameters)

    def record_site_success(self, source: Source) -> None:
        """Close the source's breaker."""
        self._queries.run("record_site_success", {"source": source})

    def note_attempt(self, job: Job, *, steps: Sequence[Mapping[str, object]], evidence_path: str | None) -> None:
        """Keep what a person will want to know of the attempt."""
        parameters = {"attempt_id": job.attempt_id, "steps": Jsonb(list(steps)), "evidence_path": evidence_path}
        self._queries.run("note_attempt", parameters)

    def rescue(self) -> list[UUID]:
        """Return the rows of dead holders to En attente, or to Erreur when their attempts are spent."""
        rows = self._queries.records("rescue", {"abandoned_seconds": ABANDONED_SECONDS})
        return [row["id"] for row in rows]

    def _fenced(self, query: str, job: Job, parameters: Mapping[str, object]) -> dict[str, object]:
        fence = {"job_id": job.id, "attempt_id": job.attempt_id}
        answer = self._queries.record(query, {**fence, **parameters})
        if answer is None:
            raise JobLost(f"Job {job.id} is no longer held by attempt {job.attempt_id}.")
        return answer


def _limit_sentence(answer: Mapping[str, int], daily_limit: int | None) -> str:
    if answer["by_job"] >= answer["allowed"]:
        return (
            f"This row was already consulted {answer['by_job']} time(s), each perhaps charged, and"
            f" {answer['allowed']} is its limit. Look at the account's billing history; to allow one more, set"
            f" max_consultations = {answer['by_job'] + 1} together with status = 'En attente'."
        )
    return (
        f"{answer['today']} consultations were made today and DAILY_CONSULTATION_LIMIT is {daily_limit}."
        " Set the row to En attente tomorrow, or raise the limit."
    )
