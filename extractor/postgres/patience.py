"""What an attempt asks of Postgres while Postgres is away for a moment: it is asked again until it answers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import tenacity

from extractor.errors import DatabaseUnavailable
from extractor.language.sentences import Sentence
from extractor.postgres.database import OUTAGES

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

# How long a statement about a job waits for Postgres to come back: a restart takes seconds, a failover a minute or two.
OUTAGE_SECONDS = 120.0
OUTAGE_POLL_SECONDS = 1.0


def _tell(state: tenacity.RetryCallState) -> None:
    logger.warning("Postgres takes no writes, trying again: %s", state.outcome and state.outcome.exception())


PATIENCE = tenacity.Retrying(
    retry=tenacity.retry_if_exception_type(OUTAGES),
    stop=tenacity.stop_after_delay(OUTAGE_SECONDS),
    wait=tenacity.wait_fixed(OUTAGE_POLL_SECONDS),
    before_sleep=_tell,
    reraise=True,
)


def patiently(act: Callable[[], Answer]) -> Answer:
    """Repeat `act` while an outage prevents it.

    Only for what does no harm a second time: a read, a write that matches once, or one that writes the same again.

    Raises DatabaseUnavailable after OUTAGE_SECONDS. Then the lease passes, and the spool keeps what was bought.
    """
    try:
        return PATIENCE(act)
    except OUTAGES as error:
        raise DatabaseUnavailable(
            Sentence(
                "Postgres took no writes for {outage_seconds:g} s: {error}", outage_seconds=OUTAGE_SECONDS, error=error
            )
        ) from error
