"""The Celery app, where `celery -A tasks` looks for it; its settings are in `celeryconfig.py`."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.result import AsyncResult

from extractor.errors import ConfigurationError
from extractor.settings import load_settings
from tasks import command_line, worker_options
from tasks.routing import require_sendable

# Celery takes the broker from these before it looks into its settings.
BROKER_VARIABLES = ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL")


class App(Celery):
    """Celery, with settings and messages that are refused in a sentence."""

    def on_configure(self) -> None:  # type: ignore[override]  # Celery calls a method too; its signal drops errors
        """Read our settings before Celery's, which are made of them; raises ConfigurationError."""
        redis_url = load_settings().redis_url.get_secret_value()
        for name in BROKER_VARIABLES:
            if os.environ.get(name, redis_url) not in ("", redis_url):
                raise ConfigurationError(
                    f"{name}, or --broker, names another broker than REDIS_URL, where the bridge counts the messages:"
                    " leave it out, and set REDIS_URL."
                )

    def send_task(
        self, name: str, args: Any = None, kwargs: Any = None, *rest: Any, **options: Any
    ) -> AsyncResult[Any]:
        """Send a row's id to the queue of its source; raises Refused for a message that no worker could use."""
        queue = require_sendable(name, args, kwargs, options)
        return super().send_task(name, args, kwargs, *rest, **{**options, "queue": queue})


command_line.begin()
app = App("registre-extractor")
app.config_from_object("celeryconfig")
app.user_options["worker"].add(worker_options.check_option())
