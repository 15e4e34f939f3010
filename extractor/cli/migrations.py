"""The command `migrate`."""

from __future__ import annotations

from extractor.cli.connection import sentences
from extractor.cli.terminal import say
from extractor.postgres import migrate as migrations
from extractor.settings import load_settings


def migrate() -> None:
    """Create or complete the tables in DATABASE_URL; run again, it changes nothing."""
    settings = load_settings()
    url = settings.database_url.get_secret_value()
    with sentences():
        applied = migrations.migrate(url, language=settings.language, on_notice=say)
    say(f"Applied {', '.join(applied)}." if applied else "Nothing to apply: the database is up to date.")
