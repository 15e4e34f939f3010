"""Says in one sentence why a row is not running, by the first reason that holds it, and the step that helps.

Each rule knows one reason and looks at the facts alone; their order in RULES is the order in which a row meets them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from extractor.errors import StorageError
from extractor.language.sentences import Count, Language, Seconds, Sentence, say_in
from extractor.matching.doubts import REQUEST_COLUMNS, doubt
from extractor.models import Frozen, RowId, Status
from extractor.postgres.database import Database
from extractor.postgres.viewpoint import Viewpoint
from extractor.reports.extractions import its_code, its_document
from extractor.reports.facts import MOST_BEFORE, Facts, find_facts
from extractor.reports.next_steps import next_step
from extractor.reports.spending import is_day_spent


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
    next_step: str | None
    """Of a row that stopped: what a person does now, and what that means for money."""
    command: str | None
    """What helps, where anything does."""


Answer = tuple[Reason, Sentence, str | None]
Rule = Callable[[Facts], Answer | None]


def why(database: Database, job_id: RowId, viewpoint: Viewpoint) -> Why | None:
    """Say what keeps the row from running, by the workers' settings; None when there is no such row."""
    facts = find_facts(database, job_id, viewpoint)
    return judge(facts, viewpoint.language) if facts else None


def judge(facts: Facts, language: Language = Language.ENGLISH) -> Why:
    """The first rule that has an answer; the last one always has."""
    reason, sentence, command = next(answer for rule in RULES if (answer := rule(facts)))
    if facts.doubt:
        sentence = Sentence(
            "{sentence} It {doubt}. The registry decides; a name that it refuses is not charged.",
            sentence=sentence,
            doubt=_doubt(facts) or facts.doubt,
        )
    step = None
    if facts.status == Status.FAILED:
        step = next_step(facts.id, facts.error_code, facts.error_message, is_bought=facts.waits_for_spool)
    return Why(
        job_id=facts.id,
        reference=facts.reference,
        reason=reason,
        sentence=say_in(language, sentence),
        next_step=step and say_in(language, step.sentence),
        command=step.command if step else command,
    )


def _doubt(facts: Facts) -> Sentence | None:
    """The doubt, judged again: the row keeps it in one language, and its reader may want the other."""
    columns = facts.model_dump(include=set(REQUEST_COLUMNS))
    return doubt(document_source=facts.source, **columns)


def _finished(facts: Facts) -> Answer | None:
    if facts.status == Status.COMPLETED:
        return Reason.COMPLETED, _completed(facts), None
    if facts.status != Status.FAILED:
        return None
    said = facts.error_message or Sentence("nothing says why")
    since, code = facts.completed_at, its_code(facts.error_code)
    if code == "cancelled":
        if since is None:
            return Reason.CANCELLED, Sentence("It was cancelled: {said}", said=said), None
        return Reason.CANCELLED, Sentence("It was cancelled since {since}: {said}", since=since, said=said), None
    if since is None:
        return Reason.STOPPED, Sentence("It stopped at Erreur ({code}): {said}", code=code, said=said), None
    stopped = Sentence("It stopped at Erreur since {since} ({code}): {said}", since=since, code=code, said=said)
    return Reason.STOPPED, stopped, None


def _completed(facts: Facts) -> Sentence:
    since, document = facts.completed_at, its_document(facts.supabase_path)
    if since is None:
        return Sentence("It is finished: {document}.", document=document)
    return Sentence("It is finished since {since}: {document}.", since=since, document=document)


def _running(facts: Facts) -> Answer | None:
    if facts.status != Status.RUNNING:
        return None
    who = facts.worker_id or Sentence("a worker without a name")
    since = _since(facts.processing_started_at)
    if facts.lease_has_passed:
        helps = "extractor status" if facts.bridges_alive else "celery -A tasks bridge"
        lost = Sentence("{who} held it{since} and went silent; the bridge will return it.", who=who, since=since)
        return Reason.WORKER_LOST, lost, helps
    if facts.cancel_requested:
        asked = Sentence("{who} runs it{since}, and will see that it was cancelled.", who=who, since=since)
        return Reason.CANCEL_REQUESTED, asked, None
    running = Sentence(
        "It is running: {who} has it{since}{how_long}, attempt {attempt} of {attempts}.",
        who=who,
        since=since,
        how_long=Sentence(" ({seconds})", seconds=Seconds(facts.running_seconds)) if facts.running_seconds else "",
        attempt=facts.attempts,
        attempts=facts.max_attempts,
    )
    return Reason.RUNNING, running, f"extractor show {facts.id}"


