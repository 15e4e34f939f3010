"""Logging: one line an event, the level from LOG_LEVEL."""

from __future__ import annotations

import logging

FORMAT = "%(asctime)s %(levelname)-7s %(processName)s %(name)s: %(message)s"
# Their INFO lines tell every request and every poll.
CHATTY = ("httpx", "httpcore", "hpack", "yoyo")


def configure_logging(level: str) -> None:
    """Set up the root logger of this process, replacing what was there."""
    logging.basicConfig(level=level, format=FORMAT, force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
