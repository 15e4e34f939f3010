"""Speaks to the control endpoints of a running stand-in; `control` is the other half."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Final, Self

import httpx
from pydantic import TypeAdapter

from extractor.standin.catalogue import CatalogueEntry
from extractor.standin.ledger import Entry, Kind
from extractor.standin.scenario import Scenario

_ENTRIES: Final = TypeAdapter(list[Entry])
_TIMEOUT: Final = 10.0  # seconds; control answers at once even when pages are slow


class StandinClient:
    """Reads the ledger and changes the site's behaviour; refused requests raise `httpx.HTTPStatusError`."""

    def __init__(self, base_url: str) -> None:
        self._http = httpx.Client(
            base_url=f"{base_url}/_standin",
            timeout=_TIMEOUT,
            trust_env=False,  # a proxy would not reach this machine
            verify=False,  # noqa: S501 - plain HTTP; reading the CA file takes longer than a rehearsal
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def ledger(self) -> list[Entry]:
        """Return everything that happened, oldest first."""
        return _ENTRIES.validate_json(self._send("GET", "/ledger").content)

    def logins(self) -> list[Entry]:
        """Return the logins that opened a session."""
        return self._of_kind("login")

    def refused_logins(self) -> list[Entry]:
        """Return the logins with a wrong password."""
        return self._of_kind("login_refused")

    def searches(self) -> list[Entry]:
        """Return the submitted forms."""
        return self._of_kind("search")

    def consultations(self) -> list[Entry]:
        """Return what was billed."""
        return self._of_kind("consultation")

    def documents(self) -> list[Entry]:
        """Return the downloads, with the hash of what was sent."""
        return self._of_kind("document")

    def variants(self) -> Scenario:
        """Return the variants in force."""
        return Scenario.model_validate_json(self._send("GET", "/variants").content)

    def set_variants(self, **fields: object) -> None:
        """Put these variants in force, and the defaults for all others."""
        self._send("PUT", "/variants", json=fields)

    def set_accounts(self, passwords: Mapping[str, str]) -> None:
        """Let only these accounts log in; none restores the default rule."""
        self._send("PUT", "/accounts", json=dict(passwords))

    def set_catalogue(self, entries: Iterable[CatalogueEntry]) -> None:
        """Put these exceptions to the rule in force, and no others."""
        self._send("PUT", "/catalogue", json=[entry.model_dump(mode="json") for entry in entries])

    def expire_sessions(self) -> None:
        """Log everybody out, as an idle time-out does."""
        self._send("DELETE", "/sessions")

    def reset(self) -> None:
        """Return to what the server was started with, with an empty ledger."""
        self._send("POST", "/reset")

    def _of_kind(self, kind: Kind) -> list[Entry]:
        return [entry for entry in self.ledger() if entry.kind == kind]

    def _send(self, method: str, path: str, json: object = None) -> httpx.Response:
        return self._http.request(method, path, json=json).raise_for_status()
