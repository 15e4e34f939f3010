"""What workers learned of the registry's forms (`REQUESTS=learned`), shared by all of them; see docs/learned.md.

A crash leaves what was learned before. A statement that is lost costs a visit to the form, never a document.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from extractor.models import Source
from extractor.postgres.database import Database
from extractor.postgres.sql import Queries
from extractor.registry.learned_request import Observation, Offered, Place, Slot, difference, learned

logger = logging.getLogger(__name__)

FILE = "learned.sql"
# The row of a list that belongs to no single circonscription, or to no single cadastre.
ANY = "*"
# This many documents must say themselves that they are the right ones, before they come without that proof.
TRUSTED = 2
# This many rows in succession that the form answers otherwise close learned requests, for this many seconds.
UNEXPECTED = 2
CLOSED_SECONDS = 86400

_OFFERED = TypeAdapter(tuple[Offered, ...])


class Circonscription(NamedTuple):
    """What is known of one circonscription: its cadastres, and what was learned of each of them."""

    cadastres: tuple[Offered, ...]
    places: dict[str, Place]


class LearnedForms:
    """The tables `learned_forms` and `learned_control`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = Queries(database, FILE)

    def circonscriptions(self, source: Source, site: str) -> tuple[Offered, ...] | None:
        """What the form offers; None while nothing is known, or learned requests are closed."""
        kept = self._queries.record("offered", {"source": source, "site": site, "any": ANY})
        return _OFFERED.validate_python(kept["learned"]) if kept else None

    def of_circonscription(self, source: Source, circonscription: str) -> Circonscription:
        """Call it for a source whose `circonscriptions` are known."""
        kept = self._queries.records("of_circonscription", {"source": source, "circonscription": circonscription})
        learned_there = {row["cadastre"]: row["learned"] for row in kept}
        cadastres = _OFFERED.validate_python(learned_there.pop(ANY, []))
        return Circonscription(cadastres, {name: Place.model_validate(it) for name, it in learned_there.items()})

    def begin(self, source: Source, site: str, *, trial_seconds: float) -> bool:
        """Whether a learned request may be sent now; until the source is trusted, one within `trial_seconds`."""
        parameters = {"source": source, "site": site, "trusted": TRUSTED, "trial_seconds": trial_seconds}
        return self._queries.record("begin", parameters) is not None

    def learn(self, seen: Observation, site: str, *, brought: bool) -> None:
        """Keep what a submit of the form showed, when it `brought` a document; forget what it contradicts anyway."""
        with self._database.transaction() as connection:
            known = self._queries.records("lock", {"source": seen.source}, connection=connection)
            if not known:
                return
            if known[0]["site"] != site:
                self._forget(connection, seen.source)
                self._run(connection, "begin_site", source=seen.source, site=site)
            hindrance = self._learn_lists(connection, seen, brought=brought)
            hindrance = self._learn_place(connection, seen, brought=brought) or hindrance
            self._run(connection, "note_hindrance", source=seen.source, hindrance=hindrance)

    def refuse(self, source: Source, why: str) -> None:
        """The form cannot be learned, for this reason: forget what was known of it."""
        with self._database.transaction() as connection:
            self._forget(connection, source)
            self._run(connection, "note_hindrance", source=source, hindrance=why)

    def note_verified(self, source: Source) -> None:
        """A learned request brought a document that says it is the right one."""
        self._queries.run("note_verified", {"source": source, "trusted": TRUSTED})

    def is_trusted(self, source: Source) -> bool:
        """Whether enough documents of learned requests were verified."""
        return any(one["source"] == source and one["verified"] >= TRUSTED for one in self.conditions())

    def end_trial(self, source: Source) -> None:
        """The learned request that was under way proved nothing, good or bad."""
        self._queries.run("end_trial", {"source": source})

    def note_unexpected(self, source: Source, why: str) -> None:
        """The form was answered otherwise; the second such row in succession closes learned requests."""
        noted = self._queries.record("note_unexpected", {"source": source})
        if noted and noted["unexpected"] >= UNEXPECTED:
            self.close(source, why)

    def close(self, source: Source, why: str) -> None:
        """Send no learned request of this source for a day, and forget its forms."""
        logger.warning("Learned requests for %s are closed for a day: %s", source, why)
        self._queries.run("close", {"source": source, "why": why, "closed_seconds": CLOSED_SECONDS})

    def conditions(self) -> list[dict[str, Any]]:
        """One row per source, by the columns of the query `conditions`."""
        return self._queries.records("conditions", {})

    def _learn_lists(self, connection: psycopg.Connection[Any], seen: Observation, *, brought: bool) -> str | None:
        """The lists above a place; when one changed, all that lies below it is forgotten."""
        hindrance = None
        levels = ((Slot.CIRCONSCRIPTION, ANY, None), (Slot.CADASTRE, seen.circonscription, seen.circonscription))
        for slot, row, below in levels:
            offered = [one.model_dump() for one in seen.lists.get(slot, ())]
            place = {"circonscription": row, "cadastre": ANY}
            kept = self._read(connection, seen.source, **place)
            if kept is not None and kept != offered:
                self._forget(connection, seen.source, below)
                hindrance = f"the list {slot} changed"
            if brought:
                self._run(connection, "keep", source=seen.source, **place, learned=Jsonb(offered))
        return hindrance

    def _learn_place(self, connection: psycopg.Connection[Any], seen: Observation, *, brought: bool) -> str | None:
        place = {"circonscription": seen.circonscription, "cadastre": seen.cadastre}
        kept = self._read(connection, seen.source, **place)
        before = Place.model_validate(kept) if kept is not None else None
        changed = difference(before, seen) if before else None
        if changed:
            self._forget(connection, seen.source, **place)
        if brought:
            now = learned(before, seen, datetime.now(UTC)).model_dump(mode="json")
            self._run(connection, "keep", source=seen.source, **place, learned=Jsonb(now))
        return changed

    def _read(self, connection: psycopg.Connection[Any], source: Source, *, circonscription: str, cadastre: str) -> Any:
        parameters = {"source": source, "circonscription": circonscription}
        kept = self._queries.records("of_circonscription", parameters, connection=connection)
        return next((row["learned"] for row in kept if row["cadastre"] == cadastre), None)

    def _forget(
        self,
        connection: psycopg.Connection[Any],
        source: Source,
        circonscription: str | None = None,
        cadastre: str | None = None,
    ) -> None:
        self._run(connection, "forget", source=source, circonscription=circonscription, cadastre=cadastre)

    def _run(self, connection: psycopg.Connection[Any], name: str, **parameters: object) -> None:
        self._queries.run(name, parameters, connection=connection)
