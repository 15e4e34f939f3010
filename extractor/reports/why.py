"""Says in one sentence why a row is not running, by the first reason that holds it, and the command that helps.

Each rule knows one reason and looks at the facts alone; their order in RULES is the order in which a row meets them.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from extractor.errors import StorageError
from extractor.models import Frozen, RowId, Status
from extractor.postgres.database import Database
from extractor.postgres.viewpoint import Viewpoint
from extractor.reports.facts import Facts, find_facts
from extractor.words import counted, duration, moment


class Reason(StrEnum):
    """What a row waits for, as one word for programs."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    WORKER_LOST = "worker_lost"
    CANCEL_REQUESTED = "cancel_requested"
    RUNNING = "running"
    SPOOLED = "spooled"
    PAUSED = "paused"
    BREAKER = "breaker"
    PROBED = "probed"
    DAILY_LIMIT = "daily_limit"
    WAITING = "waiting"
    EQUAL_RUNNING = "equal_running"
    NO_BRIDGE = "no_bridge"
    NO_WORKER = "no_worker"
    NO_ACCOUNT = "no_account"
    WORKERS_IN_ERROR = "workers_in_error"
    WORKERS_BUSY = "workers_busy"
    DISPATCHED = "dispatched"
    NOT_DISPATCHED = "not_dispatched"


class Why(Frozen):
    """The answer of `extractor why`."""

    job_id: RowId
    reference: str | None
    """The user's own dossier."""
    reason: Reason
    sentence: str
    command: str | None
    """What helps, where anything does."""


Answer = tuple[Reason, str, str | None]
Rule = Callable[[Facts], Answer | None]


def why(database: Database, job_id: RowId, viewpoint: Viewpoint) -> Why | None:
    """Say what keeps the row from running, by the workers' settings; None when there is no such row."""
    facts = find_facts(database, job_id, viewpoint)
    return judge(facts) if facts else None


def judge(facts: Facts) -> Why:
    """The first rule that has an answer; the last one always has."""
    reason, sentence, command = next(answer for rule in RULES if (answer := rule(facts)))
    if facts.doubt:
        sentence = f"{sentence} It {facts.doubt}. The registry decides; a name that it refuses is not charged."
    return Why(job_id=facts.id, reference=facts.reference, reason=reason, sentence=sentence, command=command)


def _finished(facts: Facts) -> Answer | None:
    since = f" since {moment(facts.completed_at)}" if facts.completed_at else ""
    if facts.status == Status.COMPLETED:
        return Reason.COMPLETED, f"It is finished{since}: the document is at {facts.supabase_path}.", None
    if facts.status != Status.FAILED:
        return None
    retry = f"extractor retry {facts.id}"
    if facts.error_code == "cancelled":
        return Reason.CANCELLED, f"It was cancelled{since}: {facts.error_message}", retry
    said = facts.error_message or "nothing says why"
    return Reason.STOPPED, f"It stopped at Erreur{since} ({facts.error_code}): {said}", retry


def _running(facts: Facts) -> Answer | None:
    if facts.status != Status.RUNNING:
        return None
    since = f" since {moment(facts.processing_started_at)}" if facts.processing_started_at else ""
    for_how_long = f" ({duration(facts.running_seconds)})" if facts.running_seconds else ""
    who = facts.worker_id or "a worker without a name"
    if facts.lease_has_passed:
        helps = "extractor status" if facts.bridges_alive else "celery -A tasks bridge"
        return Reason.WORKER_LOST, f"{who} held it{since} and went silent; the bridge will return it.", helps
    if facts.cancel_requested:
        return Reason.CANCEL_REQUESTED, f"{who} runs it{since}, and will see that it was cancelled.", None
    attempt = f"attempt {facts.attempts} of {facts.max_attempts}"
    return Reason.RUNNING, f"It is running: {who} has it{since}{for_how_long}, {attempt}.", f"extractor show {facts.id}"


def _spooled(facts: Facts) -> Answer | None:
    """Such a row needs neither the site nor an account, so no pause, breaker or limit holds it."""
    if not (facts.waits_for_spool and facts.spooled_until):
        return None
    is_storages_fault = facts.error_code == StorageError.code
    waits_for = f"It waits for storage: {facts.error_message}" if is_storages_fault else "It waits for its upload."
    sentence = (
        f"Its document is bought and safe on spool {facts.spooled_on}. {waits_for} A worker with that SPOOL_DIR tries"
        f" until {moment(facts.spooled_until)}; then any worker takes it, and may buy it again."
    )
    if not facts.bridges_alive:
        return Reason.SPOOLED, f"{sentence} No bridge is running to send it there.", "celery -A tasks bridge"
    if is_storages_fault:
        return Reason.SPOOLED, sentence, "extractor doctor"
    return Reason.SPOOLED, sentence, f"celery -A tasks worker -Q {facts.source}   # on that host"


def _paused(facts: Facts) -> Answer | None:
    if not facts.paused:
        return None
    since = f" since {moment(facts.paused_since)}" if facts.paused_since else ""
    by = facts.paused_by or "an unknown person"
    sentence = f"{facts.source} is paused{since} by {by}: {facts.paused_why or 'no reason'}."
    return Reason.PAUSED, sentence, f"extractor resume {facts.source}"


