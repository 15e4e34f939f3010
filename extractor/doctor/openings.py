"""The doctor's check of rights: which of the system's tables are open to people who are no part of it.

An open queue spends money, and open accounts give the registry's passwords away. A project's `anon` key is in every
browser that loads its front end, so what `anon` may do, anybody may.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

from extractor.doctor.check import Verdict, ok, problem, warning
from extractor.postgres.database import Database
from extractor.postgres.migrate import pending
from extractor.postgres.sql import Queries
from extractor.settings import Settings

# By the column `what` of the query `openings`.
PROBLEMS = {
    "missing": "{place} is missing though every step is applied, so somebody dropped it: restore it from a backup.",
    "unprotected": "Row level security is off for {place}, so whoever has a right on it has it on every row.",
    "open": "{place} is open to {roles} ({detail}), which is whoever has the project's public key or connects.",
    "writable": (
        "The policy {detail} on {place} holds for {roles}, so anybody can order documents that you pay, or change the"
        " rows."
    ),
    "function": "{place} can be called by {roles}; it is the system's own.",
    "view": "The view {place} shows {detail} to {roles} with its owner's rights, past row level security.",
}
WARNINGS = {
    "readable": "The policy {detail} on {place} holds for {roles}, so anybody can read which documents you ask for.",
    "writable_by_users": (
        "The policy {detail} on {place} asks nothing about the user, so everybody who has an account of your front end"
        " spends your money or changes the rows of others: compare a column with auth.uid(), as docs/supabase.md shows."
    ),
}


def examine_openings(settings: Settings) -> Verdict:
    """No table, policy, view or function of the system is open to `anon` or PUBLIC; each that is has its cure.

    Also where migrations stopped half-way, or an earlier system made the tables.
    """
    url = settings.database_url.get_secret_value()
    with closing(Database(url, max_connections=1)) as database:
        found = Queries(database, "doctor.sql").records("openings", {})
    if pending(url):
        found = [row for row in found if row["what"] != "missing"]
    problems, warnings = _sentences(found, PROBLEMS), _sentences(found, WARNINGS)
    if problems:
        return problem(" ".join(problems + warnings))
    return warning(" ".join(warnings)) if warnings else ok("no table, policy, view or function is open to anybody.")


def _sentences(found: Iterable[Mapping[str, Any]], known: Mapping[str, str]) -> list[str]:
    return [
        known[row["what"]].format(**row) + (f" Close it: {row['cure']};" if row["cure"] else "")
        for row in found
        if row["what"] in known
    ]
