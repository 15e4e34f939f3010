"""A layout that changed: the source stops with the selector's name, nothing is charged. An edited site map helps."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Route

from extractor.errors import SiteChanged
from extractor.matching.request import Request
from extractor.registry.site_map import load_site_map
from tests.support.standin_client import StandinClient

from .client import Client, acte, index, plan
from .conftest import NewClient

EDITED = """\
[form]
circonscription = "#selCircnFoncrV2"
cadastre = "#selCadstV2"
designation = "#selDesgnSecndV2"
lot = "#txtNumrtLotV2"
acte_type = "#selTypeDocmnV2"
inscription = "#txtNoReqstV2"
[answer]
confirm = "#btnConfrV2"
"""


@pytest.mark.parametrize(
    ("renamed", "request_"),
    [
        ("selCircnFoncr", plan("2784195")),
        ("selCadst", index("2784195")),
        ("selTypeDocmn", acte("25616321")),
        ("txtNumrtLot", index("2784195")),
        ("txtNoReqst", acte("25616321")),
        (
            "selDesgnSecnd",
            index(
                "227", circonscription="Terrebonne", cadastre="Saint-Hippolyte", designation="Rang 5 Canton Abercrombie"
            ),
        ),
        ("btnConfr", plan("2784195")),
    ],
)
def test_a_renamed_control_is_named_and_nothing_is_charged(
    client: Client, standin: StandinClient, renamed: str, request_: Request
) -> None:
    standin.set_variants(renamed_ids=[renamed])

    with pytest.raises(SiteChanged, match=f"#{renamed}"):
        client.fetch(request_)

    assert standin.consultations() == []
    assert not client.marks.is_set


@pytest.mark.parametrize("request_", [plan("2784411"), acte("25616407"), index("2784195")], ids=str)
def test_an_edited_site_map_is_enough(
    new_client: NewClient, standin: StandinClient, tmp_path: Path, request_: Request
) -> None:
    (tmp_path / "site.toml").write_text(EDITED, encoding="utf-8")
    standin.set_variants(renamed_ids=True)
    client = new_client(logged_in=True, site=load_site_map(tmp_path / "site.toml"))

    assert f"Numéro: {request_.number}" in client.fetch(request_)
    assert len(standin.consultations()) == 1


def test_a_form_that_does_not_keep_what_was_entered_is_not_submitted(client: Client, standin: StandinClient) -> None:
    client.page.add_init_script(
        "addEventListener('input', event => { if (event.target.type == 'text') event.target.value += '0' })"
    )

    with pytest.raises(SiteChanged, match="holds “256163210”"):
        client.fetch(acte("25616321"))

    assert standin.searches() == []
    assert not client.marks.is_set


def test_a_select_whose_onchange_does_not_reload_is_no_time_out(client: Client) -> None:
    client.page.add_init_script("addEventListener('load', () => selCircnFoncr.setAttribute('onchange', ';'))")

    assert "Numéro: 25616321" in client.fetch(acte("25616321"))


def test_a_page_that_leads_on_by_script_is_waited_for(client: Client, standin: StandinClient) -> None:
    def lead_on(route: Route) -> None:
        route.fulfill(
            body=f"<script>setTimeout(() => location.replace('{route.request.url}&again=1'), 300)</script>",
            content_type="text/html",
        )

    client.page.route("**/pf_13_01_13_afich.asp*", lead_on, times=1)

    assert "Numéro: 2784195" in client.fetch(index("2784195"))
    assert len(standin.consultations()) == 1
