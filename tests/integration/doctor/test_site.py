"""The doctor's checks of the browser and the site."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.doctor.check import Finding, State
from extractor.local.embedded_server import free_port
from tests.support.doctor import Only, Setter, findings
from tests.support.standin_client import StandinClient


@pytest.mark.usefixtures("settings", "account")
def test_closed_and_broken_sites_are_told_apart(only: Only, standin: StandinClient) -> None:
    only("login page")
    standin.set_variants(closed=True)
    closed = findings(login=True)
    only("entry page", "login page")
    standin.set_variants(error_status=503, error_at="login")
    broken = findings()

    assert closed["login page"].state is State.PROBLEM
    assert "le registre foncier en ligne est fermé" in closed["login page"].text.lower()
    assert closed["login page"].text.endswith("Come back in its opening hours; rows wait until then.")
    assert closed["login"] == Finding("login", State.SKIPPED, "login page first.")
    assert broken["entry page"].state is State.OK
    assert broken["login page"] == Finding(
        "login page",
        State.PROBLEM,
        "The site does not answer (HTTP 503)."
        " Check REGISTRY_BASE_URL and this machine's way to it; rows wait until then.",
    )
    assert standin.logins() == standin.refused_logins() == []


@pytest.mark.usefixtures("account")
def test_selector_that_finds_nothing_is_named(settings: Setter, only: Only, tmp_path: Path) -> None:
    only("site map", "entry page", "login page")
    own_file = tmp_path / "site.toml"
    own_file.write_text('[login]\nsubmit = "#btnEnvoi"\ndoor = "#porte"\n')
    settings(REGISTRY_SITE_MAP=str(own_file))

    found = findings()

    assert found["site map"].state is State.OK
    assert found["entry page"].state is State.WARNING
    assert "/Sirf/ has no #porte (login.door in the site map)." in found["entry page"].text
    assert found["login page"].state is State.PROBLEM
    assert "reglr.asp has no #btnEnvoi (login.submit in the site map) and shows: login." in found["login page"].text


@pytest.mark.usefixtures("account")
def test_misspelt_site_map_and_missing_browser_are_named(settings: Setter, tmp_path: Path) -> None:
    own_file = tmp_path / "site.toml"
    own_file.write_text('[login]\nusernam = "#code"\n')
    settings(REGISTRY_SITE_MAP=str(own_file), BROWSER_EXECUTABLE="/nowhere/chromium")

    found = findings()

    assert "login.usernam is not a key of the site map" in found["site map"].text
    assert found["browser"].text.startswith("BROWSER_EXECUTABLE names /nowhere/chromium, which does not exist.")
    assert found["login page"] == Finding("login page", State.SKIPPED, "browser and site map first.")


def test_unreachable_site_is_unavailable(settings: Setter, only: Only) -> None:
    only("login page")
    settings(REGISTRY_BASE_URL=f"http://127.0.0.1:{free_port()}")

    found = findings()["login page"]

    assert found.state is State.PROBLEM
    assert "cannot be opened" in found.text
    assert "ERR_CONNECTION_REFUSED" in found.text
    assert found.text.endswith("Check REGISTRY_BASE_URL and this machine's way to it; rows wait until then.")
