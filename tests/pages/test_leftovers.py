"""What an earlier row, another window or the page's own scripts leave behind is no answer to a paid click."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.matching.request import Request
from extractor.standin import addresses
from tests.support.standin_client import StandinClient

from .client import PACE, Client, index
from .conftest import NewClient

NOWHERE = "/Sirf/Script/13_01_13/nowhere.asp"
FIRST, SECOND = index("2784195"), index("2784196")


@pytest.fixture
def client(new_client: NewClient) -> Client:
    return new_client(logged_in=True, pace=replace(PACE, page_timeout=3, document_timeout=8))


def expect_one_charge(client: Client, standin: StandinClient, request: Request) -> None:
    before = len(standin.consultations())
    assert f"Numéro: {request.number}" in client.fetch(request)
    assert len(standin.consultations()) == before + 1


def test_file_of_an_earlier_row_is_not_found_again(client: Client, standin: StandinClient) -> None:
    standin.set_variants(save_link="top", delivery="attachment")
    expect_one_charge(client, standin, FIRST)

    client.marks.address = NOWHERE

    assert not client.find(SECOND)


def test_window_that_shows_an_earlier_document_is_closed(client: Client, standin: StandinClient) -> None:
    expect_one_charge(client, standin, FIRST)
    client.page.context.new_page().goto(client.marks.address)

    expect_one_charge(client, standin, SECOND)


def test_window_without_a_document_is_left_alone(client: Client, standin: StandinClient) -> None:
    standin.set_variants(every_document_waits=True, waiting="reload", waiting_seconds=1)
    client.page.add_init_script(
        f"""if (location.pathname === "{addresses.FRAMESET}" && top === self) window.open("{NOWHERE}")"""
    )

    expect_one_charge(client, standin, FIRST)


def test_page_that_leaves_while_the_answer_is_held_loses_nothing(client: Client, standin: StandinClient) -> None:
    standin.set_variants(charge_then="hang", hang_seconds=2)
    client.page.add_init_script("""addEventListener("submit", (event) => {
        if (event.submitter?.id === "btnSoumt") setTimeout(() => location.assign("?"), 100);
    }, true)""")

    expect_one_charge(client, standin, FIRST)
    assert client.marks.is_set


def test_request_of_a_script_is_no_proof_that_nothing_was_sent(client: Client, standin: StandinClient) -> None:
    client.page.add_init_script("""addEventListener("submit", (event) => {
        if (event.submitter?.id === "btnSoumt") { event.preventDefault(); fetch("/pay?by=get"); }
    }, true)""")

    with pytest.raises(Exception, match="may have charged"):
        client.fetch(FIRST)

    assert client.marks.is_set
    assert standin.consultations() == []
