"""The lease of one account: what a worker process holds while it may log in; `accounts.py` gives it."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from typing import Any

import psycopg

from extractor.errors import AccountLost, PasswordSealed
from extractor.language.sentences import Sentence
from extractor.models import Account, AccountId
from extractor.postgres.database import Database
from extractor.postgres.patience import patiently
from extractor.postgres.sealing import Keyring
from extractor.postgres.sql import Queries
from extractor.settings import Settings

# Why this process may not use an account any more; the words follow its name.
GONE = Sentence("went to another worker, or a person disabled, deleted or changed it")


@dataclass(frozen=True)
class AccountLimits:
    """The settings of accounts: durations in seconds, and the keys that open passwords."""

    lease_seconds: float
    """How long a lease lasts without a renewal."""
    account_rest_seconds: float
    """How long an account rests after its first refusal."""
    keyring: Keyring

    @classmethod
    def of(cls, settings: Settings) -> AccountLimits:
        """The part of the settings that accounts need."""
        return cls(
            lease_seconds=settings.lease_seconds,
            account_rest_seconds=settings.account_rest_seconds,
            keyring=Keyring.of(settings),
        )


class Lease:
    """The right to one user code, held until `lease_expires_at`; the threads of a worker process share it.

    It is on the user code, not on the row of `worker_accounts`: whatever a person does to that row, no other process
    logs in with the code until this session ends. Every write about the lease is fenced by `lease_id`: a late holder
    changes nothing of it. What a login said about a password is true whoever learned it, and is written in any case. A
    holder that dies leaves the code leased until the lease passes, and nothing else.
    """

    def __init__(self, account: Account, database: Database, queries: Queries, limits: AccountLimits) -> None:
        self.account = account
        self._database = database
        self._queries = queries
        self._limits = limits
        self._lost = threading.Event()
        self._unwanted = threading.Event()

    @property
    def is_lost(self) -> bool:
        """Whether a renewal found that the user code went to another holder."""
        return self._lost.is_set()

    @property
    def is_over(self) -> bool:
        """Whether no further row may begin: it is lost, or the account was disabled, deleted or given another code."""
        return self.is_lost or self._unwanted.is_set()

    def renew(self) -> bool:
        """Prolong the lease; False, from now on, when the user code is no longer this holder's."""
        if self.is_lost:
            return False
        row = self._one("renew", lease_seconds=self._limits.lease_seconds)
        if row is None:
            self._lost.set()
        elif row["is_wanted"]:
            self._unwanted.clear()  # disabled and enabled again
        else:
            self._unwanted.set()
        return row is not None

    def release(self) -> None:
        """Free the user code; harmless when it was lost already."""
        self._one("release")

    def read_password(self) -> None:
        """Take the password that is stored now, which is the one to post; raises AccountLost, PasswordSealed.

        While this process waits for a paid document, it may log in whatever a person did to the account.
        """
        row = self._one("stored_password")
        if row is None:
            raise AccountLost(Sentence("Account {masked} {gone}.", masked=self.account.masked, gone=GONE))
        if row["password"] is None:  # no row has the user code any more
            return
        password = self._limits.keyring.open(row["password"])
        self.account = self.account.model_copy(update={"password": password})

    def record_login(self) -> None:
        """Count a login that succeeded, and forget earlier refusals of its password."""
        with self._database.transaction() as connection:
            account_ids = self._rows_with_password(connection)
            self._queries.records("record_login", {"account_ids": account_ids}, connection=connection)

    def record_refusal(self, message: str) -> None:
        """Count a refused login, free the user code, and let each row rest that has the password that was posted.

        A row with the same user code and another password, which a person wrote meanwhile, is not charged with it.
        Posted again the password may lock the account, so an outage of Postgres is waited out; raises
        DatabaseUnavailable.
        """
        tries = itertools.count(1)
        patiently(lambda: self._record_refusal(message, nth=next(tries)))

    def _record_refusal(self, message: str, *, nth: int) -> None:
        with self._database.transaction() as connection:
            parameters = {
                "account_ids": self._rows_with_password(connection),
                "message": message,
                "rest_seconds": self._limits.account_rest_seconds,
            }
            released = self._queries.records("release", {"lease_id": self.account.lease_id}, connection=connection)
            if released or nth == 1:  # else an earlier try was committed, and only its answer was lost
                self._queries.records("record_refusal", parameters, connection=connection)

    def record_failed_login(self) -> None:
        """Count a login that neither succeeded nor was refused: the site or the browser was at fault."""
        self._queries.run("record_failed_login", {})

    def _rows_with_password(self, connection: psycopg.Connection) -> list[AccountId]:
        """The rows of `worker_accounts` with this user code and this password, in whatever form it is stored."""
        parameters = {"username": self.account.username}
        rows = self._queries.records("passwords_of_code", parameters, connection=connection)
        return [str(row["id"]) for row in rows if self._is_posted(row["password"])]

    def _is_posted(self, stored: str) -> bool:
        try:
            return self._limits.keyring.open(stored) == self.account.password
        except PasswordSealed:
            return False

    def _one(self, query: str, **parameters: object) -> dict[str, Any] | None:
        return self._queries.record(query, {"lease_id": self.account.lease_id, **parameters})
