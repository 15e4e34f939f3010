"""Who may call the API, and what the API says about itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from extractor.api import create_app
from extractor.errors import ConfigurationError
from tests.support.api import api_settings, calling

KEY = "clé-secrète"
NOWHERE = "postgresql://127.0.0.1:9/nothing"


@pytest.fixture
def closed(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """An API with a key."""
    with calling(api_settings(database_url, tmp_path, api_key=KEY)) as client:
        yield client


@pytest.fixture
def open_client(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """An API without a key."""
    with calling(api_settings(database_url, tmp_path)) as client:
        yield client


def test_key_opens_in_either_header(closed: httpx.Client) -> None:
    shown = [{b"X-API-Key": KEY.encode()}, {b"Authorization": f"bearer {KEY}".encode()}]

    assert [closed.get("/api/status", headers=headers).status_code for headers in shown] == [200, 200]


def test_caller_who_may_not_is_refused_in_the_language_that_he_asks_for(
    closed: httpx.Client, open_client: httpx.Client
) -> None:
    french = {"Accept-Language": "fr-CA"}
    refused = [
        (closed.get("/api/status", headers=french), "Il faut une clé de l'API"),
        (closed.get("/api/status", headers={**french, "Host": "page.example"}), "Pas pour cet hôte"),
        (
            open_client.get("/api/status", headers={**french, "Origin": "http://page.example"}),
            "Pas depuis cette machine",
        ),
    ]
    assert [answer.json()["title"] for answer, _ in refused] == [title for _, title in refused]


def test_without_the_key_nothing_opens_and_no_body_is_read(closed: httpx.Client) -> None:
    answers = [
        closed.get("/api/status"),
        closed.get("/api/status", headers={"X-API-Key": "another"}),
        closed.get("/api/status", headers={"Authorization": "Basic Y2zDqQ=="}),
        closed.get("/api/status", headers={"X-API-Key": ""}),
        closed.get("/metrics"),
        closed.post("/api/extractions", content="{"),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    assert {answer.json()["code"] for answer in answers} == {"no_key"}


def test_some_paths_need_no_key(closed: httpx.Client) -> None:
    paths = ("/api/health", "/docs", "/openapi.json", "/docs/assets/swagger-ui.css")

    assert {closed.get(path).status_code for path in paths} == {200}


LOCAL = ("localhost", "LOCALHOST:3000", "127.0.0.1:80", "[::1]:3000", "127.9.9.9")
FOREIGN = ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:3000", "192.168.1.2", "[::", "")


def statuses(client: httpx.Client, *hosts: str, path: str = "/api/health") -> set[int]:
    return {client.get(path, headers={"Host": host}).status_code for host in hosts}


@pytest.mark.supported("a foreign `Host` at the API")
@pytest.mark.parametrize("api", ["open_client", "closed"])
def test_on_loopback_only_its_own_names_are_answered(api: str, request: pytest.FixtureRequest) -> None:
    client: httpx.Client = request.getfixturevalue(api)
    port = client.base_url.port

    assert httpx.get(f"http://localhost:{port}/api/health").status_code == 200  # as curl does
    assert statuses(client, *LOCAL) == {200}
    for path in ("/", "/api/health", "/dashboard/main.js", "/docs", "/api/status", "/nothing"):
        assert statuses(client, *FOREIGN, path=path) == {421}
    refused = client.post("/api/extractions", content="{", headers={"Host": "evil.example:80", "X-API-Key": "k"}).json()
    assert refused["code"] == "foreign_host"
    assert refused["detail"].startswith("Nothing was done, because the call came for the host 'evil.example:80'")
    assert "ALLOWED_HOSTS" in refused["detail"]


@pytest.mark.parametrize("listening", ["127.0.0.1", "0.0.0.0"])  # noqa: S104
def test_named_hosts_are_answered_and_no_others(listening: str, database_url: str, tmp_path: Path) -> None:
    named = " Bureau.example,[fd00::1] , flower.example"
    settings = api_settings(database_url, tmp_path, api_host=listening, api_key=KEY, allowed_hosts=named)
    with calling(settings) as client:
        assert statuses(client, *LOCAL, "bureau.example", "BUREAU.example:8443", "[FD00::1]:80") == {200}
        assert statuses(client, *FOREIGN, "a.bureau.example", "[fd00::2]") == {421}


def test_off_loopback_every_host_is_answered_until_some_are_named(database_url: str, tmp_path: Path) -> None:
    with calling(api_settings(database_url, tmp_path, api_host="0.0.0.0", api_key=KEY)) as client:  # noqa: S104
        assert statuses(client, *LOCAL, "bureau.example", "10.0.0.7:3000") == {200}


def test_without_a_key_no_page_of_another_origin_can_spend_money(open_client: httpx.Client) -> None:
    own = str(open_client.base_url).rstrip("/")

    def resume(origin: str) -> int:
        return open_client.post("/api/sources/index/resume", headers={"Origin": origin}).status_code

    assert resume(own) == 200
    assert [resume(origin) for origin in ("https://evil.example", "null", "http://localhost:5173")] == [403] * 3


def test_no_key_off_loopback_refuses_to_start(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.168.1.2", "bureau.example"):  # noqa: S104
        with pytest.raises(ConfigurationError, match=f"API_KEY is required to listen on {re.escape(host)}"):
            create_app(api_settings(NOWHERE, tmp_path, api_host=host))
    create_app(api_settings(NOWHERE, tmp_path, api_host="0.0.0.0", api_key=KEY))  # noqa: S104
    create_app(api_settings(NOWHERE, tmp_path, api_host="::1"))


def test_documentation_needs_no_other_server(open_client: httpx.Client) -> None:
    page = open_client.get("/docs")
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    assert len(assets) == 3
    assert [asset for asset in assets if not asset.startswith("/docs/assets/")] == []
    assert {open_client.get(asset).status_code for asset in assets} == {200}


def test_schema_describes_every_call_with_an_example(closed: httpx.Client) -> None:
    document = closed.get("/openapi.json").json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]

    assert [operation for operation in operations if not (operation["tags"] and operation["description"])] == []
    assert all(set(operation["responses"]) >= {"401", "403", "422", "503"} for operation in operations)
    row = document["components"]["schemas"]["Extraction"]
    assert row["examples"][0].keys() == set(row["required"])
    assert len(document["components"]["schemas"]["NewExtraction"]["examples"]) == 3
    assert document["paths"]["/api/health"]["get"]["security"] == []
    assert document["paths"]["/api/spend"]["get"]["security"] == [{"key": []}, {"bearer": []}]