def _breaker(facts: Facts) -> Answer | None:
    if facts.broken_until:
        until = moment(facts.broken_until)
        sentence = f"The site fails {facts.source}, which is left alone until {until}: {facts.broken_reason}"
        return Reason.BREAKER, sentence, "extractor doctor"
    if facts.is_probed:
        sentence = f"The site failed {facts.source} ({facts.broken_reason}); one other row is trying it first."
        return Reason.PROBED, sentence, "extractor status"
    return None


def _daily_limit(facts: Facts) -> Answer | None:
    limit = facts.daily_consultation_limit
    if limit is None or facts.consultations_today < limit:
        return None
    sentence = f"{facts.consultations_today} consultations were made today and DAILY_CONSULTATION_LIMIT is {limit}."
    return Reason.DAILY_LIMIT, f"{sentence} It waits until tomorrow, or for a higher limit.", "extractor spend"


def _waiting(facts: Facts) -> Answer | None:
    if not facts.wait_seconds:
        return None
    last = f" after {facts.error_code}: {facts.error_message}" if facts.error_code else "."
    sentence = f"It waits until {moment(facts.available_at)}, {duration(facts.wait_seconds)} more{last}"
    return Reason.WAITING, sentence, f"extractor show {facts.id}"


def _equal_running(facts: Facts) -> Answer | None:
    if not (facts.reuse_days and facts.equal_running):
        return None
    sentence = f"Row {facts.equal_running} asks for the same document and is running: this one will be given its copy."
    return Reason.EQUAL_RUNNING, sentence, f"extractor show {facts.equal_running}"


def _no_bridge(facts: Facts) -> Answer | None:
    """A message that was sent needs no bridge any more, unless it was lost."""
    if facts.bridges_alive or facts.dispatched_seconds is not None:
        return None
    silent = facts.bridge_silent_seconds
    last = f"; the last bridge was heard of {duration(silent)} ago" if silent is not None else ""
    return Reason.NO_BRIDGE, f"No bridge is running, so this row reaches no worker{last}.", "celery -A tasks bridge"


def _no_worker(facts: Facts) -> Answer | None:
    if facts.workers_alive:
        return None
    silent = f" ({facts.workers_silent} went silent)" if facts.workers_silent else ""
    sentence = f"No worker serves the queue {facts.source}{silent}."
    return Reason.NO_WORKER, sentence, f"celery -A tasks worker -Q {facts.source}"


def _no_account(facts: Facts) -> Answer | None:
    if facts.workers_with_account or facts.accounts_usable:
        return None
    if not facts.accounts_total:
        return Reason.NO_ACCOUNT, "No account: worker_accounts is empty.", "extractor accounts add USERNAME"
    counts = {
        "leased": facts.accounts_leased,
        "resting": facts.accounts_resting,
        "failing": facts.accounts_failing,
        "disabled": facts.accounts_disabled,
        "sealed": facts.accounts_sealed,
    }
    reasons = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    sentence = f"The workers of {facts.source} have no account: of {facts.accounts_total}, {reasons}."
    return Reason.NO_ACCOUNT, sentence, "extractor accounts list"


def _workers_in_error(facts: Facts) -> Answer | None:
    if facts.workers_in_error < facts.workers_alive:
        return None
    sentence = f"No worker of {facts.source} is ready: {facts.worker_error or 'worker_status says no more'}"
    return Reason.WORKERS_IN_ERROR, sentence, "extractor doctor"


def _workers_busy(facts: Facts) -> Answer | None:
    if facts.workers_idle or not facts.workers_busy:
        return None
    sent = "sent" if facts.dispatched_seconds is not None else "not sent yet"
    sentence = (
        f"Every worker of {facts.source} is busy ({facts.workers_busy});"
        f" {counted(facts.rows_before, 'row')} before it ({sent})."
    )
    return Reason.WORKERS_BUSY, sentence, f"celery -A tasks worker -Q {facts.source}   # one more, with an account"


def _dispatched(facts: Facts) -> Answer | None:
    if facts.dispatched_seconds is None:
        return None
    sentence = f"It was sent {duration(facts.dispatched_seconds)} ago and no worker has claimed it yet."
    if facts.bridges_alive:
        return Reason.DISPATCHED, f"{sentence} If its message is lost, the bridge sends it again.", "extractor status"
    return Reason.DISPATCHED, f"{sentence} No bridge is running to send it again.", "celery -A tasks bridge"


def _not_dispatched(facts: Facts) -> Answer:
    message = f" The bridge says: {facts.bridge_message}" if facts.bridge_message else ""
    sentence = (
        f"The bridge has not sent it yet: {counted(facts.rows_before, 'row')} of {facts.source} before it.{message}"
    )
    return Reason.NOT_DISPATCHED, sentence, "extractor status"


RULES: tuple[Rule, ...] = (
    _finished,
    _running,
    _spooled,
    _paused,
    _breaker,
    _waiting,
    _daily_limit,
    _equal_running,
    _no_bridge,
    _no_worker,
    _no_account,
    _workers_in_error,
    _workers_busy,
    _dispatched,
    _not_dispatched,
)
