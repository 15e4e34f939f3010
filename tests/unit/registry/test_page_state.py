"""Every saved page is what its first line says; an unusual page from production becomes another file."""

from __future__ import annotations

import pytest

from extractor.registry.page import Frame, PageContent, PageKind
from extractor.registry.page_state import read_page_state
from extractor.registry.site_map import load_site_map

from . import record, saved_page

SITE = load_site_map()


@pytest.mark.parametrize("name", saved_page.names())
def test_saved_page(name: str) -> None:
    page = saved_page.load(name)

    state = read_page_state(page.content, SITE)

    expected = {"source": None, "message": None, "meaning": None, "lacks": None, **page.state}
    assert {key: getattr(state, key) for key in expected} == expected


def test_every_kind_of_page_is_saved() -> None:
    kinds = {saved_page.load(name).state["kind"] for name in saved_page.names()}

    assert kinds == set(PageKind)


def test_every_page_of_the_recorder_is_saved() -> None:
    assert {name for name, *_ in record.PAGES} <= set(saved_page.names())


def test_an_unknown_page_names_the_control_that_it_lacks() -> None:
    state = read_page_state(saved_page.load("form-acte-number-renamed").content, SITE)

    assert "#txtNoReqst (form.inscription in the site map)" in str(state)


def test_an_unknown_page_is_described_for_people() -> None:
    state = read_page_state(saved_page.load("odd-challenge").content, SITE)

    assert "HTTP 403, “Un instant…” at /Sirf/Script/13_01_11/pf_13_01_11_02_indx_immbl.asp" in str(state)


def test_no_content_at_all_is_unknown() -> None:
    assert read_page_state(PageContent((Frame("", "about:blank", ""),)), SITE).kind is PageKind.UNKNOWN
