"""What happened at the site, in order: logins, searches, and each consultation that would have cost money."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal, Self, TypedDict, Unpack

from pydantic import BaseModel, ConfigDict

from extractor.standin.demand import Demand, Source

Kind = Literal["login", "login_refused", "search", "consultation", "document", "abandoned", "logout", "kicked_out"]

PRICE: Final = Decimal("1.50")  # dollars per consultation, tariff of April 2026


class Facts(TypedDict, total=False):
    """What an entry says of a purchase or its file."""

    reference: int
    address: str
    document_sha256: str
    bytes: int
    fault: str


class Entry(BaseModel):
    """One line of the ledger; `session` is a label, never the cookie."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    id: int
    time: datetime
    kind: Kind
    account: str
    session: str = ""
    source: Source | None = None
    number: str = ""
    circonscription: str = ""
    cadastre: str = ""
    designation: str = ""
    acte_type: str = ""
    plan_date: str = ""
    reference: int | None = None
    """Which purchase this is about; each bill has its own."""
    amount: Decimal | None = None
    address: str = ""
    """Where a billed document is, below the site's host."""
    document_sha256: str | None = None
    """Of the bytes that a download was sent."""
    bytes: int | None = None
    fault: str = ""
    """What was wrong with a download, on purpose."""

    def about(self, demand: Demand) -> Self:
        """Return the entry with the document that was asked for."""
        return self.model_copy(update=vars(demand))


class Ledger:
    """An append-only list, kept in a JSONL file when a path is given, so that a restart continues it."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._entries = _read_back(path) if path else []

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every entry, oldest first."""
        return tuple(self._entries)

    def record(
        self,
        kind: Kind,
        *,
        account: str,
        session: str = "",
        demand: Demand | None = None,
        **facts: Unpack[Facts],
    ) -> Entry:
        """Append one entry; it is in the file before the visitor has an answer."""
        entry = Entry(
            id=self._entries[-1].id + 1 if self._entries else 1,
            time=datetime.now(UTC),
            kind=kind,
            account=account,
            session=session,
            amount=PRICE if kind == "consultation" else None,
            **facts,
        )
        entry = entry.about(demand) if demand else entry
        self._entries.append(entry)
        self._write(entry)
        return entry

    def clear(self) -> None:
        """Forget everything, in the file too."""
        self._entries.clear()
        if self._path:
            self._path.write_text("", encoding="utf-8")

    def _write(self, entry: Entry) -> None:
        if self._path:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(entry.model_dump_json() + "\n")


def _read_back(path: Path) -> list[Entry]:
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:  # after a kill in the middle of a line, the next entry must not continue that line
        path.write_text(whole, encoding="utf-8")
    return [Entry.model_validate_json(line) for line in whole.splitlines()]
