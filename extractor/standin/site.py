"""Everything that the running site remembers, and the only place where a document is sold."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from typing import Unpack

from extractor.standin.catalogue import Behaviour, Catalogue
from extractor.standin.ledger import Facts, Kind, Ledger
from extractor.standin.purchases import Purchase
from extractor.standin.replies import Order
from extractor.standin.scenario import Scenario
from extractor.standin.sessions import Accounts, Session, Sessions
from extractor.standin.variants import Variants


class Site:
    """The state behind the pages; used from the event loop only, so no lock is needed."""

    def __init__(
        self,
        *,
        scenario: Scenario,
        accounts: Mapping[str, str] | None,
        catalogue: Catalogue,
        ledger: Ledger,
        latency_ms: int,
    ) -> None:
        self.ledger = ledger
        self.latency_ms = latency_ms
        self._initial = (scenario, accounts, catalogue)
        self._references = itertools.count(1)
        self._start_over()

    def reset(self) -> None:
        """Return to what the server was started with; the ledger is emptied too."""
        self.ledger.clear()
        self._start_over()

    def play(self, fields: Mapping[str, object]) -> None:
        """Put other variants in force. A field that is not named goes back to its default, the seed to the run's."""
        seed = self._initial[0].seed
        self.scenario = Scenario.model_validate({"seed": seed, **fields})
        self._fired.clear()
        self._down_until.clear()

    def fires_now(self, *event: object) -> bool:
        """Tell whether this event is still due: true only once."""
        is_new = event not in self._fired
        self._fired.add(event)
        return is_new

    def log_in(self, account: str, variants: Variants) -> str:
        """Open a session and return its cookie."""
        if variants.second_login == "throws_first_out":
            for session in self.sessions.of(account):
                self.sessions.close(session)
                self.ledger.record("kicked_out", account=account, session=session.label)
        cookie, session = self.sessions.open(account, unanswered=variants.personal_question)
        self.ledger.record("login", account=account, session=session.label)
        return cookie

    def note(self, kind: Kind, session: Session, order: Order, **facts: Unpack[Facts]) -> None:
        """Enter what a session did with a document."""
        self.ledger.record(kind, account=session.account, session=session.label, demand=order.demand, **facts)

    def sell(self, session: Session, order: Order, variants: Variants) -> Purchase:
        """Bill a consultation: once for each call, whoever asks for the same document again."""
        waits = order.behaviour is Behaviour.SLOW or variants.every_document_waits
        ready_at = time.monotonic() + (variants.waiting_seconds if waits else 0)
        purchase = Purchase(next(self._references), order, session, ready_at)
        self.purchases[purchase.reference] = purchase
        if variants.down_seconds:
            self._down_until[session.account] = time.monotonic() + variants.down_seconds
        self.note("consultation", session, order, reference=purchase.reference, address=purchase.address)
        return purchase

    def is_down_for(self, account: str) -> bool:
        """Tell whether this account sees errors only."""
        return time.monotonic() < self._down_until.get(account, 0)

    def abandon(self, purchase: Purchase) -> None:
        """Forget a document that is paid."""
        self.note("abandoned", purchase.session, purchase.order, reference=purchase.reference)
        del self.purchases[purchase.reference]

    def _start_over(self) -> None:
        self.scenario, accounts, self.catalogue = self._initial
        self.accounts = Accounts(accounts)
        self.sessions = Sessions()
        self.purchases: dict[int, Purchase] = {}
        self._down_until: dict[str, float] = {}
        self._fired: set[tuple[object, ...]] = set()
