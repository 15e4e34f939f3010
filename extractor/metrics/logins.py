"""How often the children of one worker logged in.

Children count into memory that they share with the parent, which is the one that is scraped: no files, and a child
that is killed takes no count with it.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from enum import Enum
from typing import Any

from extractor.errors import ExtractorError, LoginRefused
from extractor.models import Account
from extractor.registry.registry_site import RegistrySite

# Children beyond share a place, and may lose a count.
PLACES = 256


class Login(Enum):
    """How a login ended."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"


class Logins:
    """Make it before the fork; `count` in a child, `totals` in the parent."""

    def __init__(self) -> None:
        # Without a lock: each child has a place of its own, and one that is killed can block nobody.
        self._counts = multiprocessing.RawArray("L", PLACES * len(Login))

    def count(self, child: int, login: Login) -> None:
        """Add one; `child` is its number in the pool, which a replacement takes over."""
        self._counts[child % PLACES * len(Login) + list(Login).index(login)] += 1

    def totals(self) -> dict[Login, int]:
        """Since the worker's start."""
        return {login: sum(self._counts[place :: len(Login)]) for place, login in enumerate(Login)}


class CountedSite(RegistrySite):
    """The site, which tells how each login ended."""

    def __init__(self, *arguments: Any, on_login: Callable[[Login], None], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._on_login = on_login

    def log_in(self, account: Account) -> None:
        """Log in, and tell."""
        try:
            super().log_in(account)
        except ExtractorError as error:
            self._on_login(Login.REFUSED if isinstance(error, LoginRefused) else Login.FAILED)
            raise
        self._on_login(Login.OK)
