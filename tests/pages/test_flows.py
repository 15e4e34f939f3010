"""Each form from its fields to the requested document, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route

from extractor.errors import (
    DocumentNotFound,
    NameNotMatched,
    PaperOnly,
    RegistryMessage,
    SimilarNumbersOnly,
)
from extractor.matching.request import Request
from tests.support.standin_client import StandinClient
from tests.unit.registry import saved_page

from .client import Client, acte, index, plan

FOUND = {
    "acte": acte("25616321"),
    "acte, dirty circonscription": acte("53850", circonscription="Saint-Anne-des-Monts"),
    "radiation with T": acte("T14454660", acte_type="Radiation", circonscription="Hull"),
    "avis d'adresse": acte("6012345", acte_type="avis d’adresse"),
    "index, renovated lot": index("2784195", circonscription="Montreal", cadastre="Cadastre du Quebec"),
    "index, old lot with désignation": index(
        "10A-77",
        circonscription="Terrebonne",
        cadastre="St-Hippolyte",
        designation="Rang 5 Canton Abercrombie",
    ),
    "plan": plan("2784195"),
    "plan, old lot": plan("399-184", circonscription="Terrebonne", cadastre="Paroisse de Saint-Hippolyte"),
    "confirmed acte": acte("25616412"),
    "confirmed index": index("2784412"),
}


@pytest.mark.parametrize("request_", FOUND.values(), ids=FOUND)
def test_the_requested_document_comes_for_one_consultation(
    client: Client, standin: StandinClient, request_: Request
) -> None:
    text = client.fetch(request_)

    assert f"Source: {request_.source}\nNuméro: {request_.number}\n" in text
    if request_.designation:
        assert f"Désignation: {request_.designation}" in text
    (consultation,) = standin.consultations()
    assert consultation.number == request_.number
    assert client.marks.is_set


def test_one_session_serves_all_sources_in_turn(client: Client, standin: StandinClient) -> None:
    for request in (plan("2784411"), acte("25616407"), index("2784195"), acte("25616321")):
        assert f"Numéro: {request.number}" in client.fetch(request)

    assert len(standin.consultations()) == 4


REFUSED = {
    "missing acte": (acte("25616404"), DocumentNotFound, "inexistant"),
    "missing index": (index("2784404"), DocumentNotFound, "inexistante"),
    "missing plan": (plan("2784404"), DocumentNotFound, "inexistante"),
    "nothing matches": (acte("25616409"), DocumentNotFound, "Aucune information"),
    "other circonscription": (index("2784408"), DocumentNotFound, "n'existe pas dans la circonscription"),
    "similar numbers only": (acte("25616405"), SimilarNumbersOnly, "25 616 404"),
    "on paper": (acte("25616406"), PaperOnly, "25616406"),
    "similar to a T number": (acte("T14454405", acte_type="Radiation"), SimilarNumbersOnly, "14 454 405"),
    "T number on paper": (acte("T14454406", acte_type="Radiation"), PaperOnly, "T14454406"),
    "unknown cadastre": (index("227", cadastre="Paroisse de Nulle-Part"), NameNotMatched, "^cadastre: "),
    "renovated lot without a circonscription": (
        index("2784195", circonscription=None),
        NameNotMatched,
        "^cadastre: the registry offers no choice here",
    ),
    "no cadastre in the row": (index("227", cadastre=""), NameNotMatched, "^cadastre: "),
    "unknown désignation": (
        index("227", circonscription="Terrebonne", cadastre="Saint-Hippolyte", designation="Rang 77"),
        NameNotMatched,
        "^designation_secondaire: ",
    ),
    "désignation where there is none": (index("2784195", designation="Rang 5"), NameNotMatched, "offers no choice"),
    "another acte type": (acte("25616321", acte_type="Radiation"), DocumentNotFound, "inexistant"),
    "another désignation": (
        index("227", circonscription="Terrebonne", cadastre="Saint-Hippolyte", designation="Rang 1"),
        DocumentNotFound,
        "inexistante",
    ),
    "unknown acte type": (acte("25616321", acte_type="Testament"), NameNotMatched, "^acte_type: "),
    "what the form does not take": (acte("25616321", circonscription=None), RegistryMessage, "circonscription"),
}


@pytest.mark.parametrize(("request_", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_bought_costs_nothing_and_says_why(
    client: Client, standin: StandinClient, request_: Request, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        client.fetch(request_)

    assert standin.consultations() == []
    assert not client.marks.is_set
    assert not client.file.exists()


def test_an_inactive_lot_may_still_turn_out_not_to_exist(client: Client, standin: StandinClient) -> None:
    standin.set_variants(inactive_where="same_form_page")
    missing = saved_page.load("message-other-circonscription").content.top.html

    def answer(route: Route) -> None:
        if "txtInAvert" in (route.request.post_data or ""):
            route.fulfill(body=missing, content_type="text/html; charset=utf-8")
        else:
            route.continue_()

    client.page.route("**/*", answer)

    with pytest.raises(DocumentNotFound, match="n'existe pas"):
        client.fetch(plan("2784410"))

    assert standin.consultations() == []
    assert not client.marks.is_set


@pytest.mark.parametrize("number", ["25616407", "T14454407"])
def test_of_similar_numbers_only_the_requested_one_is_taken(
    client: Client, standin: StandinClient, number: str
) -> None:
    text = client.fetch(acte(number, acte_type="Radiation" if number.startswith("T") else "Acte"))

    assert f"Numéro: {number}\n" in text
    assert [consultation.number for consultation in standin.consultations()] == [number]


@pytest.mark.parametrize("order", ["newest_first", "oldest_first", "shuffled"])
def test_of_several_plans_the_latest_is_taken(client: Client, standin: StandinClient, order: str) -> None:
    standin.set_variants(plan_order=order)

    assert "Date du plan: 2019-06-12" in client.fetch(plan("2784411"))
    assert len(standin.consultations()) == 1
