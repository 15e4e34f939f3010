"""Every magic ending, seen from outside."""

from __future__ import annotations

import pytest

from extractor.standin import addresses
from extractor.standin.catalogue import Behaviour, CatalogueEntry
from extractor.standin.demand import Source
from tests.support.standin_client import StandinClient

from .visitor import Visitor, text_of

LOT_MISSING = "La fiche immobilière demandée est inexistante"
NO_MATCH = "Aucune information ne correspond aux critères de sélection"
WRONG_DISTRICT = "Le lot n'existe pas dans la circonscription foncière demandée"


@pytest.mark.parametrize(
    ("source", "number", "message"),
    [
        ("acte", "25 616 404", "Le document demandé est inexistant"),
        ("index", "2 784 404", LOT_MISSING),
        ("plan_cadastraux", "2 784 404", LOT_MISSING),
        ("index", "2 784 408", WRONG_DISTRICT),
        ("plan_cadastraux", "2 784 408", WRONG_DISTRICT),
        ("acte", "25 616 409", NO_MATCH),
        ("index", "2 784 409", NO_MATCH),
        ("plan_cadastraux", "2 784 409", NO_MATCH),
    ],
)
def test_message_costs_nothing(
    visitor: Visitor, standin: StandinClient, source: Source, number: str, message: str
) -> None:
    page = visitor.search(source, number)

    assert page.message == message
    assert page.url.path == addresses.FORMS[source]
    assert ("table", {"class": "Cadre", "border": "1"}) in page.tags
    assert any("image_message.gif" in attributes.get("src", "") for _, attributes in page.tags)
    assert len(standin.searches()) == 1
    assert standin.consultations() == []


def test_405_offers_look_alikes_only(visitor: Visitor) -> None:
    page = visitor.search("acte", "T 10 065 405", acte_type="Radiation")

    assert page.message.startswith("Nous vous proposons une liste de document(s) dont le numéro est semblable")
    assert '<td colspan="4" class="titre">Résultat de la recherche</td>' in page.source
    assert page.source.index("Critères de recherche") < page.source.index("Résultat de la recherche")
    numbers = [row.removesuffix("Radiation") for row in page.forms[-1].rows]
    assert numbers == ["10 065 405", "T 10 065 404", "T 10 065 406"]


def test_406_is_on_paper_and_cannot_be_bought(visitor: Visitor, standin: StandinClient) -> None:
    page = visitor.search("acte", "25 616 406")

    assert page.source.count("BPD.GIF") == 1
    assert page.forms[-1].rows[1].startswith("25 616 406")
    assert "papier" in visitor.choose(page, 1).message
    assert standin.consultations() == []


def test_407_is_among_look_alikes_and_can_be_bought(visitor: Visitor, standin: StandinClient) -> None:
    page = visitor.search("acte", "T14454407", acte_type="Radiation")
    assert [row.removesuffix("Radiation") for row in page.forms[-1].rows] == [
        "14 454 407",
        "T 14 454 406",
        "T 14 454 407",
        "T 14 454 408",
    ]
    assert standin.consultations() == []

    page = visitor.choose(page, 2)

    assert "Numéro: T14454407" in text_of(visitor.save(page))
    assert len(standin.consultations()) == 1


def test_a_look_alike_that_is_chosen_is_billed(visitor: Visitor, standin: StandinClient) -> None:
    visitor.choose(visitor.search("acte", "25616405"), 0)

    assert [entry.number for entry in standin.consultations()] == ["25616404"]


def test_list_without_a_choice_comes_back(visitor: Visitor) -> None:
    page = visitor.search("acte", "25616407")
    page = visitor.click(page.forms[-1], "btnSoumt")

    assert page.message == "Vous devez sélectionner un document."
    assert len(page.forms[-1].rows) == 3


def test_410_is_inactive_and_goes_on(visitor: Visitor, standin: StandinClient) -> None:
    page = visitor.search("plan_cadastraux", "2784410")
    assert "est inactif" in page.message

    visitor.confirm(page)

    assert len(standin.consultations()) == 1


def test_411_offers_several_plans(visitor: Visitor, standin: StandinClient) -> None:
    page = visitor.search("plan_cadastraux", "2784411")
    assert page.url.path == addresses.PLAN_SELECTION
    assert [row[-10:] for row in page.forms[0].rows] == ["2019-06-12", "2008-11-03", "1994-03-21"]
    assert visitor.click(page.forms[0], "btnSoumt").url.path == addresses.PLAN_SELECTION

    page = visitor.confirm(visitor.choose(page, 1))

    assert "Date du plan: 2008-11-03" in text_of(visitor.save(page))
    assert len(standin.consultations()) == 1


