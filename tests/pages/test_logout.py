"""The end of a login at the site, which needs no browser: the next session of the account is let in."""

from __future__ import annotations

import pytest

from extractor.errors import LoginRefused
from extractor.models import Source
from extractor.registry.logout import Logout
from extractor.registry.site_map import load_site_map
from tests.support.standin_client import StandinClient

from .client import Client
from .conftest import NewClient


def logout_of(client: Client) -> Logout:
    logout = client.site.logout()
    assert logout is not None
    return logout


def test_a_site_that_allows_one_session_lets_the_next_one_in(new_client: NewClient, standin: StandinClient) -> None:
    standin.set_variants(second_login="refused")
    first = new_client()
    first.log_in("99X4001")
    logout = logout_of(first)
    with pytest.raises(LoginRefused, match="déjà utilisé"):
        new_client().log_in("99X4001")

    first.page.context.close()
    logout.send()

    new_client().log_in("99X4001")
    assert [entry.account for entry in standin.ledger() if entry.kind == "logout"] == ["99X4001"]


def test_it_ends_one_login_and_once(new_client: NewClient, standin: StandinClient) -> None:
    first, second = new_client(), new_client()
    first.log_in("99X4002")
    second.log_in("99X4002")

    for _ in range(2):
        logout_of(first).send()

    assert len([entry for entry in standin.ledger() if entry.kind == "logout"]) == 1
    second.site.open_form(Source.INDEX)


def test_a_page_without_the_link_says_nothing(new_client: NewClient) -> None:
    site = load_site_map()
    client = new_client(
        logged_in=True, site=site.model_copy(update={"texts": site.texts.model_copy(update={"logout": ("Au revoir",)})})
    )
    client.site.open_form(Source.INDEX)

    assert client.site.logout() is None


@pytest.mark.parametrize(
    "href",
    ["javascript:quitter()", "https://elsewhere.test/", "#", "mailto:a@b.example", "http://[", "//[::1"],
)
def test_a_link_that_is_no_address_of_the_site_is_not_followed(href: str, new_client: NewClient) -> None:
    client = new_client(logged_in=True)
    client.site.open_form(Source.INDEX)
    client.page.evaluate("href => document.querySelectorAll('a').forEach(link => link.href = href)", href)

    assert client.site.logout() is None


def test_the_login_is_in_no_representation(new_client: NewClient) -> None:
    client = new_client()
    client.log_in("99X4003")
    logout = logout_of(client)

    assert logout.cookies
    assert logout.cookies not in f"{logout!r} {logout}"
