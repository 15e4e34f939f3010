"""Before a worker forks, it checks what its children need. When something is missing, it says so and does not start.

A child that failed here would be started again for ever, or worse: Celery swallows the error and lets it take messages.
The checks run side by side, because most of their time is the wait for another process. Their threads end here: a fork
copies only the thread that calls it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from extractor.broker.start import require_usable
from extractor.browser.finder import find_browser
from extractor.documents.spool import Spool
from extractor.documents.storage import open_store
from extractor.errors import ConfigurationError
from extractor.postgres.deployment import require_own_broker
from extractor.registry.site_map import load_site_map
from extractor.settings import Settings

logger = logging.getLogger(__name__)

# The exit code for bad settings, as on the command line.
BAD_SETTINGS = 2


def check(settings: Settings) -> None:
    """End this process with a sentence when the browser, the site map, the spool, the store or the broker cannot be
    used; when several cannot, with the first of them in this order."""
    checks: tuple[Callable[[], object], ...] = (
        lambda: find_browser(settings.browser_executable),
        lambda: load_site_map(settings.registry_site_map),
        lambda: Spool(settings.spool_dir),
        lambda: open_store(settings).close(),
        lambda: _check_broker(settings),
    )
    with ThreadPoolExecutor(len(checks), thread_name_prefix="preflight") as beside:
        results = [beside.submit(check) for check in checks]
    try:
        for result in results:
            result.result()
    except ConfigurationError as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"SPOOL_DIR or STORAGE_DIR cannot be used: {error}")


def _check_broker(settings: Settings) -> None:
    require_usable(settings.broker)
    require_own_broker(settings)


def _refuse(sentence: str) -> None:
    if any(isinstance(handler, logging.FileHandler) for handler in logging.getLogger().handlers):
        logger.critical(sentence)  # a detached worker has no terminal
    sys.stderr.write(f"worker: {sentence}\n")
    raise SystemExit(BAD_SETTINGS)