@pytest.mark.parametrize("source", ["acte", "index", "plan_cadastraux"])
def test_412_asks_for_a_confirmation(visitor: Visitor, standin: StandinClient, source: Source) -> None:
    page = visitor.search(source, "2784412")
    assert standin.consultations() == []

    page = visitor.confirm(page)

    assert set(page.frames) == {"menu", "page"}
    assert len(standin.consultations()) == 1


def test_413_makes_the_visitor_wait(visitor: Visitor, standin: StandinClient) -> None:
    page = visitor.search("index", "2784413")

    assert "Veuillez patienter" in page.source
    assert ("meta", {"http-equiv": "refresh", "content": "1"}) in page.tags
    assert page.frames == {}
    assert len(standin.consultations()) == 1


def test_414_to_416_are_no_pdf(visitor: Visitor, standin: StandinClient) -> None:
    html, truncated, empty = (
        visitor.save(visitor.search("index", number)) for number in ("2784414", "2784415", "2784416")
    )

    assert html.headers["content-type"].startswith("text/html")
    assert truncated.content.startswith(b"%PDF-")
    assert b"%%EOF" not in truncated.content
    assert empty.content == b""
    assert [entry.bytes for entry in standin.documents()] == [
        len(answer.content) for answer in (html, truncated, empty)
    ]


def test_417_is_another_document(visitor: Visitor) -> None:
    text = text_of(visitor.save(visitor.search("index", "2784417")))

    assert "Numéro: 2784418" in text


@pytest.mark.parametrize(
    ("number", "own"),
    [
        ("T 14 454 660", "Radiation"),
        ("6 012 345", "Avis d'adresse"),
        ("90 123 456", "Acte divers"),
        ("25 616 321", "Acte"),
        ("53850", "Acte"),
    ],
)
def test_a_number_exists_under_its_own_type_only(
    visitor: Visitor, standin: StandinClient, number: str, own: str
) -> None:
    for acte_type in ("Acte", "Avis d'adresse", "Radiation", "Acte divers"):
        page = visitor.search("acte", number, acte_type=acte_type)
        assert page.message == ("" if acte_type == own else "Le document demandé est inexistant")

    assert [entry.acte_type for entry in standin.consultations()] == [own]


@pytest.mark.parametrize(
    ("number", "found"),
    [("227", ["Aucune", "Rang 5 Canton Abercrombie"]), ("418", ["Rang 5 Canton Abercrombie"])],
)
def test_a_lot_exists_under_its_own_designation_only(
    visitor: Visitor, standin: StandinClient, number: str, found: list[str]
) -> None:
    place = {"circonscription": "Terrebonne", "cadastre": "Paroisse de Saint-Hippolyte"}
    for designation in ("Aucune", "Rang 1", "Rang 5", "Rang 5 Canton Abercrombie"):
        page = visitor.search("index", number, designation=designation, **place)
        assert page.message == ("" if designation in found else LOT_MISSING)

    assert [entry.designation or "Aucune" for entry in standin.consultations()] == found


def test_ending_means_nothing_on_another_form(visitor: Visitor, standin: StandinClient) -> None:
    for number in ("2784405", "2784406", "2784407", "2784410", "2784411"):
        assert visitor.search("index", number).frames
    assert visitor.search("acte", "2784408").frames

    assert len(standin.consultations()) == 6


def test_entries_overrule_the_endings(visitor: Visitor, standin: StandinClient) -> None:
    entry = CatalogueEntry(
        source="index", number="2 784 195", circonscription="Hull", behaviour=Behaviour.WRONG_DISTRICT
    )
    standin.set_catalogue([entry])

    assert visitor.search("index", "2784195", circonscription="Hull").message == WRONG_DISTRICT
    assert visitor.search("index", "2784195", circonscription="Laval").frames


def test_an_entry_may_name_the_type_and_the_designation(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_catalogue(
        [
            CatalogueEntry(source="acte", number="25616321", acte_type="Radiation", behaviour=Behaviour.FOUND),
            CatalogueEntry(source="index", number="227", designation="", behaviour=Behaviour.MISSING),
        ]
    )
    place = {"circonscription": "Terrebonne", "cadastre": "Paroisse de Saint-Hippolyte"}

    assert visitor.search("acte", "25616321", acte_type="Radiation").frames
    assert visitor.search("acte", "25616321", acte_type="Acte divers").message
    assert visitor.search("index", "227", **place).message
    assert visitor.search("index", "227", designation="Rang 5 Canton Abercrombie", **place).frames
