"""Logging: one line per event, from this program and every library; JSON, or text for a terminal (LOG_FORMAT).

Modules log through `logging`, as libraries do. This module adds to each line who speaks (`worker_id`, `account`) and
about which row (`job_id`, `attempt`, `source`), and masks every secret.
"""

from __future__ import annotations

import functools
import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import WatchedFileHandler
from types import TracebackType
from typing import Any, Literal

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from extractor.models import Account, Job
from extractor.redaction import hide, hide_settings, redact
from extractor.settings import Settings

logger = logging.getLogger(__name__)
Format = Literal["auto", "human", "json"]

# At INFO these libraries write a line for every request and every poll.
CHATTY = ("httpx", "httpcore", "hpack")

# Who speaks. Not a contextvar: the heartbeat's and the watch's threads speak for the same process.
_speaker: dict[str, object] = {}


def configure_logging(level: str | int, form: Format = "auto", file: str | None = None) -> None:
    """Set up the root logger of this process, replacing what was there; it writes to stderr, or appends to the file."""
    handler = WatchedFileHandler(file, encoding="utf-8") if file else logging.StreamHandler()
    handler.setFormatter(_formatter(form, is_terminal=not file and sys.stderr.isatty()))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def configure_process(settings: Settings, *, level: int | None = None, file: str | None = None) -> None:
    """Set up a process that serves: also hide the settings' secrets, and log warnings and errors that end a thread.

    The level wins over LOG_LEVEL. Raises OSError when the file cannot be written.
    """
    hide_settings(settings)
    configure_logging(settings.log_level if level is None else level, settings.log_format, file)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_the_end
    threading.excepthook = lambda end: _log_the_end(end.exc_type, end.exc_value, end.exc_traceback, end.thread)


def identify(**fields: object) -> None:
    """Say in each further line of this process who speaks, e.g. its worker_id."""
    _speaker.update(fields)


def hold_account(account: Account | None) -> None:
    """Name the account, masked, in each further line of this process; its password appears in none."""
    if account is None:
        _speaker.pop("account", None)
        return
    hide(account.password)
    _speaker["account"] = account.masked


@contextmanager
def about(job: Job) -> Iterator[None]:
    """Name the row in each line of the block; `attempt` is what the row counts, `attempt_id` the fence."""
    with bound_contextvars(
        job_id=str(job.id), attempt=job.attempts, attempt_id=job.attempt_id, source=job.source.value
    ):
        yield


def _formatter(form: Format, *, is_terminal: bool) -> logging.Formatter:
    is_human = form == "human" or (form == "auto" and is_terminal)
    return structlog.stdlib.ProcessorFormatter(
        use_get_message=True,
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            _drop_repetition,
            merge_contextvars,
            _add_speaker,
            *([] if is_human else [_add_process]),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *(_for_people(is_terminal=is_terminal) if is_human else _for_programs()),
            _redact,
        ],
    )


def _for_programs() -> list[Processor]:
    return [
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(functools.partial(json.dumps, ensure_ascii=False)),
    ]


def _for_people(*, is_terminal: bool) -> list[Processor]:
    renderer = structlog.dev.ConsoleRenderer(
        colors=is_terminal, pad_event_to=0, sort_keys=False, exception_formatter=structlog.dev.plain_traceback
    )
    return [structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False), _flatten, renderer]


def _drop_repetition(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop the field in which Celery repeats its message, with a traceback even where a row ended as expected."""
    event.pop("data", None)
    return event


def _add_speaker(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {**event, **_speaker}


def _add_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    return {**event, "process": record.processName, "pid": record.process, "thread": record.threadName}


def _flatten(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put a message of several lines on one: one line per event."""
    return {**event, "event": " | ".join(str(event["event"]).splitlines())}


def _redact(_logger: WrappedLogger, _method: str, text: Any) -> str:
    return redact(text)


def _log_the_end(
    kind: type[BaseException],
    error: BaseException | None,
    traceback: TracebackType | None,
    thread: threading.Thread | None = None,
) -> None:
    name = thread.name if thread else "process"
    logger.critical("%s ended: %s", name, error, exc_info=(kind, error or kind(), traceback))
