"""Mixed dirty rows at a site that plays all its variants at random: each brings the right document, or buys none.

RANDOM_ROWS and RANDOM_SEED choose how many and which.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pypdf
import pytest

from extractor.errors import (
    Consequence,
    DocumentNotFound,
    ExtractorError,
    NameNotMatched,
    PaperOnly,
    SimilarNumbersOnly,
)
from extractor.matching.request import Request
from extractor.registry import download
from extractor.standin.app import create_app
from tests.support.standin_client import StandinClient
from tests.support.standin_server import running

from .client import PACE, Client, Marks, acte, index, plan
from .conftest import NewClient

ROWS = int(os.environ.get("RANDOM_ROWS", "8"))
SEED = int(os.environ.get("RANDOM_SEED", "20261103"))
# Sessions die and the site fails at random; this many times in a row is no accident.
MOST_TRIES = 12

MONTREAL = ("Montréal", "Montreal", " montréal ", "MONTRÉAL", "Montréal\u00a0")
QUEBEC = ("Cadastre du Québec", "Cadastre du Quebec", "cadastre  du québec", "CADASTRE DU QUÉBEC")
HIPPOLYTE = ("Paroisse de Saint-Hippolyte", "Paroisse de St-Hippolyte", "St-Hippolyte", "saint hippolyte (paroisse)")
RANG = ("Rang 5 Canton Abercrombie", "rang 5, canton Abercrombie")
# By the beginning of the stand-in's numbers: each number exists only under one type.
TYPES = {
    "T1": ("Radiation", "radiation "),
    "1": ("Acte", "acte"),
    "2": ("ACTE", "Acte\u00a0"),
    "9": ("ACTE DIVERS", "Acte divers"),
    "60": ("Avis d’adresse", "avis d'adresse"),
}

Row = tuple[Request, type[ExtractorError] | None]


def _acte(dice: random.Random, ending: str) -> Request:
    beginning = dice.choice(list(TYPES))
    number = f"{beginning}{dice.randrange(1000, 10_000) if len(beginning) == 1 else dice.randrange(10, 100)}"
    return acte(number + ending, acte_type=dice.choice(TYPES[beginning]), circonscription=dice.choice(MONTREAL))


def _renovated(dice: random.Random, ending: str) -> Request:
    number = f"{dice.randrange(1000, 7000)}{ending}"
    return dice.choice((index, plan))(number, circonscription=dice.choice(MONTREAL), cadastre=dice.choice(QUEBEC))


def _old(dice: random.Random, ending: str) -> Request:
    number = f"{dice.randrange(1, 90)}{dice.choice(('-', 'A-'))}{ending}"
    request = index(number, circonscription="Terrebonne", cadastre=dice.choice(HIPPOLYTE))
    return replace(request, designation=dice.choice((*RANG, None)))


def _plan(dice: random.Random, ending: str) -> Request:
    return plan(f"{dice.randrange(1000, 7000)}{ending}", circonscription=dice.choice(MONTREAL))


def _nowhere(dice: random.Random, ending: str) -> Request:
    return index(ending, circonscription="Terrebonne", cadastre=dice.choice(("Sainte-Nulle", "Rang 5", "")))


KINDS: list[tuple[Callable[[random.Random, str], Request], tuple[str, ...], type[ExtractorError] | None]] = [
    (_acte, ("321", "407", "412", "413"), None),
    (_renovated, ("195", "412", "413"), None),
    (_old, ("77", "412"), None),
    (_plan, ("195", "410", "411", "413"), None),
    (_acte, ("404", "409"), DocumentNotFound),
    (_acte, ("405",), SimilarNumbersOnly),
    (_acte, ("406",), PaperOnly),
    (_plan, ("404", "408", "409"), DocumentNotFound),
    (_nowhere, ("227",), NameNotMatched),
]


def rows(seed: int, count: int) -> list[Row]:
    dice = random.Random(seed)
    made: dict[str, Row] = {}
    while len(made) < count:
        make, endings, error = dice.choices(KINDS, weights=[4, 4, 2, 4, 1, 1, 1, 1, 1])[0]
        request = make(dice, dice.choice(endings))
        made[request.number] = (request, error)
    return list(made.values())


class Worker:
    """Gives a row back and logs in again as the session layer does, as long as the row is not at fault."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._is_logged_in = False

    def do(self, request: Request) -> ExtractorError | None:
        """Return what the row ended with."""
        self._client.marks = Marks()
        for _ in range(MOST_TRIES):
            error = self._try(request)
            if error is None or error.consequence not in (Consequence.SNOOZE, Consequence.RETRY):
                return error
            marks = self._client.marks
            assert marks.address or not marks.is_set, f"{request} was perhaps charged and led nowhere: {error}"
            self._is_logged_in = not error.retires_session
        pytest.fail(f"{request} was given back {MOST_TRIES} times")

    def _try(self, request: Request) -> ExtractorError | None:
        try:
            if not self._is_logged_in:
                self._client.log_in()
                self._is_logged_in = True
            self._find(request) if self._client.marks.is_set else self._client.fetch(request)
            self._check(request)
        except ExtractorError as error:
            return error
        return None

    def _find(self, request: Request) -> None:
        """What was paid is where its click led to."""
        self._client.site.open_form(request.source)
        assert self._client.find(request)
        self._client.save()

    def _check(self, request: Request) -> None:
        text = pypdf.PdfReader(self._client.file).pages[0].extract_text()
        assert re.search(rf"^Numéro: {request.number}$", text, re.MULTILINE), request
        assert f"Source: {request.source}" in text
        if request.number.endswith("411"):
            assert "Date du plan: 2019-06-12" in text


@pytest.fixture
def base_url() -> Iterator[str]:
    """A site without earlier logins: what it draws depends on their number."""
    with running(create_app()) as url:
        yield url


@pytest.fixture
def standin(base_url: str) -> Iterator[StandinClient]:
    with StandinClient(base_url) as client:
        yield client


@pytest.mark.timeout(60 + 10 * ROWS)
def test_every_document_is_the_requested_one_and_nothing_else_is_bought(
    new_client: NewClient, standin: StandinClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "STALL", 1.0)  # several stalls must fit into the bound of a test
    print(f"RANDOM_SEED={SEED} RANDOM_ROWS={ROWS}")  # noqa: T201 - pytest shows it when the test fails
    standin.set_variants(random=True, seed=SEED, waiting_seconds=0.5, slow_pages_ms=0)
    # A bound that a file which fails for a while passes also on a machine that is busy.
    worker = Worker(new_client(pace=replace(PACE, page_timeout=5, document_timeout=40)))
    wanted = rows(SEED, ROWS)

    outcomes = {request: worker.do(request) for request, _ in wanted}

    errors = {request: type(error) if error else None for request, error in outcomes.items()}
    assert errors == dict(wanted), outcomes
    bought = Counter(consultation.number for consultation in standin.consultations())
    assert bought == Counter(request.number for request, error in wanted if error is None)