def _since(at: datetime | None) -> str:
    return Sentence(" since {moment}", moment=at) if at else ""


def _spooled(facts: Facts) -> Answer | None:
    """Such a row needs neither the site nor an account, so no pause, breaker or limit holds it."""
    if not (facts.waits_for_spool and facts.spooled_until):
        return None
    is_storages_fault = facts.error_code == StorageError.code
    waits = Sentence("It waits for its upload.")
    if is_storages_fault:
        waits = Sentence("It waits for storage: {said}", said=facts.error_message)
    sentence = Sentence(
        "Its document is bought and safe on spool {spool}. {waits} A worker with that SPOOL_DIR tries until {until};"
        " then"
        " any worker takes it, and may buy it again.",
        spool=facts.spooled_on,
        waits=waits,
        until=facts.spooled_until,
    )
    if not facts.bridges_alive:
        without = Sentence("{sentence} No bridge is running to send it there.", sentence=sentence)
        return Reason.SPOOLED, without, "celery -A tasks bridge"
    if is_storages_fault:
        return Reason.SPOOLED, sentence, "extractor doctor"
    return Reason.SPOOLED, sentence, f"celery -A tasks worker -Q {facts.source}   # on that host"


def _paused(facts: Facts) -> Answer | None:
    if not facts.paused:
        return None
    sentence = Sentence(
        "{source} is paused{since} by {by}: {why}.",
        source=facts.source,
        since=_since(facts.paused_since),
        by=facts.paused_by or Sentence("an unknown person"),
        why=facts.paused_why or Sentence("no reason"),
    )
    return Reason.PAUSED, sentence, f"extractor resume {facts.source}"


def _breaker(facts: Facts) -> Answer | None:
    if facts.broken_until:
        broken = Sentence(
            "The site fails {source}, which is left alone until {until}: {reason}",
            source=facts.source,
            until=facts.broken_until,
            reason=facts.broken_reason,
        )
        return Reason.BREAKER, broken, "extractor doctor"
    if facts.is_probed:
        probed = Sentence(
            "The site failed {source} ({reason}); one other row is trying it first.",
            source=facts.source,
            reason=facts.broken_reason,
        )
        return Reason.PROBED, probed, "extractor status"
    return None


def _daily_limit(facts: Facts) -> Answer | None:
    limit = facts.daily_consultation_limit
    if limit is None or not is_day_spent(facts.consultations_today, limit):
        return None
    sentence = Sentence(
        "{today} consultations were made today and DAILY_CONSULTATION_LIMIT is {limit}. It waits until tomorrow, or"
        " for a"
        " higher limit.",
        today=facts.consultations_today,
        limit=limit,
    )
    return Reason.DAILY_LIMIT, sentence, "extractor spend"


def _waiting(facts: Facts) -> Answer | None:
    if not facts.wait_seconds:
        return None
    until, more = facts.available_at, Seconds(facts.wait_seconds)
    sentence = Sentence("It waits until {until}, {more} more.", until=until, more=more)
    if facts.error_code:
        sentence = Sentence(
            "It waits until {until}, {more} more after {code}: {said}",
            until=until,
            more=more,
            code=facts.error_code,
            said=facts.error_message or "",
        )
    return Reason.WAITING, sentence, f"extractor show {facts.id}"


def _equal_running(facts: Facts) -> Answer | None:
    if not (facts.reuse_days and facts.equal_running):
        return None
    sentence = Sentence(
        "Row {id} asks for the same document and is running: this one will be given its copy.", id=facts.equal_running
    )
    return Reason.EQUAL_RUNNING, sentence, f"extractor show {facts.equal_running}"


