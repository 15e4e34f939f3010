"""Logging in: one post, success only on positive evidence, and a password that appears nowhere."""

from __future__ import annotations

import traceback
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from extractor.errors import (
    BrowserLost,
    ExtractorError,
    LoginRefused,
    SessionExpired,
    SiteChanged,
    SiteClosed,
    SiteUnavailable,
)
from extractor.models import Source
from extractor.registry.site_map import SiteMap, load_site_map
from tests.support.standin_client import StandinClient

from .client import PACE, USER, Client
from .conftest import NewClient

PLANTED = "planted-secret-5417"


def posts_of(page: Page) -> list[str]:
    """The logins that a page sends, as they are sent."""
    posts: list[str] = []
    page.on(
        "request", lambda request: posts.append(request.url) if "txtMotPasse" in (request.post_data or "") else None
    )
    return posts


def everything_said(error: BaseException | None) -> str:
    """All texts of an exception, of its cause and of its context."""
    texts, seen = [], set()
    todo = [error]
    while todo:
        error = todo.pop()
        if error is not None and id(error) not in seen:
            seen.add(id(error))
            texts += [str(error), repr(error), repr(error.args), *traceback.format_exception(error)]
            todo += [error.__cause__, error.__context__]
    return "\n".join(texts)


def test_a_login_is_proved_by_a_form(new_client: NewClient, standin: StandinClient) -> None:
    client = new_client()
    posts = posts_of(client.page)

    client.log_in()

    assert client.page.url.endswith("pf_13_01_11_02_indx_immbl.asp")
    assert len(posts) == len(standin.logins()) == 1


REFUSED: dict[str, tuple[dict[str, Any], type[ExtractorError], str]] = {
    "personal question": ({"personal_question": True}, LoginRefused, "personal question"),
    "closed": ({"closed": True}, SiteClosed, "fermé"),
    "server error": ({"error_status": 503, "error_at": "login"}, SiteUnavailable, "503"),
    "form that fails after it": ({"error_status": 500, "error_at": "form"}, SiteUnavailable, "500"),
    "session that dies at once": ({"expire_at": "form"}, SessionExpired, "log in again"),
    "form that changed": ({"renamed_ids": True}, SiteChanged, "#selCircnFoncr"),
}


@pytest.mark.parametrize(("variants", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_a_login_is_named(
    new_client: NewClient, standin: StandinClient, variants: dict[str, Any], error: type[ExtractorError], words: str
) -> None:
    standin.set_variants(**variants)
    client = new_client()
    posts = posts_of(client.page)

    with pytest.raises(error, match=words):
        client.log_in()

    assert len(posts) <= 1


@pytest.mark.parametrize("text", ["Accès refusé.", ""], ids=["said", "unsaid"])
def test_a_wrong_password_is_one_post(new_client: NewClient, standin: StandinClient, text: str) -> None:
    standin.set_variants(login_refused_text=text)
    client = new_client()

    with pytest.raises(LoginRefused, match=text or "does not say why"):
        client.log_in(password="wrong")

    assert len(standin.refused_logins()) == 1


def test_a_refusal_that_looks_like_nothing_known_is_not_posted_again(
    new_client: NewClient, standin: StandinClient
) -> None:
    client = new_client()

    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(body="<html><body>Code invalide</body></html>", content_type="text/html")
        else:
            route.continue_()

    client.page.route("**/pf_14_06_01_reglr.asp", refuse)
    posts = posts_of(client.page)

    with pytest.raises(LoginRefused):
        client.log_in()

    assert len(posts) == 1
    assert standin.logins() == []


@pytest.mark.parametrize("entry", ["link", "area", "image", "other_url"])
def test_the_entry_page_is_the_second_way_to_a_login_that_moved(
    new_client: NewClient, standin: StandinClient, entry: str
) -> None:
    standin.set_variants(entry=entry)

    new_client(site=_login_path("/Sirf/Script/moved.asp")).log_in()

    assert len(standin.logins()) == 1


def test_no_credentials_are_typed_without_a_login_page(new_client: NewClient, standin: StandinClient) -> None:
    site = _login_path("/Sirf/Script/moved.asp")
    site = site.model_copy(update={"login": site.login.model_copy(update={"door": "#none"})})

    with pytest.raises(SiteChanged, match=r"/Sirf/Script/moved\.asp"):
        new_client(site=site).log_in()

    assert standin.ledger() == []


def test_no_credentials_are_typed_on_another_host(new_client: NewClient, base_url: str) -> None:
    client = new_client()
    elsewhere = base_url.replace("127.0.0.1", "localhost")
    client.page.route(
        "http://127.0.0.1*/**",
        lambda route: route.fulfill(
            status=302, headers={"location": elsewhere + "/Sirf/Script/14_06_01-02/pf_14_06_01_reglr.asp"}
        ),
    )
    posts = posts_of(client.page)

    with pytest.raises(SiteChanged, match="another host"):
        client.log_in()

    assert posts == []


def _hang(page: Page) -> None:
    page.route("**/*", lambda route: route.continue_() if route.request.method == "GET" else None)


def _hide_password(page: Page) -> None:
    page.add_init_script("addEventListener('load', () => document.getElementsByName('txtMotPasse')[0].disabled = true)")


def _close_at_post(page: Page) -> None:
    page.route("**/*", lambda route: route.continue_() if route.request.method == "GET" else page.close())


@pytest.mark.parametrize(
    ("trouble", "error"),
    [(_hang, SiteUnavailable), (_hide_password, SiteUnavailable), (_close_at_post, BrowserLost), (None, LoginRefused)],
    ids=["no answer", "field that cannot be filled", "browser lost", "refused"],
)
def test_a_password_is_in_no_exception(new_client: NewClient, trouble: Any, error: type[ExtractorError]) -> None:
    client = new_client(pace=replace(PACE, page_timeout=1))
    client.page.set_default_timeout(1000)
    if trouble:
        trouble(client.page)

    with pytest.raises(error) as caught:
        client.log_in(password=PLANTED)

    said = everything_said(caught.value)
    assert PLANTED not in said
    assert USER not in said


def test_evidence_of_a_login_that_hangs_lacks_the_credentials(new_client: NewClient) -> None:
    client = new_client(pace=replace(PACE, page_timeout=1))
    _hang(client.page)
    with pytest.raises(SiteUnavailable):
        client.log_in(password=PLANTED)

    evidence = client.site.evidence()

    assert evidence.url.endswith("pf_14_06_01_reglr.asp")
    assert "Mot de passe" in evidence.html
    assert PLANTED not in evidence.html
    assert USER not in evidence.html
    assert evidence.screenshot is not None
    assert evidence.screenshot.startswith(b"\x89PNG")


def test_an_open_form_names_the_control_that_was_renamed(client: Client, standin: StandinClient) -> None:
    standin.set_variants(renamed_ids=["txtNoReqst"])

    with pytest.raises(SiteChanged, match="#txtNoReqst"):
        client.site.open_form(Source.ACTE)
    client.site.open_form(Source.INDEX)


def _login_path(path: str) -> SiteMap:
    site = load_site_map()
    return site.model_copy(update={"paths": site.paths.model_copy(update={"login": path})})
