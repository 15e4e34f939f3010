"""Variants of the doors, the forms and every page, seen from outside."""

from __future__ import annotations

import time

import pytest

from extractor.standin import addresses
from extractor.standin.variants import Step
from tests.support.standin_client import StandinClient

from .visitor import Visitor, text_of


@pytest.mark.parametrize(
    ("entry", "tag", "mark"),
    [
        ("link", "a", "pf_14_06_01_reglr"),
        ("area", "area", "pf_14_06_01_reglr"),
        ("image", "img", "Registre foncier"),
        ("other_url", "a", "13_01_01"),
    ],
)
def test_entry(stranger: Visitor, standin: StandinClient, entry: str, tag: str, mark: str) -> None:
    standin.set_variants(entry=entry)
    page = stranger.get(addresses.SIRF)

    assert any(name == tag and mark in " ".join(values.values()) for name, values in page.tags)
    assert stranger.get(addresses.OTHER_ENTRY).url.path == addresses.LOGIN


def test_refused_login_says_the_variant_s_text(stranger: Visitor, standin: StandinClient) -> None:
    standin.set_variants(login_refused_text="Accès refusé.")
    page = stranger.log_in(password="wrong")

    assert page.message == "Accès refusé."
    assert page.url.path == addresses.LOGIN
    assert not page.is_logged_in
    assert [entry.kind for entry in standin.ledger()] == ["login_refused"]


def test_personal_question_opens_nothing(stranger: Visitor, standin: StandinClient) -> None:
    standin.set_variants(personal_question=True)
    page = stranger.log_in()
    assert "txtRepnsQuest" in page.forms[0].fields

    page = stranger.click(page.forms[0], "btnSoumt", txtRepnsQuest="Saint-Joseph")

    assert "inexacte" in page.message
    assert not stranger.get(addresses.WELCOME).is_logged_in


@pytest.mark.parametrize(("second_login", "survives"), [("coexists", True), ("throws_first_out", False)])
def test_second_login(
    visitor: Visitor, standin: StandinClient, base_url: str, second_login: str, survives: bool
) -> None:
    standin.set_variants(second_login=second_login)
    with Visitor(base_url) as second:
        assert second.log_in().is_logged_in

        assert visitor.get(addresses.WELCOME).is_logged_in is survives
        assert second.get(addresses.WELCOME).is_logged_in
    assert ("kicked_out" in {entry.kind for entry in standin.ledger()}) is not survives


def test_second_login_is_refused_until_the_first_ends(visitor: Visitor, standin: StandinClient, base_url: str) -> None:
    standin.set_variants(second_login="refused")
    with Visitor(base_url) as second:
        assert "déjà utilisé" in second.log_in().message

        visitor.get(addresses.LOGOUT)
        assert second.log_in().is_logged_in

    standin.set_variants(second_login="refused", idle_seconds=0.000001)
    assert visitor.log_in().message == ""


