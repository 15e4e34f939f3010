"""Forms that do something more at the paid click than to send themselves: the document still comes, for one charge."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.responses import RedirectResponse, Response

from extractor.registry import paid_press
from extractor.standin.exchange import Exchange
from extractor.standin.purchases import Purchase
from tests.support import odd_site
from tests.support.odd_site import BESIDE, script
from tests.support.standin_client import StandinClient

from .client import PACE, Client, assert_one_charge
from .conftest import NewClient

# Broad and slow: `make odd-sites` plays them.
pytestmark = pytest.mark.broad

# Seconds after which the page goes itself to where an answer in another window leads.
FOLLOW_AFTER = (0.3, 1.0)
NOTE = BESIDE + "note"
SYNCHRONOUS = f"var r=new XMLHttpRequest();r.open('POST','{NOTE}',false);r.send('a');return r.status==204"
LATE = "var f=this;setTimeout(function(){f.submit()},500);return false"

# What the form's `onsubmit` does.
AT_SUBMIT = {
    "new_window": "this.target='_blank'",
    "named_window": "window.open('about:blank','document');this.target='document'",
    "confirm": "return confirm('Des frais de 1,50 $ seront portés à votre compte.')",
    "alert": "alert('Des frais de 1,50 $ seront portés à votre compte.')",
    "push_state": "history.pushState({},'','#envoi')",
    "sent_later_by_script": LATE,
}
# What it sends beside itself.
BESIDE_IT = {
    "beacon": f"navigator.sendBeacon('{NOTE}','a')",
    "fetch_keepalive": f"fetch('{NOTE}',{{method:'POST',body:'a',keepalive:true}})",
    "synchronous_xhr": SYNCHRONOUS,
}


@pytest.fixture
def client(new_client: NewClient, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(paid_press, "FOLLOW_AFTER", FOLLOW_AFTER)
    return new_client(logged_in=True, pace=replace(PACE, page_timeout=4))


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The methods of the requests that a form sent beside itself."""
    came: list[str] = []

    def note(exchange: Exchange) -> Response:
        came.append(exchange.request.method)
        return Response(status_code=204)

    odd_site.beside(monkeypatch, "note", note)
    return came


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The Connection header of each paid POST: `plain_post.py` closes its line, Chromium keeps it alive."""
    came: list[str] = []

    def sell(exchange: Exchange, purchase: Purchase) -> Response:
        came.append(exchange.request.headers["connection"])
        return RedirectResponse(purchase.address, 302)

    odd_site.selling(monkeypatch, sell)
    return came


@pytest.mark.parametrize("code", AT_SUBMIT.values(), ids=AT_SUBMIT)
def test_a_form_that_opens_asks_or_waits_is_sent_once(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, lines: list[str], code: str
) -> None:
    odd_site.altering_forms(monkeypatch, attributes=f'onsubmit="{code}"')

    assert_one_charge(client, standin)
    assert lines == ["close"]


@pytest.mark.parametrize("code", BESIDE_IT.values(), ids=BESIDE_IT)
def test_what_a_script_sends_at_the_click_is_not_taken_for_the_form(
    client: Client,
    standin: StandinClient,
    monkeypatch: pytest.MonkeyPatch,
    lines: list[str],
    notes: list[str],
    code: str,
) -> None:
    odd_site.altering_forms(monkeypatch, attributes=f'onsubmit="{code}"')

    assert_one_charge(client, standin)
    assert lines == ["close"]
    assert notes == ["POST"]


def test_what_a_script_sends_again_and_again_is_not_taken_for_the_form(
    client: Client, standin: StandinClient, monkeypatch: pytest.MonkeyPatch, lines: list[str], notes: list[str]
) -> None:
    every = script(f"setInterval(function(){{fetch('{NOTE}',{{method:'POST',body:'a'}})}},50)")
    odd_site.altering_forms(monkeypatch, behind=every)

    assert_one_charge(client, standin)
    assert lines == ["close"]
    assert set(notes) == {"POST"}
