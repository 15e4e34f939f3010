"""Shortens the bounds that are constants of the product, in the process that loads it, so that the suite need not wait.

An unacknowledged message is lost after seconds instead of an hour; so is a database that does not answer, instead of
half a minute.
"""

from __future__ import annotations

import os

from extractor.postgres.database import Database
from tasks.celery import app

DATABASE_SECONDS = 6.0

app.conf.broker_transport_options = {
    **app.conf.broker_transport_options,
    "visibility_timeout": int(os.environ["CHAOS_VISIBILITY_SECONDS"]),
}
assert Database.__init__.__kwdefaults__ is not None
Database.__init__.__kwdefaults__["use_bound_seconds"] = DATABASE_SECONDS
