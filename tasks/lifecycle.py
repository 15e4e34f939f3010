"""Handlers of Celery's signals: they name the worker, start a worker process in each child, and stop it."""

from __future__ import annotations

import gc
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from billiard.process import current_process
from billiard.util import get_logger as pool_logger
from celery import signals
from celery.utils.nodenames import node_format

from extractor.broker.server import connect
from extractor.documents.spool import Spool
from extractor.log import configure_process, identify
from extractor.metrics import endpoint as metrics
from extractor.metrics.host import Host
from extractor.models import Source
from extractor.settings import forget_secrets, load_settings
from extractor.worker import preflight
from extractor.worker.assembly import Assembly
from extractor.worker.drain import Drain
from extractor.worker.process import WorkerProcess
from tasks.celery import app
from tasks.command_line import was_typed
from tasks.consumer_steps import TellLater
from tasks.deafness import DeafnessWatch
from tasks.reservation import ReservationWatch
from tasks.routing import spool_queue

logger = logging.getLogger(__name__)

# `os.EX_TEMPFAIL`: the start or the stop did not end inside its bound.
TIMED_OUT = 75
# `os.EX_SOFTWARE`: an unforeseen error ended the start of a child.
CANNOT_BEGIN = 70
RESPAWN_SECONDS = 5.0
# To close a browser and free an account; an account that is not freed in time is free when its lease expires.
STOP_SECONDS = 8.0
# What Celery itself may need in addition, after its children have ended.
SHUTDOWN_MARGIN_SECONDS = 10.0

_node_name = f"celery@{socket.gethostname()}"
_process: WorkerProcess | None = None
_drain = Drain()
app.steps["consumer"].add(TellLater)


def process() -> WorkerProcess:
    """The worker process of this prefork child; raises RuntimeError in any other process."""
    if _process is None:
        raise RuntimeError("Tasks run in prefork children only: start the worker with --pool=prefork.")
    return _process


@signals.setup_logging.connect
def set_up_logging(loglevel: int | None = None, logfile: str | None = None, **_: Any) -> None:
    """Take logging over from Celery: --loglevel or LOG_LEVEL, and LOG_FORMAT decide, and each event is one line."""
    configure_process(load_settings(), level=loglevel if was_typed("loglevel") else None, file=logfile or None)
    pool_logger().propagate = True  # else the pool's lines about killed children reach no handler


@signals.celeryd_init.connect
def name_worker(instance: Any, options: dict[str, Any], **_: Any) -> None:
    """Check what the children will need, and name the Celery node: by -n, else by WORKER_ID, else as Celery does."""
    global _node_name  # noqa: PLW0603 -- written once in the parent, inherited by each child through the fork
    settings = load_settings()
    if settings.worker_id and not was_typed("hostname"):
        instance.hostname = f"{settings.worker_id}@{socket.gethostname()}"
        _node_name = settings.worker_id
    else:
        _node_name = instance.hostname
    identify(worker_id=_node_name)
    # Before Celery asks for it: its warning of root comes earlier.
    logfile = options.get("logfile")
    set_up_logging(options.get("loglevel"), node_format(logfile, instance.hostname) if logfile else None)
    preflight.check(settings)
    instance.quiet = instance.quiet or not sys.stdout.isatty()  # its banner is not one line per event


@signals.celeryd_after_setup.connect
def consume_spool(instance: Any, **_: Any) -> None:
    """Serve, beside the queues that -Q names, the rows whose bought document lies on this worker's spool."""
    instance.app.amqp.queues.select_add(spool_queue(Spool(load_settings().spool_dir).id))


@signals.worker_ready.connect
def watch_hearing(sender: Any, **_: Any) -> None:
    """In the parent: watch that messages reach this worker, and serve its metrics to Prometheus."""
    settings = load_settings()
    host = Host(settings.spool_dir, min_free_mb=settings.min_free_disk_mb)
    metrics.serve(settings.metrics_host, settings.metrics_port, host)
    queues = list(sender.app.amqp.queues.consume_from)
    ReservationWatch(settings).start()
    DeafnessWatch(connect(settings.broker), deaf_seconds=settings.deaf_seconds, queues=queues).start()


@signals.worker_before_create_process.connect
def share_memory(**_: Any) -> None:
    """Before each fork: what is loaded now stays one copy, which no collection of a child writes to.

    Celery collects right after this, and has little to look at then; before, that took a tenth of a second.
    """
    gc.freeze()


@signals.worker_process_init.connect
def start_process(**_: Any) -> None:
    """Start this child's worker process within START_TIMEOUT_SECONDS; a bad account or site raises nothing here.

    Celery ignores an exception here and gives the child tasks all the same. So `WorkerProcess.start` turns every
    foreseen error into a state in which the child gives its rows back, and any other error ends the child.
    """
    global _process  # noqa: PLW0603 -- one process, one session: Celery offers no other place
    settings = load_settings()
    forget_secrets()  # Playwright's driver inherits the environment; this process has no second thread yet
    with _watchdog(settings.start_timeout_seconds, "start"), _or_end():
        worker_id = f"{_node_name}-{_slot()}"
        identify(worker_id=worker_id)
        queues = sorted(set(app.amqp.queues.consume_from) & set(Source))
        _process = WorkerProcess(Assembly(settings, worker_id=worker_id, queues=queues, drain=_drain))
        _process.start()


@signals.worker_shutting_down.connect
def begin_drain(how: str, **_: Any) -> None:
    """Tell the children how long the supervisor waits, and end the parent then: without its broker Celery may hang."""
    warm = how != "Cold"
    seconds = load_settings().shutdown_grace_seconds if warm else app.conf.worker_soft_shutdown_timeout
    _drain.begin(seconds)
    _end_after(seconds if warm else seconds + STOP_SECONDS + SHUTDOWN_MARGIN_SECONDS, f"{how.lower()} shutdown")


@signals.worker_process_shutdown.connect
def stop_process(**_: Any) -> None:
    """Stop this child's worker process; SIGKILL skips this, and then the leases expire by themselves."""
    if _process is not None:
        with _watchdog(STOP_SECONDS, "stop"):
            _process.stop()


def _slot() -> int:
    """The number of this child in its pool, from 1; a replacement takes over its predecessor's."""
    index: int = current_process().index  # type: ignore[attr-defined]  # set by billiard's pool
    return index + 1


@contextmanager
def _or_end() -> Iterator[None]:
    """End this process when the block raises: it would take messages, and do nothing with them."""
    has_begun = False
    try:
        yield
        has_begun = True
    finally:
        if not has_begun:
            logger.critical("This process cannot begin; the worker starts another.", exc_info=True)
            time.sleep(RESPAWN_SECONDS)  # Celery starts the next at once, again and again
            os._exit(CANNOT_BEGIN)


@contextmanager
def _watchdog(seconds: float, what: str) -> Iterator[None]:
    """End this process when the block takes too long: a child that hangs would hang its worker's shutdown."""
    timer = _end_after(seconds, what)
    try:
        yield
    finally:
        timer.cancel()


def _end_after(seconds: float, what: str) -> threading.Timer:
    def end() -> None:
        logger.critical("The %s did not end in %g s; ending this process.", what, seconds)
        os._exit(TIMED_OUT)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    return timer
