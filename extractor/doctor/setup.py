"""`extractor setup`: makes a project ready for the first row, one step per part; a second run changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

from extractor.doctor import database_checks, service_checks
from extractor.doctor.check import Check, Finding, Verdict, examine_in_order, ok, warning
from extractor.documents.buckets import BUCKETS
from extractor.documents.storage import open_store
from extractor.postgres.database import Database
from extractor.postgres.migrate import migrate
from extractor.postgres.sql import Queries
from extractor.settings import Settings

PUBLICATION = "supabase_realtime"


def set_up(*, make_private: bool = False, on_notice: Callable[[str], None]) -> Iterator[Finding]:
    """Do every step and yield what came of it; a step whose part has a problem is skipped, none stops the rest.

    `make_private` closes those of the three buckets that are public; `on_notice` gets what a migration says. A crash
    leaves whole parts only.
    """
    return examine_in_order(
        (
            Check("database", database_checks.examine_server, database_checks.REMEDIES),
            Check("tables", partial(_apply_migrations, on_notice), database_checks.REMEDIES, needs=("database",)),
            Check("realtime", _examine_realtime, database_checks.REMEDIES, needs=("tables",)),
            Check("storage", partial(_create_buckets, make_private), service_checks.STORAGE_REMEDIES),
        )
    )


def _apply_migrations(on_notice: Callable[[str], None], settings: Settings) -> Verdict:
    url = settings.database_url.get_secret_value()
    applied = migrate(url, language=settings.language, on_notice=on_notice)
    return ok(f"applied {', '.join(applied)}." if applied else "up to date.")


def _examine_realtime(settings: Settings) -> Verdict:
    """Whether a front end receives status changes; the owner decides that, since every change is then sent out."""
    with closing(Database(settings.database_url.get_secret_value(), max_connections=1)) as database:
        published = Queries(database, "doctor.sql").record("published_tables", {})
    if published is None:
        return ok(f"no publication {PUBLICATION} here, and nothing needs one.")
    if published["sends_all"]:
        return warning(
            f"{PUBLICATION} sends out every table, worker_accounts with its passwords among them:"
            f" DROP PUBLICATION {PUBLICATION}; CREATE PUBLICATION {PUBLICATION} FOR TABLE extraction_queue;"
        )
    if "worker_accounts" in published["names"]:
        return warning(
            f"{PUBLICATION} sends out worker_accounts, which holds passwords:"
            f" ALTER PUBLICATION {PUBLICATION} DROP TABLE worker_accounts;"
        )
    if "extraction_queue" in published["names"]:
        return ok(f"{PUBLICATION} sends out extraction_queue, to those whom a policy lets read a row.")
    return ok(
        f"{PUBLICATION} does not send out extraction_queue. For a front end that listens:"
        f" ALTER PUBLICATION {PUBLICATION} ADD TABLE extraction_queue;"
    )


def _create_buckets(make_private: bool, settings: Settings) -> Verdict:
    with closing(open_store(settings)) as store:
        existing = store.buckets()
        store.prepare()
        public = [bucket for bucket, is_public in existing.items() if is_public]
        if make_private:
            for bucket in public:
                store.make_private(bucket)
    created = [bucket for bucket in BUCKETS.values() if bucket not in existing]
    parts = [
        f"created {', '.join(created)}, private" if created else "",
        f"{', '.join(existing)} existed" if existing else "",
        f"made {', '.join(public)} private" if public and make_private else "",
    ]
    done = "; ".join(filter(None, parts)) + "."
    return warning(f"{done} {service_checks.about_public(public)}") if public and not make_private else ok(done)