def test_idle_session_dies(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(idle_seconds=0.000001)

    assert visitor.get(addresses.WELCOME).url.path == addresses.LOGIN


@pytest.mark.parametrize(
    ("expired", "path", "text"),
    [
        ("redirect", addresses.LOGIN, "Mot de passe"),
        ("login_page", addresses.INDEX_FORM, "Mot de passe"),
        ("message", addresses.INDEX_FORM, "Votre session est expirée"),
    ],
)
def test_expired(visitor: Visitor, standin: StandinClient, expired: str, path: str, text: str) -> None:
    standin.set_variants(expired=expired)
    standin.expire_sessions()
    page = visitor.get(addresses.INDEX_FORM)

    assert (page.status, page.url.path) == (200, path)
    assert text in page.source
    assert not page.is_logged_in


@pytest.mark.parametrize(
    ("step", "searches", "consultations"),
    [
        ("form", 0, 0),
        ("postback", 0, 0),
        ("submit", 0, 0),
        ("selection", 1, 0),
        ("confirm", 1, 0),
        ("document", 1, 1),
        ("download", 1, 1),
    ],
)
def test_session_expires_once_at_a_step(
    visitor: Visitor, standin: StandinClient, step: Step, searches: int, consultations: int
) -> None:
    standin.set_variants(expire_at=step, expired="message")

    with pytest.raises((AssertionError, KeyError, IndexError)):
        buy_chosen_plan(visitor)
    assert len(standin.searches()) == searches
    assert len(standin.consultations()) == consultations

    visitor.log_in()
    buy_chosen_plan(visitor)


def buy_chosen_plan(visitor: Visitor) -> None:
    page = visitor.search("plan_cadastraux", "2784411")
    page = visitor.choose(page, 0)
    text_of(visitor.save(visitor.confirm(page)))


@pytest.mark.parametrize(
    ("variant", "before"),
    [
        ("filled_after", {"": "NULL", "Cadastre du Québec": "000001"}),
        ("absent_until", None),
        ("empty_until", {}),
    ],
)
def test_cadastre_select(visitor: Visitor, standin: StandinClient, variant: str, before: dict[str, str] | None) -> None:
    standin.set_variants(cadastre_select=variant)
    form = visitor.get(addresses.INDEX_FORM).forms[0]
    assert form.options.get("selCadst") == before

    after = visitor.reload(form, "selCircnFoncr", "Terrebonne").forms[0].options["selCadst"]
    assert len(after) == 22  # with the empty option
    assert list(after)[:2] == ["", "Cadastre du Québec"]


def test_cadastre_select_filled_before(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(cadastre_select="filled_before")

    options = visitor.get(addresses.PLAN_FORM).forms[0].options["selCadst"]
    assert len(options) > 1300
    assert options["Paroisse de Saint-Hippolyte"] == "051420"


def test_none_value(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(none_value="000000")
    form = visitor.get(addresses.INDEX_FORM).forms[0]
    form = visitor.reload(form, "selCircnFoncr", "Terrebonne").forms[0]
    form = visitor.reload(form, "selCadst", "Canton de Wolfe").forms[0]

    assert form.fields["selDesgnSecnd"] == "000000"
    assert set(form.options["selDesgnSecnd"]) == {"Aucune", *(f"Rang {rank}" for rank in range(1, 6))}
    assert len(set(form.options["selDesgnSecnd"].values())) == 6


@pytest.mark.parametrize("postback", [True, False])
def test_acte_postback(visitor: Visitor, standin: StandinClient, postback: bool) -> None:
    standin.set_variants(acte_postback=postback)
    page = visitor.get(addresses.ACTE_FORM)

    (select,) = [values for _, values in page.tags if values.get("id") == "selCircnFoncr"]
    assert ("onchange" in select) is postback


def test_encoding_of_pages_and_fields(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(encoding="iso-8859-1")
    response = visitor.http.get(addresses.INDEX_FORM)
    assert response.headers["content-type"] == "text/html; charset=iso-8859-1"
    assert "charset=iso-8859-1" in response.text
    assert "Québec".encode("latin-1") in response.content

    fields = {"selCircnFoncr": "NULL", "selCadst": "000001", "txtNumrtLot": "2\xa0784\xa0195"}
    page = visitor.post(addresses.INDEX_FORM, fields, encoding="iso-8859-1")

    assert page.frames
    assert standin.consultations()[0].number == "2784195"


def test_slow_pages(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(slow_pages_ms=200)
    started = time.monotonic()
    visitor.get(addresses.INDEX_FORM)

    assert time.monotonic() - started >= 0.2


def test_closed(stranger: Visitor, standin: StandinClient) -> None:
    standin.set_variants(closed=True)
    page = stranger.get(addresses.LOGIN)

    assert page.status == 200
    assert "fermé" in page.message
    assert page.forms == []


@pytest.mark.parametrize("status", [500, 503])
def test_error_strikes_one_step(visitor: Visitor, standin: StandinClient, status: int) -> None:
    standin.set_variants(error_status=status, error_at="submit")
    page = visitor.search("index", "2784195")

    assert page.status == status
    assert visitor.get(addresses.INDEX_FORM).status == 200
    assert standin.searches() == []


@pytest.mark.parametrize("renamed", [True, ["selCadst"]])
def test_renamed_ids(visitor: Visitor, standin: StandinClient, renamed: bool | list[str]) -> None:
    standin.set_variants(renamed_ids=renamed, cadastre_select="filled_after")
    form = visitor.get(addresses.INDEX_FORM).forms[0]
    assert "selCadstV2" in form.options
    assert ("selCircnFoncr" in form.options) is (renamed is not True)

    page = visitor.post(form.action, form.fields | {"selCadstV2": "000001", "txtNumrtLot": "2784195"})

    assert page.frames
