"""The lease of one account: what a worker process holds while it may log in; `accounts.py` gives it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from extractor.models import Account
from extractor.postgres.sql import Queries


@dataclass(frozen=True)
class LeaseLimits:
    """In seconds: how long a lease lasts without a renewal, and how long an account rests after its first refusal."""

    lease_seconds: float
    account_rest_seconds: float


class Lease:
    """One account, held until `lease_expires_at`; the threads of a worker process share it.

    Every write is fenced by `lease_id`: a late holder changes nothing. A holder that dies leaves the account leased
    until the lease passes, and nothing else.
    """

    def __init__(self, account: Account, queries: Queries, limits: LeaseLimits) -> None:
        self.account = account
        self._queries = queries
        self._limits = limits
        self._lost = threading.Event()

    @property
    def is_lost(self) -> bool:
        """Whether a renewal found that the account went to another holder, was disabled or deleted."""
        return self._lost.is_set()

    def renew(self) -> bool:
        """Prolong the lease; False, from now on, when the account is no longer this holder's."""
        if not self.is_lost and not self._run("renew", lease_seconds=self._limits.lease_seconds):
            self._lost.set()
        return not self.is_lost

    def release(self) -> None:
        """Free the account; harmless when it was lost already."""
        self._run("release")

    def record_login(self) -> None:
        """Count a login that succeeded, and forget earlier refusals."""
        self._run("record_login")

    def record_refusal(self, message: str) -> None:
        """Count a refused login, free the account and let it rest."""
        self._run("record_refusal", message=message, rest_seconds=self._limits.account_rest_seconds)

    def record_failed_login(self) -> None:
        """Count a login that neither succeeded nor was refused: the site or the browser was at fault."""
        self._queries.run("record_failed_login", {})

    def _run(self, query: str, **parameters: object) -> int:
        fence = {"account_id": self.account.id, "lease_id": self.account.lease_id}
        return self._queries.run(query, {**fence, **parameters})
