"""Who may log in, and which logins are alive."""

from __future__ import annotations

import re
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from extractor.standin.demand import Demand
from extractor.standin.replies import Offer, Order

COOKIE: Final = "ASPSESSIONIDSTANDIN"
DEFAULT_PASSWORD: Final = "standin"  # noqa: S105 - opens nothing but a rehearsal
_USER_CODE: Final = re.compile(r"\d{2}[A-Z]\d{4}")  # 99X9999: docs/site.md#login


class Accounts:
    """The accounts that exist; when none is given, every well-formed user code with the default password."""

    def __init__(self, passwords: Mapping[str, str] | None = None) -> None:
        self._passwords = dict(passwords or {})

    def accept(self, user: str, password: str) -> bool:
        """Tell whether this pair opens a session."""
        if self._passwords:
            return bool(user) and self._passwords.get(user) == password
        return _USER_CODE.fullmatch(user) is not None and password == DEFAULT_PASSWORD


@dataclass(eq=False)
class Session:
    """One login and what it is doing now, as classic ASP keeps it: one field per variable on the server."""

    label: str
    account: str
    login: int
    """How many logins of this account there were, this one included."""
    last_seen: float
    unanswered: bool = False
    """A personal question stands between the password and the site."""
    visit: int = 0
    """How many fresh forms it has opened."""
    demand: Demand | None = None
    """What was last submitted."""
    offers: tuple[Offer, ...] = ()
    """The rows of the list that is being shown."""
    order: Order | None = None
    """What Confirmer would buy."""
    inactive: bool = False
    """The page being shown also says that the lot is inactive."""


class Sessions:
    """The live sessions by cookie."""

    def __init__(self) -> None:
        self._live: dict[str, Session] = {}
        self._logins: Counter[str] = Counter()

    def open(self, account: str, *, unanswered: bool = False) -> tuple[str, Session]:
        """Start a session; return its cookie and it."""
        self._logins[account] += 1
        session = Session(
            label=secrets.token_hex(4),
            account=account,
            login=self._logins[account],
            last_seen=time.monotonic(),
            unanswered=unanswered,
        )
        cookie = secrets.token_hex(16)
        self._live[cookie] = session
        return cookie, session

    def find(self, cookie: str) -> Session | None:
        """Return the session behind a cookie, whatever its age."""
        return self._live.get(cookie)

    def are_open(self, account: str, *, idle_seconds: float) -> bool:
        """Tell whether the account has a session that was not idle for too long."""
        return any(time.monotonic() - session.last_seen <= idle_seconds for session in self.of(account))

    def of(self, account: str) -> list[Session]:
        """Return the live sessions of one account."""
        return [session for session in self._live.values() if session.account == account]

    def close(self, session: Session) -> None:
        """End one session; ending it twice is allowed."""
        self._live = {cookie: other for cookie, other in self._live.items() if other is not session}

    def close_all(self) -> int:
        """End every session; return how many there were."""
        count = len(self._live)
        self._live.clear()
        return count
