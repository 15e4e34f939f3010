"""The line to the site is cut after the paid click: the charge stands, and the visitor has no whole answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from tests.chaos.proxy import Proxies, Proxy
from tests.support.line_cut import LineCut, Lines, Moment
from tests.support.standin_client import StandinClient

from .visitor import Visitor

CLICK = LineCut(beginning=b"POST /Sirf/Script/13_01_11/", containing=b"btnSoumt=Soumettre")


@pytest.fixture
def proxy(base_url: str) -> Iterator[Proxy]:
    with Proxies() as proxies:
        yield proxies.add(int(base_url.rpartition(":")[2]))


@pytest.fixture
def visitor(proxy: Proxy, standin: StandinClient) -> Iterator[Visitor]:  # noqa: ARG001 - it resets the site
    with Visitor(f"http://127.0.0.1:{proxy.port}") as visitor:
        visitor.log_in()
        yield visitor


@pytest.mark.parametrize("lines", ["warm", "cold"])
@pytest.mark.parametrize(
    ("moment", "after_seconds"), [("forwarded", 0), ("forwarded", 0.3), ("answered", 0), ("halfway", 0)]
)
def test_cut_click_is_billed_once(
    visitor: Visitor, proxy: Proxy, standin: StandinClient, moment: Moment, after_seconds: float, lines: Lines
) -> None:
    if lines == "cold":
        visitor.http.headers["connection"] = "close"
    cut = proxy.cut_line(replace(CLICK, moment=moment, after_seconds=after_seconds, lines=lines))
    started = time.monotonic()

    with pytest.raises(httpx.RemoteProtocolError):
        visitor.search("index", "2784195")

    assert time.monotonic() - started >= after_seconds
    assert cut.struck == 1
    deadline = time.monotonic() + 5
    while not standin.consultations() and time.monotonic() < deadline:
        pass
    assert len(standin.consultations()) == 1
    assert visitor.search("index", "2784195").frames
    assert len(standin.consultations()) == 2


@pytest.mark.parametrize(("lines", "connection"), [("warm", "close"), ("cold", "keep-alive")])
def test_line_of_another_age_is_spared(
    visitor: Visitor, proxy: Proxy, standin: StandinClient, lines: Lines, connection: str
) -> None:
    visitor.http.headers["connection"] = connection
    cut = proxy.cut_line(replace(CLICK, lines=lines))

    assert visitor.search("index", "2784195").frames
    assert cut.struck == 0
    assert len(standin.consultations()) == 1


def test_lines_that_rest_are_ended_and_a_new_one_is_cold(visitor: Visitor, proxy: Proxy) -> None:
    proxy.cool(0.05)
    proxy.cut_line(replace(CLICK, lines="warm"))
    visitor.get("/Sirf/")
    deadline = time.monotonic() + 5
    while proxy.connections and time.monotonic() < deadline:
        pass

    assert proxy.connections == 0
    assert visitor.get("/Sirf/").status == 200


def test_a_whole_answer_passes_when_the_cut_is_spent_or_healed(visitor: Visitor, proxy: Proxy) -> None:
    proxy.cut_line(replace(CLICK, times=0))
    assert visitor.search("index", "2784195").frames
    proxy.cut_line(replace(CLICK, times=None))
    proxy.heal()

    assert visitor.search("index", "2784195").frames
