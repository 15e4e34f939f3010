"""A registry that plays what a test tells it, without a browser. It bills and keeps a ledger.

`ScriptedRegistry` is the site, shared by all; `ScriptedBrowser` is one worker process's way to it.
"""

from __future__ import annotations

import functools
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from fpdf import FPDF
from playwright.sync_api import Cookie

from extractor.errors import BrowserLost, LoginRefused, SessionExpired
from extractor.matching.numbers import compact
from extractor.matching.request import Request
from extractor.models import Account, ClickKind, Evidence, Source
from extractor.registry.answers import Consultation
from extractor.registry.forms import RequestForm
from extractor.registry.logout import Logout
from extractor.registry.registry_site import RegistrySite
from tests.support.rows import PASSWORD

ADDRESS = "http://registry/document/"


class Step(StrEnum):
    """Where something may be planned, in the order in which a row passes."""

    LOGIN = "login"  # before the credentials are judged
    FORM = "form"  # the form is asked for
    FILLED = "filled"  # before the mark
    TURNED_AWAY = "turned away"  # after the mark: what is planned here is an answer that costs nothing
    CLICK = "click"  # after the mark, before the bill
    BILLED = "billed"  # after the bill, before the document page
    REVISIT = "revisit"  # where an earlier click led to is asked for
    DOWNLOAD = "download"
    SAVED = "saved"  # the bytes are in the incoming file
    ALIVE = "alive"  # the question whether the browser answers
    FREED = "memory freed"
    COOKIES = "cookies"
    EVIDENCE = "evidence"
    LOGOUT = "logout"


Event = Exception | Callable[[], object] | None
"""What happens at a step: an error is raised, a function is called, None lets the step pass."""


@dataclass(frozen=True)
class Bill:
    """One consultation that the site charged."""

    number: str
    username: str


class ScriptedRegistry:
    """Bills each click that passes, serves the document that was asked for, keeps one session per account."""

    def __init__(self) -> None:
        self.bills: list[Bill] = []
        self.logins: list[str] = []
        """The user code of each login that was posted."""
        self.logouts: list[str] = []
        """The user code of each login that was ended."""
        self.passwords = {PASSWORD}
        """What opens a session, whatever the user code."""
        self.asks_to_confirm = False
        self.first_click_counts = False
        """Whether the click before the confirmation may have been charged already."""
        self.remembers = False
        """Whether it shows a document that it billed at its address again."""
        self.silent_seconds: list[float] = []
        """How long each look at the address of a paid document would wait before a page that says nothing."""
        self.shown: set[str] = set()
        self.page = ""
        """What its pages say, beside the credentials."""
        self.forms = 0
        """How many forms were asked for."""
        self._plans: dict[Step, deque[Event]] = defaultdict(deque)
        self._files: dict[str, deque[bytes]] = {}
        self._sessions: dict[str, int] = {}

    def plan(self, step: Step, *events: Event) -> None:
        """Let these happen at a step, one per pass."""
        self._plans[step].extend(events)

    def has_plan(self, step: Step) -> bool:
        return bool(self._plans[step])

    def reach(self, step: Step) -> None:
        self.forms += step is Step.FORM
        event = self._plans[step].popleft() if self._plans[step] else None
        if isinstance(event, Exception):
            raise event
        if event is not None:
            event()

    def serve(self, number: str, *files: bytes) -> None:
        """Send these files for a number, one per download, and then always the last one."""
        self._files[number] = deque(files)

    def file_of(self, number: str) -> bytes:
        files = self._files.get(number)
        if files is None:
            return good_pdf(number)
        return files.popleft() if len(files) > 1 else files[0]

    def log_in(self, account: Account) -> int:
        """Open a session; an older one of the account ends, as at the site."""
        self.logins.append(account.username)
        if account.password.get_secret_value() not in self.passwords:
            raise LoginRefused("Code ou mot de passe invalide.")
        self._sessions[account.username] = len(self.logins)
        return len(self.logins)

    def log_out(self, username: str) -> None:
        self.logouts.append(username)
        self._sessions.pop(username, None)

    def is_logged_in(self, username: str, session: int) -> bool:
        return self._sessions.get(username) == session

    def expire_sessions(self) -> None:
        self._sessions.clear()


class ScriptedBrowser:
    """One process's browser; counts what the session does with it."""

    def __init__(self, registry: ScriptedRegistry) -> None:
        self._registry = registry
        self.page: ScriptedSite | None = None
        self.opened = 0
        self.megabytes = 100
        self.runs = False

    def start(self) -> None:
        self.runs = True

    def open_site(self, cookies: Sequence[Cookie] = ()) -> RegistrySite:
        self.opened += 1
        self.runs = True
        self.page = ScriptedSite(self._registry, self, cookies)
        return self.page

    def close(self) -> None:
        self.page = None
        self.runs = False

    def kill(self) -> None:
        self.page = None
        self.runs = False

    def memory_mb(self) -> int:
        return self.megabytes


