"""The call about names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from extractor.matching import places
from tests.support.api import api_settings, calling


@pytest.fixture
def client(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    with calling(api_settings(database_url, tmp_path)) as client:
        yield client


def test_circonscriptions_are_listed(client: httpx.Client) -> None:
    answer = client.get("/api/places").json()

    assert answer["circonscriptions"] == [*places.circonscriptions()]
    assert (answer["circonscription"], answer["cadastres"]) == (None, [])
    assert "not the registry's own list" in answer["note"]


def test_cadastres_of_one_have_the_ministrys_codes(client: httpx.Client) -> None:
    answer = client.get("/api/places", params={"circonscription": "TERREBONNE "}).json()

    assert (answer["circonscription"], answer["circonscriptions"]) == ("Terrebonne", ["Terrebonne"])
    assert {"name": "Cadastre du Québec", "code": "000001"} in answer["cadastres"]
    assert len(answer["cadastres"]) == len(places.cadastres("Terrebonne"))


@pytest.mark.parametrize("name", ["Nulle Part", "", "\x00"])
def test_unknown_circonscription_names_the_nearest(name: str, client: httpx.Client) -> None:
    answer = client.get("/api/places", params={"circonscription": name})

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown")
    assert answer.json()["detail"].startswith("circonscription: ")


def test_key_is_needed_as_for_every_call(database_url: str, tmp_path: Path) -> None:
    with calling(api_settings(database_url, tmp_path, api_key="a-planted-key")) as client:
        assert client.get("/api/places").status_code == 401
        assert client.get("/api/places", headers={"X-API-Key": "a-planted-key"}).status_code == 200
