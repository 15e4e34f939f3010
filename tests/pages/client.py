"""The registry client for tests: one logged-in page, and what a fetch cost and brought."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pypdf
from playwright.sync_api import Page
from pydantic import SecretStr

from extractor.documents.identity import check_identity
from extractor.documents.judge import Judgement, judge
from extractor.errors import DocumentRefused, DocumentTimeout
from extractor.matching.request import Request
from extractor.models import Account, ClickKind, Source
from extractor.registry.registry_site import RegistrySite
from extractor.registry.site_map import SiteMap, load_site_map
from extractor.registry.visit import Pace
from tests.support.standin_client import StandinClient

USER, PASSWORD = "99X3315", "standin"
# Seconds: far above what the stand-in needs when all is well, and what a test of a time-out costs.
SILENT_SECONDS = 2.0
PACE = Pace(between_actions=0, page_timeout=10, document_timeout=10)


@dataclass
class Marks:
    """The durable record of the clicks that may be charged, in memory."""

    is_set: bool = False
    kinds: list[ClickKind] = field(default_factory=list)
    free: list[str] = field(default_factory=list)
    """Why clicks were free."""
    address: str = ""

    def commit_click(self, kind: ClickKind) -> None:
        self.is_set = True
        self.kinds.append(kind)

    def clear(self, why: str) -> None:
        self.is_set = False
        self.free.append(why)

    def note_address(self, address: str) -> None:
        self.address = address


class Client:
    """A session at the stand-in, as a worker process would have it."""

    def __init__(self, page: Page, base_url: str, directory: Path, *, site: SiteMap | None, pace: Pace) -> None:
        self.page = page
        self.marks = Marks()
        self._pace = pace
        self.site = RegistrySite(page, base_url=base_url, site=site or load_site_map(), pace=pace)
        self._files = (directory / f"{number}.pdf" for number in itertools.count(1))
        self.file = Path()

    def log_in(self, username: str = USER, password: str = PASSWORD) -> None:
        self.site.log_in(account(username, password))

    def fetch(self, request: Request) -> str:
        """Fetch one document and return its text; `marks` and `file` belong to this fetch."""
        self.marks = Marks()
        self.file = next(self._files)
        form = self.site.open_form(request.source)
        self.site.request_document(form, request, consultation=self.marks)
        check_identity(self.save().texts, request)
        return pypdf.PdfReader(self.file).pages[0].extract_text()

    def find(self, request: Request) -> bool:
        """Look where the last click led to, as a later attempt does after a new login."""
        seconds = self._pace.document_timeout
        return self.site.find_document(
            self.marks.address, request, consultation=self.marks, seconds=seconds, silent_seconds=SILENT_SECONDS
        )

    def save(self) -> Judgement:
        """Fetch the file of the page that is open until it is whole, and judge it."""
        judgement: Judgement | None = None
        for _ in self.site.document_files(self.file):
            judgement = judge(self.file)
            if judgement.is_whole:
                break
        if judgement is None:
            raise DocumentTimeout("no try brought a file")
        if judgement.refusal:
            raise DocumentRefused(judgement.refusal)
        return judgement


def assert_one_charge(client: Client, standin: StandinClient, number: str = "2784195") -> None:
    """Fetch a document, whatever the site does to it: it comes, it is billed once, and its click stays recorded."""
    assert number in client.fetch(index(number))

    assert len(standin.consultations()) == 1
    assert client.marks.kinds == [ClickKind.FORM]
    assert client.marks.is_set


def account(username: str = USER, password: str = PASSWORD) -> Account:
    return Account(id=UUID(int=1), username=username, password=SecretStr(password), lease_id=UUID(int=2))


def acte(number: str, *, acte_type: str = "Acte", circonscription: str | None = "Montréal") -> Request:
    return Request(Source.ACTE, number, circonscription, acte_type=acte_type)


def index(
    number: str,
    *,
    circonscription: str | None = "Montréal",
    cadastre: str = "Cadastre du Québec",
    designation: str | None = None,
) -> Request:
    return Request(Source.INDEX, number, circonscription, cadastre=cadastre, designation=designation)


def plan(number: str, *, circonscription: str = "Montréal", cadastre: str = "Cadastre du Québec") -> Request:
    return Request(Source.PLAN_CADASTRAUX, number, circonscription, cadastre=cadastre)