@dataclass(frozen=True)
class ScriptedLogout(Logout):
    """Ends the session without a browser."""

    registry: ScriptedRegistry
    username: str

    def send(self) -> None:
        self.registry.reach(Step.LOGOUT)
        self.registry.log_out(self.username)


class ScriptedForm(RequestForm):
    """A form that no test looks at."""

    def __init__(self) -> None:
        pass


class ScriptedSite(RegistrySite):
    """One page of a browser; asks for the mark of a click as `registry/answers.py` does."""

    def __init__(self, registry: ScriptedRegistry, browser: ScriptedBrowser, cookies: Sequence[Cookie]) -> None:
        self._registry = registry
        self._browser = browser
        self._username, self._session = _read(cookies)
        self._secrets = ""
        self._number = ""
        self.shown: Source | None = None

    def log_in(self, account: Account) -> None:
        self._username = account.username
        self._secrets = f"{account.username} {account.password.get_secret_value()}"
        self._pass(Step.LOGIN)
        self._session = self._registry.log_in(account)

    def logout(self) -> Logout | None:
        return ScriptedLogout("http://registry/logout", "", "", self._registry, self._username)

    def open_form(self, source: Source) -> RequestForm:
        self._pass(Step.FORM)
        if not self._registry.is_logged_in(self._username, self._session):
            raise SessionExpired("The site asks to log in again.")
        self.shown = source
        return ScriptedForm()

    def shows_form(self, source: Source) -> bool:
        self._require_browser()
        return self.shown is source

    def request_document(
        self,
        form: RequestForm,  # noqa: ARG002 -- the site's own signature
        request: Request,
        *,
        consultation: Consultation,
    ) -> None:
        self._number = compact(request.number)
        self.shown = None
        self._pass(Step.FILLED)
        if not self._registry.is_logged_in(self._username, self._session):
            raise SessionExpired("The site asks to log in again.")
        consultation.commit_click(ClickKind.FORM)
        if self._registry.asks_to_confirm:
            if not self._registry.first_click_counts:
                consultation.clear("the registry asked before it sells")
            consultation.commit_click(ClickKind.CONFIRMATION)
        if self._registry.has_plan(Step.TURNED_AWAY):
            consultation.clear("the registry turned the visitor away")
            self._pass(Step.TURNED_AWAY)
        self._pass(Step.CLICK)
        self._registry.bills.append(Bill(self._number, self._username))
        consultation.note_address(f"{ADDRESS}{self._number}")
        self._registry.shown.add(self._number)
        self._pass(Step.BILLED)

    def find_document(
        self,
        address: str,
        request: Request,  # noqa: ARG002
        *,
        consultation: Consultation,  # noqa: ARG002
        seconds: float,  # noqa: ARG002
        silent_seconds: float,
    ) -> bool:
        """The site shows again what it billed, unless it forgot it."""
        self._registry.silent_seconds.append(silent_seconds)
        self._pass(Step.REVISIT)
        self._number = address.removeprefix(ADDRESS)
        return self._registry.remembers and self._number in self._registry.shown

    needs_proof = False

    def document_files(self, target: Path) -> Iterator[str]:
        for way in ("by its link", "by its address", "by its frame"):
            self._pass(Step.DOWNLOAD)
            target.write_bytes(self._registry.file_of(self._number))
            self._pass(Step.SAVED)
            yield way

    def is_alive(self) -> bool:
        self._pass(Step.ALIVE)
        return True

    def free_memory(self) -> None:
        self._pass(Step.FREED)

    def cookies(self) -> list[Cookie]:
        self._pass(Step.COOKIES)
        return [{"name": self._username, "value": str(self._session)}]

    def evidence(self) -> Evidence:
        """A page that shows the user code and the password, as a careless site may."""
        self._pass(Step.EVIDENCE)
        html = f"<p>{self._secrets} {self._registry.page}</p>"
        return Evidence(url=f"https://site/?{self._secrets}", html=html, screenshot=b"PNG")

    def _pass(self, step: Step) -> None:
        self._require_browser()
        self._registry.reach(step)
        self._require_browser()  # it may have been killed meanwhile

    def _require_browser(self) -> None:
        if self._browser.page is not self:
            raise BrowserLost("The browser is gone.")


@functools.cache
def good_pdf(number: str) -> bytes:
    """The document of this number, as small as it can be: the same bytes every time."""
    pdf = FPDF()
    pdf.set_creation_date(datetime(2026, 1, 1, tzinfo=UTC))
    pdf.add_page()
    pdf.set_font("helvetica")
    pdf.cell(text=f"Lot: {number}")
    return bytes(pdf.output())


def damaged_pdf(number: str) -> bytes:
    """The first half of it."""
    pdf = good_pdf(number)
    return pdf[: len(pdf) // 2]


def _read(cookies: Sequence[Cookie]) -> tuple[str, int]:
    return next(((cookie["name"], int(cookie["value"])) for cookie in cookies), ("", 0))
