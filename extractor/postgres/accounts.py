"""Accounts of the registry: leased to one worker process at a time, counted when refused, rested, sealed."""

from __future__ import annotations

import logging
import time
from typing import Any

import psycopg

from extractor.errors import NoAccountAvailable, PasswordSealed
from extractor.language.sentences import Count, Sentence
from extractor.models import Account
from extractor.postgres.database import Database
from extractor.postgres.lease import AccountLimits, Lease
from extractor.postgres.sealing import SEAL_ALL, is_sealed, missing_key
from extractor.postgres.sql import Queries

logger = logging.getLogger(__name__)

FILE = "accounts.sql"
# Seconds. Another process that leases an account locks it for milliseconds; a person may lock it for long.
LOCKED_SECONDS, LOCKED_POLL_SECONDS = 1.0, 0.1


class Accounts:
    """Gives leases on the accounts of `worker_accounts`: each user code to one holder at a time."""

    def __init__(self, database: Database, limits: AccountLimits) -> None:
        self._database = database
        self._queries = Queries(database, FILE)
        self._limits = limits
        self._keyring = limits.keyring
        self._has_warned = False

    def lease(self, holder: str) -> Lease:
        """Take the best free account whose password opens; raises NoAccountAvailable with the reason.

        A plain password is sealed in the transaction that leases its account, when there is a key.
        """
        with self._database.transaction() as connection:
            self._note_sealed(connection)
        until = time.monotonic() + LOCKED_SECONDS
        while (lease := self._lease_free(holder)) is None:
            counts = self.count()
            if not counts["usable"] or time.monotonic() > until:
                raise NoAccountAvailable(_why_none(counts))
            time.sleep(LOCKED_POLL_SECONDS)
        return lease

    def _lease_free(self, holder: str) -> Lease | None:
        """The lease of an account that is free and that nobody has locked; None when there is none."""
        while True:
            with self._database.transaction() as connection:  # each try alone, so that it holds the lock of one account
                row = self._take(connection, holder)
                if row is None:
                    return None
                if row["lease_id"] is None:
                    continue  # another process took the same user code at this moment
                try:
                    return Lease(self._open(connection, row), self._database, self._queries, self._limits)
                except PasswordSealed as error:
                    self._rest_damaged(connection, row, str(error))

    def count(self) -> dict[str, Any]:
        """How many accounts are in each condition, and the other columns of the query `count`."""
        return self._queries.records("count", {"openable": self._keyring.openable})[0]

    def repetition(self) -> str | None:
        """What an operator should do about user codes that are in several rows; None when there are none."""
        repeated = self.count()["repeated"]
        if not repeated:
            return None
        return (
            f"{repeated} active rows repeat the user code of another row: a user code is one session, so they add none."
            " `extractor accounts remove USERNAME` deletes all rows of a user code: then add it once, with"
            " `extractor accounts add USERNAME`."
        )

    def without_key(self) -> str | None:
        """What an operator should do about passwords that no key here opens; None when there are none."""
        counts = self.count()
        if not counts["without_key"]:
            return None
        return f"{counts['without_key']} of {counts['total']} accounts cannot be used. {missing_key()}"

    def plain(self) -> str | None:
        """What an operator should do about passwords that nothing here will seal; None when there are none."""
        counts = self.count()
        if self._keyring or not counts["plain"]:
            return None
        return f"{counts['plain']} of {counts['total']} passwords lie in worker_accounts as they are: {SEAL_ALL}."

    def _note_sealed(self, connection: psycopg.Connection[Any]) -> None:
        parameters = {"message": missing_key(), "openable": self._keyring.openable}
        self._queries.records("note_sealed", parameters, connection=connection)

    def _take(self, connection: psycopg.Connection[Any], holder: str) -> dict[str, Any] | None:
        parameters = {
            "holder": holder,
            "lease_seconds": self._limits.lease_seconds,
            "openable": self._keyring.openable,
        }
        return next(iter(self._queries.records("lease", parameters, connection=connection)), None)

    def _open(self, connection: psycopg.Connection[Any], row: dict[str, Any]) -> Account:
        stored = row["password"]
        account = Account(**{**row, "password": self._keyring.open(stored)})
        if self._keyring and not is_sealed(stored):
            seal(self._queries, connection, row["id"], self._keyring.seal(account.password))
        elif not self._keyring:
            self._warn_once()
        return account

    def _rest_damaged(self, connection: psycopg.Connection[Any], row: dict[str, Any], message: str) -> None:
        parameters = {
            "account_id": row["id"],
            "lease_id": row["lease_id"],
            "message": message,
            "rest_seconds": self._limits.account_rest_seconds,
        }
        self._queries.records("rest_damaged", parameters, connection=connection)

    def _warn_once(self) -> None:
        if not self._has_warned:
            logger.warning("Passwords lie in worker_accounts as they are: %s.", SEAL_ALL)
        self._has_warned = True


def _why_none(counts: dict[str, Any]) -> Sentence:
    if not counts["total"]:
        return Sentence("No available accounts: worker_accounts is empty. Add one: `extractor accounts add USERNAME`.")
    names = ("leased", "resting", "failing", "disabled", "sealed")
    reasons: list[Sentence | Count] = [Count(counts[name], name) for name in names if counts[name]]
    if counts["usable"]:  # locked all the time, or free since
        reasons.append(
            Sentence("{number} that a person or another worker changes at this moment", number=counts["usable"])
        )
    why = Sentence("No available accounts: of {total}, {reasons}.", total=counts["total"], reasons=tuple(reasons))
    return Sentence("{why} {hint}", why=why, hint=missing_key()) if counts["sealed"] else why


def seal(queries: Queries, connection: psycopg.Connection[Any], account_id: object, sealed: str) -> None:
    """Store a password in its sealed form; in the transaction that read it, which holds its row."""
    queries.records("seal", {"account_id": account_id, "sealed": sealed}, connection=connection)