def _no_bridge(facts: Facts) -> Answer | None:
    """A message that was sent needs no bridge any more, unless it was lost."""
    if facts.bridges_alive or facts.dispatched_seconds is not None:
        return None
    sentence = Sentence("No bridge is running, so this row reaches no worker.")
    if facts.bridge_silent_seconds is not None:
        sentence = Sentence(
            "No bridge is running, so this row reaches no worker; the last bridge was heard of {silent} ago.",
            silent=Seconds(facts.bridge_silent_seconds),
        )
    return Reason.NO_BRIDGE, sentence, "celery -A tasks bridge"


def _no_worker(facts: Facts) -> Answer | None:
    if facts.workers_alive:
        return None
    sentence = Sentence("No worker serves the queue {source}.", source=facts.source)
    if facts.workers_silent:
        sentence = Sentence(
            "No worker serves the queue {source} ({silent} went silent).",
            source=facts.source,
            silent=facts.workers_silent,
        )
    return Reason.NO_WORKER, sentence, f"celery -A tasks worker -Q {facts.source}"


def _no_account(facts: Facts) -> Answer | None:
    if facts.workers_with_account or facts.accounts_usable:
        return None
    if not facts.accounts_total:
        empty = Sentence("No account: worker_accounts is empty.")
        return Reason.NO_ACCOUNT, empty, "extractor accounts add USERNAME"
    counts = {
        "leased": facts.accounts_leased,
        "resting": facts.accounts_resting,
        "failing": facts.accounts_failing,
        "disabled": facts.accounts_disabled,
        "sealed": facts.accounts_sealed,
    }
    sentence = Sentence(
        "The workers of {source} have no account: of {total}, {reasons}.",
        source=facts.source,
        total=facts.accounts_total,
        reasons=tuple(Count(count, name) for name, count in counts.items() if count),
    )
    return Reason.NO_ACCOUNT, sentence, "extractor accounts list"


def _workers_in_error(facts: Facts) -> Answer | None:
    if facts.workers_in_error < facts.workers_alive:
        return None
    said = facts.worker_error or Sentence("worker_status says no more")
    sentence = Sentence("No worker of {source} is ready: {said}", source=facts.source, said=said)
    return Reason.WORKERS_IN_ERROR, sentence, "extractor doctor"


def _workers_busy(facts: Facts) -> Answer | None:
    if facts.workers_idle or not facts.workers_busy:
        return None
    is_sent = facts.dispatched_seconds is not None
    sentence = Sentence(
        "Every worker of {source} is busy ({busy}); {rows} before it ({sent}).",
        source=facts.source,
        busy=facts.workers_busy,
        rows=_rows_before(facts),
        sent=Sentence("sent") if is_sent else Sentence("not sent yet"),
    )
    return Reason.WORKERS_BUSY, sentence, f"celery -A tasks worker -Q {facts.source}   # one more, with an account"


def _rows_before(facts: Facts) -> Count | Sentence:
    if facts.rows_before > MOST_BEFORE:
        return Sentence("more than {rows}", rows=Count(MOST_BEFORE, "row"))
    return Count(facts.rows_before, "row")


def _dispatched(facts: Facts) -> Answer | None:
    if facts.dispatched_seconds is None:
        return None
    ago = Seconds(facts.dispatched_seconds)
    if facts.bridges_alive:
        again = Sentence(
            "It was sent {ago} ago and no worker has claimed it yet. If its message is lost, the bridge sends it"
            " again.",
            ago=ago,
        )
        return Reason.DISPATCHED, again, "extractor status"
    without = Sentence(
        "It was sent {ago} ago and no worker has claimed it yet. No bridge is running to send it again.", ago=ago
    )
    return Reason.DISPATCHED, without, "celery -A tasks bridge"


def _not_dispatched(facts: Facts) -> Answer:
    sentence = Sentence(
        "The bridge has not sent it yet: {rows} of {source} before it.",
        rows=_rows_before(facts),
        source=facts.source,
    )
    if facts.bridge_message:
        sentence = Sentence("{sentence} The bridge says: {said}", sentence=sentence, said=facts.bridge_message)
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
