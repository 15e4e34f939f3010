from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest

from extractor.standin import addresses
from tests.support.standin_client import StandinClient

from .visitor import Visitor, text_of


def test_entry_leads_to_login_and_login_to_the_forms(stranger: Visitor, standin: StandinClient) -> None:
    entry = stranger.get("/")
    assert stranger.get(entry.links["Entrer"]["href"]).url.path == addresses.LOGIN

    welcome = stranger.log_in()

    assert {link["href"] for link in welcome.links.values()} >= set(addresses.FORMS.values())
    assert [entry.account for entry in standin.logins()] == ["99X3315"]


def test_index_from_form_to_pdf(visitor: Visitor, standin: StandinClient) -> None:
    page = visitor.search("index", " 2 784 195")
    assert set(page.frames) == {"menu", "page"}
    assert "Docmn" in page.frames["page"]
    saved = visitor.save(page)

    assert text_of(saved).splitlines()[:5] == [
        "Registre foncier du Québec (site de répétition)",
        "Source: index",
        "Numéro: 2784195",
        "Circonscription: Montréal",
        "Cadastre: Cadastre du Québec",
    ]
    assert [entry.kind for entry in standin.ledger()] == ["login", "search", "consultation", "document"]
    (consultation,), (document,) = standin.consultations(), standin.documents()
    assert consultation.amount == Decimal("1.50")
    assert (consultation.number, consultation.account) == ("2784195", "99X3315")
    assert consultation.address == page.url.raw_path.decode()
    assert consultation.reference == document.reference
    assert document.fault == ""
    assert document.document_sha256 == hashlib.sha256(saved.content).hexdigest()
    assert document.bytes == len(saved.content)


def test_save_link_is_as_known(visitor: Visitor) -> None:
    menu = visitor.frame(visitor.search("index", "2784195"), "menu")

    link = menu.links["Sauvegarder"]
    assert link["title"] == "Sauvegarder ou imprimer le document"
    assert "impri_sauvg" in link["href"]
    assert "fRechrDocmnPDF" in link["onmouseup"]
    assert ("td", {"class": "menuBoutnCentr"}) in menu.tags


def test_old_lot_with_designation(visitor: Visitor) -> None:
    page = visitor.get(addresses.INDEX_FORM)
    page = visitor.reload(page.forms[0], "selCircnFoncr", "Terrebonne")
    assert "selDesgnSecnd" not in page.forms[0].options
    page = visitor.reload(page.forms[0], "selCadst", "Paroisse de Saint-Hippolyte")
    designations = page.forms[0].options["selDesgnSecnd"]
    assert designations["Aucune"] == "A"
    chosen = designations["Rang 5 Canton Abercrombie"]
    page = visitor.click(page.forms[0], "btnSoumt", txtNumrtLot="10A-77", selDesgnSecnd=chosen)

    lines = text_of(visitor.save(page)).splitlines()
    assert "Numéro: 10A-77" in lines
    assert "Désignation: Rang 5 Canton Abercrombie" in lines


def test_acte_from_form_to_pdf(visitor: Visitor, standin: StandinClient) -> None:
    page = visitor.search("acte", "T 14 454 660", circonscription="Hull", acte_type="Radiation")

    lines = text_of(visitor.save(page)).splitlines()
    assert lines[1:5] == ["Source: acte", "Numéro: T14454660", "Circonscription: Hull", "Type: Radiation"]
    assert len(standin.consultations()) == 1


def test_plan_is_billed_at_its_confirmation(visitor: Visitor, standin: StandinClient) -> None:
    page = visitor.search("plan_cadastraux", "2 784 195")
    (button,) = [tag for tag in page.tags if tag[1].get("id") == "btnConfr"]
    assert button == (
        "input",
        {
            "class": "BoutnStand",
            "type": "submit",
            "id": "btnConfr",
            "name": "btnConfr",
            "accesskey": "C",
            "tabindex": "11",
            "value": "Confirmer",
        },
    )
    assert standin.consultations() == []

    page = visitor.confirm(page)

    assert "Date du plan: 2019-06-12" in text_of(visitor.save(page))
    assert len(standin.consultations()) == 1


