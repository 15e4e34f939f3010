"""The whole stack of docker-compose.yml as plain processes: healthy, checked, at work, and seen in a browser.

`make pictures` keeps the pictures under docs/pictures; the dashboard's is in the README.
"""

from __future__ import annotations

import os
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect

from extractor.local.embedded_server import free_port
from extractor.postgres.sealing import new_key
from tests.support.pictures import open_page
from tests.support.rows import insert_job, ready_sessions, statuses
from tests.support.services import SETTINGS, Services
from tests.support.standin_client import StandinClient
from tests.support.system import eventually

# By service: its port here, in place of its own network.
PORTS = {name: free_port() for name in ("redis", "standin", "api", "flower")}
METRICS = {name: free_port() for name in ("bridge", "worker-acte", "worker-index", "worker-plan")}
WORKERS = len(METRICS) - 1  # of one session each
PICTURES = os.environ.get("PICTURES_DIR")
USER, PASSWORD = SETTINGS["FLOWER_BASIC_AUTH"].split(":")
# The pictures show a longer list.
ROWS = 30 if PICTURES else 9


def url(name: str, path: str = "") -> str:
    return f"http://127.0.0.1:{PORTS[name]}{path}"


@pytest.fixture
def services(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Services]:
    environment = {
        "DATABASE_URL": database_url,
        "REDIS_URL": f"redis://127.0.0.1:{PORTS['redis']}/0",
        "REGISTRY_BASE_URL": url("standin"),
        "ACCOUNTS_KEY": new_key().get_secret_value(),
        "FLOWER_API_URL": url("api"),
        "REDISPATCH_SECONDS": "60",
    }
    with Services(tmp_path, environment) as services:
        yield services
    request.node.add_report_section("teardown", "logs", services.logs())


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    directory = Path(PICTURES) if PICTURES else tmp_path / "pictures"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


PAGE_MILLISECONDS = 20_000


def test_stack_is_healthy_buys_documents_and_can_be_watched(
    services: Services, sql: psycopg.Connection, pictures: Path
) -> None:
    start(services, sql)

    # The operator has nothing left to do
    report = services.run("bridge", "extractor", "doctor")
    assert all(re.match(r"[a-z ]+ ok: ", line) for line in report.splitlines()), report

    # When rows are inserted, the dashboard shows them go by
    wanted = [insert_mixed(sql, number) for number in range(ROWS)]
    refused = insert_job(sql, document_number="5 000 404")
    with open_page(url("api")) as page:
        page.get_by_label("API key").fill(SETTINGS["API_KEY"])
        page.keyboard.press("Enter")
        expect(page.locator("body[data-state=live]")).to_be_visible()
        eventually(lambda: statuses(sql).get("Complété", 0) >= ROWS - 6, "most rows are Complété")
        page.screenshot(path=pictures / "dashboard.png")
        eventually(lambda: statuses(sql) == {"Complété": ROWS, "Erreur": 1}, "all rows are at an end")

    # Then each was bought once
    with StandinClient(url("standin")) as standin:
        bought = [(entry.source, entry.number) for entry in standin.consultations()]
    assert len(bought) == len(set(bought)) == len(wanted)

    # And the operator sees it in Flower, the developer in the API's own pages, Prometheus everywhere
    with open_page(url("flower"), user=USER, password=PASSWORD) as page:
        look_at_flower(page, pictures)
    with open_page(url("api", "/docs")) as page:
        # The page draws itself from a large script, beside a stack that works.
        expect(page.get_by_text("/api/extractions/{job_id}/retry").first).to_be_visible(timeout=PAGE_MILLISECONDS)
        page.screenshot(path=pictures / "api.png")
    for name, port in METRICS.items():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert b"\nregistre_" in answer.read(), name
    assert "document_not_found" in services.run("bridge", "extractor", "show", str(refused))


def start(services: Services, sql: psycopg.Connection) -> None:
    """Start every service of a trial in the order of `depends_on`, and wait until each says that it is healthy."""
    for name in ("redis", "standin"):
        services.start(name, PORTS[name])
    services.run("migrate")
    sql.execute(services.command("trial-accounts")[-1].removeprefix("--command="))
    services.run("bridge", "extractor", "accounts", "seal")
    for name, port in METRICS.items():
        # A container has a host name of its own, which names its processes.
        services.start(name, WORKER_ID=name, METRICS_PORT=str(port))
    for name in ("api", "flower"):
        services.start(name, PORTS[name], METRICS_PORT=str(free_port()))
    # Cheaper to ask, again and again, than the health checks, which are processes of a second each.
    eventually(lambda: ready_sessions(sql) == WORKERS, "all sessions are logged in", 90)
    for name in ("standin", "api", "flower"):
        await_health(services, name, PORTS[name])
    for name in METRICS:
        await_health(services, name, WORKER_ID=name)


def await_health(services: Services, name: str, port: int | None = None, **environment: str) -> None:
    eventually(lambda: services.health(name, port, **environment)[0], f"{name} is healthy", 90)


def insert_mixed(sql: psycopg.Connection, number: int) -> object:
    """A row of one of the three sources, each with another number."""
    kinds: tuple[dict[str, object], ...] = (
        {"document_source": "acte", "acte_type": "Acte", "cadastre": None},
        {},
        {"document_source": "plan_cadastraux"},
    )
    return insert_job(sql, document_number=f"5 1{number:02} 001", **kinds[number % len(kinds)])


def look_at_flower(page: Page, pictures: Path) -> None:
    """Flower's two pages, and the link to what Flower cannot show."""
    expect(page.get_by_text("worker-index@").first).to_be_visible()
    page.screenshot(path=pictures / "flower-workers.png")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(url("flower", "/tasks"))
    expect(page.get_by_text("SUCCESS").first).to_be_visible()
    page.screenshot(path=pictures / "flower-tasks.png")
