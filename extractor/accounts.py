"""Accounts of the registry: leased to one worker process at a time, counted when refused, rested."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.database import Database, Queries
from extractor.errors import NoAccountAvailable
from extractor.models import Account
from extractor.settings import Settings

# At so many refused logins in a row an account is no longer leased (mission: failure_count < 3).
MAX_FAILURES = 3


@dataclass(frozen=True)
class AccountLimits:
    """Durations in seconds."""

    lease_seconds: float
    account_rest_seconds: float

    @classmethod
    def of(cls, settings: Settings) -> AccountLimits:
        """The part of the settings that accounts need."""
        return cls(lease_seconds=settings.lease_seconds, account_rest_seconds=settings.account_rest_seconds)


class Accounts:
    """Leases on `worker_accounts`, fenced by `lease_id`; a dead holder's lease ends by itself."""

    def __init__(self, database: Database, limits: AccountLimits) -> None:
        self._queries = Queries(database, "accounts.sql")
        self._limits = limits

    def lease(self, holder: str) -> Account:
        """Take the best free account for a worker process; raises NoAccountAvailable with the reason."""
        parameters = {
            "holder": holder,
            "lease_seconds": self._limits.lease_seconds,
            "max_failures": MAX_FAILURES,
        }
        account = self._queries.row("lease", parameters, into=Account)
        if account is None:
            raise NoAccountAvailable(self._why_none())
        return account

    def renew(self, account: Account) -> bool:
        """Prolong the lease; False when the account is no longer this holder's."""
        return bool(self._run("renew", account, lease_seconds=self._limits.lease_seconds))

    def release(self, account: Account) -> None:
        """Free the account; harmless when it was lost already."""
        self._run("release", account)

    def record_login(self, account: Account) -> None:
        """Forget earlier refusals: this login succeeded."""
        self._run("record_login", account)

    def record_refusal(self, account: Account, message: str) -> None:
        """Count a refused login, free the account and let it rest."""
        self._run("record_refusal", account, message=message, rest_seconds=self._limits.account_rest_seconds)

    def _run(self, query: str, account: Account, **parameters: object) -> int:
        return self._queries.run(query, {"account_id": account.id, "lease_id": account.lease_id, **parameters})

    def _why_none(self) -> str:
        counts = self._queries.record("count", {"max_failures": MAX_FAILURES}) or {}
        if not counts.get("total"):
            return "No available accounts: worker_accounts is empty. Insert one: username, password."
        reasons = [f"{counts[name]} {name}" for name in ("leased", "resting", "failing", "disabled") if counts[name]]
        return f"No available accounts: of {counts['total']}, {', '.join(reasons)}."