def test_confirming_twice_is_billed_twice(visitor: Visitor, standin: StandinClient) -> None:
    page = visitor.search("plan_cadastraux", "2784195")
    visitor.confirm(page)
    visitor.confirm(page)

    assert len({entry.reference for entry in standin.consultations()}) == 2
    assert len({entry.address for entry in standin.consultations()}) == 2


def test_same_document_is_the_same_bytes(visitor: Visitor, standin: StandinClient) -> None:
    hashes = {hashlib.sha256(visitor.save(visitor.search("index", "2784195")).content).digest() for _ in "ab"}

    assert len(hashes) == 1
    assert len(standin.consultations()) == 2


def test_post_back_keeps_what_was_filled_in(visitor: Visitor) -> None:
    page = visitor.get(addresses.INDEX_FORM)
    form = page.forms[0]
    form.fields["txtNumrtLot"] = "227"
    form = visitor.reload(form, "selCircnFoncr", "Terrebonne").forms[0]
    assert form.fields["txtNumrtLot"] == "227"
    assert form.fields["selCircnFoncr"] == form.options["selCircnFoncr"]["Terrebonne"]
    assert form.options["selCadst"]["Paroisse de Saint-Hippolyte"] == "051420"
    form = visitor.reload(form, "selCadst", "Paroisse de Saint-Hippolyte").forms[0]
    assert form.fields["selCadst"] == "051420"

    form = visitor.reload(form, "selCircnFoncr", "Hull").forms[0]
    assert form.fields["selCadst"] == "NULL"


@pytest.mark.parametrize("button", [{}, {"btnSoumt": "Soumettre"}])
def test_renovated_lot_posted_at_once_without_circonscription(visitor: Visitor, button: dict[str, str]) -> None:
    form = visitor.get(addresses.INDEX_FORM).forms[0]
    fields = form.fields | {"selCadst": "000001", "txtNumrtLot": "2784195"} | button
    page = visitor.post(form.action, fields)

    lines = text_of(visitor.save(page)).splitlines()
    assert "Numéro: 2784195" in lines
    assert not any(line.startswith("Circonscription") for line in lines)


@pytest.mark.parametrize(
    ("number", "cadastre"),
    [
        ("2784195", "Paroisse de Saint-Hippolyte"),
        ("227", "Cadastre du Québec"),
        ("lot 227", "Paroisse de Saint-Hippolyte"),
    ],
)
def test_lot_in_the_wrong_cadastre_does_not_exist(visitor: Visitor, number: str, cadastre: str) -> None:
    page = visitor.search("index", number, circonscription="Terrebonne", cadastre=cadastre)

    assert page.message == "La fiche immobilière demandée est inexistante"


def test_form_that_is_not_filled_in_is_no_search(visitor: Visitor, standin: StandinClient) -> None:
    for address, button in ((addresses.ACTE_FORM, "btnRechr"), (addresses.PLAN_FORM, "btnSoumt")):
        page = visitor.click(visitor.get(address).forms[0], button)
        assert page.message.startswith("Vous devez")

    assert standin.searches() == []


def test_logout_ends_the_session(visitor: Visitor, standin: StandinClient) -> None:
    visitor.get(addresses.LOGOUT)

    assert visitor.get(addresses.INDEX_FORM).url.path == addresses.LOGIN
    assert standin.ledger()[-1].kind == "logout"


def test_a_document_belongs_to_the_session_that_paid(visitor: Visitor, base_url: str) -> None:
    page = visitor.search("index", "2784195")
    with Visitor(base_url) as other:
        other.log_in("99X1111")
        assert other.get(str(page.url)).message == "Aucune demande n'est en cours."


def test_unknown_address_is_not_found(visitor: Visitor) -> None:
    assert visitor.get("/Sirf/Script/13_01_13/pf_13_01_13_01_acte.asp").status == 404
