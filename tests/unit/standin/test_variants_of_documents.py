"""Variants between the submit and the file, seen from outside."""

from __future__ import annotations

import concurrent.futures
import time

import httpx
import pytest

from extractor.standin import addresses
from tests.support.standin_client import StandinClient

from .html_page import Page
from .visitor import Visitor, text_of


@pytest.mark.parametrize("hops", [1, 2, 5])
def test_redirects(visitor: Visitor, standin: StandinClient, hops: int) -> None:
    standin.set_variants(redirects=hops)
    form = visitor.get(addresses.INDEX_FORM).forms[0]
    fields = form.fields | {"selCadst": "000001", "txtNumrtLot": "2784195"}
    response = visitor.http.post(form.action, data=fields)

    assert [answer.status_code for answer in response.history] == [302] * hops
    assert response.url.path == addresses.FRAMESET


def test_plan_order(visitor: Visitor, standin: StandinClient) -> None:
    orders = {}
    for order in ("newest_first", "oldest_first", "shuffled"):
        standin.set_variants(plan_order=order)
        rows = visitor.search("plan_cadastraux", "2784411").forms[0].rows
        orders[order] = [row[-10:] for row in rows]

    assert orders["oldest_first"] == orders["newest_first"][::-1]
    assert set(orders["shuffled"]) == set(orders["newest_first"])


def test_plan_without_confirmation(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(plan_confirmation=False)

    assert visitor.search("plan_cadastraux", "2784195").frames
    assert len(standin.consultations()) == 1


@pytest.mark.parametrize(
    ("where", "path", "button", "fields"),
    [
        ("selection", addresses.PLAN_SELECTION, "btnSoumt", {"rdSelct": "0"}),
        ("own_page", addresses.WARNING, "btnContn", {}),
        ("same_form_page", addresses.PLAN_FORM, "btnSoumt", {}),
    ],
)
def test_inactive_lot_goes_on(
    visitor: Visitor, standin: StandinClient, where: str, path: str, button: str, fields: dict[str, str]
) -> None:
    standin.set_variants(inactive_where=where)
    page = visitor.search("plan_cadastraux", "2784410")
    assert page.url.path == path
    assert "est inactif" in page.message

    page = visitor.click(page.forms[0], button, **fields)

    assert page.messages == []
    text_of(visitor.save(visitor.confirm(page)))
    assert len(standin.consultations()) == 1


def test_waiting_page_reloads_itself(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(waiting="reload", waiting_seconds=0.2, every_document_waits=True)
    page = visitor.search("index", "2784195")
    address = page.url
    deadline = time.monotonic() + 5
    while not page.frames and time.monotonic() < deadline:
        assert page.url == address
        page = visitor.get(str(address))

    text_of(visitor.save(page))
    assert len(standin.consultations()) == 1


def test_answers_that_are_held_back_delay_no_other_visitor(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(waiting="held", waiting_seconds=1, slow_pages_ms=0)
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        held = pool.submit(visitor.search, "index", "2784413")
        while not standin.consultations():
            assert not held.done()
        free_after = time.monotonic() - started
        assert held.result().frames
    assert free_after < 1 <= time.monotonic() - started


def test_late_menu_is_blank_at_first(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(waiting="late_menu", waiting_seconds=2)
    page = visitor.search("index", "2784413")
    assert visitor.frame(page, "page").status == 200
    menu = visitor.frame(page, "menu")
    assert menu.links == {}
    deadline = time.monotonic() + 5
    while not menu.links and time.monotonic() < deadline:
        menu = visitor.frame(page, "menu")

    assert "Sauvegarder" in menu.links


def test_save_link_in_the_top_page(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(save_link="top")
    page = visitor.search("index", "2784195")

    assert "impri_sauvg" in page.links["Sauvegarder"]["href"]
    assert ("td", {"class": "fondOrang"}) in page.tags
    assert "Sauvegarder" not in visitor.frame(page, "menu").links
    text_of(visitor.save(page))


@pytest.mark.parametrize(
    ("delivery", "target", "disposition"),
    [("attachment", None, "attachment"), ("inline", "page", "inline"), ("new_window", "_blank", "inline")],
)
def test_delivery(
    visitor: Visitor, standin: StandinClient, delivery: str, target: str | None, disposition: str
) -> None:
    standin.set_variants(delivery=delivery)
    page = visitor.search("index", "2784195")
    saved = visitor.save(page)

    assert visitor.frame(page, "menu").links["Sauvegarder"].get("target") == target
    assert saved.headers["content-disposition"] == f'{disposition}; filename="2784195.pdf"'
    text_of(saved)


def test_delivery_by_an_intermediate_page(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(delivery="intermediate_page")
    between = visitor.save(visitor.search("index", "2784195"))
    assert between.headers["content-type"].startswith("text/html")

    address = between.text.split('href="')[1].split('"')[0]

    text_of(visitor.http.get(address))


@pytest.mark.parametrize(("charge_then", "field"), [("cut", {}), ("hang_and_cut", {"hang_seconds": 0.3})])
def test_line_that_is_cut_after_the_charge(
    visitor: Visitor, standin: StandinClient, charge_then: str, field: dict[str, float]
) -> None:
    standin.set_variants(charge_then=charge_then, **field)
    started = time.monotonic()
    for posts in (1, 2):
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            visitor.search("index", "2784195")
        assert len(standin.consultations()) == posts

    assert time.monotonic() - started >= 2 * field.get("hang_seconds", 0)


@pytest.mark.parametrize("belongs_to", ["session", "account"])
@pytest.mark.parametrize("step", ["document", "download"])
def test_document_after_a_new_login(visitor: Visitor, standin: StandinClient, belongs_to: str, step: str) -> None:
    standin.set_variants(expire_at=step, document_belongs_to=belongs_to)
    page = visitor.search("index", "2784195")
    if step == "download":
        page = Page(visitor.save(page))
    assert page.url.path == addresses.LOGIN
    visitor.log_in()

    page = visitor.get(standin.consultations()[0].address)

    assert bool(page.frames) is (belongs_to == "account")
    if page.frames:
        text_of(visitor.save(page))
    assert len(standin.consultations()) == 1


def test_site_is_down_for_the_account_that_paid(visitor: Visitor, standin: StandinClient, base_url: str) -> None:
    standin.set_variants(down_seconds=0.6)
    with Visitor(base_url) as other:
        other.log_in("99X1111")
        page = visitor.search("index", "2784195")
        assert page.status == 503
        assert visitor.get(addresses.LOGIN).status == 503
        assert other.get(addresses.INDEX_FORM).status == 200
    deadline = time.monotonic() + 5
    while page.status == 503 and time.monotonic() < deadline:
        page = visitor.get(standin.consultations()[0].address)

    text_of(visitor.save(page))
    assert len(standin.consultations()) == 1


@pytest.mark.parametrize(("charge_then", "field"), [("502", {}), ("hang", {"hang_seconds": 30})])
def test_charge_then_no_answer(
    visitor: Visitor, standin: StandinClient, charge_then: str, field: dict[str, int]
) -> None:
    standin.set_variants(charge_then=charge_then, **field)
    visitor.http.timeout = httpx.Timeout(0.5)
    if charge_then == "502":
        assert visitor.search("index", "2784195").status == 502
    else:
        with pytest.raises(httpx.ReadTimeout):
            visitor.search("index", "2784195")

    assert len(standin.consultations()) == 1
    assert standin.documents() == []
